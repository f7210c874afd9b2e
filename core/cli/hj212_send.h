/* `yujing hj212 send`: a data logger for tests, and for trying out a city's server. */
#ifndef CLI_HJ212_SEND_H
#define CLI_HJ212_SEND_H

#include "cli/cmd.h"
#include "cli/logger.h"
#include <jansson.h>

extern const struct verb verb_hj212_send;
int hj212_send(int argc, char **argv); /* argv[0] is "send" */

/* A TCP connection to HOST:PORT that does not block; -1, and *ret_why, static. */
int hj212_dial(const char *address, const char **ret_why);

/* hj212_values.c.  Adds `values` of a line to a CP.  Pairs of one code stand in one group:
 * `a34004-Avg=168,a34004-Flag=N;…`. */
void hj212_put_values(struct buf *cp, const json_t *values);
/* `time` of a line, INSTANT_NONE when it has none; false when it is no time. */
bool hj212_read_time(const json_t *line, instant_ms *ret_time);

/* Uploads as fast as they are answered, on many connections; hj212_load.c. */
struct load_options {
    const char *address;
    const struct logger_options *logger; /* of several connections, each MN ends in 0001, 0002 … */
    int connections, window;
    int64_t uploads;    /* altogether */
    int command;        /* each is one period later than the one before */
    const char *values; /* its CP without DataTime */
    instant_ms time;    /* of the first */
};
/* One JSON object with the figures on stdout; the exit code. */
int hj212_load(const struct load_options *options);

#endif
