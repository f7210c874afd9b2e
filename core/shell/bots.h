/* Bots: how simulated recipients answer the orders they are sent.
 *
 *   bots:
 *     - {match: {grade: [C, D]}, ack: {p: 0.9, delay: 5m..40m}, obey: {p: 0.8, delay: 30m..2h}}
 *     - {ids: ["210106-0117"], ack: never, refuse: {p: 1, delay: 10m, reason: 供热保障}}
 *
 * The first entry that matches answers.  Every draw depends on the scenario's seed, the order's id
 * and what is drawn, never on the draws before it: one more order changes nothing for the others.
 * Whole numbers only, so that every machine draws alike.  A delay out of a range is early more
 * often than late (the square of an even draw), as people are. */
#ifndef SHELL_BOTS_H
#define SHELL_BOTS_H

#include "shell/shorthand.h"
#include "shell/who.h"
#include <stdint.h>

struct arena;
struct findings;
struct yaml;

struct bot_habit {
    int per_mille; /* how many of a thousand do it; 0: nobody */
    struct span_range delay;
};
struct bot {
    struct who who;
    struct bot_habit deliver; /* from the order; default: all within 5s..60s */
    struct bot_habit ack;     /* from the delivery; default: never */
    struct bot_habit refuse;  /* from the delivery, instead of ack and obey; default: never */
    struct bot_habit
        obey; /* from the acknowledgement: reports what was ordered as done; default: never */
    const char *reason; /* of a refusal */
    const struct yaml *node;
};
struct bots {
    struct bot *items;
    size_t count;
};
/* Reads the list.  False when a finding is an error. */
bool bots_read(struct bots *ret_bots, struct arena *arena, const struct yaml *node,
               struct findings *findings);
void bots_check(const struct bots *bots, const struct registry *registry,
                struct findings *findings);

/* When what happens to one order; INSTANT_NONE: never. */
struct bot_answer {
    const struct bot *bot; /* NULL: nobody answers for this recipient */
    instant_ms delivered, acknowledged, refused, done;
};
struct bot_answer bots_answer(const struct bots *bots, uint64_t seed, const char *order,
                              const struct recipient *recipient, instant_ms at);

#endif
