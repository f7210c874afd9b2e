/* Differences of the list, and its shares, for people and for programs. */
#ifndef CLI_LIST_PRINT_H
#define CLI_LIST_PRINT_H

#include "cli/output.h"
#include "model/list_csv.h"

/* `table`: the file whose rows the changes stand in, or NULL when they stand in YAML. */
void list_print_diff(FILE *stream, const struct list_diff *diff, const char *table, enum form form);
/* The share each level reaches of what it must; false when one is missed. */
bool list_print_shares(FILE *stream, const struct policy *policy, enum form form);

#endif
