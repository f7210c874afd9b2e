/* Module math: what gives the same figure in every build.  No random numbers; no logarithms and
 * angles, whose last digit depends on the machine's library. */
#include "engine/sandbox.h"
#include <lauxlib.h>
#include <math.h>

enum { FMOD_STEPS = 50 }; /* of extreme floats: a loop over two thousand bits */

static int math_abs(lua_State *L)
{
    if (lua_isinteger(L, 1)) {
        lua_Integer value = lua_tointeger(L, 1);
        lua_pushinteger(L, value < 0 ? (lua_Integer)(0u - (lua_Unsigned)value) : value);
    } else {
        lua_pushnumber(L, fabs(luaL_checknumber(L, 1)));
    }
    return 1;
}

/* As an integer where it fits, as Lua does. */
static int push_rounded(lua_State *L, lua_Number value)
{
    lua_Integer integer;
    if (lua_numbertointeger(value, &integer))
        lua_pushinteger(L, integer);
    else
        lua_pushnumber(L, value);
    return 1;
}

static int math_floor(lua_State *L)
{
    if (lua_isinteger(L, 1))
        return lua_settop(L, 1), 1;
    return push_rounded(L, floor(luaL_checknumber(L, 1)));
}

static int math_ceil(lua_State *L)
{
    if (lua_isinteger(L, 1))
        return lua_settop(L, 1), 1;
    return push_rounded(L, ceil(luaL_checknumber(L, 1)));
}

static int math_fmod(lua_State *L)
{
    if (lua_isinteger(L, 1) && lua_isinteger(L, 2)) {
        lua_Integer divisor = lua_tointeger(L, 2);
        luaL_argcheck(L, divisor != 0, 2, "zero");
        lua_pushinteger(L, divisor == -1 ? 0 : lua_tointeger(L, 1) % divisor);
    } else {
        sandbox_charge(L, FMOD_STEPS);
        lua_pushnumber(L, fmod(luaL_checknumber(L, 1), luaL_checknumber(L, 2)));
    }
    return 1;
}

static int math_modf(lua_State *L)
{
    lua_Number whole, part = modf(luaL_checknumber(L, 1), &whole);
    lua_pushnumber(L, whole);
    lua_pushnumber(L, part);
    return 2;
}

static int math_sqrt(lua_State *L)
{
    lua_pushnumber(L, sqrt(luaL_checknumber(L, 1)));
    return 1;
}

/* The argument that no other is beyond: smaller (sign -1) or larger (sign 1). */
static int extreme(lua_State *L, int sign)
{
    int best = 1, count = lua_gettop(L);
    luaL_checknumber(L, 1);
    for (int i = 2; i <= count; i++) {
        luaL_checknumber(L, i);
        if (sign > 0 ? lua_compare(L, best, i, LUA_OPLT) : lua_compare(L, i, best, LUA_OPLT))
            best = i;
    }
    lua_pushvalue(L, best);
    return 1;
}

static int math_max(lua_State *L)
{
    return extreme(L, 1);
}

static int math_min(lua_State *L)
{
    return extreme(L, -1);
}

static int math_tointeger(lua_State *L)
{
    int is_integer;
    lua_Integer value = lua_type(L, 1) == LUA_TNUMBER ? lua_tointegerx(L, 1, &is_integer)
                                                      : (luaL_checkany(L, 1), is_integer = 0);
    if (is_integer)
        lua_pushinteger(L, value);
    else
        luaL_pushfail(L);
    return 1;
}

static int math_type(lua_State *L)
{
    luaL_checkany(L, 1);
    if (lua_type(L, 1) == LUA_TNUMBER)
        lua_pushstring(L, lua_isinteger(L, 1) ? "integer" : "float");
    else
        luaL_pushfail(L);
    return 1;
}

static int math_ult(lua_State *L)
{
    lua_pushboolean(L,
                    (lua_Unsigned)luaL_checkinteger(L, 1) < (lua_Unsigned)luaL_checkinteger(L, 2));
    return 1;
}

static const luaL_Reg functions[] = {
    {"abs", math_abs},   {"ceil", math_ceil}, {"floor", math_floor},         {"fmod", math_fmod},
    {"max", math_max},   {"min", math_min},   {"modf", math_modf},           {"sqrt", math_sqrt},
    {"type", math_type}, {"ult", math_ult},   {"tointeger", math_tointeger}, {NULL, NULL},
};

void bind_math(struct sandbox *box)
{
    lua_State *L = sandbox_state(box);
    luaL_newlib(L, functions);
    lua_pushnumber(L, HUGE_VAL);
    lua_setfield(L, -2, "huge");
    lua_pushnumber(L, 3.141592653589793);
    lua_setfield(L, -2, "pi");
    lua_pushinteger(L, LUA_MAXINTEGER);
    lua_setfield(L, -2, "maxinteger");
    lua_pushinteger(L, LUA_MININTEGER);
    lua_setfield(L, -2, "mininteger");
    sandbox_freeze(L, "math");
    sandbox_add_word(box, "math");
}
