/* Faults: what keeps facts of a run back, or spoils them: a station that is silent, a monitor that
 * reports nonsense, a bulletin that does not come. */
#ifndef SHELL_RUN_FAULT_H
#define SHELL_RUN_FAULT_H

#include "shell/scenario_run.h"

struct fault {
    const struct inject *inject;
    instant_ms from, until; /* of the step a reading speaks of, of a forecast's issue */
};
/* Zero-initialised is empty. */
struct faults {
    struct fault *items;
    size_t count, capacity;
};
void faults_add(struct faults *faults, const struct inject *inject, instant_ms at);
/* The fact as the faults leave it: itself, a spoilt copy in the run's arena, or NULL when nothing
 * of it comes through. */
const struct fact *through_faults(const struct faults *faults, struct run *run,
                                  const struct fact *fact);
void faults_release(struct faults *faults);

#endif
