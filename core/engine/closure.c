/* See closure.h.  First a reader of Lua 5.4's compiled form, then the two uses of it.
 *
 * The form (ldump.c of 5.4): a header; then per function its source, lines, code, constants,
 * upvalues, inner functions, line numbers, local and upvalue names.  Sizes are base 128, most
 * significant first, the last byte marked by its high bit.  The header is compared in full, so
 * another Lua is refused rather than misread. */
#include "engine/closure.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "engine/codes.h"
#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum {
    OP_SETUPVAL = 10,
    OP_GETTABUP = 11,
    OP_SETTABUP = 15,
    OP_MODK = 25,
    OP_MOD = 37
}; /* lopcodes.h of 5.4 */
enum { WEIGHT_PLAIN = 1, WEIGHT_REMAINDER = 4 };
enum {
    CONSTANT_FLOAT = 0x13,
    CONSTANT_INTEGER = 0x03,
    CONSTANT_SHORT = 0x04,
    CONSTANT_LONG = 0x14
};
enum { SHORT_INSTRUCTIONS_MAX = 64 };
enum { LINE_ABSOLUTE = -128, UPVALUES_MAX = 256, PLAIN_DEPTH_MAX = 32 };

struct dump {
    const unsigned char *at, *end;
    bool bad;
    closure_seen *seen;
    void *arg;
    bool winds; /* something loops, calls, joins, or is long */
    closure_coded *coded;
    void *coded_arg;
};
/* One function while it is read.  `outer[i]`: upvalue i is reached from outside the root function;
 * its number there, or -1 when it is a local of a function inside the root. */
struct function {
    const unsigned char *code, *lines, *absolute;
    size_t code_count, line_count, absolute_count;
    int first_line, params, slots;
    struct closure_constant *constants;
    size_t constant_count;
    int outer[UPVALUES_MAX];
    size_t upvalue_count;
};

static int write_buf(lua_State *L, const void *bytes, size_t size, void *buf)
{
    (void)L;
    buf_add(buf, bytes, size);
    return 0;
}

/* ---- reading ---- */

static const unsigned char *take(struct dump *d, size_t size)
{
    const unsigned char *at = d->at;
    if ((size_t)(d->end - at) < size) {
        d->bad = true;
        return NULL;
    }
    d->at += size;
    return at;
}

static int take_byte(struct dump *d)
{
    const unsigned char *byte = take(d, 1);
    return byte ? *byte : 0;
}

static size_t take_size(struct dump *d)
{
    size_t size = 0;
    for (int i = 0; i < 10 && !d->bad; i++) {
        int byte = take_byte(d);
        size = size << 7 | (size_t)(byte & 0x7f);
        if (byte & 0x80)
            return size;
    }
    d->bad = true;
    return 0;
}

/* A copy the caller frees; NULL for none. */
static char *take_text(struct dump *d)
{
    size_t size = take_size(d);
    const unsigned char *text = size > 0 ? take(d, size - 1) : NULL;
    return text ? xstrndup((const char *)text, size - 1) : NULL;
}

static void skip_text(struct dump *d)
{
    size_t size = take_size(d);
    if (size > 0)
        take(d, size - 1);
}

static size_t count_of(struct dump *d, size_t least_bytes)
{
    size_t count = take_size(d);
    if (count > (size_t)(d->end - d->at) / least_bytes)
        d->bad = true;
    return d->bad ? 0 : count;
}

static void take_number(struct dump *d, struct closure_constant *constant,
                        enum closure_constant_kind kind, void *ret)
{
    const unsigned char *bytes = take(d, 8);
    constant->kind = kind;
    if (bytes)
        memcpy(ret, bytes, 8);
}

static void take_constants(struct dump *d, struct function *f)
{
    f->constant_count = count_of(d, 1);
    f->constants = xcalloc(f->constant_count + 1, sizeof *f->constants);
    for (size_t i = 0; i < f->constant_count && !d->bad; i++) {
        int type = take_byte(d);
        struct closure_constant *constant = &f->constants[i];
        if (type == CONSTANT_FLOAT)
            take_number(d, constant, CONSTANT_KIND_FLOAT, &constant->real);
        else if (type == CONSTANT_INTEGER)
            take_number(d, constant, CONSTANT_KIND_INTEGER, &constant->integer);
        else if (type == CONSTANT_SHORT || type == CONSTANT_LONG)
            constant->text = take_text(d);
    }
}

/* `parent` is NULL for the root, whose upvalues are the outside. */
static void take_upvalues(struct dump *d, struct function *f, const struct function *parent)
{
    f->upvalue_count = count_of(d, 3);
    if (f->upvalue_count > UPVALUES_MAX)
        d->bad = true;
    for (size_t i = 0; i < f->upvalue_count && !d->bad; i++) {
        bool of_local = take_byte(d);
        int number = take_byte(d);
        take_byte(d);
        f->outer[i] = !parent ? (int)i : of_local ? -1 : parent->outer[number];
    }
}

static void take_lines(struct dump *d, struct function *f)
{
    f->line_count = count_of(d, 1);
    f->lines = take(d, f->line_count);
    f->absolute_count = count_of(d, 2);
    f->absolute = d->at;
    for (size_t i = 0; i < f->absolute_count && !d->bad; i++) {
        take_size(d);
        take_size(d);
    }
}

/* The line of each instruction, one after the other: most are told as a step from the one before.
 */
static int next_line(struct dump *absolute, const struct function *f, size_t instruction, int line)
{
    int change = instruction < f->line_count ? (signed char)f->lines[instruction] : 0;
    if (change != LINE_ABSOLUTE)
        return line + change;
    take_size(absolute);
    return (int)take_size(absolute);
}

/* ---- what is touched ---- */

static uint32_t instruction_at(const struct function *f, size_t i)
{
    uint32_t instruction;
    memcpy(&instruction, f->code + 4 * i, sizeof instruction);
    return instruction;
}

struct touched {
    bool any;
    enum closure_touch touch;
    int upvalue;
    const char *name; /* of a global */
};

static struct touched touched_by(const struct function *f, uint32_t instruction)
{
    unsigned opcode = instruction & 0x7f, a = instruction >> 7 & 0xff, b = instruction >> 16 & 0xff,
             c = instruction >> 24;
    struct touched touched = {0};
    if (opcode == OP_MOD || opcode == OP_MODK)
        return (struct touched){.any = true, .touch = TOUCH_REMAINDER, .name = "%"};
    unsigned upvalue = opcode == OP_SETTABUP ? a : b, constant = opcode == OP_SETTABUP ? b : c;
    if (opcode != OP_SETUPVAL && opcode != OP_GETTABUP && opcode != OP_SETTABUP)
        return touched;
    if (upvalue >= f->upvalue_count || f->outer[upvalue] < 0)
        return touched;
    touched.any = true;
    touched.upvalue = f->outer[upvalue];
    touched.touch = opcode == OP_SETUPVAL   ? TOUCH_WRITES_OUTER
                    : opcode == OP_GETTABUP ? TOUCH_READS_GLOBAL
                                            : TOUCH_WRITES_GLOBAL;
    if (opcode != OP_SETUPVAL)
        touched.name = constant < f->constant_count ? f->constants[constant].text : NULL;
    return touched;
}

/* The root's upvalue names come after everything else, so touches are told by `names` in a second
 * pass. */
struct root {
    lua_State *L;
    int index;
};

static void tell(struct dump *d, const struct root *root, const struct touched *touched, int line)
{
    if (touched->touch == TOUCH_REMAINDER) {
        d->seen(d->arg, TOUCH_REMAINDER, touched->name, line);
        return;
    }
    const char *upvalue = lua_getupvalue(root->L, root->index, touched->upvalue + 1);
    bool globals = upvalue && sandbox_is_globals(root->L, -1);
    if (upvalue)
        lua_pop(root->L, 1);
    if (touched->touch == TOUCH_WRITES_OUTER)
        d->seen(d->arg, TOUCH_WRITES_OUTER, upvalue ? upvalue : "?", line);
    else if (globals && touched->name)
        d->seen(d->arg, touched->touch, touched->name, line);
    else if (!globals && touched->touch == TOUCH_WRITES_GLOBAL) /* a field of an outer table */
        d->seen(d->arg, TOUCH_WRITES_OUTER, upvalue ? upvalue : "?", line);
}

static void take_function(struct dump *d, const struct function *parent, const struct root *root);

static void take_body(struct dump *d, struct function *f, const struct function *parent,
                      const struct root *root)
{
    skip_text(d);
    f->first_line = (int)take_size(d);
    take_size(d);
    f->params = take_byte(d);
    take_byte(d);
    f->slots = take_byte(d);
    f->code_count = count_of(d, 4);
    f->code = take(d, 4 * f->code_count);
    take_constants(d, f);
    take_upvalues(d, f, parent);
    for (size_t inner = count_of(d, 8); inner > 0 && !d->bad; inner--)
        take_function(d, f, root);
    take_lines(d, f);
    for (size_t locals = count_of(d, 3); locals > 0 && !d->bad; locals--) {
        skip_text(d);
        take_size(d);
        take_size(d);
    }
    for (size_t names = count_of(d, 1); names > 0 && !d->bad; names--)
        skip_text(d);
}

/* Instructions of a straight function: loads, reads of fields, arithmetic but for % and ^,
 * comparisons, jumps ahead, returns.  (Numbers of lopcodes.h of 5.4.) */
static bool goes_straight_on(uint32_t instruction)
{
    enum { OFFSET_SJ = (1 << 24) - 1 };
    enum {
        LOADS_END = 9,
        READS = 12,
        READS_END = 14,
        SUMS = 21,
        SUMS_END = 52,
        POWK = 26,
        POW = 38,
        JUMP = 56,
        TESTS = 57,
        TESTS_END = 67,
        RETURNS = 70,
        RETURNS_END = 72
    };
    int opcode = (int)(instruction & 0x7f);
    if (opcode == JUMP)
        return (int)(instruction >> 7) >= OFFSET_SJ;
    if (opcode == OP_MOD || opcode == OP_MODK || opcode == POW || opcode == POWK)
        return false;
    return opcode <= LOADS_END || (opcode >= READS && opcode <= READS_END) ||
           (opcode >= SUMS && opcode <= SUMS_END) || (opcode >= TESTS && opcode <= TESTS_END) ||
           (opcode >= RETURNS && opcode <= RETURNS_END);
}

static void take_function(struct dump *d, const struct function *parent, const struct root *root)
{
    struct function f = {0};
    take_body(d, &f, parent, root);
    if (parent || f.code_count > SHORT_INSTRUCTIONS_MAX)
        d->winds = true;
    struct dump absolute = {.at = f.absolute, .end = d->end};
    int line = f.first_line;
    for (size_t i = 0; i < f.code_count && !d->bad; i++) {
        struct touched touched = touched_by(&f, instruction_at(&f, i));
        line = next_line(&absolute, &f, i, line);
        if (!goes_straight_on(instruction_at(&f, i)))
            d->winds = true;
        if (touched.any)
            tell(d, root, &touched, line);
    }
    if (d->coded && !d->winds && !d->bad)
        d->coded(d->coded_arg, &(struct closure_code){f.code, f.code_count, f.params, f.slots,
                                                      f.constants, f.constant_count});
    for (size_t i = 0; i < f.constant_count; i++)
        free(f.constants[i].text);
    free(f.constants);
}

static bool known_form(struct dump *d)
{
    static const unsigned char header[] = "\x1bLua\x54\x00\x19\x93\r\n\x1a\n\x04\x08\x08";
    const unsigned char *start = take(d, sizeof header - 1);
    lua_Integer integer;
    lua_Number number;
    const unsigned char *integer_bytes = take(d, sizeof integer);
    const unsigned char *number_bytes = take(d, sizeof number);
    if (d->bad || memcmp(start, header, sizeof header - 1) != 0)
        return false;
    memcpy(&integer, integer_bytes, sizeof integer);
    memcpy(&number, number_bytes, sizeof number);
    take_byte(d);
    return integer == 0x5678 && number == 370.5;
}

static int read_dump(lua_State *L, int index, struct dump *d)
{
    struct buf bytes = {0};
    struct root root = {L, lua_absindex(L, index)};
    lua_pushvalue(L, index);
    lua_dump(L, write_buf, &bytes, 0);
    lua_pop(L, 1);
    d->at = (const unsigned char *)bytes.data;
    d->end = d->at + bytes.size;
    if (known_form(d))
        take_function(d, NULL, &root);
    else
        d->bad = true;
    buf_release(&bytes);
    return d->bad ? ERR_INVALID : 0;
}

int closure_read(lua_State *L, int index, closure_seen *seen, void *arg)
{
    struct dump d = {.seen = seen, .arg = arg};
    return read_dump(L, index, &d);
}

static void see_nothing(void *arg, enum closure_touch touch, const char *name, int line)
{
    (void)arg;
    (void)touch;
    (void)name;
    (void)line;
}

bool closure_is_short(lua_State *L, int index, closure_coded *coded, void *arg)
{
    struct dump d = {.seen = see_nothing, .coded = coded, .coded_arg = arg};
    return read_dump(L, index, &d) == 0 && !d.winds;
}

/* ---- words of a file ---- */

struct word_check {
    struct sandbox *box;
    int file;
};

static void check_word(void *arg, enum closure_touch touch, const char *name, int line)
{
    struct word_check *check = arg;
    if (touch == TOUCH_REMAINDER)
        sandbox_weigh(check->box, WEIGHT_REMAINDER);
    if (touch == TOUCH_REMAINDER || touch == TOUCH_WRITES_OUTER)
        return;
    struct place place = {sandbox_file_name(check->box, check->file), line,
                          sandbox_column(check->box, check->file, line, name)};
    if (touch == TOUCH_READS_GLOBAL && !sandbox_is_word(check->box, name))
        sandbox_unknown_word(check->box, place, name);
    else if (touch == TOUCH_WRITES_GLOBAL)
        sandbox_report(check->box, L_GLOBAL, place,
                       tr("write `local` before it", "请在前面写 local"),
                       tr("assignment to the global '%.60s'", "给全局变量 '%.60s' 赋值"), name);
}

void closure_check_words(struct sandbox *box, int index, int file)
{
    struct word_check check = {box, file};
    sandbox_weigh(box, WEIGHT_PLAIN);
    closure_read(sandbox_state(box), index, check_word, &check);
}

/* ---- where functions ---- */

struct purity {
    struct sandbox *box;
    struct place place; /* of the function being looked at */
    int seen_table;     /* stack index: function or table → true, or its view */
    bool pure;
};

static void complain(struct purity *purity, const char *code, int line, const char *hint,
                     const char *format, const char *name)
{
    struct place place = {purity->place.file, line, 0};
    purity->pure = false;
    char *message = xasprintf(format, name);
    sandbox_report(purity->box, code, place, hint, "%s", message);
    free(message);
}

static void check_touch(void *arg, enum closure_touch touch, const char *name, int line)
{
    struct purity *purity = arg;
    if (touch == TOUCH_WRITES_OUTER)
        complain(purity, L_STATE, line,
                 tr("a where function sees only its argument; keep nothing between two values",
                    "where 函数只看传入的值, 不能在两次之间保存任何东西"),
                 tr("the where function changes the outer local '%.60s'",
                    "where 函数修改了外部局部变量 '%.60s'"),
                 name);
    else if (touch == TOUCH_READS_GLOBAL && strcmp(name, "p") == 0)
        complain(purity, L_WHERE_P, line,
                 tr("figures are dated; compare them with above = p.…, at_most = p.…",
                    "数值按日期生效, 请改用 above = p.…、at_most = p.… 比较"),
                 tr("a where function cannot read '%s'", "where 函数不能读取 '%s'"), name);
}

static void purify_value(struct purity *purity, int index, int depth);

/* Stack top is a table: replaced by a read-only view of a copy, once for each table. */
static void freeze_copy(struct purity *purity, int depth)
{
    lua_State *L = sandbox_state(purity->box);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, purity->seen_table) != LUA_TNIL) {
        lua_remove(L, -2);
        return;
    }
    lua_pop(L, 1);
    int original = lua_gettop(L);
    luaL_checkstack(L, 12, "closure");
    lua_newtable(L);
    lua_pushvalue(L, -1);
    sandbox_freeze(L, "a table of a where function");
    lua_pushvalue(L, original);
    lua_pushvalue(L, -2);
    lua_rawset(L, purity->seen_table); /* before its contents: tables may hold themselves */
    for (lua_pushnil(L); lua_next(L, original);) {
        purify_value(purity, lua_gettop(L), depth + 1);
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, original + 1);
    }
    lua_remove(L, original + 1);
    lua_remove(L, original);
}

static void purify_function(struct purity *purity, int index, int depth)
{
    lua_State *L = sandbox_state(purity->box);
    lua_pushvalue(L, index);
    bool known = lua_rawget(L, purity->seen_table) != LUA_TNIL;
    lua_pop(L, 1);
    if (known || lua_iscfunction(L, index))
        return;
    lua_pushvalue(L, index);
    lua_pushboolean(L, 1);
    lua_rawset(L, purity->seen_table);
    if (closure_read(L, index, check_touch, purity) < 0)
        complain(purity, L_STATE, purity->place.line, NULL,
                 tr("this build of %s cannot be checked for state", "无法检查此版本 %s 的状态"),
                 "Lua");
    for (int i = 1; lua_getupvalue(L, index, i); i++) {
        purify_value(purity, lua_gettop(L), depth + 1);
        lua_setupvalue(L, index, i);
    }
}

/* The value at `index`, which is the top, may be replaced. */
static void purify_value(struct purity *purity, int index, int depth)
{
    lua_State *L = sandbox_state(purity->box);
    int type = lua_type(L, index);
    luaL_checkstack(L, 12, "closure");
    if (depth > PLAIN_DEPTH_MAX) {
        complain(purity, L_STATE, purity->place.line, NULL,
                 tr("the where function carries tables nested too deeply%s",
                    "where 函数携带的表嵌套过深%s"),
                 "");
    } else if (type == LUA_TFUNCTION) {
        purify_function(purity, index, depth);
    } else if (type == LUA_TUSERDATA && !sandbox_is_broken(L, index)) {
        check_touch(purity, TOUCH_READS_GLOBAL, "p", purity->place.line);
    } else if (type == LUA_TTABLE && !sandbox_is_globals(L, index)) {
        if (sandbox_behind(L, index))
            lua_pop(L, 1);
        else
            freeze_copy(purity, depth);
    }
}

bool closure_purify(struct sandbox *box, int index)
{
    lua_State *L = sandbox_state(box);
    lua_Debug about;
    index = lua_absindex(L, index);
    lua_pushvalue(L, index);
    lua_getinfo(L, ">S", &about);
    struct purity purity = {.box = box, .pure = true};
    purity.place = (struct place){.file = "", .line = about.linedefined};
    if (about.source[0] == '=' && about.source[1] == '#')
        purity.place.file = sandbox_file_name(box, atoi(about.source + 2));
    lua_newtable(L);
    purity.seen_table = lua_gettop(L);
    purify_function(&purity, index, 0);
    lua_settop(L, purity.seen_table - 1);
    return purity.pure;
}
