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
    int64_t after; /* the last fact of before the shift */
};
/* "acts" and "acts_total": what people did about the daemon itself.  0 or ERR_STORE. */
int hand_over_acts(const struct hand_over *sheet, struct json_writer *writer);
/* call->out, which is the sheet as JSON, becomes a page for print. */
void hand_over_page(struct call *call, const struct policy *policy);

#endif
