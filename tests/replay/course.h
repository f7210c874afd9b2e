/* A course of events for replay tests: a bundle of the repository, facts out of files, and a
 * fingerprint of everything that was decided, down to texts, traces and plans. */
#ifndef TESTS_REPLAY_COURSE_H
#define TESTS_REPLAY_COURSE_H

#include "base/hash.h"
#include "engine/engine.h"
#include "model/bundle.h"
#include "model/feed.h"

struct course {
    struct bundle *bundle;
    struct program *program;
    struct feed *feed;
    struct engine_options options;
};
/* `with`: JSON or NULL.  `files`: NULL at the end.  Findings that are errors fail the test. */
struct course course_open(const char *folder, const char *with, const char *const *files);
void course_close(struct course *course);

/* What was decided, in one figure. */
struct fingerprint {
    size_t decisions;
    unsigned long kinds; /* bit set over enum decision_kind */
    char hash[HASH_HEX];
};
/* Plays the facts.  n > 0: before every n-th step (ticks are steps too) the engine is saved, thrown
 * away and loaded into a new one, which must save to the same bytes. */
struct fingerprint course_play(const struct course *course, size_t save_every);

/* Shenyang's plan for the haze of November 2015, as examples/2015-11-shenyang/scenario.yaml plays
 * it. */
struct course course_november(void);
/* The busy days of tests/replay/city; `approvals`: people approve, nothing by itself. */
struct course course_city(bool approvals);
/* One winter through policies/examples/pm25-only; skips the test where the data is not there. */
struct course course_winter(void);

#endif
