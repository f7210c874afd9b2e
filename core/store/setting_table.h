/* The setting table: what people have set, and what must survive a restart beside the facts. */
#ifndef STORE_SETTING_TABLE_H
#define STORE_SETTING_TABLE_H

#include "store/store.h"

/* A NULL value takes the setting away.  *ret_changed is the wall clock that goes with it. */
int setting_put(struct store_tx *tx, const char *name, const char *value, instant_ms *ret_changed);
/* All of them by name, until `each` returns non-zero: then the answer. */
int setting_read(struct store *store,
                 int (*each)(void *arg, const char *name, const char *value, instant_ms changed),
                 void *arg);

#endif
