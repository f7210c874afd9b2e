/* Report: what a run was, as one HTML file that needs nothing but itself.
 *
 * It is read on a screen without network and without JavaScript, printed on A4, also in grey.
 * Colour never speaks alone: a level always has its word, its Roman numeral and its shape.  Equal
 * runs give equal bytes: no date of today, no path of this machine. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "base/lang.h"
#include "shell/scenario_run.h"

struct bundle;

struct report {
    const struct run *run;
    const struct bundle *bundle; /* whose policy the run was under */
    enum lang lang;
    const char *version;     /* of yujing */
    const char *command;     /* how to make it again; or NULL */
    const struct run *other; /* the branch a fork is compared with; or NULL */
    const char *other_name;  /* what was changed there */
    instant_ms fork_at;
};
void report_print(struct buf *html, const struct report *report);

#endif
