/* A small town for plan tests: five enterprises, a site, a fleet, three rules, and holdings that
 * remember what each was told. */
#ifndef TESTS_ENGINE_PLAN_TOWN_H
#define TESTS_ENGINE_PLAN_TOWN_H

#include "engine/plan.h"
#include "model/bundle.h"

enum { TOWN_YELLOW, TOWN_ORANGE, TOWN_RED };

struct town {
    struct bundle *bundle;
    struct program *program;
    const struct rule *warning, *ozone, *dust;
    struct holding *holdings;
    int level; /* of the warning in force; -1: none */
    bool ozone_on;
    instant_ms at, begin; /* now; when the warning takes effect */
    int revision;
};
void town_open(struct town *town, bool with_notices);
void town_close(struct town *town);
/* Builds the plan of going to `level` (-1: lift), or of the ozone rota beginning or ending, and
 * does not apply it. */
struct plan town_level(struct town *town, int level);
struct plan town_ozone(struct town *town, bool on);
/* The recipients are told; the state follows.  Releases the plan. */
void town_apply(struct town *town, struct plan *plan, int level, bool ozone_on);
/* The order to that recipient, or NULL. */
const struct order *town_order(const struct town *town, const struct plan *plan,
                               const char *recipient);

#endif
