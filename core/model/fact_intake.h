/* One event on its way to becoming a fact: taking members out of its data, and complaining about
 * them.
 *
 * For fact_read.c and fact_data.c only.  A member that is absent or null is "not given"; whatever
 * else is wrong becomes a finding at the member's own place, and reading goes on. */
#ifndef MODEL_FACT_INTAKE_H
#define MODEL_FACT_INTAKE_H

#include "model/cloudevent.h"
#include "model/fact.h"

struct intake {
    struct arena *arena;
    const struct cloudevent *event;
    span_ms zone; /* of local times inside the data */
    const struct witness *witness;
    struct fact *fact; /* being filled */
};

/* Which member of the data is meant: data.key, data.key.inner or data.key[number]. */
struct spot {
    const char *key, *inner;
    int number; /* -1: none */
};
struct spot spot_of(const char *key);
struct spot spot_in(const char *key, const char *inner);
struct spot spot_at(const char *key, size_t number);

/* An error at the spot (N032). */
void intake_refuse(struct intake *intake, struct spot spot, const char *hint, const char *format,
                   ...) __attribute__((format(printf, 4, 5)));
/* The member, or NULL when not given; one that is needed is missed with a finding. */
const json_t *intake_member(struct intake *intake, const char *key, bool needed);
/* Text that is not empty, in the arena; or NULL. */
const char *intake_text(struct intake *intake, const char *key, bool needed);
/* Position among a few words, or -1; always needed. */
int intake_word(struct intake *intake, const char *key, const char *const *words, size_t count);
instant_ms intake_instant(struct intake *intake, const char *key, bool needed,
                          instant_ms otherwise);
/* A span above zero. */
span_ms intake_span(struct intake *intake, const char *key, bool needed, span_ms otherwise);
/* A number exactly, or MICRO_NONE for null; false, with a finding, when the value is neither. */
bool intake_number(struct intake *intake, const json_t *value, struct spot spot, micro *ret);
/* A number between whole bounds, or MICRO_NONE when not given. */
micro intake_figure(struct intake *intake, const char *key, micro low, micro high);

enum { FORM_KEYS_MAX = 8 };
/* What the data of each kind must be (fact_data.c). */
struct fact_form {
    void (*read)(struct intake *intake); /* NULL: the kind has no data */
    bool open;                           /* further members are attributes */
    bool subject;                        /* must have one */
    const char *const *keys; /* members that are read, at most FORM_KEYS_MAX; ends with NULL */
};
const struct fact_form *fact_form(enum fact_kind kind);

#endif
