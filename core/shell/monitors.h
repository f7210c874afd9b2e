/* Monitors: which data loggers may speak, and what their codes mean to the policy.
 *
 * An MN and its factor codes come from three places.  The policy's registry names the MN of an
 * outlet, of a line's meter (`proof: {power: {mn, point}}`) and of a station (`mn:`); its series
 * name the codes they are read from.  The monitors file says what only the operator knows:
 * passwords, keys, networks, lenient reading, and the units a logger really sends.
 *
 *     monitors:
 *       - {mn: 010000A8900016F000169DC0, password: "123456", subject: s1098,
 *          units: {a34004: mg/m³}}
 *
 * It holds passwords, so nobody else may read it.  What a code means is settled here once; a value
 * is then converted exactly, or refused. */
#ifndef SHELL_MONITORS_H
#define SHELL_MONITORS_H

#include "base/address.h"
#include "base/arena.h"
#include "model/hj212_reading.h"
#include "shell/hj212_session.h"

struct findings;
struct policy;

/* What one code of one logger means. */
struct channel_of_monitor {
    struct hj212_text code; /* a34004, d20105 */
    enum hj212_kind kind;   /* Avg, ZsAvg, Rtd … */
    const char *subject;    /* of the fact */
    int series;             /* position in policy.series */
    int64_t times, divide;  /* value × times / divide is in the series' unit */
};
struct monitor {
    struct hj212_source source; /* first: the session knows this part */
    struct address_rules from;  /* where it may speak from; none: anywhere */
    const struct channel_of_monitor *channels;
    size_t channel_count;
    size_t number; /* from 0, below monitors_count */
};
struct monitors;

/* `path` may be NULL: then the policy's registry alone is known, and any password is taken.  The
 * policy is borrowed.  A file that others may read is refused.  ERR_INVALID with findings (U…). */
int monitors_read(struct monitors **ret_monitors, const char *path, const struct policy *policy,
                  struct findings *findings);
void monitors_free(struct monitors *monitors); /* NULL is fine */
const struct monitor *monitors_find(const struct monitors *monitors, struct hj212_text mn);
size_t monitors_count(const struct monitors *monitors);
/* What the item means; NULL: nothing that a series is read from. */
const struct channel_of_monitor *monitor_channel(const struct monitor *monitor,
                                                 const struct hj212_item *item);

/* A key of SM4 out of its file: 32 hexadecimal digits in one line.  Findings (O001). */
int monitors_key_read(unsigned char ret_key[HJ212_KEY_BYTES], const char *path,
                      struct findings *findings);

/* times and divide from one unit to another; ERR_NOT_FOUND when they do not measure the same. */
int unit_convert(const char *from, const char *to, int64_t *ret_times, int64_t *ret_divide);

#endif
