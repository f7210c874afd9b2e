/* What stands in the box: the words, read-only views, and the value that means "already complained
 * of".
 *
 * A script's globals are a view of the words: reading an unknown one is a mistake with a
 * suggestion, writing any is a mistake.  While scripts load, a mistake is collected and the script
 * goes on with the broken value, which swallows every use, so that one typing error does not hide
 * the next. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include "engine/sandbox_inner.h"
#include <lauxlib.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COMPLAINT_STEPS = 2000 }; /* a complaint compares the word with all known ones */

/* Keys of the registry and of metatables that no script can name. */
static const char words_key, broken_key, behind_key;

/* ---- complaints ---- */

void sandbox_collect(struct sandbox *box, struct findings *findings)
{
    box->findings = findings;
    for (size_t i = 0; !findings && i < box->file_count; i++)
        box->files[i].text = NULL;
}

bool sandbox_loading(const struct sandbox *box)
{
    return box->findings != NULL;
}

static bool reported(const struct findings *findings, const char *code, struct place place,
                     const char *message)
{
    for (size_t i = findings->count; i-- > 0;) {
        const struct finding *finding = &findings->items[i];
        if (finding->line == place.line && str_equal(finding->code, code) &&
            str_equal(finding->message, message) && str_equal(finding->file, place.file))
            return true;
    }
    return false;
}

static void report(struct sandbox *box, const char *code, struct place place, const char *hint,
                   const char *message)
{
    sandbox_find_column(box, &place, message);
    if (box->findings->count >= FINDINGS_MAX || !reported(box->findings, code, place, message))
        findings_add(box->findings, SEV_ERROR, code, place, hint, "%s", message);
}

void sandbox_report(struct sandbox *box, const char *code, struct place place, const char *hint,
                    const char *format, ...)
{
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    report(box, code, place, hint, message);
}

int sandbox_complain(lua_State *L, const char *code, const char *hint, const char *format, ...)
{
    struct sandbox *box = sandbox_of(L);
    char message[400];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (!box->findings)
        return luaL_error(L, "%s", message);
    sandbox_charge(L, COMPLAINT_STEPS);
    report(box, code, sandbox_here(L), hint, message);
    sandbox_push_broken(L);
    return 1;
}

/* ---- the broken value ---- */

static int broken_use(lua_State *L)
{
    sandbox_push_broken(L);
    return 1;
}

/* A generic `for` calls its iterator with two nils: nothing to go through. */
static int broken_call(lua_State *L)
{
    if (lua_gettop(L) == 3 && lua_isnil(L, 2) && lua_isnil(L, 3))
        return 0;
    return broken_use(L);
}

static int broken_false(lua_State *L)
{
    lua_pushboolean(L, 0);
    return 1;
}

static int broken_zero(lua_State *L)
{
    lua_pushinteger(L, 0);
    return 1;
}

static void make_broken(lua_State *L)
{
    static const char *const uses[] = {
        "__index", "__newindex", "__add", "__sub",  "__mul", "__div", "__idiv",   "__mod", "__pow",
        "__unm",   "__band",     "__bor", "__bxor", "__shl", "__shr", "__concat", "__bnot"};
    lua_newuserdatauv(L, 1, 0);
    lua_newtable(L);
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++) {
        lua_pushcfunction(L, broken_use);
        lua_setfield(L, -2, uses[i]);
    }
    lua_pushcfunction(L, broken_call);
    lua_setfield(L, -2, "__call");
    lua_pushcfunction(L, broken_false);
    lua_setfield(L, -2, "__lt");
    lua_pushcfunction(L, broken_false);
    lua_setfield(L, -2, "__le");
    lua_pushcfunction(L, broken_zero);
    lua_setfield(L, -2, "__len");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &broken_key);
}

void sandbox_push_broken(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &broken_key);
}

bool sandbox_is_broken(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TUSERDATA)
        return false;
    const void *self = lua_touserdata(L, index);
    sandbox_push_broken(L);
    bool same = self == lua_touserdata(L, -1);
    lua_pop(L, 1);
    return same;
}

/* ---- read-only views ---- */

static int view_write(lua_State *L)
{
    const char *what = lua_tostring(L, lua_upvalueindex(1));
    const char *key = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    if (*what == 0)
        return sandbox_complain(L, L_GLOBAL, tr("write `local` before it", "请在前面写 local"),
                                tr("assignment to the global '%s'", "给全局变量 '%s' 赋值"), key);
    return sandbox_complain(L, L_GLOBAL, NULL, tr("%s is read-only ('%s')", "%s 只读 ('%s')"), what,
                            key);
}

static int view_length(lua_State *L)
{
    sandbox_behind(L, 1);
    lua_pushinteger(L, luaL_len(L, -1));
    return 1;
}

void sandbox_freeze(lua_State *L, const char *what)
{
    lua_newtable(L); /* the view: always empty, so every access goes through its metatable */
    lua_newtable(L);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, "__index");
    lua_pushstring(L, what);
    lua_pushcclosure(L, view_write, 1);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, view_length);
    lua_setfield(L, -2, "__len");
    lua_pushvalue(L, -3);
    lua_rawsetp(L, -2, &behind_key);
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}

bool sandbox_behind(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    if (lua_rawgetp(L, -1, &behind_key) == LUA_TTABLE) {
        lua_remove(L, -2);
        return true;
    }
    lua_pop(L, 2);
    return false;
}

/* ---- words ---- */

const char *const *sandbox_words(const struct sandbox *box, size_t *ret_count)
{
    *ret_count = box->word_count;
    return (const char *const *)box->words;
}

bool sandbox_is_word(const struct sandbox *box, const char *name)
{
    for (size_t i = 0; i < box->word_count; i++) {
        if (strcmp(box->words[i], name) == 0)
            return true;
    }
    return false;
}

/* Kept in order. */
void sandbox_add_word(struct sandbox *box, const char *name)
{
    void *words = box->words;
    xgrow(&words, box->word_count, &box->word_capacity, sizeof *box->words);
    box->words = words;
    size_t at = box->word_count++;
    for (; at > 0 && strcmp(box->words[at - 1], name) > 0; at--)
        box->words[at] = box->words[at - 1];
    box->words[at] = xstrdup(name);
    lua_rawgetp(box->L, LUA_REGISTRYINDEX, &words_key);
    lua_insert(box->L, -2);
    lua_setfield(box->L, -2, name);
    lua_pop(box->L, 1);
}

/* Words of plain Lua that people will miss, and why they are not here. */
static const char *why_absent(const char *word)
{
    static const char *const absent[] = {
        "os",     "io",           "require",      "package",        "dofile",    "loadfile",
        "load",   "debug",        "print",        "collectgarbage", "coroutine", "pcall",
        "xpcall", "setmetatable", "getmetatable", "rawset",         "rawget",    "rawequal",
        "rawlen", "next",         "_G",           "loadstring",     "warn"};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        if (strcmp(word, absent[i]) == 0)
            return tr(
                "a rule sees only what it is given: no files, no clock, no other scripts, no traps",
                "规则只能看到给它的内容: 没有文件、时钟、其他脚本和异常捕获");
    }
    return NULL;
}

/* A suggestion in *scratch (caller frees), or the reason why there is none. */
static const char *suggest(const struct sandbox *box, const char *word, char **scratch)
{
    size_t count;
    const char *const *words = sandbox_words(box, &count);
    const char *absent = why_absent(word);
    const char *nearest = absent ? NULL : str_nearest(word, words, count);
    if (absent)
        return absent;
    if (nearest)
        return *scratch = xasprintf(tr("did you mean '%s'?", "是否想写 '%s'？"), nearest);
    char *all = str_join(words, count, ", ");
    *scratch = xasprintf(tr("the words are: %s", "可用的词: %s"), all);
    free(all);
    return *scratch;
}

void sandbox_unknown_word(struct sandbox *box, struct place place, const char *word)
{
    char message[120];
    char *scratch = NULL;
    snprintf(message, sizeof message, tr("unknown word '%.60s'", "未知的词 '%.60s'"), word);
    if (reported(box->findings, L_UNKNOWN, place, message))
        return;
    const char *hint = box->findings->count < FINDINGS_MAX ? suggest(box, word, &scratch) : NULL;
    findings_add(box->findings, SEV_ERROR, L_UNKNOWN, place, hint, "%s", message);
    free(scratch);
}

static int unknown_word(lua_State *L)
{
    struct sandbox *box = sandbox_of(L);
    const char *word = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : luaL_typename(L, 2);
    if (!box->findings)
        return luaL_error(L, tr("unknown word '%.60s'", "未知的词 '%.60s'"), word);
    sandbox_charge(L, COMPLAINT_STEPS);
    sandbox_unknown_word(box, sandbox_here(L), word);
    sandbox_push_broken(L);
    return 1;
}

/* The globals: a view of the words, whose own missing entries complain. */
static void make_globals(lua_State *L)
{
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, unknown_word);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &words_key);
    sandbox_freeze(L, "");
    lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

bool sandbox_is_globals(lua_State *L, int index)
{
    lua_pushvalue(L, index);
    lua_pushglobaltable(L);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

void sandbox_furnish(struct sandbox *box)
{
    make_broken(box->L);
    make_globals(box->L);
    bind_base(box);
    bind_string(box);
    bind_table(box);
    bind_math(box);
    bind_utf8(box);
}
