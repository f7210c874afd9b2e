/* Settings: what people have set (paused, shadow), which addresses are suspended, and who logged in
 * (login/NAME, login.h); kept in the store, and here in memory for those who ask often. */
#ifndef SHELL_SETTINGS_H
#define SHELL_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

struct store;
struct store_tx;

struct settings;
struct settings *settings_new(void);
void settings_free(struct settings *settings); /* NULL is fine */
/* Reads them anew: at a start, and after a transaction that failed. */
int settings_load(struct settings *settings, struct store *store);

/* NULL: not set. */
const char *settings_get(const struct settings *settings, const char *name);
int64_t settings_int(const struct settings *settings, const char *name, int64_t otherwise);
/* Writes through; a NULL value takes it away.  After a rollback settings_load must follow. */
int settings_set(struct settings *settings, struct store_tx *tx, const char *name,
                 const char *value);
int settings_set_int(struct settings *settings, struct store_tx *tx, const char *name,
                     int64_t value);

/* Who paused dispatch ("NAME: note"); NULL: it is not paused. */
const char *settings_paused(const struct settings *settings);
/* The setting of a suspended address is this and GATEWAY/ADDRESS. */
#define SUSPENDED_SETTING "suspended/"
bool settings_suspended(const struct settings *settings, const char *gateway, const char *address);
/* Every one: GATEWAY/ADDRESS, and why. */
void settings_each_suspended(const struct settings *settings,
                             void (*each)(void *arg, const char *address, const char *why),
                             void *arg);
int settings_suspend(struct settings *settings, struct store_tx *tx, const char *gateway,
                     const char *address, const char *why);

#endif
