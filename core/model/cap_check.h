/* What CAP 1.2 asks of an alert beyond its schema.  Used by cap_print alone. */
#ifndef MODEL_CAP_CHECK_H
#define MODEL_CAP_CHECK_H

#include "model/cap.h"

/* 0, or ERR_INVALID and a finding (Q001) for each thing that is wrong. */
int cap_check(const struct cap_alert *alert, struct findings *findings);

#endif
