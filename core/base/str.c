/* Text: UTF-8, widths, near misses, full-width habits; names made into small numbers. */
#include "base/str.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

bool str_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t size = strlen(text), suffix_size = strlen(suffix);
    return size >= suffix_size && memcmp(text + size - suffix_size, suffix, suffix_size) == 0;
}

/* ---- UTF-8 ---- */

static bool is_continuation(unsigned char byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The length of the valid sequence at `at`, or 0.  The second byte's range is what rules out
 * overlong forms, surrogates and values above U+10FFFF (Unicode, table 3-7). */
static size_t sequence_size(const unsigned char *at, size_t left)
{
    unsigned char first = at[0];
    if (first < 0x80)
        return 1;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (left < size)
        return 0;
    unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if (!is_continuation(at[i]))
            return 0;
    }
    return size;
}

/* Eight bytes of plain ASCII at once: most of every file. */
static bool is_ascii_word(const unsigned char *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

size_t str_utf8_bad(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        if (size - at >= 8 && is_ascii_word(bytes + at)) {
            at += 8;
            continue;
        }
        size_t step = sequence_size(bytes + at, size - at);
        if (step == 0)
            return at;
        at += step;
    }
    return size;
}

size_t str_chars(const char *text, size_t size)
{
    size_t chars = 0;
    for (size_t i = 0; i < size; i++)
        chars += !is_continuation((unsigned char)text[i]);
    return chars;
}

/* The code point at *at, which moves behind it; 0 at the end.  A byte that is not valid UTF-8
 * counts as one U+FFFD, so that no text can lead us past its NUL. */
static int32_t next_char(const char **at)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    if (bytes[0] == 0)
        return 0;
    size_t size = sequence_size(bytes, strnlen(*at, 4));
    *at += size > 0 ? size : 1;
    switch (size) {
    case 1:
        return bytes[0];
    case 2:
        return (bytes[0] & 0x1f) << 6 | (bytes[1] & 0x3f);
    case 3:
        return (bytes[0] & 0x0f) << 12 | (bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f);
    case 4:
        return (bytes[0] & 0x07) << 18 | (bytes[1] & 0x3f) << 12 | (bytes[2] & 0x3f) << 6 |
               (bytes[3] & 0x3f);
    }
    return 0xfffd;
}

int str_columns(const char *text)
{
    int columns = 0;
    int32_t c;
    while ((c = next_char(&text)) != 0)
        columns += utf8proc_charwidth(c);
    return columns;
}

/* ---- Full-width habits ---- */

/* The ASCII that a Chinese keyboard meant, or 0. */
static char halfwidth_of(int32_t c)
{
    if (c >= 0xff01 && c <= 0xff5e)
        return (char)(c - 0xff01 + '!');
    switch (c) {
    case 0x3000:
        return ' ';
    case 0x201c:
    case 0x201d:
        return '"';
    case 0x2018:
    case 0x2019:
        return '\'';
    case 0x3002:
        return '.';
    case 0x3001:
        return ',';
    }
    return 0;
}

bool str_has_fullwidth(const char *text)
{
    int32_t c;
    while ((c = next_char(&text)) != 0) {
        if (halfwidth_of(c) != 0)
            return true;
    }
    return false;
}

char *str_halfwidth(const char *text)
{
    struct buf buf = {0};
    const char *at = text;
    int32_t c;
    while ((c = next_char(&at)) != 0) {
        char half = halfwidth_of(c);
        if (half != 0)
            buf_putc(&buf, half);
        else
            buf_add(&buf, text, (size_t)(at - text));
        text = at;
    }
    return buf_detach(&buf);
}

/* ---- Near misses ---- */

enum { WORD_CHARS_MAX = 64 };

/* The characters of a word, ASCII letters made small: PM25 is meant as pm25.  0 when it is too
 * long. */
static int word_chars(const char *word, int32_t ret[WORD_CHARS_MAX])
{
    int count = 0;
    int32_t c;
    while ((c = next_char(&word)) != 0) {
        if (count == WORD_CHARS_MAX)
            return 0;
        ret[count++] = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
    }
    return count;
}

static int smallest(int a, int b, int c)
{
    int ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Damerau-Levenshtein (optimal string alignment): insertions, deletions, replacements and
 * neighbours swapped, each at cost 1.  Three rows are enough, as a swap looks two rows back. */
static int distance(const int32_t *a, int a_count, const int32_t *b, int b_count)
{
    int rows[3][WORD_CHARS_MAX + 1];
    for (int j = 0; j <= b_count; j++)
        rows[0][j] = j;
    for (int i = 1; i <= a_count; i++) {
        int *row = rows[i % 3], *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (int j = 1; j <= b_count; j++) {
            int replace = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smallest(above[j] + 1, row[j - 1] + 1, replace);
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && above2[j - 2] + 1 < row[j])
                row[j] = above2[j - 2] + 1;
        }
    }
    return rows[a_count % 3][b_count];
}

const char *str_nearest(const char *word, const char *const *known, size_t count)
{
    int32_t ours[WORD_CHARS_MAX], theirs[WORD_CHARS_MAX];
    int ours_count = word_chars(word, ours);
    int best = ours_count / 3 + 1; /* must be beaten: at most a third of the word may be wrong */
    const char *nearest = NULL;
    for (size_t i = 0; ours_count > 0 && i < count; i++) {
        int theirs_count = word_chars(known[i], theirs);
        if (theirs_count == 0 || abs(theirs_count - ours_count) >= best)
            continue;
        int away = distance(ours, ours_count, theirs, theirs_count);
        if (away < best) {
            best = away;
            nearest = known[i];
        }
    }
    return nearest;
}

char *str_join(const char *const *words, size_t count, const char *separator)
{
    struct buf buf = {0};
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_puts(&buf, separator);
        buf_puts(&buf, words[i]);
    }
    return buf_detach(&buf);
}

/* ---- Names to numbers ---- */

uint64_t str_hash(const char *text, size_t size)
{
    uint64_t hash =
        UINT64_C(0xcbf29ce484222325); /* FNV-1a, then mixed for tables of a power of two */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    hash ^= hash >> 32;
    return hash * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
}

/* The slot that holds the name, or the empty one where it would stand. */
static uint32_t intern_slot(const struct intern *intern, const char *name, uint64_t hash)
{
    uint32_t mask = intern->slot_count - 1, slot = (uint32_t)hash & mask;
    for (;; slot = (slot + 1) & mask) {
        uint32_t number = intern->slots[slot];
        if (number == 0 ||
            (intern->hashes[number - 1] == hash && strcmp(intern->names[number - 1], name) == 0))
            return slot;
    }
}

/* Twice the slots; names keep their numbers.  Hashes differ or not, all names are distinct already,
 * so a free slot is all each one needs. */
static void intern_rehash(struct intern *intern)
{
    intern->slot_count = intern->slot_count > 0 ? intern->slot_count * 2 : 16;
    free(intern->slots);
    intern->slots = xcalloc(intern->slot_count, sizeof *intern->slots);
    uint32_t mask = intern->slot_count - 1;
    for (uint32_t i = 0; i < intern->count; i++) {
        uint32_t slot = (uint32_t)intern->hashes[i] & mask;
        while (intern->slots[slot] != 0)
            slot = (slot + 1) & mask;
        intern->slots[slot] = i + 1;
    }
}

static void intern_grow(struct intern *intern)
{
    if (intern->count == intern->capacity) {
        intern->capacity = intern->capacity > 0 ? intern->capacity * 2 : 8;
        intern->names = xrealloc(intern->names, intern->capacity * sizeof *intern->names);
        intern->hashes = xrealloc(intern->hashes, intern->capacity * sizeof *intern->hashes);
    }
    if ((uint64_t)intern->count * 2 >= intern->slot_count)
        intern_rehash(intern);
}

int intern_add(struct intern *intern, const char *name)
{
    intern_grow(intern);
    uint64_t hash = str_hash(name, strlen(name));
    uint32_t slot = intern_slot(intern, name, hash);
    if (intern->slots[slot] == 0) {
        intern->names[intern->count] = xstrdup(name);
        intern->hashes[intern->count] = hash;
        intern->slots[slot] = ++intern->count;
    }
    return (int)intern->slots[slot] - 1;
}

int intern_find(const struct intern *intern, const char *name)
{
    if (intern->count == 0)
        return INTERN_NONE;
    uint32_t slot = intern_slot(intern, name, str_hash(name, strlen(name)));
    return (int)intern->slots[slot] - 1; /* an empty slot is 0, so none is -1 */
}

const char *intern_name(const struct intern *intern, int number)
{
    return number >= 0 && (uint32_t)number < intern->count ? intern->names[number] : NULL;
}

void intern_release(struct intern *intern)
{
    for (uint32_t i = 0; i < intern->count; i++)
        free(intern->names[i]);
    free(intern->names);
    free(intern->slots);
    free(intern->hashes);
    *intern = (struct intern){0};
}
