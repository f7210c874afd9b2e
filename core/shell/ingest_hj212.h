/* HJ 212 as a source: a TCP server for data loggers.
 *
 * Each connection is a session (hj212_session.h); what it uploads becomes readings (hj212_facts.h),
 * and its 9014 goes out after their commit.  Everything one read brings is one delivery.  Uploads
 * that no series is read from are counted and answered, not journaled.  When the inbox is full, or
 * a logger does not read its answers, we stop reading from it: the pressure goes back to the
 * sender.
 *
 * An idle connection costs its session and no buffer; a half-open one is found by TCP itself. */
#ifndef SHELL_INGEST_HJ212_H
#define SHELL_INGEST_HJ212_H

#include "base/address.h"
#include "shell/hj212_session.h"
#include "shell/intake.h"

struct conf;
struct metrics;

struct hj212_conf {
    const char *listen;   /* address:port; port 0: any free one */
    const char *monitors; /* file, or NULL */
    int connections_max, per_address_max;
    span_ms silent_at_most; /* between two sound packets; 0: for ever */
    span_ms dead_after;     /* without a sign of life of the peer's TCP */
    span_ms frame_within, answer_within;
    int resends;
    bool sets_clocks;
};
/* Reads `hj212:`.  False when it is not configured, or, with findings, when it cannot be meant. */
bool hj212_conf_read(struct hj212_conf *ret_conf, const struct conf *conf,
                     struct findings *findings);

struct ingest_hj212;
/* Reads the monitors and listens.  `metrics` may be NULL.  ERR_… with findings. */
int ingest_hj212_new(struct ingest_hj212 **ret_server, const struct surroundings *around,
                     const struct hj212_conf *conf, struct metrics *metrics,
                     struct findings *findings);
int ingest_hj212_port(const struct ingest_hj212 *server);
int ingest_hj212_connections(const struct ingest_hj212 *server);
/* Goes on when there is room; call it at the start and after every turn.  Before the first call
 * nobody is read from. */
void ingest_hj212_resume(struct ingest_hj212 *server);
/* Which series somebody reads the moments of (upload_terms); taken over.  Until it is said: all. */
void ingest_hj212_read_by(struct ingest_hj212 *server, bool *reads);
/* A policy that came into force: what codes mean is settled anew, and every logger connects anew.
 * `reads` is taken over.  ERR_INVALID with findings: the old meaning stays, and the old policy is
 * still needed. */
int ingest_hj212_change(struct ingest_hj212 *server, const struct policy *policy, bool *reads,
                        struct findings *findings);
/* Who waits for the end of a question; the asker's own, from the asking until `over`. */
struct hj212_asker {
    void (*over)(struct hj212_asker *asker, enum hj212_result result,
                 int code); /* once; the loop */
    char reply[256];        /* the CP of what was answered besides, "SystemTime=…"; "": nothing */
    int uploads;            /* that came as the answer: taken in like any other */
    uint64_t question;
    struct hj212_asker *next;
};
/* Asks a logger that is connected (1011, 1062, 3020 …).  ERR_NOT_FOUND: no monitor has that MN;
 * ERR_CONFLICT: it is not connected; ERR_LIMIT: too many questions are open; in each of these
 * `over` is not called.  `asker` NULL: the log alone is told how it ended. */
int ingest_hj212_ask(struct ingest_hj212 *server, const char *mn, int command, const char *cp,
                     struct hj212_asker *asker);
void ingest_hj212_stop(struct ingest_hj212 *server);
/* After the loop has closed its handles and every delivery was answered; NULL is fine. */
void ingest_hj212_free(struct ingest_hj212 *server);

#endif
