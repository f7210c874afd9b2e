/* See quick.h.
 *
 * Invariants: every jump goes ahead and stays inside, every slot exists (both are checked when the
 * function is read), so a run ends; and no step here does anything that Lua would do otherwise. */
#include "engine/quick.h"
#include <string.h>

enum { SLOTS_MAX = 16 };
/* Up to here every integer is a float too, so comparing the two as floats is exact. */
static const int64_t exact_max = (int64_t)1 << 53;

enum action {
    ACT_LOAD,
    ACT_LOAD_AND_SKIP,
    ACT_COPY,
    ACT_VALUE, /* v.value */
    ACT_NOT,
    ACT_JUMP,
    ACT_EQUAL, /* these five take the jump behind them when the answer is `wanted`, else pass it */
    ACT_LESS,
    ACT_LESS_EQUAL,
    ACT_GREATER,
    ACT_GREATER_EQUAL,
    ACT_TEST,
    ACT_TEST_AND_COPY,
    ACT_RETURN,
    ACT_RETURN_NIL,
    ACT_ANSWER /* a load and the return of what was loaded */
};
struct step {
    enum action action;
    uint8_t a, b;
    bool wanted, with_constant; /* compares with the constant, not with slot b */
    int jump;
    struct slot constant;
};
struct quick {
    int slot_count;
    struct step steps[];
};

/* ---- reading ---- */

enum {
    OP_MOVE = 0,
    OP_LOADI = 1,
    OP_LOADF = 2,
    OP_LOADK = 3,
    OP_LOADFALSE = 5,
    OP_LFALSESKIP = 6,
    OP_LOADTRUE = 7,
    OP_LOADNIL = 8,
    OP_GETFIELD = 14,
    OP_NOT = 51,
    OP_JMP = 56,
    OP_EQ = 57,
    OP_LT = 58,
    OP_LE = 59,
    OP_EQK = 60,
    OP_EQI = 61,
    OP_LTI = 62,
    OP_LEI = 63,
    OP_GTI = 64,
    OP_GEI = 65,
    OP_TEST = 66,
    OP_TESTSET = 67,
    OP_RETURN = 70,
    OP_RETURN0 = 71,
    OP_RETURN1 = 72
}; /* lopcodes.h of 5.4 */
enum { OFFSET_SBX = (1 << 16) - 1, OFFSET_SJ = (1 << 24) - 1, OFFSET_SC = 127 };

static struct slot integer_slot(int64_t integer)
{
    return (struct slot){.kind = SLOT_INTEGER, .integer = integer};
}

static struct slot real_slot(double real)
{
    return (struct slot){.kind = SLOT_REAL, .real = real};
}

static bool read_constant(const struct closure_code *code, size_t number, struct slot *ret)
{
    const struct closure_constant *constant = &code->constants[number];
    if (number >= code->constant_count)
        return false;
    if (constant->kind == CONSTANT_KIND_INTEGER)
        *ret = integer_slot(constant->integer);
    else if (constant->kind == CONSTANT_KIND_FLOAT)
        *ret = real_slot(constant->real);
    else
        return false;
    return true;
}

static bool is_value(const struct closure_code *code, size_t number)
{
    return number < code->constant_count && code->constants[number].text &&
           strcmp(code->constants[number].text, "value") == 0;
}

static bool read_load(const struct closure_code *code, uint32_t instruction, struct step *step)
{
    unsigned wide = instruction >> 15, b = instruction >> 16 & 0xff;
    int opcode = (int)(instruction & 0x7f);
    step->action = opcode == OP_LFALSESKIP ? ACT_LOAD_AND_SKIP : ACT_LOAD;
    switch (opcode) {
    case OP_LOADI:
        step->constant = integer_slot((int)wide - OFFSET_SBX);
        return true;
    case OP_LOADF:
        step->constant = real_slot((int)wide - OFFSET_SBX);
        return true;
    case OP_LOADK:
        return read_constant(code, wide, &step->constant);
    case OP_LOADNIL:
        step->constant.kind = SLOT_NIL;
        return b == 0; /* one slot */
    default:
        step->constant.kind = opcode == OP_LOADTRUE ? SLOT_TRUE : SLOT_FALSE;
        return true;
    }
}

static bool read_comparison(const struct closure_code *code, uint32_t instruction,
                            struct step *step)
{
    static const enum action actions[] = {ACT_EQUAL,      ACT_LESS,    ACT_LESS_EQUAL,
                                          ACT_EQUAL,      ACT_EQUAL,   ACT_LESS,
                                          ACT_LESS_EQUAL, ACT_GREATER, ACT_GREATER_EQUAL};
    int opcode = (int)(instruction & 0x7f);
    step->action = actions[opcode - OP_EQ];
    step->with_constant = opcode >= OP_EQK;
    if (opcode == OP_EQK)
        return read_constant(code, step->b, &step->constant);
    if (opcode > OP_EQK)
        step->constant = integer_slot(step->b - OFFSET_SC);
    return true;
}

static bool read_other(const struct closure_code *code, uint32_t instruction, struct step *step)
{
    switch ((int)(instruction & 0x7f)) {
    case OP_MOVE:
        step->action = ACT_COPY;
        return true;
    case OP_GETFIELD:
        step->action = ACT_VALUE;
        return is_value(code, instruction >> 24);
    case OP_NOT:
        step->action = ACT_NOT;
        return true;
    case OP_JMP:
        step->action = ACT_JUMP;
        step->jump = (int)(instruction >> 7) - OFFSET_SJ;
        return step->jump >= 0;
    case OP_TEST:
        step->action = ACT_TEST;
        return true;
    case OP_TESTSET:
        step->action = ACT_TEST_AND_COPY;
        return true;
    case OP_RETURN:
        step->action = step->b == 1 ? ACT_RETURN_NIL : ACT_RETURN;
        return step->b > 0; /* of several results the first counts */
    case OP_RETURN0:
        step->action = ACT_RETURN_NIL;
        return true;
    case OP_RETURN1:
        step->action = ACT_RETURN;
        return true;
    default:
        return false;
    }
}

static bool read_step(const struct closure_code *code, size_t at, struct step *step)
{
    uint32_t instruction;
    memcpy(&instruction, code->code + 4 * at, sizeof instruction);
    int opcode = (int)(instruction & 0x7f);
    *step = (struct step){.a = (uint8_t)(instruction >> 7),
                          .b = (uint8_t)(instruction >> 16),
                          .wanted = instruction >> 15 & 1};
    if (opcode >= OP_LOADI && opcode <= OP_LOADNIL)
        return read_load(code, instruction, step);
    if (opcode >= OP_EQ && opcode <= OP_GEI)
        return read_comparison(code, instruction, step);
    return read_other(code, instruction, step);
}

static bool reads_b(const struct step *step)
{
    return step->action == ACT_COPY || step->action == ACT_VALUE || step->action == ACT_NOT ||
           step->action == ACT_TEST_AND_COPY ||
           (step->action >= ACT_EQUAL && step->action <= ACT_GREATER_EQUAL && !step->with_constant);
}

/* The furthest step that may follow directly. */
static size_t goes_to(const struct step *step, size_t at)
{
    if (step->action == ACT_RETURN || step->action == ACT_RETURN_NIL)
        return at;
    if (step->action == ACT_JUMP)
        return at + 1 + (size_t)step->jump;
    bool may_skip = step->action == ACT_LOAD_AND_SKIP ||
                    (step->action >= ACT_EQUAL && step->action <= ACT_TEST_AND_COPY);
    return at + 1 + may_skip;
}

static bool stays_inside(const struct closure_code *code, const struct step *step, size_t at)
{
    bool slots = step->action == ACT_JUMP || step->action == ACT_RETURN_NIL ||
                 (step->a < code->slots && (!reads_b(step) || step->b < code->slots));
    return slots && goes_to(step, at) < code->count;
}

/* Loads whose result is returned at once answer at once. */
static void shorten(struct quick *quick, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct step *step = &quick->steps[i];
        if (step->action != ACT_LOAD && step->action != ACT_LOAD_AND_SKIP)
            continue;
        const struct step *next = &quick->steps[goes_to(step, i)];
        if (next->action == ACT_RETURN && next->a == step->a)
            step->action = ACT_ANSWER;
    }
}

static bool jumps_follow(const struct quick *quick, size_t count)
{
    for (size_t i = 0; i + 1 < count; i++) {
        enum action action = quick->steps[i].action;
        if (action >= ACT_EQUAL && action <= ACT_TEST_AND_COPY &&
            quick->steps[i + 1].action != ACT_JUMP)
            return false;
    }
    return true;
}

void quick_read(void *reader_arg, const struct closure_code *code)
{
    struct quick_reader *reader = reader_arg;
    if (code->slots > SLOTS_MAX || code->params < 1 || code->slots < code->params)
        return;
    struct quick *quick =
        arena_alloc(reader->arena, sizeof *quick + code->count * sizeof *quick->steps);
    quick->slot_count = code->slots;
    for (size_t i = 0; i < code->count; i++) {
        if (!read_step(code, i, &quick->steps[i]) || !stays_inside(code, &quick->steps[i], i))
            return;
    }
    if (!jumps_follow(quick, code->count))
        return;
    shorten(quick, code->count);
    reader->quick = quick;
}

/* ---- asking ---- */

enum truth { IS_FALSE, IS_TRUE, IS_UNKNOWN };

static bool is_number(const struct slot *slot)
{
    return slot->kind == SLOT_INTEGER || slot->kind == SLOT_REAL;
}

static bool is_truthy(const struct slot *slot)
{
    return slot->kind != SLOT_NIL && slot->kind != SLOT_FALSE;
}

/* Whether a float stands for the same number. */
static bool as_real(const struct slot *slot, double *ret)
{
    *ret = slot->kind == SLOT_REAL ? slot->real : (double)slot->integer;
    return slot->kind == SLOT_REAL || (slot->integer >= -exact_max && slot->integer <= exact_max);
}

/* -1, 0 or 1; false when Lua must say. */
static bool order_of(const struct slot *left, const struct slot *right, int *ret)
{
    double a, b;
    if (left->kind == SLOT_INTEGER && right->kind == SLOT_INTEGER) {
        *ret = (left->integer > right->integer) - (left->integer < right->integer);
        return true;
    }
    if (!is_number(left) || !is_number(right) || !as_real(left, &a) || !as_real(right, &b))
        return false;
    *ret = (a > b) - (a < b);
    return *ret != 0 || a == b; /* otherwise one is no number */
}

static enum truth equal(const struct slot *left, const struct slot *right)
{
    int order;
    if (is_number(left) && is_number(right))
        return order_of(left, right, &order) ? (enum truth)(order == 0) : IS_UNKNOWN;
    return left->kind == right->kind ? IS_TRUE : IS_FALSE; /* there is only one view */
}

static enum truth compare(const struct step *step, const struct slot *slots)
{
    const struct slot *left = &slots[step->a];
    const struct slot *right = step->with_constant ? &step->constant : &slots[step->b];
    int order;
    if (step->action == ACT_EQUAL)
        return equal(left, right);
    if (!order_of(left, right, &order))
        return IS_UNKNOWN;
    switch (step->action) {
    case ACT_LESS:
        return order < 0 ? IS_TRUE : IS_FALSE;
    case ACT_LESS_EQUAL:
        return order <= 0 ? IS_TRUE : IS_FALSE;
    case ACT_GREATER:
        return order > 0 ? IS_TRUE : IS_FALSE;
    default:
        return order >= 0 ? IS_TRUE : IS_FALSE;
    }
}

static enum quick_answer answer(const struct slot *slot)
{
    if (slot->kind == SLOT_TRUE)
        return QUICK_TRUE;
    return slot->kind == SLOT_FALSE || slot->kind == SLOT_NIL ? QUICK_FALSE : QUICK_ASK_LUA;
}

static const struct step *after_test(const struct step *step, bool outcome)
{
    return outcome == step->wanted ? step + 1 + step[1].jump : step + 1;
}

enum quick_answer quick_ask(const struct quick *quick, const struct slot *value)
{
    struct slot slots[SLOTS_MAX];
    enum truth truth;
    slots[0].kind = SLOT_VIEW;
    for (int i = 1; i < quick->slot_count; i++)
        slots[i].kind = SLOT_NIL;
    for (const struct step *step = quick->steps;; step++) {
        switch (step->action) {
        case ACT_LOAD:
        case ACT_LOAD_AND_SKIP:
            slots[step->a] = step->constant;
            step += step->action == ACT_LOAD_AND_SKIP;
            break;
        case ACT_COPY:
            slots[step->a] = slots[step->b];
            break;
        case ACT_VALUE:
            if (slots[step->b].kind != SLOT_VIEW || value->kind == SLOT_NIL)
                return QUICK_ASK_LUA;
            slots[step->a] = *value;
            break;
        case ACT_NOT:
            slots[step->a].kind = is_truthy(&slots[step->b]) ? SLOT_FALSE : SLOT_TRUE;
            break;
        case ACT_JUMP:
            step += step->jump;
            break;
        case ACT_EQUAL:
        case ACT_LESS:
        case ACT_LESS_EQUAL:
        case ACT_GREATER:
        case ACT_GREATER_EQUAL:
            truth = compare(step, slots);
            if (truth == IS_UNKNOWN)
                return QUICK_ASK_LUA;
            step = after_test(step, truth == IS_TRUE);
            break;
        case ACT_TEST:
            step = after_test(step, is_truthy(&slots[step->a]));
            break;
        case ACT_TEST_AND_COPY:
            if (is_truthy(&slots[step->b]) == step->wanted)
                slots[step->a] = slots[step->b];
            step = after_test(step, is_truthy(&slots[step->b]));
            break;
        case ACT_RETURN:
            return answer(&slots[step->a]);
        case ACT_ANSWER:
            return answer(&step->constant);
        case ACT_RETURN_NIL:
            return QUICK_FALSE;
        }
    }
}
