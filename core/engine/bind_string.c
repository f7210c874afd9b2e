/* Module string, with text helpers so that authors rarely need a pattern: startswith endswith
 * contains split trim.  Sizes are checked before
 * anything is built.  What takes patterns is in bind_string_match.c.  Left out: dump, pack, unpack,
 * packsize; and of format %p, %q, %a. */
#include "engine/bind_string.h"
#include "base/lang.h"
#include "engine/sandbox.h"
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_MAX = 250 }; /* values string.byte gives at once */

const char *string_arg(lua_State *L, int index, size_t *ret_size)
{
    const char *text = luaL_checklstring(L, index, ret_size);
    sandbox_charge(L, (int64_t)*ret_size / 16 + 1);
    return text;
}

/* Lua's positions: from 1, negative from the end.  First: clipped to 1 from below. */
size_t string_first(lua_Integer at, size_t size)
{
    if (at > 0)
        return (size_t)at;
    if (at == 0 || at < -(lua_Integer)size)
        return 1;
    return size + (size_t)at + 1;
}

static size_t last_position(lua_Integer at, size_t size)
{
    if (at > (lua_Integer)size)
        return size;
    if (at >= 0)
        return (size_t)at;
    return at < -(lua_Integer)size ? 0 : size + (size_t)at + 1;
}

static int string_len(lua_State *L)
{
    size_t size;
    luaL_checklstring(L, 1, &size);
    lua_pushinteger(L, (lua_Integer)size);
    return 1;
}

static int string_sub(lua_State *L)
{
    size_t size;
    const char *text = string_arg(L, 1, &size);
    size_t first = string_first(luaL_checkinteger(L, 2), size);
    size_t last = last_position(luaL_optinteger(L, 3, -1), size);
    lua_pushlstring(L, first <= last ? text + first - 1 : "", first <= last ? last - first + 1 : 0);
    return 1;
}

/* A new text of the same size, byte by byte. */
static int mapped(lua_State *L, char (*map)(const char *text, size_t size, size_t at))
{
    size_t size;
    const char *text = string_arg(L, 1, &size);
    luaL_Buffer buffer;
    char *out = luaL_buffinitsize(L, &buffer, size);
    for (size_t i = 0; i < size; i++)
        out[i] = map(text, size, i);
    luaL_pushresultsize(&buffer, size);
    return 1;
}

static char map_lower(const char *text, size_t size, size_t at)
{
    (void)size;
    return text[at] >= 'A' && text[at] <= 'Z' ? (char)(text[at] | 32) : text[at];
}

static char map_upper(const char *text, size_t size, size_t at)
{
    (void)size;
    return text[at] >= 'a' && text[at] <= 'z' ? (char)(text[at] & ~32) : text[at];
}

static char map_reverse(const char *text, size_t size, size_t at)
{
    return text[size - 1 - at];
}

static int string_lower(lua_State *L)
{
    return mapped(L, map_lower);
}

static int string_upper(lua_State *L)
{
    return mapped(L, map_upper);
}

static int string_reverse(lua_State *L)
{
    return mapped(L, map_reverse);
}

static int string_byte(lua_State *L)
{
    size_t size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer at = luaL_optinteger(L, 2, 1);
    size_t first = string_first(at, size);
    size_t last = last_position(luaL_optinteger(L, 3, (lua_Integer)first), size);
    if (first > last)
        return 0;
    if (last - first >= BYTES_MAX)
        return luaL_error(L, tr("more than %d bytes at once", "一次超过 %d 字节"), BYTES_MAX);
    int count = (int)(last - first + 1);
    sandbox_charge(L, count);
    luaL_checkstack(L, count, "byte");
    for (int i = 0; i < count; i++)
        lua_pushinteger(L, (unsigned char)text[first - 1 + (size_t)i]);
    return count;
}

static int string_char(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    sandbox_charge(L, count);
    char *out = luaL_buffinitsize(L, &buffer, (size_t)count);
    for (int i = 1; i <= count; i++) {
        lua_Integer byte = luaL_checkinteger(L, i);
        luaL_argcheck(L, 0 <= byte && byte <= 255, i, "value out of range");
        out[i - 1] = (char)byte;
    }
    luaL_pushresultsize(&buffer, (size_t)count);
    return 1;
}

static int string_rep(lua_State *L)
{
    size_t size, separator_size;
    const char *text = luaL_checklstring(L, 1, &size);
    lua_Integer count = luaL_checkinteger(L, 2);
    const char *separator = luaL_optlstring(L, 3, "", &separator_size);
    size_t each = size + separator_size;
    if (count <= 0 || each == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    sandbox_check_size(L, (size_t)count > SIZE_MAX / each ? SIZE_MAX : each * (size_t)count);
    sandbox_charge(L, count);
    luaL_Buffer buffer;
    luaL_buffinitsize(L, &buffer, each * (size_t)count);
    for (lua_Integer i = 0; i < count; i++) {
        luaL_addlstring(&buffer, text, size);
        if (i < count - 1)
            luaL_addlstring(&buffer, separator, separator_size);
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* ---- format ---- */

enum {
    SPEC_BYTES = 16,
    FIELD_BYTES = 512, /* %99.99f of 1e308 takes 409 */
    FLOAT_STEPS = 500, /* and as long as so many instructions */
};

/* Copies "%-05.2" out of the format, at most two digits a number; returns where the letter stands.
 */
static const char *read_spec(lua_State *L, const char *at, char spec[SPEC_BYTES])
{
    size_t n = 0;
    spec[n++] = '%';
    while (*at && strchr("-+ #0", *at) && n < 6)
        spec[n++] = *at++;
    for (int digits = 0; digits < 2 && *at >= '0' && *at <= '9'; digits++)
        spec[n++] = *at++;
    if (*at == '.') {
        spec[n++] = *at++;
        for (int digits = 0; digits < 2 && *at >= '0' && *at <= '9'; digits++)
            spec[n++] = *at++;
    }
    spec[n] = 0;
    if (*at == 0 || !strchr("diucsxXofFeEgG", *at))
        luaL_error(L, tr("format does not know '%%%c'", "format 不认识 '%%%c'"), *at ? *at : ' ');
    return at;
}

static void format_text(lua_State *L, luaL_Buffer *buffer, int arg, const char *spec)
{
    size_t size;
    const char *text = base_text(L, arg, &size);
    if (spec[1] == 0) {
        luaL_addvalue(buffer);
        return;
    }
    char field[FIELD_BYTES], full[SPEC_BYTES + 2];
    snprintf(full, sizeof full, "%ss", spec);
    if (size < sizeof field - 100) {
        snprintf(field, sizeof field, full, text);
        lua_pop(L, 1);
        luaL_addstring(buffer, field);
    } else {
        luaL_addvalue(buffer);
    }
}

static void format_number(lua_State *L, luaL_Buffer *buffer, int arg, const char *spec, char letter)
{
    char field[FIELD_BYTES], full[SPEC_BYTES + 4];
    if (strchr("fFeEgG", letter)) {
        sandbox_charge(L, FLOAT_STEPS);
        snprintf(full, sizeof full, "%s%c", spec, letter);
        snprintf(field, sizeof field, full, luaL_checknumber(L, arg));
    } else if (letter == 'c') {
        field[0] = (char)luaL_checkinteger(L, arg);
        luaL_addlstring(buffer, field, 1);
        return;
    } else {
        snprintf(full, sizeof full, "%sll%c", spec, letter);
        snprintf(field, sizeof field, full, (long long)luaL_checkinteger(L, arg));
    }
    luaL_addstring(buffer, field);
}

static int string_format(lua_State *L)
{
    size_t size;
    const char *at = string_arg(L, 1, &size), *end = at + size;
    int arg = 1, last = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    while (at < end) {
        if (*at != '%' || at[1] == '%') {
            at += *at == '%';
            luaL_addchar(&buffer, *at++);
            continue;
        }
        char spec[SPEC_BYTES];
        at = read_spec(L, at + 1, spec);
        if (++arg > last)
            return luaL_argerror(L, arg, "no value");
        sandbox_check_size(L, luaL_bufflen(&buffer) + FIELD_BYTES);
        if (*at == 's')
            format_text(L, &buffer, arg, spec);
        else
            format_number(L, &buffer, arg, spec, *at);
        at++;
    }
    luaL_pushresult(&buffer);
    return 1;
}

/* ---- helpers for plain text ---- */

bool string_find_plain(lua_State *L, const char *text, size_t size, const char *part,
                       size_t part_size, size_t *ret_at)
{
    sandbox_charge(L, (int64_t)size / 4 + 1);
    const char *found = part_size == 0 ? text : memmem(text, size, part, part_size);
    if (found)
        *ret_at = (size_t)(found - text);
    return found != NULL;
}

static int string_startswith(lua_State *L)
{
    size_t size, part_size;
    const char *text = string_arg(L, 1, &size), *part = string_arg(L, 2, &part_size);
    lua_pushboolean(L, part_size <= size && memcmp(text, part, part_size) == 0);
    return 1;
}

static int string_endswith(lua_State *L)
{
    size_t size, part_size;
    const char *text = string_arg(L, 1, &size), *part = string_arg(L, 2, &part_size);
    lua_pushboolean(L, part_size <= size && memcmp(text + size - part_size, part, part_size) == 0);
    return 1;
}

static int string_contains(lua_State *L)
{
    size_t size, part_size, at;
    const char *text = string_arg(L, 1, &size), *part = string_arg(L, 2, &part_size);
    lua_pushboolean(L, string_find_plain(L, text, size, part, part_size, &at));
    return 1;
}

static int string_split(lua_State *L)
{
    size_t size, part_size, at;
    const char *text = string_arg(L, 1, &size), *separator = luaL_checklstring(L, 2, &part_size);
    luaL_argcheck(L, part_size > 0, 2, "empty separator");
    lua_newtable(L);
    lua_Integer count = 0;
    while (string_find_plain(L, text, size, separator, part_size, &at)) {
        lua_pushlstring(L, text, at);
        lua_rawseti(L, -2, ++count);
        text += at + part_size;
        size -= at + part_size;
    }
    lua_pushlstring(L, text, size);
    lua_rawseti(L, -2, ++count);
    return 1;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int string_trim(lua_State *L)
{
    size_t size;
    const char *text = string_arg(L, 1, &size);
    for (; size > 0 && is_space(text[0]); size--)
        text++;
    while (size > 0 && is_space(text[size - 1]))
        size--;
    lua_pushlstring(L, text, size);
    return 1;
}

static const luaL_Reg functions[] = {
    {"byte", string_byte},
    {"char", string_char},
    {"contains", string_contains},
    {"endswith", string_endswith},
    {"find", string_find},
    {"format", string_format},
    {"gmatch", string_gmatch},
    {"gsub", string_gsub},
    {"len", string_len},
    {"lower", string_lower},
    {"match", string_match},
    {"rep", string_rep},
    {"reverse", string_reverse},
    {"split", string_split},
    {"startswith", string_startswith},
    {"sub", string_sub},
    {"trim", string_trim},
    {"upper", string_upper},
    {NULL, NULL},
};

/* The methods of texts, `("x"):upper()`, are the same read-only view. */
void bind_string(struct sandbox *box)
{
    lua_State *L = sandbox_state(box);
    luaL_newlib(L, functions);
    sandbox_freeze(L, "string");
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
    sandbox_add_word(box, "string");
}
