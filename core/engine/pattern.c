/* See pattern.h.  A backtracking matcher: `here` tries the rest of the pattern at one place and
 * answers where the match ends.  Its depth grows only with the pattern, because every deeper call
 * has less pattern left; runs over the subject are loops.
 *
 * Invariant: a failed attempt leaves the captures as it found them. */
#include "engine/pattern.h"
#include "base/err.h"
#include "base/lang.h"
#include <string.h>

enum { SET_BYTES_A_STEP = 8 };
#define OPEN ((size_t)-2) /* a capture that has begun and not ended */

typedef const unsigned char *bytes;

struct matcher {
    bytes subject, subject_end, pattern_end;
    int64_t steps_left;
    int err;
    const char *error;
    int count;
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
};

static bytes here(struct matcher *m, bytes at, bytes pattern);

static bool step(struct matcher *m, int64_t steps)
{
    m->steps_left -= steps;
    if (m->steps_left < 0 && m->err == 0)
        m->err = ERR_LIMIT;
    return m->err == 0;
}

static bytes malformed(struct matcher *m, const char *why)
{
    if (m->err == 0) {
        m->err = ERR_SYNTAX;
        m->error = why;
    }
    return NULL;
}

/* ---- one character ---- */

static bool is_between(int c, int low, int high)
{
    return c >= low && c <= high;
}

static bool is_alpha(int c)
{
    return is_between(c | 32, 'a', 'z');
}

static bool is_graph(int c)
{
    return is_between(c, 33, 126);
}

/* The class of a lower-case letter; -1 when the letter names none. */
static int in_class(int c, int letter)
{
    bool digit = is_between(c, '0', '9');
    switch (letter) {
    case 'a':
        return is_alpha(c);
    case 'c':
        return c < 32 || c == 127;
    case 'd':
        return digit;
    case 'g':
        return is_graph(c);
    case 'l':
        return is_between(c, 'a', 'z');
    case 'p':
        return is_graph(c) && !digit && !is_alpha(c);
    case 's':
        return c == ' ' || is_between(c, '\t', '\r');
    case 'u':
        return is_between(c, 'A', 'Z');
    case 'w':
        return digit || is_alpha(c);
    case 'x':
        return digit || is_between(c | 32, 'a', 'f');
    default:
        return -1;
    }
}

/* `%x` for any x. */
static bool escaped_matches(int c, int letter)
{
    int in = is_alpha(letter) ? in_class(c, letter | 32) : -1;
    if (in < 0)
        return c == letter;
    return is_between(letter, 'A', 'Z') ? !in : in;
}

/* `set` is at '[', `set_end` at its ']'. */
static bool in_set(int c, bytes set, bytes set_end)
{
    bool negated = set[1] == '^';
    for (bytes at = set + 1 + negated; at < set_end; at++) {
        if (*at == '%') {
            at++;
            if (escaped_matches(c, *at))
                return !negated;
        } else if (at[1] == '-' && at + 2 < set_end) {
            if (is_between(c, at[0], at[2]))
                return !negated;
            at += 2;
        } else if (*at == c) {
            return !negated;
        }
    }
    return negated;
}

/* Behind the set that begins at '['; NULL when it does not end.  A ']' that comes first is a
 * member. */
static bytes set_close(struct matcher *m, bytes set)
{
    bytes at = set + 1;
    if (at < m->pattern_end && *at == '^')
        at++;
    bytes first = at;
    for (; at < m->pattern_end; at++) {
        if (*at == ']' && at > first)
            return at + 1;
        if (*at == '%')
            at++;
    }
    return malformed(m, tr("the pattern has '[' without ']'", "模式中 '[' 缺少 ']'"));
}

/* Behind the single-character item at `item`: a character, `.`, `%x` or a set. */
static bytes item_close(struct matcher *m, bytes item)
{
    if (*item == '[')
        return set_close(m, item);
    if (*item != '%')
        return item + 1;
    if (item + 1 == m->pattern_end)
        return malformed(m, tr("the pattern ends with '%'", "模式以 '%' 结尾"));
    return item + 2;
}

static bool item_matches(struct matcher *m, bytes at, bytes item, bytes item_end)
{
    if (!step(m, 1 + (item_end - item) / SET_BYTES_A_STEP) || at >= m->subject_end)
        return false;
    switch (*item) {
    case '.':
        return true;
    case '%':
        return escaped_matches(*at, item[1]);
    case '[':
        return in_set(*at, item, item_end - 1);
    default:
        return *item == *at;
    }
}

/* ---- repetitions ---- */

static bytes longest_first(struct matcher *m, bytes at, bytes item, bytes item_end)
{
    ptrdiff_t count = 0;
    while (item_matches(m, at + count, item, item_end))
        count++;
    for (; count >= 0 && m->err == 0; count--) {
        bytes end = here(m, at + count, item_end + 1);
        if (end)
            return end;
        step(m, 1);
    }
    return NULL;
}

static bytes shortest_first(struct matcher *m, bytes at, bytes item, bytes item_end)
{
    while (m->err == 0) {
        bytes end = here(m, at, item_end + 1);
        if (end)
            return end;
        if (!item_matches(m, at, item, item_end))
            return NULL;
        at++;
    }
    return NULL;
}

/* ---- captures ---- */

static bytes open_capture(struct matcher *m, bytes at, bytes pattern, size_t size)
{
    if (m->count == PATTERN_CAPTURES_MAX)
        return malformed(m, tr("the pattern has too many captures", "模式中的捕获过多"));
    m->captures[m->count++] = (struct pattern_capture){(size_t)(at - m->subject), size};
    bytes end = here(m, at, pattern);
    if (!end)
        m->count--;
    return end;
}

static bytes close_capture(struct matcher *m, bytes at, bytes pattern)
{
    int last = m->count - 1;
    while (last >= 0 && m->captures[last].size != OPEN)
        last--;
    if (last < 0)
        return malformed(m, tr("the pattern has ')' without '('", "模式中 ')' 缺少 '('"));
    struct pattern_capture *capture = &m->captures[last];
    capture->size = (size_t)(at - m->subject) - capture->start;
    bytes end = here(m, at, pattern);
    if (!end)
        capture->size = OPEN;
    return end;
}

/* ---- %b %f %1 ---- */

/* `%bxy`: from x to the y that balances it. */
static bytes balanced(struct matcher *m, bytes at, bytes pair)
{
    if (pair + 2 > m->pattern_end)
        return malformed(m, tr("'%b' needs two characters", "'%b' 后需要两个字符"));
    if (at >= m->subject_end || *at != pair[0])
        return NULL;
    int depth = 1;
    for (at++; at < m->subject_end && step(m, 1); at++) {
        if (*at == pair[1]) {
            if (--depth == 0)
                return at + 1;
        } else if (*at == pair[0]) {
            depth++;
        }
    }
    return NULL;
}

/* `%f[set]`: between a character outside the set and one inside; both ends of the subject count as
 * NUL. */
static bool at_frontier(struct matcher *m, bytes at, bytes set, bytes set_end)
{
    int before = at == m->subject ? 0 : at[-1];
    int after = at == m->subject_end ? 0 : *at;
    return step(m, 1 + (set_end - set) / SET_BYTES_A_STEP) && !in_set(before, set, set_end - 1) &&
           in_set(after, set, set_end - 1);
}

static bytes repeated_capture(struct matcher *m, bytes at, int digit)
{
    int number = digit - '1';
    if (number < 0 || number >= m->count || m->captures[number].size == OPEN)
        return malformed(
            m, tr("the pattern refers to a capture it does not have", "模式引用了不存在的捕获"));
    const struct pattern_capture *capture = &m->captures[number];
    size_t size = capture->size == PATTERN_POSITION ? 0 : capture->size;
    if (!step(m, 1 + (int64_t)size / SET_BYTES_A_STEP) || (size_t)(m->subject_end - at) < size)
        return NULL;
    return memcmp(m->subject + capture->start, at, size) == 0 ? at + size : NULL;
}

/* The escapes that are no single character.  Moves both on and returns true when there was one; *at
 * is NULL when it did not match. */
static bool special(struct matcher *m, bytes *at, bytes *pattern)
{
    bytes p = *pattern;
    if (p[0] != '%' || p + 1 == m->pattern_end)
        return false;
    if (p[1] == 'b') {
        *at = balanced(m, *at, p + 2);
        *pattern = p + 4;
    } else if (p[1] == 'f') {
        bytes set = p + 2;
        if (set == m->pattern_end || *set != '[')
            malformed(m, tr("'%f' needs a set in brackets", "'%f' 后需要方括号集合"));
        bytes end = m->err ? NULL : set_close(m, set);
        if (!end || !at_frontier(m, *at, set, end))
            *at = NULL;
        *pattern = end;
    } else if (is_between(p[1], '0', '9')) {
        *at = repeated_capture(m, *at, p[1]);
        *pattern = p + 2;
    } else {
        return false;
    }
    return true;
}

/* ---- the rest of the pattern at one place ---- */

/* One item with its suffix.  Returns true when matching goes on at *at and *pattern, false when *at
 * is the answer. */
static bool repeat(struct matcher *m, bytes *at, bytes *pattern)
{
    bytes item = *pattern, item_end = item_close(m, item);
    int suffix = item_end && item_end < m->pattern_end ? *item_end : 0;
    bytes start = *at;
    *at = NULL;
    if (!item_end)
        return false;
    if (suffix == '*' || suffix == '+') {
        if (suffix == '*' || item_matches(m, start, item, item_end))
            *at = longest_first(m, start + (suffix == '+'), item, item_end);
        return false;
    }
    if (suffix == '-') {
        *at = shortest_first(m, start, item, item_end);
        return false;
    }
    bool matches = item_matches(m, start, item, item_end);
    if (suffix == '?' && matches && (*at = here(m, start + 1, item_end + 1)))
        return false;
    if (m->err != 0 || (!matches && suffix != '?'))
        return false;
    *at = suffix == '?' ? start : start + 1;
    *pattern = item_end + (suffix == '?');
    return true;
}

static bytes here(struct matcher *m, bytes at, bytes pattern)
{
    while (pattern < m->pattern_end && step(m, 1)) {
        if (*pattern == '(') {
            bool position = pattern + 1 < m->pattern_end && pattern[1] == ')';
            return open_capture(m, at, pattern + 1 + position, position ? PATTERN_POSITION : OPEN);
        }
        if (*pattern == ')')
            return close_capture(m, at, pattern + 1);
        if (*pattern == '$' && pattern + 1 == m->pattern_end)
            return at == m->subject_end ? at : NULL;
        if (special(m, &at, &pattern)) {
            if (!at || m->err != 0)
                return NULL;
        } else if (!repeat(m, &at, &pattern)) {
            return at;
        }
    }
    return m->err == 0 ? at : NULL;
}

static void give(const struct matcher *m, bytes start, bytes end, struct pattern_match *ret_match)
{
    ret_match->start = (size_t)(start - m->subject);
    ret_match->end = (size_t)(end - m->subject);
    ret_match->count = m->count;
    memcpy(ret_match->captures, m->captures, sizeof m->captures);
}

static int all_closed(struct matcher *m)
{
    for (int i = 0; i < m->count; i++) {
        if (m->captures[i].size == OPEN)
            malformed(m, tr("the pattern has '(' without ')'", "模式中 '(' 缺少 ')'"));
    }
    return m->err == 0 ? 1 : m->err;
}

int pattern_find(struct pattern *pattern, size_t from, struct pattern_match *ret_match)
{
    struct matcher m = {
        .subject = (bytes)pattern->subject,
        .subject_end = (bytes)pattern->subject + pattern->subject_size,
        .pattern_end = (bytes)pattern->text + pattern->size,
        .steps_left = pattern->steps_left,
    };
    if (pattern->size > PATTERN_BYTES_MAX)
        malformed(&m, tr("the pattern is longer than 1024 bytes", "模式超过 1024 字节"));
    int found = 0;
    for (bytes at = m.subject + from; at <= m.subject_end && m.err == 0; at++) {
        m.count = 0;
        bytes end = here(&m, at, (bytes)pattern->text);
        if (end) {
            found = all_closed(&m);
            if (found > 0)
                give(&m, at, end, ret_match);
            break;
        }
        if (pattern->anchored || !step(&m, 1))
            break;
    }
    pattern->steps_left = m.steps_left;
    pattern->error = m.error;
    return m.err != 0 ? m.err : found;
}

bool pattern_is_plain(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (strchr("^$*+?.([%-", text[i]) && text[i])
            return false;
    }
    return true;
}
