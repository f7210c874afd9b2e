/* See places.h.  A reader of Lua's tokens and braces, nothing more: it has no opinion on syntax,
 * which Lua has already accepted. */
#include "engine/places.h"
#include "base/arena.h"
#include "base/xalloc.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { DEPTH_MAX = 24 }; /* deeper constructors get no spots; no rule nests so far */

enum token_kind { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_OTHER };
struct token {
    enum token_kind kind;
    int line, col;
    const char *at; /* TEXT: behind the opening quote */
    size_t size;    /* TEXT: up to the closing quote */
};
struct places {
    struct arena *arena;
    struct token *tokens;
    size_t count, capacity;
};
struct scanner {
    const char *at, *end, *line_start;
    int line, col_done;
    const char *col_at;
};

/* ---- tokens ---- */

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static void next_line(struct scanner *s)
{
    s->line++;
    s->line_start = s->at;
    s->col_at = s->at;
    s->col_done = 1;
}

/* Column in characters; counts on from where it last counted. */
static int column(struct scanner *s, const char *at)
{
    for (; s->col_at < at; s->col_at++)
        s->col_done += ((unsigned char)*s->col_at & 0xc0) != 0x80;
    return s->col_done;
}

static char peek(const struct scanner *s, size_t ahead)
{
    return ahead < (size_t)(s->end - s->at) ? s->at[ahead] : 0;
}

static void skip_char(struct scanner *s)
{
    if (*s->at++ == '\n')
        next_line(s);
}

/* At '[': the number of '=' of a long bracket, or -1. */
static int long_bracket(const struct scanner *s)
{
    int level = 0;
    while (peek(s, 1 + (size_t)level) == '=')
        level++;
    return peek(s, 1 + (size_t)level) == '[' ? level : -1;
}

static bool at_long_end(const struct scanner *s, int level)
{
    if (peek(s, 0) != ']' || peek(s, 1 + (size_t)level) != ']')
        return false;
    for (int i = 1; i <= level; i++) {
        if (peek(s, (size_t)i) != '=')
            return false;
    }
    return true;
}

/* Behind the long text that begins at '['; *ret_size is what stands inside. */
static const char *skip_long(struct scanner *s, int level, size_t *ret_size)
{
    s->at += level + 2;
    const char *inside = s->at;
    while (s->at < s->end && !at_long_end(s, level))
        skip_char(s);
    *ret_size = (size_t)(s->at - inside);
    s->at = s->at < s->end ? s->at + level + 2 : s->end;
    return inside;
}

static const char *skip_quoted(struct scanner *s, size_t *ret_size)
{
    char quote = *s->at++;
    const char *inside = s->at;
    while (s->at < s->end && *s->at != quote) {
        if (*s->at == '\\' && s->at + 1 < s->end)
            s->at++;
        skip_char(s);
    }
    *ret_size = (size_t)(s->at - inside);
    s->at += s->at < s->end;
    return inside;
}

static void skip_comment(struct scanner *s)
{
    size_t size;
    s->at += 2;
    int level = peek(s, 0) == '[' ? long_bracket(s) : -1;
    if (level >= 0) {
        skip_long(s, level, &size);
        return;
    }
    while (s->at < s->end && *s->at != '\n')
        s->at++;
}

static void skip_space(struct scanner *s)
{
    while (s->at < s->end) {
        if (peek(s, 0) == '-' && peek(s, 1) == '-')
            skip_comment(s);
        else if (strchr(" \t\r\n\f\v", *s->at) && *s->at)
            skip_char(s);
        else
            return;
    }
}

static struct token next_token(struct scanner *s)
{
    skip_space(s);
    struct token token = {.line = s->line, .at = s->at};
    if (s->at == s->end)
        return token;
    token.col = column(s, s->at);
    int level = *s->at == '[' ? long_bracket(s) : -1;
    if (*s->at == '"' || *s->at == '\'' || level >= 0) {
        token.kind = TOKEN_TEXT;
        token.at = level >= 0 ? skip_long(s, level, &token.size) : skip_quoted(s, &token.size);
    } else if (is_name(*s->at)) {
        token.kind = TOKEN_NAME;
        while (s->at < s->end && (is_name(*s->at) || (*s->at == '.' && is_name(peek(s, 1)) &&
                                                      *token.at >= '0' && *token.at <= '9')))
            s->at++;
        token.size = (size_t)(s->at - token.at);
    } else {
        token.kind = TOKEN_OTHER;
        token.size = *s->at == '=' && peek(s, 1) == '=' ? 2 : 1;
        s->at += token.size;
    }
    return token;
}

static bool token_is(const struct token *token, const char *text)
{
    return token->kind != TOKEN_TEXT && token->size == strlen(text) &&
           memcmp(token->at, text, token->size) == 0;
}

struct places *places_new(struct arena *arena, const char *text, size_t size)
{
    struct places *places = arena_alloc(arena, sizeof *places);
    struct scanner s = {.at = text,
                        .end = text + size,
                        .line_start = text,
                        .line = 1,
                        .col_done = 1,
                        .col_at = text};
    size_t capacity = size / 2 + 16; /* most tokens have a neighbour of white space */
    places->arena = arena;
    do {
        if (places->count == capacity || !places->tokens) {
            struct token *more = arena_alloc(arena, 2 * capacity * sizeof *more);
            if (places->count > 0)
                memcpy(more, places->tokens, places->count * sizeof *more);
            capacity = 2 * capacity;
            places->tokens = more;
        }
        places->tokens[places->count] = next_token(&s);
    } while (places->tokens[places->count++].kind != TOKEN_END);
    return places;
}

/* ---- constructors ---- */

/* A growing list of spots while one constructor is read. */
struct spot_list {
    struct spot *items;
    size_t count, capacity;
};

static struct spots *read_constructor(struct places *places, size_t *at, int depth);

static int block_change(const struct token *token)
{
    static const char *const opens[] = {"function", "do", "if", "repeat"};
    if (token->kind != TOKEN_NAME)
        return 0;
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        if (token_is(token, opens[i]))
            return 1;
    }
    return token_is(token, "end") || token_is(token, "until") ? -1 : 0;
}

static bool ends_entry(const struct token *token)
{
    return token->kind == TOKEN_END || token_is(token, ",") || token_is(token, ";") ||
           token_is(token, "}");
}

/* Passes over one value; the first constructor at its own level is its child. */
static const struct spots *read_value(struct places *places, size_t *at, int depth)
{
    const struct spots *child = NULL;
    int brackets = 0, blocks = 0;
    for (;; (*at)++) {
        const struct token *token = &places->tokens[*at];
        if (token->kind == TOKEN_END || (brackets == 0 && blocks == 0 && ends_entry(token)))
            return child;
        blocks += block_change(token);
        if (token_is(token, "{")) {
            const struct spots *spots = read_constructor(places, at, depth + 1);
            if (!child && blocks == 0)
                child = spots;
        } else if (token_is(token, "(") || token_is(token, "[")) {
            brackets++;
        } else if (token_is(token, ")") || token_is(token, "]")) {
            brackets--;
        }
    }
}

/* `name =`, `["name"] =`, or an item. */
static struct spot read_key(const struct places *places, size_t *at, int *items)
{
    const struct token *token = &places->tokens[*at];
    struct spot spot = {.line = token->line, .col = token->col};
    if (token->kind == TOKEN_NAME && token_is(token + 1, "=")) {
        spot.key = token->at;
        spot.key_size = token->size;
        *at += 2;
    } else if (token_is(token, "[") && token[1].kind == TOKEN_TEXT && token_is(token + 2, "]") &&
               token_is(token + 3, "=")) {
        spot.key = token[1].at;
        spot.key_size = token[1].size;
        *at += 4;
    } else if (!token_is(token, "[")) {
        spot.index = ++*items;
    }
    return spot;
}

/* `at` is on '{'; ends on its '}'. */
static struct spots *read_constructor(struct places *places, size_t *at, int depth)
{
    struct spot_list list = {0};
    struct spots *spots = arena_alloc(places->arena, sizeof *spots);
    int items = 0;
    for (++*at; places->tokens[*at].kind != TOKEN_END && !token_is(&places->tokens[*at], "}");) {
        struct spot spot = read_key(places, at, &items);
        if (depth < DEPTH_MAX) {
            spot.child = read_value(places, at, depth);
        } else { /* without recursion: too deep to matter */
            for (int braces = 0; places->tokens[*at].kind != TOKEN_END; ++*at) {
                braces += token_is(&places->tokens[*at], "{") - token_is(&places->tokens[*at], "}");
                if (braces < 0 || (braces == 0 && token_is(&places->tokens[*at], ",")))
                    break;
            }
        }
        if (list.count == list.capacity) {
            size_t capacity = list.capacity ? 2 * list.capacity : 8;
            struct spot *more = arena_alloc(places->arena, capacity * sizeof *more);
            if (list.count > 0)
                memcpy(more, list.items, list.count * sizeof *more);
            list = (struct spot_list){more, list.count, capacity};
        }
        list.items[list.count++] = spot;
        if (token_is(&places->tokens[*at], ",") || token_is(&places->tokens[*at], ";"))
            ++*at;
    }
    spots->items = list.items;
    spots->count = (int)list.count;
    return spots;
}

/* ---- looking up ---- */

static size_t first_on_line(const struct places *places, int line)
{
    size_t low = 0, high = places->count - 1; /* the last one is END */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (places->tokens[middle].line < line)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct spots *places_rule(struct places *places, int line, const char *word, const char *name,
                                int *ret_col)
{
    size_t found = places->count;
    for (size_t i = first_on_line(places, line); i < places->count; i++) {
        const struct token *token = &places->tokens[i];
        if (token->line != line || token->kind == TOKEN_END)
            break;
        if (!token_is(token, word))
            continue;
        const struct token *text = token[1].kind == TOKEN_TEXT ? token + 1 : token + 2;
        bool named = text < places->tokens + places->count && text->kind == TOKEN_TEXT &&
                     text->size == strlen(name) && memcmp(text->at, name, text->size) == 0;
        if (named || found == places->count)
            found = i;
        if (named)
            break;
    }
    *ret_col = found < places->count ? places->tokens[found].col : 0;
    for (size_t at = found; at < places->count; at++) {
        if (token_is(&places->tokens[at], "{"))
            return read_constructor(places, &at, 0);
    }
    return NULL;
}

int places_last_return(const struct places *places)
{
    for (size_t i = places->count; i-- > 0;) {
        if (places->tokens[i].kind == TOKEN_NAME && token_is(&places->tokens[i], "return"))
            return places->tokens[i].line;
    }
    return 1;
}

const struct spot *spots_key(const struct spots *spots, const char *key)
{
    for (int i = 0; spots && i < spots->count; i++) {
        const struct spot *spot = &spots->items[i];
        if (spot->key && spot->key_size == strlen(key) &&
            memcmp(spot->key, key, spot->key_size) == 0)
            return spot;
    }
    return NULL;
}

/* Items mostly stand in order, so the walk starts where it should be. */
const struct spot *spots_item(const struct spots *spots, int index)
{
    for (int i = 0; spots && i < spots->count; i++) {
        int at = (i + index - 1) % spots->count;
        if (!spots->items[at].key && spots->items[at].index == index)
            return &spots->items[at];
    }
    return NULL;
}
