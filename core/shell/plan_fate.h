/* What became of a plan that waits for nobody any more. */
#ifndef SHELL_PLAN_FATE_H
#define SHELL_PLAN_FATE_H

#include "shell/pipeline.h"

/* `decision` names a plan and the engine would refuse it: 1, and the sentence that says what became
 * of that very plan; 0: it is not refused, the engine says so itself, or nothing is known of the
 * plan; ERR_STORE. */
int plan_fate(const struct view *view, const struct fact *decision, span_ms zone,
              struct buf *ret_words);

#endif
