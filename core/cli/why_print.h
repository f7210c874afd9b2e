/* What `yujing why` says, on stdout. */
#ifndef CLI_WHY_PRINT_H
#define CLI_WHY_PRINT_H

#include "cli/inquiry.h"

void why_print_text(const struct inquiry *inquiry, const struct policy *policy,
                    const struct answer *answer);
/* {"schema_version":1,"id":…,"decisions":[…]} */
void why_print_json(const struct inquiry *inquiry, const struct policy *policy,
                    const struct answer *answer);

#endif
