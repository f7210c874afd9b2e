/* What the files that read a scenario share. */
#ifndef SHELL_SCENARIO_INNER_H
#define SHELL_SCENARIO_INNER_H

#include "shell/scenario.h"

/* scenario_inject.c */
bool injects_read(struct scenario *scenario, const struct yaml *node, struct findings *findings);
/* after, when and roles; expectations must have been read. */
void injects_link(struct scenario *scenario, struct findings *findings);

/* scenario_set.c */
bool scenario_apply(struct arena *arena, struct yaml *root, const struct scenario_set *set,
                    struct findings *findings);

#endif
