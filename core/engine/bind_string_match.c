/* The part of module string that takes patterns: find match gmatch gsub.  They run in our own
 * matcher (pattern.h), on the script's budget, so that no pattern can hang a script. */
#include "base/err.h"
#include "base/lang.h"
#include "engine/bind_string.h"
#include "engine/pattern.h"
#include "engine/sandbox.h"
#include <lauxlib.h>
#include <string.h>

/* Runs the matcher on the script's budget; raises what is wrong. */
static bool search(lua_State *L, struct pattern *pattern, size_t from,
                   struct pattern_match *ret_match)
{
    int64_t before = sandbox_steps_left(L);
    pattern->steps_left = before;
    int found = pattern_find(pattern, from, ret_match);
    sandbox_charge(L, before - pattern->steps_left + 1);
    if (found == ERR_SYNTAX)
        luaL_error(L, "%s", pattern->error);
    return found > 0;
}

static struct pattern pattern_arg(lua_State *L, bool may_anchor)
{
    struct pattern pattern = {0};
    pattern.subject = string_arg(L, 1, &pattern.subject_size);
    pattern.text = luaL_checklstring(L, 2, &pattern.size);
    if (may_anchor && pattern.size > 0 && pattern.text[0] == '^') {
        pattern.anchored = true;
        pattern.text++;
        pattern.size--;
    }
    return pattern;
}

static void push_capture(lua_State *L, const char *subject, const struct pattern_capture *capture)
{
    if (capture->size == PATTERN_POSITION)
        lua_pushinteger(L, (lua_Integer)capture->start + 1);
    else
        lua_pushlstring(L, subject + capture->start, capture->size);
}

static void push_whole(lua_State *L, const char *subject, const struct pattern_match *match)
{
    lua_pushlstring(L, subject + match->start, match->end - match->start);
}

/* All captures; the whole match when there are none and `whole` says so. */
static int push_captures(lua_State *L, const char *subject, const struct pattern_match *match,
                         bool whole)
{
    luaL_checkstack(L, PATTERN_CAPTURES_MAX, "captures");
    if (match->count == 0 && whole) {
        push_whole(L, subject, match);
        return 1;
    }
    for (int i = 0; i < match->count; i++)
        push_capture(L, subject, &match->captures[i]);
    return match->count;
}

static int find_or_match(lua_State *L, bool find)
{
    struct pattern pattern = pattern_arg(L, false);
    size_t init = string_first(luaL_optinteger(L, 3, 1), pattern.subject_size) - 1;
    if (init > pattern.subject_size)
        return luaL_pushfail(L), 1;
    if (find && (lua_toboolean(L, 4) || pattern_is_plain(pattern.text, pattern.size))) {
        size_t at;
        if (!string_find_plain(L, pattern.subject + init, pattern.subject_size - init, pattern.text,
                               pattern.size, &at))
            return luaL_pushfail(L), 1;
        lua_pushinteger(L, (lua_Integer)(init + at) + 1);
        lua_pushinteger(L, (lua_Integer)(init + at + pattern.size));
        return 2;
    }
    struct pattern_match match;
    pattern = pattern_arg(L, true);
    if (!search(L, &pattern, init, &match))
        return luaL_pushfail(L), 1;
    if (!find)
        return push_captures(L, pattern.subject, &match, true);
    lua_pushinteger(L, (lua_Integer)match.start + 1);
    lua_pushinteger(L, (lua_Integer)match.end);
    return 2 + push_captures(L, pattern.subject, &match, false);
}

int string_find(lua_State *L)
{
    return find_or_match(L, true);
}

int string_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* Upvalues: subject, pattern, where the next search begins, where the last match ended (-1:
 * nowhere). */
static int gmatch_next(lua_State *L)
{
    struct pattern pattern = {0};
    struct pattern_match match;
    pattern.subject = lua_tolstring(L, lua_upvalueindex(1), &pattern.subject_size);
    pattern.text = lua_tolstring(L, lua_upvalueindex(2), &pattern.size);
    size_t from = (size_t)lua_tointeger(L, lua_upvalueindex(3));
    lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
    while (from <= pattern.subject_size && search(L, &pattern, from, &match)) {
        from = match.end;
        if ((lua_Integer)match.end == last) { /* an empty match where the last one ended */
            from = match.start + 1;
            continue;
        }
        lua_pushinteger(L, (lua_Integer)from);
        lua_copy(L, -1, lua_upvalueindex(4));
        lua_replace(L, lua_upvalueindex(3));
        return push_captures(L, pattern.subject, &match, true);
    }
    lua_pushinteger(L, (lua_Integer)pattern.subject_size + 1);
    lua_replace(L, lua_upvalueindex(3));
    return 0;
}

int string_gmatch(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushinteger(L, 0);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

/* The replacement text with %0 … %9 and %% filled in. */
static void add_template(lua_State *L, luaL_Buffer *buffer, const char *subject,
                         const struct pattern_match *match)
{
    size_t size;
    const char *text = lua_tolstring(L, 3, &size);
    sandbox_charge(L, (int64_t)size + 1);
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c != '%') {
            luaL_addchar(buffer, c);
            continue;
        }
        c = ++i < size ? text[i] : 0;
        int number = c - '1';
        if (c == '%') {
            luaL_addchar(buffer, c);
        } else if (c == '0' || (number == 0 && match->count == 0)) {
            luaL_addlstring(buffer, subject + match->start, match->end - match->start);
        } else if (number >= 0 && number < match->count) {
            push_capture(L, subject, &match->captures[number]);
            luaL_addvalue(buffer);
        } else {
            luaL_error(L, tr("the replacement refers to a capture that is not there",
                             "替换文本引用了不存在的捕获"));
        }
    }
}

/* Adds what stands in place of the match; false or nil keep it. */
static void add_replacement(lua_State *L, luaL_Buffer *buffer, const char *subject,
                            const struct pattern_match *match)
{
    int type = lua_type(L, 3);
    if (type == LUA_TSTRING || type == LUA_TNUMBER) {
        add_template(L, buffer, subject, match);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, push_captures(L, subject, match, true), 1);
    } else {
        if (match->count > 0)
            push_capture(L, subject, &match->captures[0]);
        else
            push_whole(L, subject, match);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        push_whole(L, subject, match);
    } else if (!lua_isstring(L, -1)) {
        luaL_error(L, tr("a replacement must be text, not a %s", "替换值必须是文本, 不是 %s"),
                   luaL_typename(L, -1));
    }
    luaL_addvalue(buffer);
}

int string_gsub(lua_State *L)
{
    struct pattern pattern = pattern_arg(L, true);
    int type = lua_type(L, 3);
    luaL_argexpected(L,
                     type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION ||
                         type == LUA_TTABLE,
                     3, "string/function/table");
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)pattern.subject_size + 1), count = 0;
    struct pattern_match match;
    size_t from = 0, copied = 0;
    lua_Integer last = -1;
    luaL_Buffer buffer;
    luaL_buffinit(L, &buffer);
    while (count < most && from <= pattern.subject_size && search(L, &pattern, from, &match)) {
        if ((lua_Integer)match.end == last && match.start == match.end) {
            from = match.start + 1;
        } else {
            count++;
            luaL_addlstring(&buffer, pattern.subject + copied, match.start - copied);
            add_replacement(L, &buffer, pattern.subject, &match);
            sandbox_check_size(L, luaL_bufflen(&buffer));
            copied = from = match.end;
            last = (lua_Integer)match.end;
        }
        if (pattern.anchored)
            break;
    }
    luaL_addlstring(&buffer, pattern.subject + copied, pattern.subject_size - copied);
    luaL_pushresult(&buffer);
    lua_pushinteger(L, count);
    return 2;
}
