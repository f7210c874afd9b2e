/* Cases: scenario files found, run and told as passed or failed. */
#ifndef CLI_CASES_H
#define CLI_CASES_H

#include "base/err.h"
#include "shell/scenario_run.h"

struct bundle;

/* Paths, sorted; owned. */
struct path_list {
    char **items;
    size_t count, capacity;
};
/* Adds the cases of a path: a file itself; of a bundle (a folder with policy.yaml) the files of
 * cases/; of any other folder the scenarios in and below it, and the cases of the bundles below it.
 * False when there is no such file or folder. */
bool cases_find(struct path_list *list, const char *path);
/* True when a file has a key by which a scenario is known; policy files have none of them. */
bool cases_looks_like(const char *path);
void path_list_release(struct path_list *list);

/* The bundle a case runs under, kept because the next case is likely to need the same. */
struct bench {
    char *folder, *with;
    struct bundle *bundle;
    struct program *program;
};
/* Loads the bundle, or answers with the one it has.  Negative when it cannot be used; findings say
 * why.  A program that runs still need is kept until bench_release. */
int bench_load(struct bench *bench, const char *folder, const char *with,
               struct findings *findings);
void bench_release(struct bench *bench);

/* One case, run. */
struct case_run {
    const char *path;
    struct scenario *scenario;
    struct run run;
    bool ran; /* false: it could not be read; the findings say why */
    int met, failed, manual;
};
/* Reads, binds and runs.  `options` as for run_scenario.  Call case_release in either case. */
void case_run(struct case_run *ret_case, struct bench *bench, const char *path,
              const struct run_options *options, struct findings *findings);
void case_count(struct case_run *run); /* fills met, failed, manual */
void case_release(struct case_run *run);

#endif
