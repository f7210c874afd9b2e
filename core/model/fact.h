/* Facts: what has happened and will not un-happen.
 *
 * A fact travels as a CloudEvent 1.0 and is read into one struct, every field checked.  `time` is
 * what it speaks of, `arrival` when the engine learnt it.  Memory: everything a fact points to is
 * in the arena it was read into, or borrowed from the caller who built it. */
#ifndef MODEL_FACT_H
#define MODEL_FACT_H

#include "base/decimal.h"
#include "base/err.h"
#include "base/when.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct arena;
struct buf;
struct findings;
struct policy;

enum fact_kind {
    FACT_READING = 1,
    FACT_FORECAST,
    FACT_DIRECTIVE,
    FACT_INCIDENT,
    FACT_DECISION,
    FACT_RECEIPT,
    FACT_TICK,
    FACT_POLICY,
    FACT_FAILURE, /* a rule failed on the fact before: replay obeys it instead of running the rule
                   */
};

struct reading_value {
    const char *series;
    micro value; /* MICRO_NONE: reported, but null */
    char flag;   /* 0: none given, i.e. normal; applies to this value */
};
struct reading {
    const struct reading_value *values;
    int count;
    span_ms period; /* what it covers, from `time` */
};
struct forecast {
    const char *series;
    instant_ms issued, start;
    span_ms step;
    int count;
    const micro *low, *high; /* equal for a plain number; MICRO_NONE in both: unknown */
    const unsigned *primary; /* per value, bit set over enum pollutant; 0: not known */
};
struct directive {
    const char *level, *number;
    instant_ms from, to; /* to == INSTANT_NONE: until further notice */
};
struct incident {
    const char *kind;
    bool placed;
    double lon, lat;
    micro confidence; /* MICRO_NONE: not given */
    const char *text;
    const char *body; /* the data object, canonical JSON, for attributes a rule selects by */
};
/* What a person decided.  The first six concern a warning; the rest concern the daemon around the
 * engine, which journals them and to which they mean nothing. */
enum decision_act {
    ACT_APPROVE,
    ACT_HOLD,
    ACT_FILE,
    ACT_LIFT,
    ACT_OVERRIDE,
    ACT_BREAK_GLASS, /* one person does what needs two: `plan` approves it, `level` orders it, or
                        lifts with the level "none" */
    ACT_PAUSE,       /* of dispatch */
    ACT_RESUME,
    ACT_CORRECT,  /* 更正 of what was sent: `text` */
    ACT_WITHDRAW, /* 撤回 of what was sent: `text`, why */
    ACT_RELOAD,   /* of the policy */
    ACT_ROLLBACK,
    ACT_ACCEPT, /* a drill, by the live duty officer */
    ACT_TEST,   /* test orders */
};
struct decision_fact {
    enum decision_act act;
    const char *by, *note, *plan; /* plan hash; NULL when not given */
    const char *level;            /* override, break_glass */
    const char *text;             /* correct, withdraw: what is sent */
    instant_ms until;             /* hold */
    int count;                    /* recipients the person has seen in the plan; 0: not given */
};
const char *decision_act_name(enum decision_act act); /* "approve" … */
bool act_is_of_engine(enum decision_act act);         /* else the daemon's own */
enum receipt_kind {
    RECEIPT_DELIVERED,
    RECEIPT_READ,
    RECEIPT_ACKNOWLEDGED,
    RECEIPT_REFUSED,
    RECEIPT_DONE
};
struct receipt {
    enum receipt_kind kind;
    const char *channel, *by, *reason;
};

/* A fact's canonical JSON without its arrival, and where in it stands what a journal asks for. */
struct fact_content {
    const char *text; /* NULL: nobody has printed it, or it has been changed since */
    size_t size;
    size_t identity, identity_size; /* `,"source":…,"id":…`; 0: it has none */
    size_t head;                    /* what comes before the data: the arrival is put in here */
};
struct fact {
    enum fact_kind kind;
    instant_ms time, arrival;
    const char *source, *id; /* together the identity */
    const char *subject;     /* may be NULL where the kind has none */
    bool conflict; /* repeats an identity with other content: recorded and alarmed, not used */
    struct fact_content content; /* what fact_print_content gives, when someone has printed it
                                    already */
    union {
        struct reading reading;
        struct forecast forecast;
        struct directive directive;
        struct incident incident;
        struct decision_fact decision;
        struct receipt receipt;
        struct {
            const char *hash;
        } policy;
        struct {
            const char *rule, *message;
        } failure;
    };
};

const char *fact_kind_name(enum fact_kind kind); /* "reading" … : CloudEvents type */
int fact_kind_of(const char *name);              /* or ERR_NOT_FOUND */

/* Reads one CloudEvent.  `zone` is the bundle's, for local times.  `line`/`col` locate it in
 * `file`.  Fills *ret_fact (arrival as recordedtime says, else by the rule of §6) and returns 0; or
 * adds findings and fails. */
int fact_of_json(struct fact *ret_fact, struct arena *arena, const json_t *event, span_ms zone,
                 struct place place, struct findings *findings);
/* The same out of the event's JSON text, which need not end with a NUL; complaints then point at
 * the very field. */
int fact_of_text(struct fact *ret_fact, struct arena *arena, const char *text, size_t size,
                 span_ms zone, struct place place, struct findings *findings);
/* Canonical JSON of a fact: equal facts have equal bytes.  Includes recordedtime. */
void fact_print(struct buf *buf, const struct fact *fact);
/* The bytes that decide whether a repeated (source, id) has equal content: all but arrival.  They
 * are added to the buffer; what is returned is borrowed from it until it changes. */
struct fact_content fact_print_content(struct buf *buf, const struct fact *fact);
/* When it is learnt, without a recorded arrival: a reading at the end of its period, a forecast
 * when issued, anything else at its time. */
instant_ms fact_default_arrival(const struct fact *fact);
/* A deep copy of `from` in the arena. */
void fact_copy(struct fact *ret_fact, struct arena *arena, const struct fact *from);
/* Adds `offset` to every instant the fact holds, its arrival too. */
void fact_shift(struct fact *fact, span_ms offset);

#endif
