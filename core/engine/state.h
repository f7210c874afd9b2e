/* What the two files of a saved state share: state.c has the whole, state_ladder.c the warnings
 * with what waits for people. */
#ifndef ENGINE_STATE_H
#define ENGINE_STATE_H

#include "base/buf.h"
#include "engine/inner.h"

/* What is read, and what had to be left. */
struct loading {
    struct reader reader;
    uint32_t version; /* of the format */
    struct buf dropped;
};
/* Reads a text over the old one; false when it is none. */
bool state_name(struct loading *loading, char **name);
void state_drop(struct loading *loading, const char *what, const char *name);
/* The rule of that name and kind, or -1. */
int state_rule(const struct engine *engine, const char *name, enum rule_kind kind);
/* A level is written by its name: NULL for none, "" for one that has no name. */
const char *state_level_name(const struct rule *rule, int level);
int state_level(struct loading *loading, const struct rule *rule);

void state_save_ladder(const struct ladder *ladder, struct buf *buf);
void state_load_ladder(struct engine *engine, struct loading *loading);

#endif
