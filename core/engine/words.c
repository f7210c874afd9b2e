/* See words.h.  Marks are kept in a table of the registry, keyed by the marked table: the author's
 * tables stay as they were written, and no metatable of ours is on them. */
#include "engine/words.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/str.h"
#include "engine/codes.h"
#include <assert.h>
#include <lauxlib.h>
#include <stdint.h>
#include <string.h>

/* Registry keys. */
static const char marks_key, rules_key, library_key;

#define LIBRARY "scripts/lib/"

const char *words_mark(lua_State *L, int index, int *ret_line)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &marks_key);
    lua_pushvalue(L, index);
    const char *word = NULL;
    if (lua_rawget(L, -2) == LUA_TTABLE) {
        lua_rawgeti(L, -1, 1);
        lua_rawgeti(L, -2, 2);
        word = lua_tostring(L, -2);
        *ret_line = (int)lua_tointeger(L, -1);
        lua_pop(L, 2);
    }
    lua_pop(L, 2);
    return word;
}

/* Marks the table on top with the word at stack index 1. */
static void set_mark(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &marks_key);
    lua_pushvalue(L, -2);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, sandbox_here(L).line);
    lua_rawseti(L, -2, 2);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

static int only_loading(lua_State *L, const char *word)
{
    return luaL_error(L, tr("%s can only be used while a script loads", "%s 只能在脚本加载时使用"),
                      word);
}

/* mark(word, table) → table */
static int mark(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    int line;
    if (!sandbox_loading(sandbox_of(L)))
        return only_loading(L, word);
    lua_settop(L, 2);
    if (sandbox_is_broken(L, 2))
        return 1;
    if (lua_type(L, 2) != LUA_TTABLE)
        return sandbox_complain(
            L, L_WORD, NULL, tr("%s needs a table: %s { … }", "%s 后需要表: %s { … }"), word, word);
    const char *before = words_mark(L, 2, &line);
    if (before)
        return sandbox_complain(
            L, L_WORD, tr("put one inside the other's braces", "请写在另一个的大括号里面"),
            tr("%s cannot be applied to %s{…}", "%s 不能直接作用于 %s{…}"), word, before);
    set_mark(L);
    return 1;
}

/* The body of a rule; upvalues: word, name. */
static int rule_body(lua_State *L)
{
    const char *word = lua_tostring(L, lua_upvalueindex(1));
    if (!sandbox_loading(sandbox_of(L)))
        return only_loading(L, word);
    lua_settop(L, 1);
    if (sandbox_is_broken(L, 1))
        return 1;
    if (lua_type(L, 1) != LUA_TTABLE)
        return sandbox_complain(L, L_WORD, NULL,
                                tr("%s \"name\" needs a table: %s \"name\" { … }",
                                   "%s \"名\" 后需要表: %s \"名\" { … }"),
                                word, word);
    lua_createtable(L, 2, 0);
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_rawseti(L, -2, 1);
    lua_insert(L, 1);
    lua_rawseti(L, 1, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    set_mark(L);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &rules_key);
    lua_pushvalue(L, 2);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
    lua_settop(L, 2);
    return 1;
}

/* rule(word, name) → function(body) */
static int rule(lua_State *L)
{
    const char *word = luaL_checkstring(L, 1);
    lua_settop(L, 2);
    if (sandbox_is_broken(L, 2))
        return 1;
    if (lua_type(L, 2) != LUA_TSTRING)
        return sandbox_complain(
            L, L_WORD, NULL,
            tr("%s needs a name first: %s \"name\" { … }", "%s 先写名字: %s \"名\" { … }"), word,
            word);
    lua_pushcclosure(L, rule_body, 2);
    return 1;
}

bool words_is_unfinished(lua_State *L, int index)
{
    return lua_tocfunction(L, index) == rule_body;
}

void words_take_rules(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &rules_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &rules_key);
}

void words_forget(lua_State *L)
{
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &marks_key);
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &rules_key);
}

/* ---- the library ---- */

/* Its globals: the words, with the two primitives before them. */
static void make_library_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, mark);
    lua_setfield(L, -2, "mark");
    lua_pushcfunction(L, rule);
    lua_setfield(L, -2, "rule");
    lua_createtable(L, 0, 1);
    lua_pushglobaltable(L);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    sandbox_freeze(L, "the library");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &library_key);
}

void words_give_primitives(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &library_key);
    lua_setupvalue(L, -2, 1);
}

/* Calls the library function in its upvalue.  Between author and library stands a C function,
 * because a Lua function that is called last (`return any {…}`) would take the place of the
 * author's frame, and with it the line a complaint must name. */
static int call_word(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, 1);
    return 1;
}

/* Adds every function of the table on top as a word; pops it. */
static void add_words(struct sandbox *box)
{
    lua_State *L = sandbox_state(box);
    for (lua_pushnil(L); lua_next(L, -2);) {
        const char *name = lua_tostring(L, -2);
        assert(lua_isfunction(L, -1));
        lua_pushcclosure(L, call_word, 1);
        sandbox_add_word(box, name);
    }
    lua_pop(L, 1);
}

/* The library is ours and was tested: its failure is a programmer's error. */
static void load_library(struct sandbox *box, const struct resource *resource)
{
    int file = sandbox_file(box, resource->path, true);
    int err = sandbox_compile(box, file, (const char *)resource->data, resource->size);
    assert(err == 0);
    words_give_primitives(sandbox_state(box));
    err = sandbox_call(box, BUDGET_LOAD, 0, 1);
    assert(err == 0);
    add_words(box);
}

void words_load(struct sandbox *box, const struct policy *policy)
{
    lua_State *L = sandbox_state(box);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &marks_key);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &rules_key);
    make_library_globals(L);
    bind_policy(box, policy);
    for (const struct resource *resource = resources; resource->path; resource++) {
        if (str_starts(resource->path, LIBRARY) && str_ends(resource->path, ".lua"))
            load_library(box, resource);
    }
}
