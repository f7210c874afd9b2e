/* The values of a schema's fields; for schema.c. */
#ifndef MODEL_SCHEMA_VALUE_H
#define MODEL_SCHEMA_VALUE_H

#include "model/schema.h"

/* Checks the node against the field and stores it at its offset in the target.  False after a
 * finding. */
bool schema_value(const struct field *field, const struct yaml *node, void *target,
                  struct findings *findings);
/* "did you mean X" when something is near, otherwise all that is known.  Caller frees. */
char *schema_words_hint(const char *text, const char *const *words, size_t count);

#endif
