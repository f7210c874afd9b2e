/* What the configuration says of upkeep: log, pulse, backups, retention, anchors, self-check and
 * the outside dead man's switch.
 *
 *     log:        {format: text, lines_a_minute: 200}
 *     backup:     {folder: var/backup, every: 24h, keep: 7}
 *     retention:  {days: 1095, folder: var/archive}
 *     anchors:    var/anchors.jsonl
 *     self_check: {every: 7d, within: 1h}
 *     dead_man:   {url_file: secrets/dead_man, every: 5m, timeout: 10s} */
#ifndef SHELL_UPKEEP_CONF_H
#define SHELL_UPKEEP_CONF_H

#include "base/address.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/when.h"
#include "shell/log.h"

struct conf;

struct backup_conf {
    const char *folder; /* NULL: no backups */
    span_ms every;
    int keep; /* the oldest beyond so many are deleted */
};
struct retention_conf {
    const char *folder; /* where what goes is archived; NULL: everything is kept */
    int days;
};
struct self_check_conf {
    span_ms every;  /* 0: none */
    span_ms within; /* how soon a test letter must have been delivered */
};
struct dead_man_conf {
    const char *url, *url_file; /* both NULL: none */
    span_ms every, timeout;
    struct address_rules allowed;
    const char *ca_file;
};
struct upkeep_conf {
    struct arena arena;
    struct {
        int format; /* enum log_format */
        int lines_a_minute;
    } log;
    struct backup_conf backup;
    struct retention_conf retention;
    const char *anchors; /* a file, or NULL */
    struct self_check_conf self_check;
    struct dead_man_conf dead_man;
};
/* ERR_INVALID with findings; release in either case. */
int upkeep_conf_read(struct upkeep_conf *ret_upkeep, const struct conf *conf,
                     struct findings *findings);
void upkeep_conf_release(struct upkeep_conf *upkeep);
/* May the switch be called there?  ERR_INVALID with a finding that does not repeat the URL, which
 * is a secret. */
int dead_man_url_check(const struct dead_man_conf *conf, const char *url, struct place place,
                       struct findings *findings);

#endif
