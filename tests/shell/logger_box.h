/* A small city with data loggers: a policy that reads them, and the operator's file of monitors. */
#ifndef TESTS_SHELL_LOGGER_BOX_H
#define TESTS_SHELL_LOGGER_BOX_H

#include "base/buf.h"
#include "shell/monitors.h"

struct bundle;

/* Of the policy: MN-S1 is station s1, MN-DA1 the outlet 210102-0001/DA001, MN-P1 the meter d20105
 * of 210102-0001/L1.  s2 has no MN. */
struct bundle *logger_bundle(void);
/* A file of mode 0600 with that text under `monitors:`, in a new folder; its path is static. */
const char *logger_file(const char *text);
void logger_remove(void); /* the folder */

/* The whole packet of a segment, e.g. "ST=22;CN=2061;…;CP=&&…&&". */
void logger_box_packet(struct buf *packets, const char *segment);
/* An hour of pm25 from that MN: 2017, answered; `hour` 0…23 of 2026-11-24. */
void logger_hour(struct buf *packets, const char *mn, int number, int hour, int value);

#endif
