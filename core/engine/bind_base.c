/* The bare language: assert error ipairs pairs select tonumber tostring type.
 *
 * `pairs` goes through keys in one fixed order, numbers rising and then strings bytewise, so that
 * no hash order can reach a decision; `tostring` tells no addresses.  Left out, each for a reason
 * given in README.md: pcall, setmetatable, next, load, raw*, collectgarbage, print and their kin.
 */
#include "base/lang.h"
#include "engine/sandbox.h"
#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOAT_STEPS = 20 }; /* printing one of three hundred digits */

static int base_assert(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_toboolean(L, 1))
        return lua_gettop(L);
    if (lua_gettop(L) < 2)
        return luaL_error(L, "assertion failed!");
    lua_settop(L, 2);
    return lua_error(L);
}

/* Always placed by the box itself, so the level is not looked at. */
static int base_error(lua_State *L)
{
    lua_settop(L, 1);
    return lua_error(L);
}

static int base_type(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushstring(L, luaL_typename(L, 1));
    return 1;
}

static int base_select(lua_State *L)
{
    int count = lua_gettop(L);
    if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
        lua_pushinteger(L, count - 1);
        return 1;
    }
    lua_Integer from = luaL_checkinteger(L, 1);
    if (from < 0)
        from = count + from;
    else if (from > count)
        from = count;
    luaL_argcheck(L, 1 <= from, 1, "index out of range");
    return count - (int)from;
}

/* A digit of any base up to 36, or -1. */
static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = (char)(c | 32);
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : -1;
}

static int number_in_base(lua_State *L)
{
    size_t size;
    luaL_checktype(L, 1, LUA_TSTRING);
    const char *text = lua_tolstring(L, 1, &size);
    lua_Integer base = luaL_checkinteger(L, 2);
    luaL_argcheck(L, 2 <= base && base <= 36, 2, "base out of range");
    lua_Unsigned value = 0;
    bool negative = size > 0 && text[0] == '-';
    bool any = false;
    sandbox_charge(L, (int64_t)size / 16 + 1);
    for (size_t i = negative; i < size; i++, any = true) {
        int digit = digit_of(text[i]);
        if (digit < 0 || digit >= base)
            return luaL_pushfail(L), 1;
        value = value * (lua_Unsigned)base + (lua_Unsigned)digit;
    }
    if (!any)
        return luaL_pushfail(L), 1;
    lua_pushinteger(L, (lua_Integer)(negative ? 0u - value : value));
    return 1;
}

static int base_tonumber(lua_State *L)
{
    if (!lua_isnoneornil(L, 2))
        return number_in_base(L);
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TNUMBER) {
        lua_settop(L, 1);
        return 1;
    }
    size_t size;
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &size) : NULL;
    if (text)
        sandbox_charge(L, (int64_t)size / 16 + 1);
    if (text && lua_stringtonumber(L, text) == size + 1)
        return 1;
    luaL_pushfail(L);
    return 1;
}

/* Shared with string.format: pushes the value as text. */
const char *base_text(lua_State *L, int index, size_t *ret_size)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        lua_pushvalue(L, index);
        break;
    case LUA_TNUMBER:
        if (!lua_isinteger(L, index) && isnan(lua_tonumber(L, index))) {
            lua_pushliteral(L, "nan"); /* its sign is no figure */
        } else {
            sandbox_charge(L, lua_isinteger(L, index) ? 1 : FLOAT_STEPS);
            lua_pushvalue(L, index);
            lua_tostring(L, -1);
        }
        break;
    case LUA_TBOOLEAN:
        lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
        break;
    default:
        if (luaL_getmetafield(L, index, "__tostring") != LUA_TNIL) {
            lua_pushvalue(L, index);
            lua_call(L, 1, 1);
            if (lua_type(L, -1) == LUA_TSTRING)
                break;
            lua_pop(L, 1);
        }
        lua_pushstring(L, luaL_typename(L, index));
    }
    return lua_tolstring(L, -1, ret_size);
}

static int base_tostring(lua_State *L)
{
    luaL_checkany(L, 1);
    base_text(L, 1, NULL);
    return 1;
}

static int ipairs_next(lua_State *L)
{
    lua_Integer next = luaL_checkinteger(L, 2) + 1;
    lua_pushinteger(L, next);
    return lua_geti(L, 1, next) == LUA_TNIL ? 1 : 2;
}

/* Tables only; what a mistake left behind has no items, and p explains itself. */
static bool check_iterable(lua_State *L)
{
    if (sandbox_is_broken(L, 1)) {
        lua_newtable(L);
        lua_replace(L, 1);
    } else if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
        lua_pushvalue(L, 1);
        lua_call(L, 1, 1);
        lua_newtable(L);
        lua_replace(L, 1);
    }
    luaL_checktype(L, 1, LUA_TTABLE);
    return true;
}

static int base_ipairs(lua_State *L)
{
    luaL_checkany(L, 1);
    check_iterable(L);
    lua_pushcfunction(L, ipairs_next);
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

/* ---- pairs, sorted ---- */

struct key {
    const char *text; /* NULL: a number */
    size_t size;
    lua_Number number;
    lua_Integer integer;
    int is_integer;
};

static int compare_numbers(const struct key *a, const struct key *b)
{
    if (a->is_integer && b->is_integer)
        return (a->integer > b->integer) - (a->integer < b->integer);
    return (a->number > b->number) - (a->number < b->number);
}

static int key_compare(const void *left, const void *right)
{
    const struct key *a = left, *b = right;
    if (!a->text || !b->text)
        return a->text ? 1 : b->text ? -1 : compare_numbers(a, b);
    size_t common = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->text, b->text, common);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static struct key read_key(lua_State *L, int index)
{
    struct key key = {0};
    if (lua_type(L, index) == LUA_TSTRING) {
        key.text = lua_tolstring(L, index, &key.size);
    } else if (lua_type(L, index) == LUA_TNUMBER) {
        key.integer = lua_tointegerx(L, index, &key.is_integer);
        key.number = lua_tonumber(L, index);
    } else {
        luaL_error(L, "%s",
                   tr("pairs goes through numbers and texts; the table has other keys",
                      "pairs 只遍历数字和文本的键; 表中有其他键"));
    }
    return key;
}

static lua_Integer count_keys(lua_State *L, int table)
{
    lua_Integer count = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
        count++;
        if (count % 64 == 0)
            sandbox_charge(L, 64 * 20); /* n log n of a table that fills the box */
    }
    return count;
}

/* Pushes a list of the table's keys in order. */
static void push_sorted_keys(lua_State *L, int table)
{
    lua_Integer count = count_keys(L, table);
    sandbox_charge(L, count + 1);
    struct key *keys = lua_newuserdatauv(L, (size_t)count * sizeof *keys + 1, 0);
    size_t n = 0;
    for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1))
        keys[n++] = read_key(L, -2);
    qsort(keys, n, sizeof *keys, key_compare);
    lua_createtable(L, (int)n, 0);
    for (size_t i = 0; i < n; i++) {
        if (keys[i].text)
            lua_pushlstring(L, keys[i].text, keys[i].size);
        else if (keys[i].is_integer)
            lua_pushinteger(L, keys[i].integer);
        else
            lua_pushnumber(L, keys[i].number);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_remove(L, -2);
}

/* Upvalues: the table, its keys, how many were given. */
static int pairs_next(lua_State *L)
{
    for (;;) {
        lua_Integer next = lua_tointeger(L, lua_upvalueindex(3)) + 1;
        lua_pushinteger(L, next);
        lua_replace(L, lua_upvalueindex(3));
        if (lua_rawgeti(L, lua_upvalueindex(2), next) == LUA_TNIL)
            return 1;
        lua_pushvalue(L, -1);
        if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
            return 2;
        sandbox_charge(L, 1); /* taken out since the loop began */
        lua_pop(L, 2);
    }
}

static int base_pairs(lua_State *L)
{
    luaL_checkany(L, 1);
    check_iterable(L);
    lua_settop(L, 1);
    if (sandbox_behind(L, 1))
        lua_replace(L, 1);
    push_sorted_keys(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, pairs_next, 3);
    return 1;
}

static const luaL_Reg functions[] = {
    {"assert", base_assert},     {"error", base_error},   {"ipairs", base_ipairs},
    {"pairs", base_pairs},       {"select", base_select}, {"tonumber", base_tonumber},
    {"tostring", base_tostring}, {"type", base_type},     {NULL, NULL},
};

void bind_base(struct sandbox *box)
{
    for (const luaL_Reg *function = functions; function->name; function++) {
        lua_pushcfunction(sandbox_state(box), function->func);
        sandbox_add_word(box, function->name);
    }
}
