/* Tracks: the values of one series of one subject, by step.
 *
 * A track holds measured values in a ring (absent, unknown or known), and the bulletins that speak
 * of the same series.  A cell that is not absent is *closed*: nothing before it is waited for any
 * more.  Only writes through track_put change it; `edits` counts the ones that did not append, so
 * that what was derived can be kept. */
#ifndef ENGINE_TRACK_H
#define ENGINE_TRACK_H

#include "engine/rule.h"
#include "model/fact.h"

struct buf;
struct reader;

enum cell_state { CELL_ABSENT, CELL_UNKNOWN, CELL_KNOWN };
struct cell {
    int64_t num;      /* value = num / den / MICRO */
    int32_t learnt_s; /* seconds after the step's end at which its last part was learnt */
    int16_t den;
    uint8_t primary; /* of an index: bit set of pollutants */
    uint8_t state;
};

struct bulletin {
    instant_ms issued, arrival;
    int64_t first; /* step number of the first value */
    int count;
    micro *low, *high; /* MICRO_NONE: unknown */
    uint8_t *primary;  /* bit sets; 0: not known */
    char *name;        /* source and id, for the trace */
};

enum { STEP_NONE = INT64_MIN };

struct watcher;
struct track {
    int number;          /* place in engine.tracks */
    int subject, series; /* numbers of the engine's subjects and of policy.series */
    span_ms step, span;
    int64_t top;             /* newest closed step, or STEP_NONE */
    int64_t low;             /* oldest step that was ever written */
    int64_t known;           /* newest known step, or STEP_NONE */
    uint32_t capacity, keep; /* powers of two */
    uint32_t edits;
    struct cell *cells;
    struct bulletin
        *bulletins; /* by issued, then by place in the journal; the first is in force or older */
    int bulletin_count, bulletin_capacity;
    bool stale_told;           /* the alarm for a bulletin that is too old was raised */
    bool misfit_told;          /* a reading that does not fit the steps was told */
    struct watcher **watchers; /* rules that look at this track */
    int watcher_count;
    size_t watcher_capacity;
    instant_ms armed; /* its timer in the heap, or INSTANT_NONE */
};

/* The step that contains the instant. */
int64_t track_step(const struct track *track, instant_ms instant, span_ms zone);
instant_ms track_step_start(const struct track *track, int64_t step, span_ms zone);
instant_ms track_step_end(const struct track *track, int64_t step, span_ms zone);

/* What the values from `first` to `last` cover: (n-1) steps and one span. */
span_ms track_covers(const struct track *track, int64_t first, int64_t last);

void track_init(struct track *track, int subject, int series, const struct series *meaning,
                uint32_t keep);
void track_release(struct track *track);
/* Writes one step.  False when it is older than what is kept. */
bool track_put(struct track *track, int64_t step, struct cell cell);
/* ABSENT for what was never written. */
const struct cell *track_cell(const struct track *track, int64_t step);

/* Takes over a forecast.  Returns false when its step or start do not fit the series. */
bool track_bulletin_add(struct track *track, const struct series *series, const struct fact *fact,
                        span_ms zone);
/* The bulletin in force: the newest issued not after now, not older than `age_max`; NULL: none.
 * Older ones are forgotten here, since time does not run back. */
const struct bulletin *track_bulletin(struct track *track, instant_ms now, span_ms age_max);
/* True when there is one, but it is too old. */
bool track_bulletin_stale(const struct track *track, instant_ms now, span_ms age_max);

/* What a view shows of one step. */
struct seen {
    bool known;
    struct ratio value;
    unsigned primary;                /* 0: not known */
    const struct bulletin *bulletin; /* NULL: measured */
    const struct cell *cell;         /* measured; NULL: forecast */
};
struct seen track_measured(const struct track *track, int64_t step);
struct seen bulletin_value(const struct bulletin *bulletin, int64_t step, enum forecast_use use);

void track_save(const struct track *track, struct buf *buf);
void track_load(struct track *track, struct reader *reader);

#endif
