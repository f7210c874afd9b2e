/* Evidence: whether the meters show that an order is obeyed.
 *
 * An order of a stop, a limit or a ban binds a line (or the recipient as a whole) that may have a
 * proof in the registry; from the order's effect the readings of ENTRY/LINE (or ENTRY) are held
 * against it until the order is released.  Below within time, and staying so: obeyed; below later:
 * late; above when the time is over, or again: not obeyed, and a task for the district's
 * inspectors.  No valid reading: no data, which is neither: a meter that has been heard before and
 * is silent is a task to look at the meter, once; one that was never heard is not connected.
 *
 * Invariant: there is one watch at most for each line and for each recipient as a whole.  Its slot
 * is their place in the registry, so that the order in which things are told follows from the
 * state.  What a watch holds of the policy was taken over when the order was made, and is kept when
 * the policy changes. */
#ifndef ENGINE_EVIDENCE_H
#define ENGINE_EVIDENCE_H

#include "engine/inner.h"

struct reader;

enum evidence_result {
    EVIDENCE_WAITING,
    EVIDENCE_OBEYED,
    EVIDENCE_LATE,
    EVIDENCE_NOT_OBEYED,
    EVIDENCE_NO_DATA,
    EVIDENCE_RESULTS
};
const char *evidence_result_name(enum evidence_result result);

struct evidence {
    /* the order */
    const struct rule *rule;     /* NULL: the policy has it no longer */
    char *episode, *level, *ask; /* ask: the sentence of the order; level may be NULL */
    char order[33];
    instant_ms from; /* takes effect */
    /* what must be shown */
    int recipient, line; /* line -1: the recipient as a whole */
    int subject, series;
    enum proof_kind kind;
    char *point;
    micro bound;                               /* POWER, FLOW, GATE */
    bool inclusive;                            /* the bound itself is allowed */
    int states[PROOF_STATES_MAX], state_count; /* MARK */
    int from_minute, minutes;                  /* the part of the day that counts */
    struct evidence_terms terms;
    /* what was seen; instants are INSTANT_NONE where there is nothing */
    int64_t step;                  /* newest valid step that counted; STEP_NONE */
    instant_ms window;             /* the order's effect, or the beginning of the part of the day */
    instant_ms shown_from;         /* since when every valid value shows it */
    instant_ms steady_from;        /* … and none is missing for long */
    instant_ms broken_from;        /* since when every valid value shows the contrary */
    instant_ms seen_from, seen_to; /* of the newest */
    micro value;                   /* the newest */
    enum evidence_result told;     /* never NO_DATA, which hides it for a while */
    bool silent;                   /* NO_DATA was told, and nothing fresh was heard since */
    instant_ms tasked;             /* when inspectors were last sent */
    bool meter_told, over;
};

void evidence_init(struct engine *engine);
void evidence_release(struct engine *engine);
void evidence_free(struct evidence *evidence); /* NULL is fine */
/* What was told last. */
enum evidence_result evidence_standing(const struct evidence *evidence);
/* The slot of a line, or with -1 of the recipient as a whole. */
size_t evidence_slot(const struct engine *engine, int recipient, int line);

/* evidence_order.c: what an order begins and ends to be watched for. */
void evidence_order(struct engine *engine, const struct decision *decision,
                    const struct order *order);
/* A valid or invalid value came, maybe late. */
void evidence_value(struct engine *engine, const struct subject *subject, const struct track *track,
                    int64_t step);
void evidence_timer(struct engine *engine, uint32_t slot);
instant_ms *evidence_armed(struct engine *engine, uint32_t slot, instant_ms *ret_due);
void evidence_arm(struct engine *engine, size_t slot);

/* evidence_words.c: tells the result, with the tasks that go with it. */
void evidence_tell(struct engine *engine, struct evidence *evidence, enum evidence_result result);

/* evidence_state.c: NULL in *ret_dropped, or (caller frees) the subject that is no more. */
void evidence_save(const struct engine *engine, struct buf *buf);
void evidence_load(struct engine *engine, struct reader *reader, char **ret_dropped);

#endif
