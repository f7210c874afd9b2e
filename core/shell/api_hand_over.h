/* The hand-over sheet as a page.  Not for others than the API. */
#ifndef SHELL_API_HAND_OVER_H
#define SHELL_API_HAND_OVER_H

#include "shell/api_inner.h"

struct policy;
/* call->out, which is the sheet as JSON, becomes a page for print. */
void hand_over_page(struct call *call, const struct policy *policy);

#endif
