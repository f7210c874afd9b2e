/* Short where functions that need no Lua.
 *
 * Most where functions compare v.value with figures and join the answers by and, or and not.  Their
 * compiled form is read once, when the rule is; a value is then answered in C, instruction by
 * instruction, for less than half of what a protected call costs.  The answer is Lua's own or none:
 * whatever is not plainly a comparison of numbers, and everything that would be a mistake, is left
 * to Lua, which also finds the words for it. */
#ifndef ENGINE_QUICK_H
#define ENGINE_QUICK_H

#include "base/arena.h"
#include "engine/closure.h"

enum slot_kind { SLOT_NIL, SLOT_FALSE, SLOT_TRUE, SLOT_INTEGER, SLOT_REAL, SLOT_VIEW };
/* A value as Lua has it: whole numbers are integers, others floats. */
struct slot {
    enum slot_kind kind;
    union {
        int64_t integer;
        double real;
    };
};

struct quick;
struct quick_reader {
    struct arena *arena;
    const struct quick *quick; /* in the arena; NULL: only Lua can answer */
};
/* A closure_coded; `reader` is a struct quick_reader. */
void quick_read(void *reader, const struct closure_code *code);

enum quick_answer { QUICK_FALSE, QUICK_TRUE, QUICK_ASK_LUA };
/* `value` stands for v.value: a number, or nil when it is unknown. */
enum quick_answer quick_ask(const struct quick *quick, const struct slot *value);

#endif
