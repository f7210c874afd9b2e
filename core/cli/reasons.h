/* Reasons: a decision's trace, and a decision's absence, for people.
 *
 * Both arrive as JSON from the engine (trace.c); what is printed here is all that is in it. */
#ifndef CLI_REASONS_H
#define CLI_REASONS_H

#include "base/when.h"
#include <stdio.h>

struct policy;

/* The trace of a decision: legal basis, rule file and line, bundle, clauses with their values and
 * where each came from. */
void reasons_print(FILE *stream, const char *trace, span_ms zone);
/* What engine_why_not said.  Returns the number of rules that have the level. */
int absence_print(FILE *stream, const char *json, const struct policy *policy);

#endif
