/* What a compiled function touches.
 *
 * A where function must be a function of what it is given: it may read outer locals, but never
 * write them, never change a table outside itself, and it cannot read `p`, whose figures are dated.
 * None of this can be asked of Lua's interface, so the compiled form is read (lua_dump): it names
 * every write to an outer local, every global that is read or written, and the line.  Tables that a
 * function carries with it are replaced by read-only views. */
#ifndef ENGINE_CLOSURE_H
#define ENGINE_CLOSURE_H

#include "engine/sandbox.h"

enum closure_touch {
    TOUCH_WRITES_OUTER,
    TOUCH_READS_GLOBAL,
    TOUCH_WRITES_GLOBAL,
    TOUCH_REMAINDER, /* the operator %, dear for extreme floats; name is "%" */
};
/* `name` of the outer local or global; valid during the call. */
typedef void closure_seen(void *arg, enum closure_touch touch, const char *name, int line);

/* Reports what the Lua function at `index` (and every function inside it) touches.  Returns
 * ERR_INVALID when the compiled form is not the one of Lua 5.4 this was written for. */
int closure_read(lua_State *L, int index, closure_seen *seen, void *arg);

enum closure_constant_kind {
    CONSTANT_KIND_OTHER,
    CONSTANT_KIND_INTEGER,
    CONSTANT_KIND_FLOAT,
};
struct closure_constant {
    enum closure_constant_kind kind;
    int64_t integer;
    double real;
    char *text; /* NULL: no text */
};
/* A compiled function; instructions are of four bytes. */
struct closure_code {
    const unsigned char *code;
    size_t count;
    int params, slots;
    const struct closure_constant *constants;
    size_t constant_count;
};
typedef void closure_coded(void *arg, const struct closure_code *code);

/* True for a function that neither loops nor calls nor joins texts, and is not long: it cannot take
 * more steps than it has instructions, so its budget is known beforehand.  Its code is told to
 * `coded`, unless that is NULL; it is valid during the call. */
bool closure_is_short(lua_State *L, int index, closure_coded *coded, void *arg);

/* Reports unknown words and writes to globals of a whole file's main function, at `index`, without
 * running it, and sets the weight of its instructions.  Only while loading. */
void closure_check_words(struct sandbox *box, int index, int file);
/* Makes sure that the where function at `index` keeps no state; mistakes are reported and make it
 * false.  Only while loading. */
bool closure_purify(struct sandbox *box, int index);

#endif
