/* Monitors while they are put together: for monitors.c and monitors_file.c alone. */
#ifndef SHELL_MONITORS_INNER_H
#define SHELL_MONITORS_INNER_H

#include "base/str.h"
#include "shell/monitors.h"

/* One logger while it is put together. */
struct draft {
    struct monitor monitor;
    const char *subject; /* the policy's for this MN; or NULL */
    bool written;        /* the file has it */
    struct channel_of_monitor *channels;
    size_t count, capacity;
};
struct monitors {
    struct arena arena;
    struct intern names; /* MN → number */
    struct draft *drafts;
    size_t count, capacity;
    const struct policy *policy;
    struct channel_of_monitor *codes; /* every code a series is read from, of no subject yet */
    size_t code_count;
};

/* The logger of that MN, a new one where there is none; good until the next call. */
struct draft *monitors_draft(struct monitors *monitors, const char *mn);
/* Takes the place of what the code meant before. */
void draft_add(struct draft *draft, struct channel_of_monitor channel);
/* Everything the subject may be asked for: each series that is read from codes. */
void draft_add_series(const struct monitors *monitors, struct draft *draft, const char *subject);
/* "a21002-ZsAvg" names its kind; "a34004" alone is the average of a period, or the moment's value
 * of a series that is finer than an hour. */
enum hj212_kind monitors_kind(struct arena *arena, const char *code, span_ms step,
                              struct hj212_text *ret_code);
/* What the operator's file adds. */
int monitors_read_file(struct monitors *monitors, const char *path, struct findings *findings);

#endif
