/* The parts of the hand-over sheet.  Not for others than the API. */
#ifndef SHELL_API_HAND_OVER_H
#define SHELL_API_HAND_OVER_H

#include "shell/api_inner.h"

struct policy;
/* What a part of the sheet is about; all borrowed. */
struct hand_over {
    struct store *store;
    const struct policy *policy;
    span_ms zone;
    int64_t after;                  /* the last fact of before the shift */
    const char *const *enterprises; /* accounts that answer for themselves; NULL ends it */
};
/* Whether the recipient itself says so: by its page, its phone or its own account. */
bool hand_over_is_own(const struct hand_over *sheet, const char *by, const char *recipient);
/* "acts" and "acts_total": what people did about the daemon itself, and the answers
 * they entered for others.  0 or ERR_STORE. */
int hand_over_acts(const struct hand_over *sheet, struct json_writer *writer);
/* "refused" and "refused_total": who of the episodes that are open cannot obey, and why; `engine`
 * is its status.  0 or ERR_STORE. */
int hand_over_refused(const struct hand_over *sheet, const char *engine,
                      struct json_writer *writer);
/* call->out, which is the sheet as JSON, becomes a page for print. */
void hand_over_page(struct call *call, const struct policy *policy);

#endif
