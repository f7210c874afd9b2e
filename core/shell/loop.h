/* The loop: libuv, the sources, the worker and the dispatcher, put together into the daemon.
 *
 * Callbacks of the loop never run policy and never wait for the disk: they fill the inbox and ask
 * for a turn.  One turn is under way at a time, on the worker's thread; what came in meanwhile goes
 * into the next, so the busier it is, the more facts share a commit. */
#ifndef SHELL_LOOP_H
#define SHELL_LOOP_H

#include "shell/conf.h"

struct loop_options {
    const struct conf *conf;
    bool live;
    int input, output;  /* descriptors for the stdin source and its acknowledgements */
    struct clock clock; /* of the log, of attempts, and of arrivals unless time is by facts */
    FILE *log;
};
/* Runs until told to stop (SIGTERM, SIGINT, or the end of the input where the configuration says
 * so).  0, or a sysexits code: 74 the disk failed, 75 another process holds the store, 77 not
 * permitted, 78 configuration or policy. */
int loop_run(const struct loop_options *options);

#endif
