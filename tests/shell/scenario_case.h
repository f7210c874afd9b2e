/* A scenario played in a test. */
#ifndef TESTS_SHELL_SCENARIO_CASE_H
#define TESTS_SHELL_SCENARIO_CASE_H

#include "base/err.h"
#include "cli/cases.h"

struct played {
    struct bench bench;
    struct scenario *scenario;
    struct run run;
    struct findings findings;
    bool bound, ran;
};
/* Reads the text as if it lay in tests/scenarios, loads its bundle and runs it.  `options` may be
 * NULL. */
void play(struct played *ret, const char *text, const struct run_options *options);
/* The same for a scenario on the smallest bundle: title, start (2026-01-05 16:00) and bundle are
 * put before. */
void play_small(struct played *ret, const char *text, const struct run_options *options);
/* "T+0h issue orange, T+1d lift" */
char *played_transitions(const struct played *played); /* caller frees */
/* The outcome of an expectation by its id; fails the test when there is none. */
enum outcome played_outcome(const struct played *played, const char *id);
void played_release(struct played *played);

#endif
