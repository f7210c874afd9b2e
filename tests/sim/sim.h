/* One simulated city around the real core: store, pipeline, outbox, dispatch, pace, chase, engine.
 *
 * Only what touches the world is made up: the disk, the clock, the net, the people.  Everything
 * that happens comes out of the seed, in one thread, and time passes only from one happening to the
 * next. */
#ifndef TESTS_SIM_SIM_H
#define TESTS_SIM_SIM_H

#include "base/arena.h"
#include "city.h"
#include "disk.h"
#include "faults.h"
#include "model/fact.h"
#include "shell/inbox.h"

struct host;
struct oracle;
struct people;
struct wires;

enum sim_mode { SIM_LIVE, SIM_DRILL, SIM_SHADOW };

/* Something to happen at an instant of true time; of one instant, what was planned first comes
 * first. */
struct happening {
    instant_ms at;
    uint64_t serial;
    void (*happen)(struct sim *sim, void *arg, int64_t number);
    void *arg;
    int64_t number;
};
struct sim {
    uint64_t seed;
    enum sim_mode mode;
    enum breakage breakage;
    bool told; /* says what happens */
    struct rng rng;
    instant_ms steady, wall;     /* true time, and what the wall clock says */
    instant_ms begin, calm, end; /* from `calm` on nothing new goes wrong */
    struct happening *heap;
    size_t heap_count, heap_capacity;
    uint64_t serial;
    struct faults *faults;
    struct city city;
    struct disk *disk;
    struct host *host;
    struct wires *wires;
    struct people *people;
    struct oracle *oracle;
};
/* Plans a happening `in_ms` from now. */
void sim_plan(struct sim *sim, int64_t in_ms,
              void (*happen)(struct sim *sim, void *arg, int64_t number), void *arg,
              int64_t number);
void sim_count(struct sim *sim, enum fault fault);
bool sim_is_calm(const struct sim *sim);
/* A promise was broken: says which, with the seed, and ends the process with exit code 1. */
_Noreturn void sim_fail(const struct sim *sim, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* With --tell. */
void sim_tell(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Runs one city for so many days and holds it to its promises. */
struct sim_options {
    uint64_t seed;
    int days;
    enum sim_mode mode;
    enum breakage breakage;
    bool told;
};
void sim_run(const struct sim_options *options, struct faults *faults);

/* ---- sayings ---------------------------------------------------------------------------
 * What somebody says to the daemon: facts that are answered together.  Whoever said it says it
 * again, until it was answered. */

enum { SAYING_FACTS_MAX = 24 };
struct saying {
    struct delivery delivery;
    struct sim *sim;
    struct arena arena;
    struct fact facts[SAYING_FACTS_MAX];
    const struct fact *pointers[SAYING_FACTS_MAX];
    int count;
    bool offered;                            /* the daemon has it */
    void (*answered)(struct saying *saying); /* may be NULL; before it is freed */
    struct saying *next, **link;             /* of those the daemon has */
};
struct saying *saying_new(struct sim *sim);
/* Adds a fact to be filled; its texts belong into the saying's arena. */
struct fact *saying_add(struct saying *saying, enum fact_kind kind, const char *source);
/* Hands it to the daemon, now or when that is up; the saying is freed when it was answered. */
void saying_offer(struct saying *saying);

#endif
