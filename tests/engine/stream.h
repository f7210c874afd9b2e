/* Streams for property tests: facts in an array that a test may cut, shuffle and add to, and what
 * was decided on them. */
#ifndef TESTS_ENGINE_STREAM_H
#define TESTS_ENGINE_STREAM_H

#include "base/arena.h"
#include "engine/engine.h"

struct facts {
    struct arena arena;
    struct fact *items; /* in the order of their arrival */
    size_t count, capacity;
};
/* JSON Lines as facts, sorted as a feed sorts them. */
void facts_read(struct facts *facts, const char *text, const struct policy *policy);
void facts_release(struct facts *facts);

/* One decision, copied. */
struct told {
    instant_ms at, begin;
    enum decision_kind kind;
    bool ticked;   /* a tick led to it */
    size_t number; /* of the fact that was stepped, or was about to be when a tick led to it */
    const char *rule, *episode, *level, *from, *order, *to, *measures, *text; /* NULL: none */
    const char *line; /* as replay prints it, with text and plan's hash */
};
struct stream {
    struct arena arena;
    struct told *items;
    size_t count, capacity;
    const char *state_hex; /* hash of the engine's state at the end */
};
/* Plays the first `count` facts, then the passing of time to `until` (or INSTANT_NONE). */
void stream_play(struct stream *ret, struct program *program, const struct policy *policy,
                 enum approvals approvals, const struct fact *facts, size_t count,
                 instant_ms until);
void stream_release(struct stream *stream);

#endif
