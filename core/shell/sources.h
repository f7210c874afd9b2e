/* The sources: every way in that the configuration names, opened and stopped together.
 *
 * They read facts by the policy in force.  When another one comes into force they are given a copy
 * of it, because the engine's own may be replaced on the worker's thread while they read. */
#ifndef SHELL_SOURCES_H
#define SHELL_SOURCES_H

#include "shell/ingest_dir.h"
#include "shell/ingest_hj212.h"
#include "shell/ingest_mqtt.h"
#include "shell/ingest_stdin.h"

struct bundle;
struct conf;

struct sources { /* NULL: not configured.  HTTP's stands with the API. */
    struct ingest_stdin *in;
    struct ingest_dir *dir;
    struct ingest_hj212 *hj212;
    struct ingest_mqtt *mqtt;
    struct bundle *bundle;   /* that they read by; NULL: the one they were opened with */
    struct bundle *stuck;    /* that HJ 212 keeps to, because it cannot read by the new one */
    int readers;             /* bodies that the API is reading by it */
    struct bundle **retired; /* to be freed when no file or body is under way */
    size_t retired_count, retired_capacity;
};
/* ERR_… with findings; sources_free in either case. */
int sources_open(struct sources *ret_sources, const struct conf *conf,
                 const struct surroundings *around, const struct ingest_stdin_options *in,
                 struct metrics *metrics, struct findings *findings);
/* Goes on when there is room; call it at the start and after every turn. */
void sources_resume(struct sources *sources);
/* A policy that came into force, and which of its series are read (upload_terms); both are taken
 * over.  `bundle` NULL: still the one they read by.  Findings where a source keeps to the old one.
 */
void sources_change(struct sources *sources, struct bundle *bundle, bool *reads,
                    struct findings *findings);
bool sources_idle(const struct sources *sources); /* no file or body is under way */
void sources_stop(struct sources *sources);
void sources_free(struct sources *sources); /* after the loop has closed its handles */

#endif
