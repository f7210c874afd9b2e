/* Scripts outside a bundle, and the questions where functions are asked.
 *
 * A question costs one protected call under a fresh budget; nothing is built for it: the view is
 * one table for the whole box, and the only field that is set beforehand is the value, unless the
 * same value was asked about just before.  A short function can neither write nor call, so it is
 * given the table behind the view: the same reads without the detour.  One that only compares the
 * value is answered by quick.c, without Lua. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include "engine/program.h"
#include "engine/words.h"
#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- where functions ---- */

static const struct where_function *function_of(const struct program *program, int number)
{
    static const struct where_function any;
    return (size_t)number < program->function_count ? &program->functions[number] : &any;
}

static const char *failure_text(struct program *program)
{
    const struct sandbox_failure *failure = sandbox_failure(program->box);
    snprintf(program->failure, sizeof program->failure, "%s:%d: %s", failure->place.file,
             failure->place.line, failure->message);
    return program->failure;
}

/* Anything but true, false and nil is a mistake: in Lua 0 and "no" would hold. */
static int answer(struct program *program, int number, bool *ret, const char **reterr)
{
    lua_State *L = sandbox_state(program->box);
    bool truthy = lua_toboolean(L, -1);
    int type = truthy ? lua_type(L, -1) : LUA_TBOOLEAN;
    *ret = truthy && type == LUA_TBOOLEAN;
    lua_pop(L, 1);
    if (type == LUA_TBOOLEAN)
        return 0;
    lua_Debug about;
    lua_rawgeti(L, STACK_FUNCTIONS, number);
    lua_getinfo(L, ">S", &about); /* source is =#N, N the file's number in the box */
    snprintf(program->failure, sizeof program->failure,
             "%s:%d: where must answer true or false, not a %s",
             sandbox_file_name(program->box, (int)strtol(about.source + 2, NULL, 10)),
             about.linedefined, lua_typename(L, type));
    *reterr = program->failure;
    return ERR_SCRIPT;
}

/* The function and its view are on the stack.  What goes wrong is told in English whatever the
 * language in force: it becomes part of a decision, and decisions are the same everywhere. */
static int ask(struct program *program, int number, bool is_short, bool *ret, const char **reterr)
{
    enum lang former = lang_speak(LANG_EN);
    int err = sandbox_call(program->box, is_short ? BUDGET_SHORT : BUDGET_CALL, 1, 1);
    lang_speak(former);
    if (err < 0) {
        *reterr = failure_text(program);
        return ERR_SCRIPT;
    }
    return answer(program, number, ret, reterr);
}

int script_where_value(struct program *program, int number, const struct where_value *value,
                       bool *ret, const char **reterr)
{
    const struct where_function *function = function_of(program, number);
    assert(number > 0);
    if (function->quick) {
        struct slot seen = bind_view_number(value->value);
        enum quick_answer answer = quick_ask(function->quick, &seen);
        *ret = answer == QUICK_TRUE;
        if (answer != QUICK_ASK_LUA)
            return 0;
    }
    lua_State *L = sandbox_state(program->box);
    program->view.value = value;
    bind_view_value(program);
    lua_rawgeti(L, STACK_FUNCTIONS, number);
    lua_pushvalue(L, function->is_short ? STACK_VALUE_HIDDEN : STACK_VALUE);
    return ask(program, number, function->is_short, ret, reterr);
}

int script_where_recipient(struct program *program, int number, const struct recipient *recipient,
                           bool *ret, const char **reterr)
{
    lua_State *L = sandbox_state(program->box);
    assert(number > 0);
    program->view.recipient = recipient;
    lua_rawgeti(L, STACK_FUNCTIONS, number);
    lua_pushvalue(L, STACK_RECIPIENT);
    return ask(program, number, function_of(program, number)->is_short, ret, reterr);
}

/* ---- one script alone ---- */

/* scripts/lib: the vocabulary itself gives words, not rules. */
static bool is_library(const char *file)
{
    return strstr(file, "scripts/lib/") != NULL;
}

/* scripts/meta.lua: for editors, never run. */
static bool is_stub(const char *source, size_t size)
{
    static const char mark[] = "---@meta";
    return size >= sizeof mark - 1 && memcmp(source, mark, sizeof mark - 1) == 0;
}

static void report(struct compiler *c, const char *file)
{
    const struct sandbox_failure *failure = sandbox_failure(c->program->box);
    struct place place = failure->place;
    if (place.line == 0)
        place = (struct place){file, 1, 0};
    findings_add(c->findings, SEV_ERROR, failure->code, place, NULL, "%s", failure->message);
}

static void check_library(struct compiler *c, const char *file, const char *source, size_t size,
                          bool run)
{
    struct sandbox *box = c->program->box;
    lua_State *L = sandbox_state(box);
    int number = sandbox_file(box, file, false);
    if (sandbox_compile(box, number, source, size) < 0) {
        report(c, file);
        return;
    }
    words_give_primitives(L);
    if (!run) {
        lua_pop(L, 1);
    } else if (sandbox_call(box, BUDGET_LOAD, 0, 1) < 0) {
        report(c, file);
    } else {
        if (!lua_istable(L, -1) && !sandbox_is_broken(L, -1))
            findings_add(
                c->findings, SEV_ERROR, L_NO_RULE, (struct place){file, 1, 0}, NULL,
                tr("a file of the library returns a table of words", "词汇文件应返回词表"));
        lua_pop(L, 1);
    }
}

int script_check(const char *file, const char *source, size_t size, struct findings *findings)
{
    struct program *program = xcalloc(1, sizeof *program);
    struct compiler compiler;
    size_t errors = findings->errors;
    program_begin(program, &compiler, findings);
    if (is_library(file) || is_stub(source, size))
        check_library(&compiler, file, source, size, is_library(file));
    else
        program_load_script(&compiler, file, source, size);
    program_end(&compiler);
    findings_sort(findings);
    program_free(program);
    return findings->errors == errors ? 0 : ERR_SCRIPT;
}
