/* A drill on the terminal: what happens as it happens, and how it was judged. */
#ifndef CLI_DRILL_PRINT_H
#define CLI_DRILL_PRINT_H

#include "shell/scenario_run.h"
#include <stdio.h>

struct drill_printer {
    bool step; /* wait for Enter after each moment in which something was printed */
    int speed; /* simulated seconds per second; 0: do not wait */
    FILE *stream;
    const struct scenario *scenario;
    const struct policy *policy;
    bool printed;                                  /* in this moment */
    size_t orders, releases;                       /* in this moment */
    size_t delivered, acknowledged, refused, done; /* since they were last told */
    size_t sent, acknowledged_all;
    instant_ms tell_at, last; /* when receipts are told next; how far time has come */
    span_ms tell_after;
};
void drill_printer_init(struct drill_printer *printer, FILE *stream,
                        const struct scenario *scenario);
struct run_observer drill_observer(struct drill_printer *printer);
void drill_printer_end(struct drill_printer *printer); /* tells what was still to be told */
void drill_print_results(FILE *stream, const struct run *run);
void drill_print_json(FILE *stream, const struct run *run);
/* The transitions of both branches after the fork, side by side. */
void drill_print_fork(FILE *stream, const struct run *run, const struct run *other, instant_ms at);

#endif
