/* A bundle compiled: its scripts run in a fresh box, what they return read into struct rule.
 *
 * One script at a time, in the order policy.yaml names them.  Every rule a script begins is read,
 * also when the script fails later or forgets to return it, so that one run tells all there is to
 * tell.
 *
 * Invariant: after program_new has returned 0 the box is only asked (script.c), never told: nothing
 * in it changes from one question to the next. */
#include "engine/program.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/closure.h"
#include "engine/codes.h"
#include "engine/places.h"
#include "engine/words.h"
#include "model/bundle.h"
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { RULE_NAME_MAX = 64, RETURN_DEPTH_MAX = 3, BAD_RETURNS_MAX = 20 };

/* ---- one rule ---- */

void read_heading(struct compiler *c, const struct written *body)
{
    c->rule->title = c->rule->name;
    slot_text(c, written_get(body, "title"), &c->rule->title);
    name_basis(c, written_get(body, "basis"));
}

/* A rule's name stands in identities and addresses: letters, digits, hyphen, underscore, dot. */
static bool check_name(struct compiler *c, const struct written *value, const char *name)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    if (strspn(name, allowed) == strlen(name) && strlen(name) <= RULE_NAME_MAX)
        return true;
    complain(c, R_CHOICE, value, tr("the Chinese name goes into title =", "中文名写在 title = 里"),
             tr("a rule's name has letters, digits and hyphens, at most %d: \"%.80s\"",
                "规则名只用字母、数字和连字符, 最多 %d 个: \"%.80s\""),
             RULE_NAME_MAX, name);
    return false;
}

static void check_twice(struct compiler *c, const struct written *value, const char *name)
{
    for (size_t i = 0; i < c->program->count; i++) {
        const struct rule *other = &c->program->rules[i];
        if (str_equal(other->name, name)) {
            complain(c, R_TWICE, value, NULL,
                     tr("a rule '%s' stands already at %s:%d", "规则 '%s' 已在 %s:%d 定义"), name,
                     other->file, other->line);
            return;
        }
    }
}

static void keep_rule(struct compiler *c, const struct rule *rule)
{
    void *rules = c->program->rules;
    xgrow(&rules, c->program->count, &c->program->capacity, sizeof *c->program->rules);
    c->program->rules = rules;
    c->program->rules[c->program->count++] = *rule;
}

void program_read_rule(struct compiler *c, const struct written *written, bool keep)
{
    struct rule rule = {.kind = written_is(written, "warning") ? RULE_WARNING
                                : written_is(written, "watch") ? RULE_WATCH
                                                               : RULE_ROTA,
                        .name = "",
                        .file = written->at.file,
                        .line = written->at.line,
                        .area = -1,
                        .during_rule = -1,
                        .during_level = -1,
                        .per.where = -1,
                        .who.where = -1,
                        .except.where = -1};
    const struct written *name = &written->items[0], *body = &written->items[1];
    size_t errors = c->findings->errors;
    c->rule = &rule;
    if (slot_text(c, name, &rule.name) && check_name(c, name, rule.name))
        check_twice(c, name, rule.name);
    if (body->kind != WRITTEN_TABLE)
        return;
    if (rule.kind == RULE_WARNING)
        read_warning(c, body);
    else if (rule.kind == RULE_WATCH)
        read_watch(c, body);
    else
        read_rota(c, body);
    if (c->findings->errors == errors)
        check_sense(c, &rule);
    if (keep)
        keep_rule(c, &rule);
}

/* ---- what a script gives back ---- */

/* Values of one script while they are read, inside the box's protection.  Stack: 1 functions, 2
 * rules begun, 3 rules returned (a set), from 4 the returned values. */
enum { FRAME_FUNCTIONS = 1, FRAME_BEGUN, FRAME_RETURNED, FRAME_VALUES };
struct harvest {
    struct compiler *compiler;
    struct arena arena; /* of places and written values */
    struct reading reading;
    const char *file;
    bool failed; /* the script did not end */
    size_t rules;
    int bad_returns; /* values that are no rules; beyond BAD_RETURNS_MAX the rest is not looked at
                      */
};

static bool is_rule(lua_State *L, int index)
{
    int line;
    const char *word = lua_type(L, index) == LUA_TTABLE ? words_mark(L, index, &line) : NULL;
    return word &&
           (str_equal(word, "warning") || str_equal(word, "watch") || str_equal(word, "rota"));
}

static void read_one(struct harvest *harvest, int index, bool keep)
{
    struct program *program = harvest->compiler->program;
    if (harvest->rules++ == RULES_MAX || program->count >= RULES_MAX) {
        struct place at = {harvest->file, 1, 0};
        findings_add(harvest->compiler->findings, SEV_ERROR, L_RULES, at, NULL,
                     tr("more than %d rules", "规则超过 %d 条"), RULES_MAX);
        harvest->rules = RULES_MAX + 1;
    }
    if (harvest->rules <= RULES_MAX)
        program_read_rule(harvest->compiler, written_rule(&harvest->reading, index), keep);
}

static void bad_return(struct harvest *harvest, lua_State *L, int index)
{
    struct place at = {harvest->file, places_last_return(harvest->reading.places), 0};
    int line = 0;
    const char *word = lua_type(L, index) == LUA_TTABLE ? words_mark(L, index, &line) : NULL;
    if (line > 0)
        at.line = line;
    if (sandbox_is_broken(L, index))
        return;
    harvest->bad_returns++;
    if (words_is_unfinished(L, index)) {
        findings_add(harvest->compiler->findings, SEV_ERROR, L_WORD, at, NULL,
                     tr("a rule without a body: write warning \"name\" { … }",
                        "规则没有内容: 写作 warning \"名\" { … }"));
        return;
    }
    findings_add(harvest->compiler->findings, SEV_ERROR, L_WORD, at,
                 tr("return warning \"…\" {…}, watch \"…\" {…}, rota \"…\" {…} or a list of them",
                    "应返回 warning \"…\" {…}、watch \"…\" {…}、rota \"…\" {…} 或它们的列表"),
                 tr("the script returns a %s, not a rule", "脚本返回的是 %s, 不是规则"),
                 word ? word : luaL_typename(L, index));
}

/* A rule, or a list of rules (of lists …). */
static void read_returned(struct harvest *harvest, lua_State *L, int index, int depth)
{
    int line;
    luaL_checkstack(L, 8, "rules");
    if (is_rule(L, index)) {
        lua_pushvalue(L, index);
        bool again = lua_rawget(L, FRAME_RETURNED) != LUA_TNIL;
        lua_pop(L, 1);
        lua_pushvalue(L, index);
        lua_pushboolean(L, 1);
        lua_rawset(L, FRAME_RETURNED);
        if (!again)
            read_one(harvest, index, true);
    } else if (lua_type(L, index) != LUA_TTABLE || depth == RETURN_DEPTH_MAX ||
               words_mark(L, index, &line)) {
        bad_return(harvest, L, index);
    } else {
        lua_Integer count = (lua_Integer)lua_rawlen(L, index);
        if (count == 0 && (lua_pushnil(L), lua_next(L, index))) {
            lua_pop(L, 2); /* names, no items */
            bad_return(harvest, L, index);
        }
        for (lua_Integer i = 1;
             i <= count && harvest->rules <= RULES_MAX && harvest->bad_returns < BAD_RETURNS_MAX;
             i++) {
            lua_rawgeti(L, index, i);
            read_returned(harvest, L, lua_gettop(L), depth + 1);
            lua_pop(L, 1);
        }
    }
}

/* Rules that were begun and not returned: read all the same, for what is wrong with them. */
static void read_unreturned(struct harvest *harvest, lua_State *L)
{
    lua_Integer count = (lua_Integer)lua_rawlen(L, FRAME_BEGUN);
    for (lua_Integer i = 1; i <= count && harvest->rules <= RULES_MAX; i++) {
        lua_rawgeti(L, FRAME_BEGUN, i);
        lua_pushvalue(L, -1);
        bool returned = lua_rawget(L, FRAME_RETURNED) != LUA_TNIL;
        lua_pop(L, 1);
        if (!returned) {
            harvest->compiler->incomplete = true;
            int line = 0;
            words_mark(L, -1, &line);
            lua_rawgeti(L, -1, 1);
            struct place at = {harvest->file, line, 0};
            if (!harvest->failed)
                findings_add(harvest->compiler->findings, SEV_ERROR, L_UNUSED, at,
                             tr("write `return` before it", "请在前面写 return"),
                             tr("the rule '%.60s' is not returned", "规则 '%.60s' 没有返回"),
                             lua_tostring(L, -1));
            lua_pop(L, 1);
            read_one(harvest, lua_gettop(L), false);
        }
        lua_pop(L, 1);
    }
}

static int read_values(lua_State *L)
{
    struct harvest *harvest = lua_touserdata(L, 1);
    int values = lua_gettop(L) - 1;
    program_push_functions(L);
    lua_replace(L, 1);
    words_take_rules(L);
    lua_insert(L, FRAME_BEGUN);
    lua_newtable(L);
    lua_insert(L, FRAME_RETURNED);
    harvest->reading.functions = FRAME_FUNCTIONS;
    for (int i = 0; i < values && harvest->bad_returns < BAD_RETURNS_MAX; i++)
        read_returned(harvest, L, FRAME_VALUES + i, 0);
    read_unreturned(harvest, L);
    return 0;
}

/* ---- one script ---- */

/* Lua shows the first byte of a character it does not know as '<\239>'. */
static const char *failure_hint(const struct sandbox_failure *failure)
{
    if (str_equal(failure->code, L_STEPS))
        return tr("is there a loop without an end?", "是否有死循环？");
    if (!str_equal(failure->code, L_SYNTAX))
        return NULL;
    if (strstr(failure->message, "'<\\"))
        return tr("a full-width or foreign sign stands there: type it with the input method off",
                  "此处有全角符号, 请用半角输入");
    if (strstr(failure->message, "expected (to close '{'") ||
        strstr(failure->message, "的 '{' 配对"))
        return tr("is a comma missing before it, or a brace?", "前面是否少了逗号或括号？");
    return NULL;
}

static void report_failure(struct compiler *c, const char *file)
{
    const struct sandbox_failure *failure = sandbox_failure(c->program->box);
    struct place place = failure->place;
    const char *hint = failure_hint(failure);
    if (place.line == 0)
        place = (struct place){file, 1, 0};
    sandbox_find_column(c->program->box, &place, failure->message);
    findings_add(c->findings, SEV_ERROR, failure->code, place, hint, "%s", failure->message);
    c->incomplete = true;
}

/* The function is on top of the stack; its results replace it.  Returns their number, or -1. */
static int run(struct compiler *c, const char *file)
{
    lua_State *L = sandbox_state(c->program->box);
    int base = lua_gettop(L) - 1;
    if (sandbox_call(c->program->box, BUDGET_LOAD, 0, LUA_MULTRET) < 0) {
        report_failure(c, file);
        return -1;
    }
    return lua_gettop(L) - base;
}

/* Reads the `values` results on top of the stack, and takes them off.  `errors`: how many findings
 * there were before the script; a script that has some is not told that it returns nothing. */
static void harvest_values(struct compiler *c, const char *file, const char *text, size_t size,
                           int values, size_t errors)
{
    lua_State *L = sandbox_state(c->program->box);
    struct harvest harvest = {.compiler = c, .file = file, .failed = values < 0};
    int count = values < 0 ? 0 : values;
    harvest.reading = (struct reading){.box = c->program->box,
                                       .arena = &harvest.arena,
                                       .places = places_new(&harvest.arena, text, size),
                                       .file = file,
                                       .findings = c->findings};
    lua_pushcfunction(L, read_values);
    lua_pushlightuserdata(L, &harvest);
    lua_rotate(L, -(count + 2), 2);
    if (sandbox_call(c->program->box, BUDGET_LOAD, count + 1, 0) < 0)
        report_failure(c, file);
    c->incomplete |= harvest.rules == 0 || harvest.bad_returns > 0;
    if (harvest.rules == 0 && values >= 0 && c->findings->errors == errors)
        findings_add(
            c->findings, SEV_ERROR, L_NO_RULE, (struct place){file, 1, 0},
            tr("end it with: return warning \"…\" { … }", "结尾写: return warning \"…\" { … }"),
            tr("the script returns no rule", "脚本没有返回规则"));
    arena_release(&harvest.arena);
}

void program_load_script(struct compiler *c, const char *file, const char *text, size_t size)
{
    struct sandbox *box = c->program->box;
    size_t errors = c->findings->errors;
    int number = sandbox_file(box, file, false);
    if (sandbox_compile(box, number, text, size) < 0) {
        report_failure(c, file);
        return;
    }
    closure_check_words(box, -1, number);
    harvest_values(c, file, text, size, run(c, file), errors);
}

/* ---- all scripts ---- */

static void resolve_pending(struct compiler *c, const struct pending *pending)
{
    struct program *program = c->program;
    const char **names = xcalloc(program->count + 1, sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < program->count; i++) {
        const struct rule *rule = &program->rules[i];
        if (rule->kind != RULE_WARNING)
            continue;
        names[count++] = rule->name;
        if (strcmp(rule->name, pending->name) == 0 && pending->rule < program->count)
            program->rules[pending->rule].during_rule = (int)i;
    }
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(names[i], pending->name) == 0;
    struct written at = {.at = pending->at};
    if (!found && c->policy && !c->incomplete)
        complain_unknown(c, R_RULE, &at, tr("warning", "预警规则"), pending->name, names, count);
    free(names);
}

void program_begin(struct program *program, struct compiler *c, struct findings *findings)
{
    program->box = sandbox_new(&sandbox_limits_default);
    program->view.policy = program->policy;
    program->view.zone = program->policy ? program->policy->zone : 0;
    words_load(program->box, program->policy);
    bind_view(program);
    *c = (struct compiler){.program = program,
                           .arena = &program->arena,
                           .policy = program->policy,
                           .findings = findings};
    sandbox_collect(program->box, findings);
}

void program_end(struct compiler *c)
{
    for (size_t i = 0; i < c->pending_count; i++)
        resolve_pending(c, &c->pending[i]);
    free(c->pending);
    sandbox_weigh(c->program->box, 1);
    sandbox_collect(c->program->box, NULL);
    words_forget(sandbox_state(c->program->box));
    lua_gc(sandbox_state(c->program->box), LUA_GCCOLLECT);
}

/* What stays must leave room for a call and its garbage, or a call could fail for what others left
 * behind. */
static void check_room(const struct program *program, struct findings *findings)
{
    const struct bundle *bundle = program->bundle;
    if (bundle->script_count == 0 || sandbox_memory(program->box) <= SCRIPT_MEMORY_MAX / 2)
        return;
    struct place at = {bundle->scripts[bundle->script_count - 1]->shown, 1, 0};
    findings_add(findings, SEV_ERROR, L_MEMORY, at, NULL,
                 tr("the scripts keep more memory than half the box has (%d bytes)",
                    "脚本常驻内存超过上限的一半 (%d 字节)"),
                 SCRIPT_MEMORY_MAX / 2);
}

static struct program *compile(const struct bundle *bundle, bool unsound, struct findings *findings)
{
    struct program *program = xcalloc(1, sizeof *program);
    struct compiler compiler;
    program->bundle = bundle;
    program->policy = &bundle->policy;
    program_begin(program, &compiler, findings);
    compiler.unsound = unsound;
    compiler.incomplete = bundle->scripts_missing;
    for (size_t i = 0; i < bundle->script_count; i++) {
        const struct bundle_text *script = bundle->scripts[i];
        program_load_script(&compiler, script->shown, script->data, script->size);
    }
    program_end(&compiler);
    check_room(program, findings);
    findings_sort(findings);
    return program;
}

int program_new(struct program **ret_program, const struct bundle *bundle,
                struct findings *findings)
{
    size_t errors = findings->errors;
    struct program *program = compile(bundle, false, findings);
    if (findings->errors != errors) {
        program_free(program);
        return ERR_SCRIPT;
    }
    *ret_program = program;
    return 0;
}

static bool is_told(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *told = &findings->items[i];
        if (told->line == finding->line && told->col == finding->col &&
            str_equal(told->code, finding->code) && str_equal(told->file, finding->file))
            return true;
    }
    return false;
}

void program_look(const struct bundle *bundle, struct findings *findings)
{
    struct findings found = {0};
    if (!bundle->policy.figures)
        return;
    program_free(compile(bundle, true, &found));
    for (size_t i = 0; i < found.count; i++) {
        const struct finding *finding = &found.items[i];
        struct place place = {finding->file, finding->line, finding->col};
        if (finding->severity == SEV_ERROR && !is_told(findings, finding))
            findings_add(findings, finding->severity, finding->code, place, finding->hint, "%s",
                         finding->message);
    }
    findings_release(&found);
}

void program_note_short(struct program *program, int number, const struct quick *quick)
{
    while (program->function_count <= (size_t)number) {
        xgrow((void **)&program->functions, program->function_count, &program->function_capacity,
              sizeof *program->functions);
        program->functions[program->function_count++] = (struct where_function){0};
    }
    program->functions[number] = (struct where_function){true, quick};
}

void program_free(struct program *program)
{
    if (!program)
        return;
    sandbox_free(program->box);
    free(program->rules);
    free(program->functions);
    arena_release(&program->arena);
    free(program);
}

const struct policy *program_policy(const struct program *program)
{
    return program->policy;
}

const struct bundle *program_bundle(const struct program *program)
{
    return program->bundle;
}

const struct rule *program_rules(const struct program *program, size_t *ret_count)
{
    *ret_count = program->count;
    return program->rules;
}
