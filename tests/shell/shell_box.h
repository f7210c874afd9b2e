/* A pipeline over a store of its own, with three days of haze to feed it. */
#ifndef TESTS_SHELL_SHELL_BOX_H
#define TESTS_SHELL_SHELL_BOX_H

#include "channel_memory.h"
#include "model/bundle.h"
#include "shell/pipeline.h"
#include "store/store_box.h"

enum { SHELL_FACTS = 150 }; /* 72 hours of two stations, and two bulletins a day */

struct shell_box {
    struct store_box box;
    struct bundle *bundle;
    struct gateway gateway; /* named "memory"; shell_turn plays the channel */
    struct gateways gateways;
    struct routing *routing;
    struct arena routes_arena;
    struct pipeline_options options;
    struct pipeline *pipeline;
    instant_ms now;
    int turns;          /* that succeeded */
    int under_way;      /* orders handed out and not yet given back */
    int differs;        /* turns that found other decisions on record */
    struct tally tally; /* of all turns */
    struct arena arena;
    const struct fact *facts[SHELL_FACTS];
};
/* Routes and duty officers, as the configuration has them; takes the place of those before.  The
 * pipeline must be opened anew. */
void shell_route(struct shell_box *shell, const char *yaml);
/* `rule` may be NULL: the ladder of the plan over one enterprise.  Opens store and pipeline. */
void shell_make(struct shell_box *shell, const char *rule);
/* The same; `with` is JSON that replaces keys of policy.yaml, or NULL. */
void shell_make_with(struct shell_box *shell, const char *rule, const char *with);
/* A fact out of its text, in the box's arena. */
const struct fact *shell_fact(struct shell_box *shell, const char *text);
void shell_open(struct shell_box *shell);
/* Stops as kill -9 does, and starts again on what is in the files. */
void shell_crash(struct shell_box *shell);
void shell_remove(struct shell_box *shell);

/* One turn over `count` facts from number `first`.  Parcels are given back at the next turn, as
 * delivered.  The answer of pipeline_turn. */
int shell_turn(struct shell_box *shell, size_t first, size_t count);
/* As the loop stops: a last turn, with a snapshot. */
void shell_stop(struct shell_box *shell);

/* All decisions as text, one a line; then all orders with their bytes.  Caller frees. */
char *shell_story(struct shell_box *shell);
int64_t shell_count(struct shell_box *shell, const char *sql); /* first column of the first row */

#endif
