/* The box: allocator, budgets, protected calls.
 *
 * One budget for all work.  The count hook comes every QUANTUM instructions and takes them off the
 * budget; C functions take off what they are about to do.  The hook cannot see how dear an
 * instruction is: comparing two strings of 64 KiB costs as much as ten thousand additions, a
 * remainder of extreme floats as much as a hundred.  So an instruction weighs 1, or 4 in a script
 * that uses `%`, plus the longest string made so far / 256; honest rules have no such strings.
 *
 * Invariant: stack index 1 of the state is the message handler, and nothing else stays on the stack
 * of the host between calls but what its owner put there. */
#include "engine/sandbox.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include "engine/sandbox_inner.h"
#include <assert.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUANTUM = 1000,     /* instructions between two looks at the budget */
    WEIGHT_BYTES = 256, /* string bytes that weigh as much as an instruction */
    STRING_HEADER = 64, /* what Lua adds to a string, at most */
    SLOT_BYTES = 16,    /* one value on Lua's stack */
    PROBE_SLOTS = 500,
};

const struct sandbox_limits sandbox_limits_default = {
    .memory = SCRIPT_MEMORY_MAX,
    .string = SCRIPT_STRING_MAX,
    .call_steps = SCRIPT_CALL_STEPS_MAX,
    .call_bytes = SCRIPT_CALL_BYTES_MAX,
    .load_steps = SCRIPT_LOAD_STEPS_MAX,
    .load_bytes = SCRIPT_LOAD_BYTES_MAX,
};

struct sandbox *sandbox_of(lua_State *L)
{
    return *(struct sandbox **)lua_getextraspace(L);
}

lua_State *sandbox_state(struct sandbox *box)
{
    return box->L;
}

size_t sandbox_memory(const struct sandbox *box)
{
    return box->memory;
}

/* ---- memory ---- */

static bool refuse(struct sandbox *box, enum refusal why)
{
    box->refusal = why;
    if (box->L)
        box->error_at = sandbox_here(box->L); /* no handler is called for a lack of memory */
    return false;
}

static bool may_grow(struct sandbox *box, bool is_string, size_t size, size_t more)
{
    if (is_string) {
        if (size > box->limits.string + STRING_HEADER)
            return refuse(box, REFUSED_STRING);
        if (size > box->longest)
            box->longest = size;
    }
    if (box->bytes_left < (int64_t)more)
        return refuse(box, REFUSED_BYTES);
    if (box->memory + more > box->limits.memory)
        return refuse(box, REFUSED_CEILING);
    box->bytes_left -= (int64_t)more;
    return true;
}

static void on_count(lua_State *L, lua_Debug *activation);

/* Passing on n arguments (`f(1, ...)`) is one instruction and copies n values: a loop of calls with
 * a million arguments would run for minutes within its budget.  So the stack is kept small.  Lua
 * does not say which block it is; sandbox_new finds out, and from then on a block that takes the
 * place of the stack is the stack.  Once it is too large the budget is spent: the next instruction
 * raises. */
static void stack_moved(struct sandbox *box, const void *block, size_t size)
{
    box->stack = block;
    if (size <= (size_t)SCRIPT_STACK_MAX * SLOT_BYTES)
        return;
    refuse(box, REFUSED_STACK);
    box->steps_left = 0;
    lua_sethook(box->L, on_count, LUA_MASKCOUNT, 1);
}

static void *give_back(struct sandbox *box, void *block, size_t size)
{
    bool was_stack = block && block == box->stack;
    free(block);
    box->memory -= size;
    if (was_stack) /* Lua 5.4.4 makes the larger stack first, then frees the old one */
        stack_moved(box, box->newest, box->newest_size);
    return NULL;
}

/* For a new object Lua passes its type in place of the old size. */
static void *box_alloc(void *self, void *block, size_t old_size, size_t size)
{
    struct sandbox *box = self;
    bool is_string = !block && old_size == LUA_TSTRING;
    size_t old = block ? old_size : 0;
    if (size == 0)
        return give_back(box, block, old);
    if (size > old && !may_grow(box, is_string, size, size - old))
        return NULL;
    bool is_stack = block && block == box->stack;
    box->memory = box->memory - old + size;
    block = xrealloc(block, size);
    box->newest = block;
    box->newest_size = size;
    if (is_stack) /* later versions reallocate it */
        stack_moved(box, block, size);
    return block;
}

/* Makes the stack grow, and sees which block that was. */
static void find_stack(struct sandbox *box)
{
    lua_checkstack(box->L, PROBE_SLOTS);
    assert(box->newest_size >= PROBE_SLOTS * SLOT_BYTES);
    box->stack = box->newest;
}

/* ---- steps ---- */

static void arm(struct sandbox *box)
{
    int64_t left = box->steps_left;
    box->armed = left < QUANTUM ? (left > 0 ? (int)left : 1) : QUANTUM;
    lua_sethook(box->L, on_count, LUA_MASKCOUNT, box->armed);
}

static void disarm(struct sandbox *box)
{
    box->armed = 0;
    lua_sethook(box->L, NULL, 0, 0);
}

/* From here on every further instruction raises again, until the host has control. */
static int raise_spent(lua_State *L, struct sandbox *box)
{
    box->spent = true;
    box->steps_left = 0;
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    return luaL_error(L, "budget");
}

static void take(lua_State *L, struct sandbox *box, int64_t steps)
{
    if (box->spent || steps < 0 || box->steps_left <= steps)
        raise_spent(L, box);
    box->steps_left -= steps;
}

static void on_count(lua_State *L, lua_Debug *activation)
{
    (void)activation;
    struct sandbox *box = sandbox_of(L);
    take(L, box, (int64_t)box->armed * (int64_t)(box->weight + box->longest / WEIGHT_BYTES));
    if (box->steps_left <
        QUANTUM) /* otherwise Lua goes on with the same count; lua_sethook walks the stack */
        arm(box);
}

void sandbox_charge(lua_State *L, int64_t steps)
{
    take(L, sandbox_of(L), steps);
}

int64_t sandbox_steps_left(lua_State *L)
{
    return sandbox_of(L)->steps_left;
}

void sandbox_check_size(lua_State *L, size_t size)
{
    struct sandbox *box = sandbox_of(L);
    if (size > box->limits.string)
        luaL_error(L, tr("a text of more than %d bytes", "文本超过 %d 字节"),
                   (int)box->limits.string);
    sandbox_charge(L, (int64_t)(size / 16) + 1);
}

/* ---- where the author's code stands ---- */

/* Sources are named "=#3": short enough that Lua never cuts them. */
static int file_of_source(const char *source)
{
    return source[0] == '=' && source[1] == '#' ? atoi(source + 2) : -1;
}

struct place sandbox_here(lua_State *L)
{
    const struct sandbox *box = sandbox_of(L);
    struct place here = {.file = ""};
    lua_Debug frame;
    for (int level = 0; lua_getstack(L, level, &frame); level++) {
        lua_getinfo(L, "Sl", &frame);
        int file = file_of_source(frame.source);
        if (file < 0 || (size_t)file >= box->file_count || frame.currentline <= 0)
            continue;
        if (!here.line || !box->files[file].ours)
            here = (struct place){box->files[file].shown, frame.currentline, 0};
        if (!box->files[file].ours)
            break;
    }
    return here;
}

static int on_error(lua_State *L)
{
    sandbox_of(L)->error_at = sandbox_here(L);
    return 1;
}

int sandbox_file(struct sandbox *box, const char *shown, bool library)
{
    void *files = box->files;
    xgrow(&files, box->file_count, &box->file_capacity, sizeof *box->files);
    box->files = files;
    box->files[box->file_count] = (struct sandbox_file){.shown = shown, .ours = library};
    return (int)box->file_count++;
}

const char *sandbox_file_name(const struct sandbox *box, int file)
{
    return box->files[file].shown;
}

/* ---- failures ---- */

const struct sandbox_failure *sandbox_failure(const struct sandbox *box)
{
    return &box->failure;
}

static void explain_refusal(struct sandbox *box)
{
    struct sandbox_failure *failure = &box->failure;
    failure->code = L_MEMORY;
    if (box->refusal == REFUSED_STRING)
        snprintf(failure->message, sizeof failure->message,
                 tr("a text of more than %zu bytes", "文本超过 %zu 字节"), box->limits.string);
    else if (box->refusal == REFUSED_STACK)
        snprintf(failure->message, sizeof failure->message, "%s",
                 tr("calls nested too deeply, or too many values at once",
                    "调用嵌套过深, 或一次传递的值过多"));
    else if (box->refusal == REFUSED_BYTES)
        snprintf(failure->message, sizeof failure->message, "%s",
                 tr("the script asks for more memory in one run than it may",
                    "脚本一次运行申请的内存超出预算"));
    else
        snprintf(failure->message, sizeof failure->message,
                 tr("the scripts need more memory than the box has (%zu bytes)",
                    "脚本占用内存超过上限 (%zu 字节)"),
                 box->limits.memory);
}

static void explain_spent(struct sandbox *box, enum sandbox_budget budget)
{
    box->failure.code = L_STEPS;
    long long steps = budget == BUDGET_LOAD ? box->limits.load_steps : box->limits.call_steps;
    snprintf(box->failure.message, sizeof box->failure.message,
             tr("the script takes more than %lld steps", "脚本运行超过 %lld 步"), steps);
}

/* Takes the error value off the stack and turns it into box->failure. */
static void explain(struct sandbox *box, int status, enum sandbox_budget budget)
{
    lua_State *L = box->L;
    struct sandbox_failure *failure = &box->failure;
    *failure = (struct sandbox_failure){.code = L_FAILED, .place = box->error_at};
    int file, line;
    const char *rest = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    bool placed = sandbox_split(rest, &file, &line, &rest);
    if (placed && failure->place.line == 0 && (size_t)file < box->file_count)
        failure->place = (struct place){box->files[file].shown, line, 0};
    if (status == LUA_ERRMEM || box->refusal == REFUSED_STACK ||
        (box->refusal && strcmp(rest, "not enough memory") == 0))
        explain_refusal(box);
    else if (box->spent)
        explain_spent(box, budget);
    else if (lua_type(L, -1) != LUA_TSTRING)
        snprintf(failure->message, sizeof failure->message,
                 tr("error() was called with a %s", "error() 的参数是 %s"), luaL_typename(L, -1));
    else
        sandbox_message(failure->message, sizeof failure->message, rest);
    lua_pop(L, 1);
}

/* ---- ways in ---- */

static void begin(struct sandbox *box, enum sandbox_budget budget)
{
    box->spent = false;
    box->refusal = REFUSED_NOTHING;
    box->error_at = (struct place){.file = ""};
    if (budget != BUDGET_LOAD)
        box->longest = box->longest_loaded;
    box->steps_left = budget == BUDGET_LOAD ? box->limits.load_steps : box->limits.call_steps;
    box->bytes_left = budget == BUDGET_LOAD ? box->limits.load_bytes : box->limits.call_bytes;
    if (budget != BUDGET_SHORT)
        arm(box);
    else if (box->armed)
        disarm(box);
}

static void end(struct sandbox *box, enum sandbox_budget budget)
{
    if (budget == BUDGET_LOAD)
        box->longest_loaded = box->longest;
    box->bytes_left = INT64_MAX;
    box->steps_left = INT64_MAX;
    box->spent = false;
}

int sandbox_call(struct sandbox *box, enum sandbox_budget budget, int args, int results)
{
    begin(box, budget);
    int status = lua_pcall(box->L, args, results, 1);
    if (status != LUA_OK)
        explain(box, status, budget);
    end(box, budget);
    return status == LUA_OK ? 0 : ERR_SCRIPT;
}

/* Hands the text over line by line, so that a failure without a line still has one. */
struct line_reader {
    struct sandbox *box;
    const char *at, *end;
};

static const char *read_line(lua_State *L, void *self, size_t *ret_size)
{
    (void)L;
    struct line_reader *reader = self;
    size_t left = (size_t)(reader->end - reader->at);
    const char *line = reader->at;
    const char *newline = memchr(line, '\n', left);
    *ret_size = newline ? (size_t)(newline - line) + 1 : left;
    reader->at += *ret_size;
    reader->box->line_read++;
    return *ret_size ? line : NULL;
}

void sandbox_weigh(struct sandbox *box, int weight)
{
    box->weight = weight;
}

static int fail_source(struct sandbox *box, struct place place, const char *message)
{
    box->failure = (struct sandbox_failure){.code = L_SOURCE, .place = place};
    snprintf(box->failure.message, sizeof box->failure.message, "%s", message);
    return ERR_SYNTAX;
}

static int line_of_offset(const char *text, size_t offset)
{
    int line = 1;
    for (size_t i = 0; i < offset; i++)
        line += text[i] == '\n';
    return line;
}

static int check_source(struct sandbox *box, const char *shown, const char *text, size_t size)
{
    struct place place = {.file = shown, .line = 1};
    if (size > SCRIPT_BYTES_MAX)
        return fail_source(box, place, tr("the script is larger than 256 KiB", "脚本超过 256 KiB"));
    if (size > 0 && text[0] == LUA_SIGNATURE[0])
        return fail_source(box, place,
                           tr("a compiled chunk is not accepted; give the source text",
                              "不接受编译后的脚本, 请提供源文本"));
    const char *nul = memchr(text, 0, size);
    size_t bad = nul ? (size_t)(nul - text) : str_utf8_bad(text, size);
    if (bad == size)
        return 0;
    place.line = line_of_offset(text, bad);
    return fail_source(box, place, tr("the script is not UTF-8 text", "脚本不是 UTF-8 文本"));
}

int sandbox_compile(struct sandbox *box, int file, const char *text, size_t size)
{
    struct sandbox_file *known = &box->files[file];
    int err = check_source(box, known->shown, text, size);
    if (err < 0)
        return err;
    size_t bom = size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    known->text = text;
    known->size = size;
    char name[24];
    snprintf(name, sizeof name, "=#%d", file);
    struct line_reader reader = {box, text + bom, text + size};
    begin(box, BUDGET_LOAD);
    box->line_read = 0;
    int status = lua_load(box->L, read_line, &reader, name, "t");
    if (status != LUA_OK) {
        explain(box, status, BUDGET_LOAD);
        if (status == LUA_ERRSYNTAX)
            box->failure.code = L_SYNTAX;
        if (box->failure.place.line == 0)
            box->failure.place = (struct place){known->shown, box->line_read, 0};
    }
    end(box, BUDGET_LOAD);
    return status == LUA_OK ? 0 : ERR_SYNTAX;
}

/* ---- life ---- */

/* Only the furnishing of a new box runs outside a protected call. */
static int on_panic(lua_State *L)
{
    (void)L;
    assert(!"the box is too small for its own library");
    return 0;
}

struct sandbox *sandbox_new(const struct sandbox_limits *limits)
{
    struct sandbox *box = xcalloc(1, sizeof *box);
    box->limits = *limits;
    box->weight = 1;
    end(box, BUDGET_CALL);
    lua_State *L = lua_newstate(box_alloc, box);
    assert(L);
    *(struct sandbox **)lua_getextraspace(L) = box;
    box->L = L;
    lua_atpanic(L, on_panic);
    find_stack(box);
    lua_pushcfunction(L, on_error);
    sandbox_furnish(box);
    box->longest = 0;
    box->longest_loaded = 0;
    return box;
}

void sandbox_free(struct sandbox *box)
{
    if (!box)
        return;
    box->stack = NULL;
    lua_close(box->L);
    for (size_t i = 0; i < box->word_count; i++)
        free(box->words[i]);
    free(box->words);
    free(box->files);
    free(box);
}
