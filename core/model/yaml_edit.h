/* New YAML out of old: changed copies of nodes, and nodes as text.
 *
 * Nodes are never changed in place; what is unchanged is shared between the old tree and the new
 * one. */
#ifndef MODEL_YAML_EDIT_H
#define MODEL_YAML_EDIT_H

#include "base/yaml.h"

struct arena;
struct buf;

/* A scalar.  `quoted` is left to the text: quotes are put where YAML would read something else. */
const struct yaml *edit_text(struct arena *arena, const char *text);
/* A scalar that is always quoted: codes made of digits. */
const struct yaml *edit_quoted(struct arena *arena, const char *text);
const struct yaml *edit_list(struct arena *arena, const struct yaml *const *items, size_t count);
/* `map` (NULL: an empty one) with this key's value; `value` NULL takes the key away.  A new key
 * goes behind the last one that stands before it in `order` (ends with NULL), or to the end. */
const struct yaml *edit_set(struct arena *arena, const struct yaml *map, const char *key,
                            const struct yaml *value, const char *const *order);
/* {a: 1, b: [x, y]} */
void yaml_print_flow(struct buf *buf, const struct yaml *node);
/* A registry entry as staff write it: one key a line, one line (生产线) a line, one level a line.
 */
void yaml_print_entry(struct buf *buf, const struct yaml *entry);

#endif
