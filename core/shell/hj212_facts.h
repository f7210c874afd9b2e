/* What a logger's upload says to the policy: readings, in the units of its series.
 *
 * One fact for each subject the upload speaks of.  Its identity is the logger's own: MN, and the QN
 * of the upload (2005, which has none: command and time), so that what is sent again counts once.
 * A moment's value belongs to the step of its series in which it was taken; an average counts only
 * for a series of its own period, so that five minutes never pass for an hour. */
#ifndef SHELL_HJ212_FACTS_H
#define SHELL_HJ212_FACTS_H

#include "model/fact.h"
#include "shell/monitors.h"

struct policy;

enum { UPLOAD_SUBJECTS_MAX = 64 };
struct upload {
    struct fact *facts; /* in the arena, with all they point to */
    size_t count;
    size_t values;     /* taken */
    size_t unused;     /* no series is read from them, or nobody reads that series now */
    size_t unreadable; /* of a series, and no figure: `bad` is the first */
    struct hj212_text bad;
    bool no_time; /* DataTime is missing or cannot be meant: nothing was taken */
};
struct upload_terms {
    const struct policy *policy;
    /* By position in policy.series: somebody reads its moments (rule or evidence); NULL: all.
     * Moments come every half minute from every logger, so those that nobody reads are not kept. */
    const bool *reads;
};
/* ERR_NOT_FOUND when the packet's command carries no values. */
int upload_read(struct upload *ret_upload, struct arena *arena, const struct upload_terms *terms,
                const struct monitor *monitor, const struct hj212_packet *packet);

#endif
