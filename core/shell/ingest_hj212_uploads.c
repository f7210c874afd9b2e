/* What connections bring: uploads into deliveries, and all of it counted.
 *
 * The uploads of one read are one delivery, each with a token; when the delivery is answered, so
 * are they. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/ingest_hj212_inner.h"
#include "shell/metrics.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SPARE_MAX = 128,    /* batches kept to be filled again */
    SPARE_FACTS_MAX = 8 /* in one that is kept: what a logger's read brings, not a burst's */
};
struct batch {
    struct connection *connection;
    struct load *load;
    uint64_t *tokens;
    size_t token_count, token_capacity;
    struct batch *next; /* among the spare ones */
};

/* ---- counting ---------------------------------------------------------- */

/* Looked up by name the metrics would cost as much as the frame; so they hear of many at once. */
void hj212_tell_counts(struct ingest_hj212 *server)
{
    char labels[64];
    for (int i = 0; i < server->kinds_counted; i++) {
        const struct frames_counted *counted = &server->counted[i];
        snprintf(labels, sizeof labels, "command=\"%d\",result=\"%s\"", counted->command,
                 counted->result);
        metrics_add(server->metrics, "yujing_ingest_frames_total", labels, (double)counted->count);
    }
    server->kinds_counted = 0;
    if (server->bytes_counted > 0)
        metrics_add(server->metrics, "yujing_ingest_bytes_total", "source=\"hj212\"",
                    (double)server->bytes_counted);
    server->bytes_counted = 0;
}

/* Commands that no standard knows are counted as 0: labels must be few, whatever is sent. */
static void count_frame(struct ingest_hj212 *server, int command, const char *result)
{
    bool known = command >= 1000 && command <= 3099;
    known |= command >= 9000 && command <= 9099;
    command = known ? command : 0;
    for (int i = 0; i < server->kinds_counted; i++)
        if (server->counted[i].command == command && server->counted[i].result == result) {
            server->counted[i].count++;
            return;
        }
    if (server->kinds_counted == HJ212_KINDS_COUNTED)
        hj212_tell_counts(server);
    server->counted[server->kinds_counted++] = (struct frames_counted){command, result, 1};
}

/* ---- deliveries -------------------------------------------------------- */

static void batch_free(struct batch *batch)
{
    load_free(batch->load);
    free(batch->tokens);
    free(batch);
}

/* Where each of many loggers sends a frame at a time, making and freeing the six pieces of a batch
 * for each would be a good part of the loop's work. */
static void batch_return(struct ingest_hj212 *server, struct batch *batch)
{
    if (server->spare_count >= SPARE_MAX || batch->load->capacity > SPARE_FACTS_MAX ||
        batch->token_capacity > SPARE_FACTS_MAX) {
        batch_free(batch);
        return;
    }
    load_reset(batch->load);
    batch->token_count = 0;
    batch->next = server->spare;
    server->spare = batch;
    server->spare_count++;
}

static struct batch *batch_take(struct ingest_hj212 *server)
{
    struct batch *batch = server->spare;
    if (batch) {
        server->spare = batch->next;
        server->spare_count--;
        return batch;
    }
    batch = xcalloc(1, sizeof *batch);
    batch->load = load_new();
    batch->load->from = "hj212";
    return batch;
}

void hj212_free_spare(struct ingest_hj212 *server)
{
    while (server->spare_count > 0)
        batch_free(batch_take(server));
}

/* The facts are on the disk: now 9014 may say so. */
static void answered(void *arg, const struct tally *tally)
{
    struct batch *batch = arg;
    struct connection *connection = batch->connection;
    connection->deliveries--;
    for (size_t i = 0; !connection->closing && i < batch->token_count; i++)
        if (tally)
            hj212_session_durable(connection->session, batch->tokens[i]);
        else
            hj212_session_forget(connection->session, batch->tokens[i]);
    batch_return(connection->server, batch);
    if (connection->closing)
        hj212_connection_free(connection);
    else
        hj212_connection_go_on(connection);
}

static struct batch *batch_of(struct connection *connection)
{
    if (!connection->batch) {
        connection->batch = batch_take(connection->server);
        connection->batch->connection = connection;
    }
    return connection->batch;
}

void hj212_offer(struct connection *connection)
{
    struct batch *batch = connection->batch;
    connection->batch = NULL;
    if (!batch)
        return;
    if (batch->load->count == 0) {
        batch_return(connection->server, batch);
        return;
    }
    connection->deliveries++;
    load_offer(batch->load, connection->server->around.inbox, answered, batch);
}

static void add_token(struct batch *batch, uint64_t token)
{
    void *tokens = batch->tokens;
    if (token == 0)
        return;
    xgrow(&tokens, batch->token_count, &batch->token_capacity, sizeof *batch->tokens);
    batch->tokens = tokens;
    batch->tokens[batch->token_count++] = token;
}

/* ---- uploads ------------------------------------------------------------- */

/* There is nothing to remember: answered at once. */
static void pass_over(struct connection *connection, const struct hj212_event *event,
                      const char *result)
{
    count_frame(connection->server, event->packet->command, result);
    if (event->token)
        hj212_session_durable(connection->session, event->token);
}

/* A logger that sends what nobody can mean is told of, not kept waiting: it would only repeat. */
static void tell_trouble(const struct connection *connection, const struct hj212_event *event,
                         const struct upload *upload)
{
    const struct log *log = connection->server->around.log;
    const char *mn = event->source->mn;
    if (upload->no_time)
        log_event(log, LOG_WARNING, "hj212.time",
                  tr("%s: %d has no DataTime that can be meant; not used",
                     "%s：%d 的 DataTime 缺失或无效，不予采用"),
                  mn, event->packet->command);
    else if (upload->unreadable > 0)
        log_event(log, LOG_WARNING, "hj212.value",
                  tr("%s: %.*s is no figure of its series; not used",
                     "%s：%.*s 的数值不符合其序列，不予采用"),
                  mn, (int)upload->bad.size, upload->bad.at);
}

static void take_upload(struct connection *connection, const struct hj212_event *event)
{
    struct ingest_hj212 *server = connection->server;
    const struct monitor *monitor = (const struct monitor *)(const void *)event->source;
    struct upload_terms terms = {server->around.policy, server->reads};
    struct batch *batch = batch_of(connection);
    struct upload upload;
    int err = upload_read(&upload, &batch->load->arena, &terms, monitor, event->packet);
    if (err == 0 && (upload.no_time || upload.unreadable > 0))
        tell_trouble(connection, event, &upload);
    if (err < 0 || upload.count == 0) {
        pass_over(connection, event, err == 0 && upload.no_time ? "no_time" : "unused");
        return;
    }
    for (size_t i = 0; i < upload.count; i++)
        load_add_own(batch->load, &upload.facts[i]);
    add_token(batch, event->token);
    count_frame(server, event->packet->command, "taken");
    if (batch->load->count >= server->around.delivery_facts_max)
        hj212_offer(connection);
}

/* ---- places ------------------------------------------------------------ */

static void leave_place(struct place_of_mn *place)
{
    struct place_of_mn **link = &place->connection->places;
    while (*link != place)
        link = &(*link)->next;
    *link = place->next;
    place->connection = NULL;
}

void hj212_leave_places(struct connection *connection)
{
    while (connection->places)
        leave_place(connection->places);
}

/* A logger moves when its site's address changes; but two that use one MN at the same time are a
 * mistake of somebody's, or an attack. */
static void note_place(struct connection *connection, const struct hj212_source *source)
{
    struct ingest_hj212 *server = connection->server;
    const struct monitor *monitor = (const struct monitor *)(const void *)source;
    struct place_of_mn *place = &server->places[monitor->number];
    if (place->connection == connection || connection->closing)
        return;
    bool elsewhere = place->known && memcmp(place->peer.bytes, connection->peer.bytes,
                                            sizeof place->peer.bytes) != 0;
    if (elsewhere && place->connection) {
        metrics_add(server->metrics, "yujing_ingest_refused_total",
                    "source=\"hj212\",reason=\"two_addresses\"", 1);
        log_event(server->around.log, LOG_ALARM, "hj212.twice",
                  tr("%s speaks from %s and from %s", "%s 同时从 %s 和 %s 上报"), source->mn,
                  place->connection->peer_name, connection->peer_name);
    } else if (elsewhere) {
        log_event(server->around.log, LOG_INFO, "hj212.moved",
                  tr("%s now speaks from %s", "%s 改从 %s 上报"), source->mn,
                  connection->peer_name);
    }
    if (place->connection)
        leave_place(place);
    *place = (struct place_of_mn){connection, connection->places, connection->peer, true};
    connection->places = place;
}

/* ---- events ------------------------------------------------------------ */

static void tell_outcome(const struct connection *connection, const struct hj212_event *event)
{
    log_event(connection->server->around.log, LOG_INFO, "hj212.outcome", "%s #%" PRIu64 ": %s %d",
              event->source->mn, event->question, hj212_result_name(event->result), event->code);
}

static void tell_parts(const struct connection *connection, const struct hj212_event *event)
{
    int seen = 0;
    for (int i = 0; i < 4; i++)
        seen += __builtin_popcountll(event->parts->seen[i]);
    log_event(connection->server->around.log, LOG_WARNING, "hj212.parts",
              tr("%s: of an upload in %d parts (%s, %s) only %d came",
                 "%s：分包上报共 %d 包（%s，%s），只收到 %d 包"),
              event->parts->mn, event->parts->pnum, event->parts->command, event->parts->time,
              seen);
}

void hj212_on_event(void *arg, const struct hj212_event *event)
{
    struct connection *connection = arg;
    hj212_askers_hear(connection, event);
    switch (event->kind) {
    case HJ212_UPLOAD:
    case HJ212_REPLY:
        note_place(connection, event->source);
        take_upload(connection, event);
        break;
    case HJ212_NOTICE:
        note_place(connection, event->source);
        count_frame(connection->server, event->packet->command, "notice");
        break;
    case HJ212_REFUSED:
        hj212_refuse(connection, event);
        break;
    case HJ212_INCOMPLETE:
        tell_parts(connection, event);
        break;
    case HJ212_OUTCOME:
        tell_outcome(connection, event);
        break;
    case HJ212_HANG_UP:
        hj212_refuse(connection, event);
        hj212_connection_hang_up(connection);
        break;
    }
}
