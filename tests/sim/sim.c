/* Time, and what happens in it. */
#include "sim.h"
#include "base/xalloc.h"
#include "host.h"
#include "oracle.h"
#include "people.h"
#include "wires.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CALM_DAYS = 4, /* at the end: for everything that waits to come to its end */
    STILL_MAX = 1000000,
};

/* ---- the agenda -------------------------------------------------------------------------- */

static bool is_before(const struct happening *a, const struct happening *b)
{
    return a->at != b->at ? a->at < b->at : a->serial < b->serial;
}

static void swap(struct happening *a, struct happening *b)
{
    struct happening kept = *a;
    *a = *b;
    *b = kept;
}

void sim_plan(struct sim *sim, int64_t in_ms,
              void (*happen)(struct sim *sim, void *arg, int64_t number), void *arg, int64_t number)
{
    void *items = sim->heap;
    xgrow(&items, sim->heap_count, &sim->heap_capacity, sizeof *sim->heap);
    sim->heap = items;
    size_t at = sim->heap_count++;
    sim->heap[at] = (struct happening){sim->steady + in_ms, sim->serial++, happen, arg, number};
    for (; at > 0 && is_before(&sim->heap[at], &sim->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&sim->heap[at], &sim->heap[(at - 1) / 2]);
}

static struct happening take_next(struct sim *sim)
{
    struct happening *heap = sim->heap, first = heap[0];
    heap[0] = heap[--sim->heap_count];
    for (size_t at = 0, child; (child = 2 * at + 1) < sim->heap_count; at = child) {
        if (child + 1 < sim->heap_count && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &heap[at]))
            break;
        swap(&heap[child], &heap[at]);
    }
    return first;
}

/* ---- words ---------------------------------------------------------------------------------- */

void sim_count(struct sim *sim, enum fault fault)
{
    sim->faults->counts[fault]++;
}

bool sim_is_calm(const struct sim *sim)
{
    return sim->steady >= sim->calm;
}

static const char *const mode_names[] = {"live", "drill", "shadow"};

void sim_fail(const struct sim *sim, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fprintf(stderr,
            "seed=%llu mode=%s days=%lld break=%s: day %.4f: ", (unsigned long long)sim->seed,
            mode_names[sim->mode], (long long)((sim->end - sim->begin) / DAY_MS) - CALM_DAYS,
            breakage_word(sim->breakage), (double)(sim->steady - sim->begin) / (double)DAY_MS);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

void sim_tell(const struct sim *sim, const char *format, ...)
{
    va_list args;
    if (!sim->told)
        return;
    va_start(args, format);
    printf("%10.5f ", (double)(sim->steady - sim->begin) / (double)DAY_MS);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

/* ---- running -----------------------------------------------------------------------------------
 */

static void pass_time(struct sim *sim, instant_ms to)
{
    sim->wall += to - sim->steady;
    sim->steady = to;
}

static void run(struct sim *sim)
{
    for (int64_t still = 0;; still++) {
        instant_ms next = sim->heap_count > 0 ? sim->heap[0].at : sim->end;
        instant_ms due = host_due(sim);
        if (due != INSTANT_NONE && due < next)
            next = due > sim->steady ? due : sim->steady;
        if (next >= sim->end)
            break;
        if (next > sim->steady)
            still = 0;
        else if (still > STILL_MAX)
            sim_fail(sim, "time stands still");
        pass_time(sim, next);
        while (sim->heap_count > 0 && sim->heap[0].at <= sim->steady) {
            struct happening happening = take_next(sim);
            happening.happen(sim, happening.arg, happening.number);
        }
        host_poll(sim);
    }
    pass_time(sim, sim->end);
    host_poll(sim);
}

static void take_disk_counts(struct sim *sim)
{
    const struct disk_counts *counts = disk_counts(sim->disk);
    int64_t *faults = sim->faults->counts;
    faults[FAULT_write_lost] += counts->lost;
    faults[FAULT_write_torn] += counts->torn;
    faults[FAULT_disk_full] += counts->full;
    faults[FAULT_write_failed] += counts->bad_writes;
    faults[FAULT_sync_failed] += counts->bad_syncs;
}

static instant_ms first_midnight(void)
{
    struct civil civil = {.year = 2015, .month = 11, .day = 1};
    return instant_of(&civil, 8 * HOUR_MS);
}

void sim_run(const struct sim_options *options, struct faults *faults)
{
    struct sim *sim = xcalloc(1, sizeof *sim);
    sim->seed = options->seed;
    sim->mode = options->mode;
    sim->breakage = options->breakage;
    sim->told = options->told;
    sim->faults = faults;
    sim->rng = rng_stream(sim->seed, 1);
    sim->begin = sim->steady = sim->wall = first_midnight();
    sim->calm = sim->begin + options->days * (instant_ms)DAY_MS;
    sim->end = sim->calm + CALM_DAYS * (instant_ms)DAY_MS;
    sim->disk = disk_new(sim->seed);
    wires_new(sim);
    city_make(sim);
    people_new(sim);
    oracle_new(sim);
    host_new(sim);
    host_begin(sim);
    city_begin(sim);
    people_begin(sim);
    run(sim);
    oracle_end(sim);
    take_disk_counts(sim);
    struct wires_figures figures = wires_figures(sim);
    printf("seed=%llu mode=%s days=%d: %lld turns, %d lives, %lld attempts, %lld taken, %lld "
           "repeats\n",
           (unsigned long long)sim->seed, mode_names[sim->mode], options->days + CALM_DAYS,
           (long long)host_turns(sim), host_lives(sim), (long long)figures.attempts,
           (long long)figures.taken, (long long)figures.repeats);
    host_free(sim);
    oracle_free(sim);
    people_free(sim);
    wires_free(sim);
    city_release(&sim->city);
    disk_free(sim->disk);
    free(sim->heap);
    free(sim);
}
