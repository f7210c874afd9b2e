/* What the two files of watches share: watch.c for values that come, event.c for incidents and
 * receipts. */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include "engine/inner.h"

/* The instance's identity: rule/subject/opened. */
const char *watcher_id(struct engine *engine, const struct watcher *watcher);
/* Identity of the task of one step. */
const char *watcher_task_id(struct engine *engine, const struct watcher *watcher, int step);
/* Whether the condition holds; with `explain` the engine's verdicts are filled, for the words. */
bool watcher_asks(struct engine *engine, struct watcher *watcher, const struct condition *condition,
                  bool explain, const char **failure);
void watcher_open(struct engine *engine, struct watcher *watcher, int level,
                  const struct condition *because);
void watcher_clear(struct engine *engine, struct watcher *watcher, const struct condition *because);

#endif
