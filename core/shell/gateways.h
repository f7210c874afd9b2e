/* The gateways: every way out that the configuration names, with its bounds.
 *
 *     gateways:
 *       hook: {kind: webhook, rate: 50, burst: 100, concurrency: 64, …}
 *
 * Keys that every kind has are read here, the others by the channel itself.  The older form
 * `spool: {folder: …}` is a gateway named spool. */
#ifndef SHELL_GATEWAYS_H
#define SHELL_GATEWAYS_H

#include "base/arena.h"
#include "shell/channel.h"

struct conf;

enum { GATEWAYS_MAX = 32 };
struct gateways { /* zero-initialised is empty */
    struct arena arena;
    struct gateway *items; /* in the order written, the older form last */
    size_t count;
};
/* The configuration is borrowed as long as the gateways live.  ERR_INVALID with findings (D…);
 * release in either case. */
int gateways_read(struct gateways *ret_gateways, const struct conf *conf,
                  struct findings *findings);
/* Its position, or -1. */
int gateways_find(const struct gateways *gateways, const char *name);
void gateways_release(struct gateways *gateways);

#endif
