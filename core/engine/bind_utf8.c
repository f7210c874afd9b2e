/* Module utf8: Chinese text by characters: len char codepoint codes sub, and charpattern. */
#include "base/lang.h"
#include "engine/sandbox.h"
#include <lauxlib.h>

enum { BYTES_A_STEP = 8, CHARS_MAX = 250 };

/* Decodes the character at `at`; returns its size, or 0 when it is not valid UTF-8. */
static size_t decode(const char *at, const char *end, uint32_t *ret_code)
{
    static const uint32_t lowest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*at;
    size_t size = first < 0x80 ? 1 : first < 0xc0 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (size == 0 || first > 0xf4 || size > (size_t)(end - at))
        return 0;
    uint32_t code = size == 1 ? first : first & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if (((unsigned char)at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    }
    if (code < lowest[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return 0;
    *ret_code = code;
    return size;
}

static size_t encode(uint32_t code, char ret[4])
{
    if (code < 0x80)
        return ret[0] = (char)code, 1;
    size_t size = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        ret[i] = (char)(0x80 | (code & 0x3f));
    ret[0] = (char)((0xf00u >> size) | code);
    return size;
}

static const char *checked_text(lua_State *L, int index, const char **ret_end)
{
    size_t size;
    const char *text = luaL_checklstring(L, index, &size);
    sandbox_charge(L, (int64_t)size / BYTES_A_STEP + 1);
    *ret_end = text + size;
    return text;
}

static int utf8_len(lua_State *L)
{
    const char *end, *text = checked_text(L, 1, &end);
    lua_Integer count = 0;
    uint32_t code;
    for (const char *at = text; at < end; count++) {
        size_t size = decode(at, end, &code);
        if (size == 0) {
            luaL_pushfail(L);
            lua_pushinteger(L, at - text + 1);
            return 2;
        }
        at += size;
    }
    lua_pushinteger(L, count);
    return 1;
}

static int utf8_char(lua_State *L)
{
    int count = lua_gettop(L);
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (int i = 1; i <= count; i++) {
        char bytes[4];
        lua_Integer code = luaL_checkinteger(L, i);
        luaL_argcheck(L, 0 <= code && code <= 0x10ffff, i, "value out of range");
        luaL_addlstring(&buffer, bytes, encode((uint32_t)code, bytes));
    }
    sandbox_charge(L, count);
    luaL_pushresult(&buffer);
    return 1;
}

static int bad_text(lua_State *L)
{
    return luaL_error(L, tr("the text is not UTF-8", "文本不是 UTF-8"));
}

/* Byte range [*from, *to) of the characters i..j, which count from the end when negative. */
static int find_range(lua_State *L, const char *text, const char *end, lua_Integer i, lua_Integer j,
                      const char **ret_from, const char **ret_to)
{
    lua_Integer count = 0, number = 0;
    uint32_t code;
    for (const char *at = text; at < end; count++) {
        size_t size = decode(at, end, &code);
        if (size == 0)
            return bad_text(L);
        at += size;
    }
    i = i < 0 ? (i < -count ? 1 : count + i + 1) : i < 1 ? 1 : i;
    j = j < 0 ? (j < -count ? 0 : count + j + 1) : j;
    *ret_from = *ret_to = end;
    for (const char *at = text; at < end; at += decode(at, end, &code)) {
        number++;
        if (number == i)
            *ret_from = at;
        if (number == j + 1)
            *ret_to = at;
    }
    if (j < i)
        *ret_to = *ret_from;
    return 0;
}

static int utf8_sub(lua_State *L)
{
    const char *end, *text = checked_text(L, 1, &end), *from, *to;
    find_range(L, text, end, luaL_checkinteger(L, 2), luaL_optinteger(L, 3, -1), &from, &to);
    lua_pushlstring(L, from, to > from ? (size_t)(to - from) : 0);
    return 1;
}

/* The code points of characters i..j (by characters, unlike plain Lua's bytes). */
static int utf8_codepoint(lua_State *L)
{
    const char *end, *text = checked_text(L, 1, &end), *from, *to;
    lua_Integer i = luaL_optinteger(L, 2, 1);
    find_range(L, text, end, i, luaL_optinteger(L, 3, i), &from, &to);
    int count = 0;
    luaL_checkstack(L, CHARS_MAX + 1, "codepoint");
    while (from < to) {
        uint32_t code;
        if (++count > CHARS_MAX)
            return luaL_error(L, tr("more than %d characters", "超过 %d 个字符"), CHARS_MAX);
        from += decode(from, end, &code);
        lua_pushinteger(L, code);
    }
    return count;
}

/* Upvalue: the byte where the next character begins. */
static int codes_next(lua_State *L)
{
    size_t size;
    const char *text = lua_tolstring(L, lua_upvalueindex(1), &size);
    size_t at = (size_t)lua_tointeger(L, lua_upvalueindex(2));
    uint32_t code;
    if (at >= size)
        return 0;
    size_t width = decode(text + at, text + size, &code);
    if (width == 0)
        return bad_text(L);
    lua_pushinteger(L, (lua_Integer)(at + width));
    lua_replace(L, lua_upvalueindex(2));
    lua_pushinteger(L, (lua_Integer)at + 1);
    lua_pushinteger(L, code);
    return 2;
}

static int utf8_codes(lua_State *L)
{
    luaL_checkstring(L, 1);
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, codes_next, 2);
    return 1;
}

static const luaL_Reg functions[] = {
    {"char", utf8_char},   {"codepoint", utf8_codepoint},
    {"codes", utf8_codes}, {"len", utf8_len},
    {"sub", utf8_sub},     {NULL, NULL},
};

void bind_utf8(struct sandbox *box)
{
    lua_State *L = sandbox_state(box);
    luaL_newlib(L, functions);
    static const char any_character[] = "[\0-\x7f\xc2-\xfd][\x80-\xbf]*";
    lua_pushlstring(L, any_character, sizeof any_character - 1);
    lua_setfield(L, -2, "charpattern");
    sandbox_freeze(L, "utf8");
    sandbox_add_word(box, "utf8");
}
