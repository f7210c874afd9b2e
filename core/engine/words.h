/* The two primitives the vocabulary (scripts/lib) is made of, and the marks they leave.
 *
 * mark(word, table) says which word a table was given to; rule(word, name) begins a rule and waits
 * for its body.  Only scripts/lib sees them. */
#ifndef ENGINE_WORDS_H
#define ENGINE_WORDS_H

#include "engine/sandbox.h"

struct policy;

/* Loads scripts/lib out of the binary and adds its words.  `policy` NULL: `p` answers any path. */
void words_load(struct sandbox *box, const struct policy *policy);
/* Runs the compiled library function below it in the library's own globals: `mark` and `rule` in
 * reach.  The function is on top of the stack. */
void words_give_primitives(lua_State *L);
/* The word the table at `index` was marked with, or NULL; *ret_line is where. */
const char *words_mark(lua_State *L, int index, int *ret_line);
/* Whether the value is a rule that waits for its body: warning "name" without a table. */
bool words_is_unfinished(lua_State *L, int index);
/* Pushes the list of rules begun since the last call, in order, and starts a new one. */
void words_take_rules(lua_State *L);

/* After the last script: marks and rules are no longer needed. */
void words_forget(lua_State *L);

/* `p`: adds it to the words. */
void bind_policy(struct sandbox *box, const struct policy *policy);
struct reference;
struct yaml;
/* The reference at `index`, or NULL; *ret_node is NULL without a bundle. */
const char *policy_reference(lua_State *L, int index, const struct yaml **ret_node);

#endif
