/* One scanner for both uses: it hands out the literal text and the placeholders in turn. */
#include "model/template.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 48 };
#define NAME_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789_"

struct piece {
    const char *literal;
    size_t literal_size;
    bool filled; /* a placeholder follows the literal */
    char name[NAME_BYTES_MAX + 1], escape[NAME_BYTES_MAX + 1];
    const char *at; /* the placeholder's brace */
};

/* `{name}` or `{name:escape}` at this brace: its size, or 0 for a brace that stands for itself. */
static size_t read_placeholder(const char *text, struct piece *piece)
{
    size_t name = strspn(text + 1, NAME_CHARACTERS), escape = 0;
    const char *end = text + 1 + name;
    bool escaped = *end == ':';
    if (escaped) {
        escape = strspn(end + 1, NAME_CHARACTERS);
        end += 1 + escape;
    }
    if (*end != '}' || name == 0 || name > NAME_BYTES_MAX || escape > NAME_BYTES_MAX ||
        (escaped && escape == 0) || (text[1] >= '0' && text[1] <= '9'))
        return 0;
    memcpy(piece->name, text + 1, name);
    piece->name[name] = 0;
    memcpy(piece->escape, text + 2 + name, escape);
    piece->escape[escape] = 0;
    return (size_t)(end + 1 - text);
}

/* The next piece; *text moves behind it.  False at the end. */
static bool next_piece(const char **text, struct piece *piece)
{
    const char *at = *text;
    if (!*at)
        return false;
    piece->literal = at;
    piece->filled = false;
    for (; *at; at++) {
        size_t size = *at == '{' ? read_placeholder(at, piece) : 0;
        if (size == 0)
            continue;
        piece->filled = true;
        piece->at = at;
        piece->literal_size = (size_t)(at - piece->literal);
        *text = at + size;
        return true;
    }
    piece->literal_size = (size_t)(at - piece->literal);
    *text = at;
    return true;
}

/* Escapes ------------------------------------------------------------------------------------- */

static void put_json(struct buf *buf, const char *text)
{
    struct buf quoted = {0};
    json_quote(&quoted, text);
    buf_add(buf, quoted.data + 1, quoted.size - 2);
    buf_release(&quoted);
}

/* All but the unreserved characters of RFC 3986. */
static void put_url(struct buf *buf, const char *text)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++) {
        if (strchr(unreserved, *text))
            buf_putc(buf, *text);
        else
            buf_printf(buf, "%%%02X", (unsigned)(unsigned char)*text);
    }
}

static void put_header(struct buf *buf, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        buf_putc(buf, c < 0x20 || c == 0x7f ? ' ' : *text);
    }
}

static void put_escaped(struct buf *buf, const char *text, enum template_escape escape)
{
    switch (escape) {
    case TEMPLATE_PLAIN:
        buf_puts(buf, text);
        break;
    case TEMPLATE_JSON:
        put_json(buf, text);
        break;
    case TEMPLATE_URL:
        put_url(buf, text);
        break;
    case TEMPLATE_HEADER:
        put_header(buf, text);
        break;
    }
}

static const char *const escape_names[] = {"plain", "json", "url"};

/* The number of an escape's name; TEMPLATE_PLAIN for none. */
static int escape_of(const char *name)
{
    for (int i = 0; i < (int)(sizeof escape_names / sizeof *escape_names); i++) {
        if (str_equal(name, escape_names[i]))
            return i;
    }
    return *name ? ERR_NOT_FOUND : TEMPLATE_PLAIN;
}

/* The whole ----------------------------------------------------------------------------------- */

static int put_value(struct buf *buf, const struct piece *piece, enum template_escape escape,
                     template_lookup *lookup, void *arg)
{
    const char *value = lookup(arg, piece->name);
    int first = escape_of(piece->escape);
    struct buf inner = {0};
    if (!value || first < 0)
        return ERR_NOT_FOUND;
    put_escaped(&inner, value, (enum template_escape)first);
    put_escaped(buf, buf_str(&inner), escape);
    buf_release(&inner);
    return 0;
}

int template_expand(struct buf *buf, const char *text, enum template_escape escape,
                    template_lookup *lookup, void *arg)
{
    struct buf filled = {0};
    struct piece piece;
    int err = 0;
    while (err == 0 && next_piece(&text, &piece)) {
        buf_add(&filled, piece.literal, piece.literal_size);
        if (piece.filled)
            err = put_value(&filled, &piece, escape, lookup, arg);
    }
    if (err == 0)
        buf_add(buf, buf_str(&filled), filled.size);
    buf_release(&filled);
    return err;
}

/* Moves the place from `from` to `to`. */
static void advance(struct place *place, const char *from, const char *to)
{
    for (const char *feed; (feed = memchr(from, '\n', (size_t)(to - from))); from = feed + 1) {
        place->line++;
        place->col = 1;
    }
    place->col += (int)str_chars(from, (size_t)(to - from));
}

static void check_word(const char *word, const char *const *known, size_t count,
                       const char *problem, struct place place, struct findings *findings)
{
    for (size_t i = 0; i < count; i++) {
        if (str_equal(word, known[i]))
            return;
    }
    const char *near = str_nearest(word, known, count);
    char *all = str_join(known, count, ", ");
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想写 `%s`？"), near)
                      : xasprintf(tr("known here: %s", "此处可用：%s"), all);
    findings_add(findings, SEV_ERROR, "Q003", place, hint, "%s: %s", problem, word);
    free(hint);
    free(all);
}

void template_check(const char *text, const char *const *known, size_t count, struct place place,
                    struct findings *findings)
{
    struct piece piece;
    const char *from = text;
    while (next_piece(&text, &piece)) {
        if (!piece.filled)
            continue;
        advance(&place, from, piece.at);
        from = piece.at;
        check_word(piece.name, known, count,
                   tr("there is nothing of this name to fill in", "没有这个占位符"), place,
                   findings);
        if (*piece.escape)
            check_word(piece.escape, escape_names, sizeof escape_names / sizeof *escape_names,
                       tr("there is no such escape", "没有这种转义"), place, findings);
    }
}
