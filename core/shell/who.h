/* Who: recipients as a scenario names them, `{grade: [C, D], district: "210106"}`.
 *
 * Bots answer for those they match, expectations count those they name.  All keys must agree;
 * within one key any of the values will do; an empty selection is everybody. */
#ifndef SHELL_WHO_H
#define SHELL_WHO_H

#include "model/registry.h"
#include <stdbool.h>

struct arena;
struct findings;
struct policy;
struct yaml;

struct who_list {
    const char *const *items;
    int count;
};
struct who {
    const struct yaml *node;         /* NULL: everybody */
    unsigned kinds, grades, classes; /* bit sets; 0: any */
    struct who_list district, industry, park, ids;
};

/* False when a finding is an error.  `node` may be NULL. */
bool who_read(struct who *ret_who, struct arena *arena, const struct yaml *node,
              struct findings *findings);
/* The same out of a map that only holds `ids` for us: its other keys are the caller's. */
bool who_read_ids(struct who *ret_who, struct arena *arena, const struct yaml *map,
                  struct findings *findings);
/* Says which districts, industries, parks and ids the registry does not have. */
void who_check(const struct who *who, const struct registry *registry, struct findings *findings);
bool who_has(const struct who *who, const struct recipient *recipient);

#endif
