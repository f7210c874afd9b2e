/* What the parts of upkeep stand on: the daemon, or a test. */
#ifndef SHELL_UPKEEP_HOST_H
#define SHELL_UPKEEP_HOST_H

#include "shell/pipeline.h"
#include "shell/upkeep_conf.h"

struct inbox;
struct metrics;

struct upkeep_host { /* all borrowed */
    struct uv_loop_s *loop;
    const struct upkeep_conf *conf;
    const struct log *log;
    struct clock clock;
    struct metrics *metrics;
    struct inbox *inbox;
    enum effects effects;
    bool by_clock; /* time is the clock's, not the facts' */
    int64_t low_water_bytes;
    void (*ask)(void *host, struct question *question); /* as daemon_ask */
    /* An alarm of the next turn: it is logged, and it pages. */
    void (*alarm)(void *host, const char *event, const char *text);
    void *host;
};

#endif
