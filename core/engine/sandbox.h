/* The box in which scripts run: one Lua state that can neither escape, nor hang, nor remember.
 *
 * Every way in goes through sandbox_call, which sets a fresh budget of steps (VM instructions and
 * what C functions charge) and of bytes (all that is allocated, kept or not), so a budget never
 * runs over from one call to the next.  A spent budget stays spent until control is back in C:
 * there is no pcall, no coroutine, no finalizer and no metatable in the box that could swallow it.
 * The library is an allow-list; what is shared between scripts is read-only.  Author's mistakes
 * carry the author's file and line. */
#ifndef ENGINE_SANDBOX_H
#define ENGINE_SANDBOX_H

#include "base/err.h"
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All bounds of a box.  Tests make them tiny. */
struct sandbox_limits {
    size_t memory; /* hard ceiling of the Lua state, bytes */
    size_t string; /* longest string, bytes: bounds every C loop and comparison over one string */
    int64_t call_steps, call_bytes; /* one where= call */
    int64_t load_steps, load_bytes; /* loading one file */
};
extern const struct sandbox_limits sandbox_limits_default;

/* BUDGET_SHORT: for a function that cannot spend more than its few instructions (closure_is_short);
 * nothing counts them. */
enum sandbox_budget { BUDGET_CALL, BUDGET_LOAD, BUDGET_SHORT };

/* Why the last load or call failed.  `message` has no place in it; file may be "" and line 0. */
struct sandbox_failure {
    const char *code; /* L_… */
    struct place place;
    char message[400];
};

struct sandbox;
struct sandbox *sandbox_new(const struct sandbox_limits *limits);
void sandbox_free(struct sandbox *box); /* NULL is fine */
lua_State *sandbox_state(struct sandbox *box);
struct sandbox *sandbox_of(lua_State *L);
size_t sandbox_memory(const struct sandbox *box); /* bytes in use */

/* Makes a file known and returns its number; `shown` is borrowed for the life of the box.  A
 * `library` is ours: complaints are placed at whoever called it. */
int sandbox_file(struct sandbox *box, const char *shown, bool library);
const char *sandbox_file_name(const struct sandbox *box, int file);
/* Compiles a text (never a binary chunk) and leaves the function on the stack; or leaves nothing.
 */
int sandbox_compile(struct sandbox *box, int file, const char *text, size_t size);
/* Calls the function below `args` arguments; leaves `results` (or LUA_MULTRET) values, or nothing
 * and ERR_SCRIPT. */
int sandbox_call(struct sandbox *box, enum sandbox_budget budget, int args, int results);
/* What an instruction weighs from now on, in steps; 1 at first. */
void sandbox_weigh(struct sandbox *box, int weight);
const struct sandbox_failure *sandbox_failure(const struct sandbox *box);

/* Loading: while `findings` is set, mistakes are collected and the script goes on with a value that
 * means "already complained of"; otherwise they are raised.  NULL ends it. */
void sandbox_collect(struct sandbox *box, struct findings *findings);
bool sandbox_loading(const struct sandbox *box);

/* ---- for bind_*.c ---- */

/* Charges steps of a C loop before it runs; raises when the budget is spent. */
void sandbox_charge(lua_State *L, int64_t steps);
int64_t sandbox_steps_left(lua_State *L);
/* Raises when a string of that size may not be made. */
void sandbox_check_size(lua_State *L, size_t size);
/* An author's mistake: collected (then pushes the broken value and returns 1) or raised. */
int sandbox_complain(lua_State *L, const char *code, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* The same with a place of one's own; only while loading; a repeat is dropped. */
void sandbox_report(struct sandbox *box, const char *code, struct place place, const char *hint,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Where the author's code stands now: the innermost frame that is not a library. */
struct place sandbox_here(lua_State *L);
/* The value that stands for something already complained of: any use of it gives itself. */
void sandbox_push_broken(lua_State *L);
bool sandbox_is_broken(lua_State *L, int index);

/* Replaces the table on top by a read-only view of itself: reads see it, writes raise.  `what`
 * names it in the complaint. */
void sandbox_freeze(lua_State *L, const char *what);
/* When the value at `index` is such a view, pushes what is behind it and returns true. */
bool sandbox_behind(lua_State *L, int index);

/* The words scripts may use, sorted; the count in *ret.  Valid while the box lives and grows no
 * more. */
const char *const *sandbox_words(const struct sandbox *box, size_t *ret_count);
bool sandbox_is_word(const struct sandbox *box, const char *name);
/* Adds the function or table on top of the stack to the words, pops it. */
void sandbox_add_word(struct sandbox *box, const char *name);

/* "unknown word" with a suggestion; only while loading. */
void sandbox_unknown_word(struct sandbox *box, struct place place, const char *word);
bool sandbox_is_globals(lua_State *L, int index);
/* Column (from 1, in characters) of the word on that line of a file being loaded, or 0. */
int sandbox_column(const struct sandbox *box, int file, int line, const char *word);
/* Gives a place that has a line but no column the one of a word that the message quotes, else of
 * the line's first. */
void sandbox_find_column(const struct sandbox *box, struct place *place, const char *message);

/* The value as text, as `tostring` gives it, pushed and returned. */
const char *base_text(lua_State *L, int index, size_t *ret_size);

/* Each adds one module of the library to the words. */
void bind_base(struct sandbox *box);
void bind_string(struct sandbox *box);
void bind_table(struct sandbox *box);
void bind_math(struct sandbox *box);
void bind_utf8(struct sandbox *box);

#endif
