/* Facts drawn at random, as a feed would bring them: equal seeds give equal facts. */
#ifndef TESTS_ENGINE_RANDOM_FACTS_H
#define TESTS_ENGINE_RANDOM_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};
struct dice dice_of(unsigned seed);
unsigned dice_roll(struct dice *dice, unsigned sides); /* 0 … sides - 1 */
bool dice_chance(struct dice *dice, unsigned percent);

/* What stands in the world and speaks. */
struct world {
    const char *const *stations; /* of area 210100; NULL at the end, like the next two */
    const char *const *outlets;  /* say nox_zs */
    const char *const
        *lines; /* say production_kw and treatment_kw, minute by minute for an hour a day */
    bool directives, decisions, incidents;
    int days;          /* from 2025-09-22 on: ozone season, and its end */
    const char *begin; /* first id of an event: two worlds' facts can stand side by side */
};
/* JSON Lines; freed by the caller. */
char *random_facts(const struct world *world, unsigned seed);

#endif
