/* A data logger's side of HJ 212, without the connection.
 *
 * Bytes and the time go in, bytes to be sent collect in `out`.  An upload is kept until 9014 comes
 * for all its parts: it is sent again when nothing is heard, a few times; and when the connection
 * was lost in between it is sent again on the next one, as late data (补传).  Questions of the
 * server (1011, 1012, 1062 …) are answered as the standard asks. */
#ifndef CLI_LOGGER_H
#define CLI_LOGGER_H

#include "base/buf.h"
#include "model/hj212.h"

struct logger_outcome {
    const char *qn, *mn;
    int command;
    bool asked; /* for an answer; when not, nothing is known of what became of it */
    bool acknowledged;
    int tries;
};
/* Everything is borrowed and outlives the logger. */
struct logger_options {
    const char *mn, *password, *st;
    enum hj212_version edition;
    const unsigned char *key; /* of SM4, or NULL */
    size_t part_bytes;        /* of a CP, from which on it goes in parts; 0: never */
    span_ms timeout;
    int resends;
    span_ms heartbeat; /* 0: none */
    span_ms zone;
    size_t window; /* uploads that may wait for their answer at once */
    void (*done)(void *arg, const struct logger_outcome *outcome);
    void (*asked)(void *arg, int command, const char *cp); /* by the server; may be NULL */
    void *arg;
};
/* 10 s, 3 resends, no heartbeat, one upload at a time, 2017, Shenyang's clock. */
struct logger_options logger_defaults(void);

struct logger;
struct logger *logger_new(const struct logger_options *options);
void logger_free(struct logger *logger);

/* Queues an upload of values: `cp` is what stands between the &&.  `mn` NULL: the logger's own.
 * ERR_LIMIT: too long. */
int logger_upload(struct logger *logger, const char *mn, int command, const char *cp,
                  instant_ms now);
/* Queues a whole packet, as it is.  ERR_SYNTAX when it is none. */
int logger_packet(struct logger *logger, const char *text, size_t size);
size_t logger_open(const struct logger *logger); /* uploads that have come to no end */

void logger_connected(struct logger *logger, instant_ms now);
void logger_disconnected(struct logger *logger);
void logger_receive(struct logger *logger, const char *bytes, size_t size, instant_ms now);
instant_ms logger_due(const struct logger *logger); /* INT64_MAX: never */
void logger_tick(struct logger *logger, instant_ms now);
/* A heartbeat was never answered: connect anew. */
bool logger_is_unusable(const struct logger *logger);
const struct buf *logger_out(const struct logger *logger);
void logger_sent(struct logger *logger, size_t size);

#endif
