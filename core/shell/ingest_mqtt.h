/* MQTT as a source: a subscriber whose messages are facts (CloudEvents, one or a batch, in JSON).
 *
 * What we have acknowledged to the broker must survive our crash, and the library acknowledges
 * before we have committed.  So its own spool folder holds every message until the facts of it are
 * on our disk: a message whose facts were not committed comes again at the next start.  A power
 * loss may cost what the spool had not yet written; the journal loses nothing that it has said it
 * has.  Many messages are under way at a time, in the broker's order, and share a commit; each
 * leaves the spool after it (mqtt_spool.h).  A message that is no fact moves to the spool's failed/
 * with its reason.  The subscriber has a thread of its own, which touches nothing of ours but the
 * spool and one queue, each under its lock. */
#ifndef SHELL_INGEST_MQTT_H
#define SHELL_INGEST_MQTT_H

#include "shell/intake.h"

struct conf;
struct metrics;
struct yaml;

enum { MQTT_TOPICS_MAX = 16, MQTT_CONNECT_SECONDS = 5 };
struct mqtt_conf {
    const char *broker; /* tcp://host:port or ssl://host:port */
    const char *client; /* its session at the broker; default yujing */
    const char *topics[MQTT_TOPICS_MAX];
    int topic_count;
    const char *user, *password_file, *ca_file, *cert_file, *key_file; /* or NULL */
    const char *spool;                                                 /* a folder of its own */
    span_ms keep_alive;
};
/* Reads `mqtt:`.  False when it is not configured, or, with findings, when it cannot be meant. */
bool mqtt_conf_read(struct mqtt_conf *ret_conf, const struct conf *conf, struct findings *findings);

struct ingest_mqtt;
/* ERR_… with findings when the spool or a secret cannot be used; a broker that is away is no error:
 * it is tried again for as long as we run.  `metrics` may be NULL. */
int ingest_mqtt_new(struct ingest_mqtt **ret_mqtt, const struct surroundings *around,
                    const struct mqtt_conf *conf, struct metrics *metrics,
                    struct findings *findings);
/* Goes on when there is room; call it at the start and after every turn. */
void ingest_mqtt_resume(struct ingest_mqtt *mqtt);
/* A policy that came into force; borrowed. */
void ingest_mqtt_change(struct ingest_mqtt *mqtt, const struct policy *policy);
/* No message is taken any more. */
void ingest_mqtt_stop(struct ingest_mqtt *mqtt);
/* After the loop has closed its handles.  Waits for the library: a try to connect that is under way
 * may take MQTT_CONNECT_SECONDS. */
void ingest_mqtt_free(struct ingest_mqtt *mqtt);

#endif
