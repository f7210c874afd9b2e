/* The daemon's configuration: one YAML file, every bound and default in it
 * (examples/daemon/yujing.yaml).
 *
 * Paths are relative to the file.  An unknown key, a value out of bounds, a combination that cannot
 * be meant: all are findings, and all are told. */
#ifndef SHELL_CONF_H
#define SHELL_CONF_H

#include "base/arena.h"
#include "base/yaml.h"
#include "shell/pipeline.h"

struct conf { /* everything belongs to the arena */
    struct arena arena;
    const char *path;        /* the file */
    const struct yaml *root; /* all of it; NULL when it could not be read */
    struct yaml nothing;     /* an empty map, read where there is no `limits` */
    const char *policies;    /* the bundle's folder */
    const char *with;  /* JSON that replaces keys of policy.yaml for this daemon; NULL: none */
    const char *store; /* the SQLite file */
    bool drill;
    int approvals;  /* enum approvals */
    int timing;     /* enum timing */
    bool rehearsal; /* --live by the facts' clock, into a spool folder alone */
    struct {
        bool read, ack;
        int at_end; /* enum at_end */
    } stdin_;
    const char *watch; /* folder, or NULL: none */
    const char *spool; /* folder, or NULL: none */
    struct {
        int batch_facts, inbox_facts, snapshot_facts, in_flight;
        int store_mib_max, low_water_mib, file_mib_max;
    } limits;
};
enum at_end { AT_END_STAY, AT_END_STOP };

/* Reads the file; `live` says that effects will be.  ERR_… with findings (Y…, S…, D…); release in
 * either case. */
int conf_read(struct conf *ret_conf, const char *path, bool live, struct findings *findings);
/* One part of it (`gateways`, `http`, …), for the module that knows its keys; NULL: not written. */
const struct yaml *conf_part(const struct conf *conf, const char *key);
/* A path of the configuration, which is relative to its file; in the arena, or as it was.  NULL
 * stays NULL. */
const char *conf_beside(struct arena *arena, const char *conf_path, const char *path);
/* The mode its store is made for: "live by_fact", "drill all" … */
const char *conf_mode(const struct conf *conf);
void conf_release(struct conf *conf);

#endif
