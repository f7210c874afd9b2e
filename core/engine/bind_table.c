/* Module table: concat insert move pack remove sort unpack, each charged for its loop before it
 * runs.  Sorting is stable and gives the same result in every build, also when the order function
 * contradicts itself. */
#include "base/lang.h"
#include "engine/sandbox.h"
#include <lauxlib.h>
#include <string.h>

enum { UNPACK_MAX = 250 }; /* values; the stack of a call is small */

static lua_Integer length(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_len(L, 1);
}

/* How many from `first` to `last`, without overflow; 0 when there are none. */
static lua_Unsigned range(lua_Integer first, lua_Integer last)
{
    return first > last ? 0 : (lua_Unsigned)last - (lua_Unsigned)first + 1;
}

static void charge_range(lua_State *L, lua_Unsigned count)
{
    sandbox_charge(L, count < INT64_MAX ? (int64_t)count : INT64_MAX);
}

static int table_concat(lua_State *L)
{
    lua_Integer last = length(L);
    size_t separator_size, size = 0;
    const char *separator = luaL_optlstring(L, 2, "", &separator_size);
    lua_Integer first = luaL_optinteger(L, 3, 1);
    last = luaL_optinteger(L, 4, last);
    charge_range(L, range(first, last));
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    for (lua_Integer i = first; i <= last; i++) {
        int type = lua_geti(L, 1, i);
        if (type != LUA_TSTRING && type != LUA_TNUMBER)
            return luaL_error(
                L, tr("item %d is a %s, not a text or number", "第 %d 项是 %s, 不是文本或数字"),
                (int)i, luaL_typename(L, -1));
        size += lua_rawlen(L, -1) + separator_size;
        sandbox_check_size(L, size);
        luaL_addvalue(&buffer);
        if (i == last)
            break; /* also keeps i from running over */
        luaL_addlstring(&buffer, separator, separator_size);
    }
    luaL_pushresult(&buffer);
    return 1;
}

static int table_insert(lua_State *L)
{
    lua_Integer end = length(L) + 1, at = end;
    if (lua_gettop(L) == 3) {
        at = luaL_checkinteger(L, 2);
        luaL_argcheck(L, 1 <= at && at <= end, 2, "position out of bounds");
    } else if (lua_gettop(L) != 2) {
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    charge_range(L, range(at, end));
    for (lua_Integer i = end; i > at; i--) {
        lua_geti(L, 1, i - 1);
        lua_seti(L, 1, i);
    }
    lua_seti(L, 1, at);
    return 0;
}

static int table_remove(lua_State *L)
{
    lua_Integer size = length(L), at = luaL_optinteger(L, 2, size);
    if (lua_gettop(L) > 1)
        luaL_argcheck(L, 1 <= at && at <= size + 1, 2, "position out of bounds");
    charge_range(L, range(at, size));
    lua_geti(L, 1, at);
    for (; at < size; at++) {
        lua_geti(L, 1, at + 1);
        lua_seti(L, 1, at);
    }
    lua_pushnil(L);
    lua_seti(L, 1, at);
    return 1;
}

static int table_move(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer first = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3);
    lua_Integer to = luaL_checkinteger(L, 4);
    int target = lua_isnoneornil(L, 5) ? 1 : 5;
    luaL_checktype(L, target, LUA_TTABLE);
    lua_Unsigned count = range(first, last);
    charge_range(L, count);
    luaL_argcheck(L, count == 0 || to <= LUA_MAXINTEGER - (lua_Integer)count + 1, 4,
                  "destination wrap around");
    bool backwards = to > first && (target == 1 || lua_compare(L, 1, target, LUA_OPEQ));
    for (lua_Unsigned i = 0; i < count; i++) {
        lua_Integer offset = (lua_Integer)(backwards ? count - 1 - i : i);
        lua_geti(L, 1, first + offset);
        lua_seti(L, target, to + offset);
    }
    lua_pushvalue(L, target);
    return 1;
}

static int table_pack(lua_State *L)
{
    int count = lua_gettop(L);
    lua_createtable(L, count, 1);
    lua_insert(L, 1);
    for (int i = count; i >= 1; i--)
        lua_rawseti(L, 1, i);
    lua_pushinteger(L, count);
    lua_setfield(L, 1, "n");
    return 1;
}

static int table_unpack(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_Integer first = luaL_optinteger(L, 2, 1);
    lua_Integer last = luaL_opt(L, luaL_checkinteger, 3, luaL_len(L, 1));
    lua_Unsigned count = range(first, last);
    if (count > UNPACK_MAX)
        return luaL_error(L,
                          tr("too many values to unpack (at most %d)", "unpack 的值过多 (最多 %d)"),
                          UNPACK_MAX);
    charge_range(L, count);
    luaL_checkstack(L, (int)count, "unpack");
    for (lua_Unsigned i = 0; i < count; i++)
        lua_geti(L, 1, first + (lua_Integer)i);
    return (int)count;
}

/* ---- sort: merging runs between two lists on the stack ---- */

enum { ARG_TABLE = 1, ARG_ORDER = 2, LIST_A = 3, LIST_B = 4 };

static bool string_before(lua_State *L, int a, int b)
{
    size_t size_a, size_b;
    const char *text_a = lua_tolstring(L, a, &size_a), *text_b = lua_tolstring(L, b, &size_b);
    size_t common = size_a < size_b ? size_a : size_b;
    sandbox_charge(L, (int64_t)common / 16);
    int order = memcmp(text_a, text_b, common);
    return order != 0 ? order < 0 : size_a < size_b;
}

/* Whether the value on top comes before the one below it; leaves both. */
static bool top_before(lua_State *L)
{
    int below = lua_gettop(L) - 1, top = below + 1;
    if (lua_isfunction(L, ARG_ORDER)) {
        lua_pushvalue(L, ARG_ORDER);
        lua_pushvalue(L, top);
        lua_pushvalue(L, below);
        lua_call(L, 2, 1);
        bool before = lua_toboolean(L, -1);
        lua_pop(L, 1);
        return before;
    }
    int type = lua_type(L, top);
    if (type != lua_type(L, below) || (type != LUA_TNUMBER && type != LUA_TSTRING))
        luaL_error(L, tr("cannot sort a %s and a %s", "不能比较 %s 与 %s"), luaL_typename(L, below),
                   luaL_typename(L, top));
    return type == LUA_TSTRING ? string_before(L, top, below)
                               : lua_compare(L, top, below, LUA_OPLT);
}

/* Merges [low, middle) and [middle, high) of one list into the other. */
static void merge(lua_State *L, int from, int to, lua_Integer low, lua_Integer middle,
                  lua_Integer high)
{
    lua_Integer left = low, right = middle;
    for (lua_Integer out = low; out < high; out++) {
        bool take_right = left == middle;
        if (left < middle && right < high) {
            lua_rawgeti(L, from, left);
            lua_rawgeti(L, from, right);
            take_right = top_before(L);
            lua_pop(L, 2);
        }
        lua_rawgeti(L, from, take_right ? right++ : left++);
        lua_rawseti(L, to, out);
    }
}

static int table_sort(lua_State *L)
{
    lua_Integer count = length(L);
    if (!lua_isnoneornil(L, 2))
        luaL_checktype(L, 2, LUA_TFUNCTION);
    int doublings = 1;
    for (lua_Integer n = 1; n < count; n *= 2)
        doublings++;
    luaL_argcheck(L, count < INT32_MAX, 1, "too big");
    sandbox_charge(L, count * doublings);
    lua_settop(L, 2);
    lua_createtable(L, (int)count, 0);
    lua_createtable(L, (int)count, 0);
    for (lua_Integer i = 1; i <= count; i++) {
        lua_geti(L, ARG_TABLE, i);
        lua_rawseti(L, LIST_A, i);
    }
    int from = LIST_A, to = LIST_B;
    for (lua_Integer width = 1; width < count; width *= 2) {
        for (lua_Integer low = 1; low <= count; low += 2 * width) {
            lua_Integer middle = low + width <= count ? low + width : count + 1;
            lua_Integer high = middle + width <= count ? middle + width : count + 1;
            merge(L, from, to, low, middle, high);
        }
        int swap = from;
        from = to;
        to = swap;
    }
    for (lua_Integer i = 1; i <= count; i++) {
        lua_rawgeti(L, from, i);
        lua_seti(L, ARG_TABLE, i);
    }
    return 0;
}

static const luaL_Reg functions[] = {
    {"concat", table_concat}, {"insert", table_insert},
    {"move", table_move},     {"pack", table_pack},
    {"remove", table_remove}, {"sort", table_sort},
    {"unpack", table_unpack}, {NULL, NULL},
};

void bind_table(struct sandbox *box)
{
    luaL_newlib(sandbox_state(box), functions);
    sandbox_freeze(sandbox_state(box), "table");
    sandbox_add_word(box, "table");
}
