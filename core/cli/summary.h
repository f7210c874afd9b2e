/* Summary: the end of a replay's text: its warnings, how often each kind of decision was made, and
 * the digest. */
#ifndef CLI_SUMMARY_H
#define CLI_SUMMARY_H

#include "cli/chronicle.h"
#include <stdio.h>

void summary_print(FILE *stream, const struct chronicle *chronicle, const char *digest);

#endif
