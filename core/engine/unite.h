/* Obligations, and how several causes make one: the strictest binds.
 *
 * An obligation is a point in a partial order.  Of two that concern the same thing (a line's
 * production, a ban, any other measure) the stricter *covers* the weaker: a stop covers a cap, a
 * lower cap a higher one, the whole day a part of it, a whole line its VOC process, a ban up to
 * stage 5 one up to stage 4.  To unite causes is to keep the obligations that no other covers. That
 * makes uniting commutative, associative and idempotent, and never weaker than any cause;
 * tests/engine/test_unite.c holds it to that. */
#ifndef ENGINE_UNITE_H
#define ENGINE_UNITE_H

#include "base/when.h"
#include "model/policy.h"

enum obligation_kind {
    OBLIGATION_PRODUCTION, /* stop or cap */
    OBLIGATION_BAN,
    OBLIGATION_OTHER,
};
enum { PERCENT_STOP = 100, DAY_MINUTES = 1440, WHOLE_LINE = -1 };

struct obligation {
    enum obligation_kind kind;
    const struct measure *measure;
    const char *basis; /* of a cap; or NULL */
    int line;          /* position in the recipient's lines; -1: the recipient as a whole */
    int percent; /* PRODUCTION: given up of normal output, 100 is a stop; OTHER: as declared */
    int stage;   /* BAN: up to this emission stage; 0 otherwise */
    int from, minutes; /* part of the day: minute it begins, length; 0, 1440: all day */
    int part; /* PRODUCTION: only the processes that emit this (enum emission); WHOLE_LINE: all */
    bool own_activity; /* PRODUCTION of something that is not a line: only the same measure compares
                        */
    bool floored;      /* PRODUCTION: the line's safety minimum keeps it from what was demanded */
    micro cut[EMISSIONS]; /* t/d, where the list declares it instead of the line */
    instant_ms since; /* for the words only: it begins later than the order; 0: with the order */
    instant_ms
        until; /* for the words only: something stricter takes its place then; 0: none does */
};
/* Zero-initialised is empty.  No item covers another. */
struct obligations {
    struct obligation *items;
    size_t count, capacity;
};

/* `a` is at least as strict as `b`, and both concern the same thing. */
bool obligation_covers(const struct obligation *a, const struct obligation *b);
bool obligation_equal(const struct obligation *a, const struct obligation *b);
/* Adds one cause's obligation, dropping whatever is covered. */
void unite(struct obligations *set, const struct obligation *obligation);
void unite_all(struct obligations *set, const struct obligations *other);
/* Adds what a duty of the list or of a rota asks of this recipient.  `hours` NULL: all day.  Where
 * a guaranteed enterprise (保障类) would be stopped it is capped instead, by the catalogue's
 * measure `guaranteed_cap` (built-in words when the catalogue has none). */
void unite_duty(struct obligations *set, const struct policy *policy,
                const struct recipient *recipient, const struct duty *duty,
                const struct hours *hours);
/* The last word: no line below its safety minimum; then sorted, so that equal sets have equal
 * bytes. */
void unite_settle(struct obligations *set, const struct recipient *recipient);
/* t/d saved per pollutant, each rounded half-even to a millionth once per line. */
void unite_cut(const struct obligations *set, const struct recipient *recipient,
               micro ret[EMISSIONS]);
void obligations_clear(struct obligations *set); /* keeps the memory */
void obligations_release(struct obligations *set);

#endif
