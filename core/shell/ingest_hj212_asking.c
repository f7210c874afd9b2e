/* Questions to loggers, and who waits for their end.
 *
 * The session asks, asks again and knows when a question is over (hj212_asking.c); here stands who
 * is told.  Values that a question brings are uploads like any other: they are journaled and
 * answered as such, and only counted for the asker.  A connection that ends takes its questions
 * with it. */
#include "base/err.h"
#include "shell/ingest_hj212_inner.h"
#include <stdio.h>
#include <string.h>

int ingest_hj212_ask(struct ingest_hj212 *server, const char *mn, int command, const char *cp,
                     struct hj212_asker *asker)
{
    const struct monitor *monitor = monitors_find(server->monitors, hj212_text_of(mn));
    struct connection *connection = monitor ? server->places[monitor->number].connection : NULL;
    if (!connection)
        return monitor ? ERR_CONFLICT : ERR_NOT_FOUND;
    int64_t question = hj212_connection_ask(connection, mn, command, cp);
    if (question < 0)
        return question == ERR_NOT_FOUND ? ERR_CONFLICT : (int)question;
    if (asker) {
        asker->question = (uint64_t)question;
        asker->reply[0] = 0;
        asker->uploads = 0;
        asker->next = connection->askers;
        connection->askers = asker;
    }
    hj212_connection_go_on(connection); /* may end it, and with it the question */
    return 0;
}

static struct hj212_asker **link_of(struct connection *connection, uint64_t question)
{
    struct hj212_asker **link = &connection->askers;
    while (*link && (*link)->question != question)
        link = &(*link)->next;
    return link;
}

/* What stands between the && of the packet, as far as there is room. */
static void keep_reply(struct hj212_asker *asker, const struct hj212_packet *packet)
{
    static const char begin[] = "CP=&&";
    const char *at = memmem(packet->text.at, packet->text.size, begin, sizeof begin - 1);
    size_t left = at ? (size_t)(packet->text.at + packet->text.size - at) - (sizeof begin - 1) : 0;
    const char *end = left > 0 ? memmem(at + sizeof begin - 1, left, "&&", 2) : NULL;
    if (end)
        snprintf(asker->reply, sizeof asker->reply, "%.*s",
                 (int)(end - at - (ptrdiff_t)(sizeof begin - 1)), at + sizeof begin - 1);
}

void hj212_askers_hear(struct connection *connection, const struct hj212_event *event)
{
    if (event->question == 0)
        return;
    struct hj212_asker **link = link_of(connection, event->question), *asker = *link;
    if (!asker)
        return;
    if (event->kind == HJ212_UPLOAD) {
        asker->uploads++;
    } else if (event->kind == HJ212_REPLY) {
        keep_reply(asker, event->packet);
    } else if (event->kind == HJ212_OUTCOME) {
        *link = asker->next;
        asker->over(asker, event->result, event->code);
    }
}

void hj212_askers_leave(struct connection *connection)
{
    while (connection->askers) {
        struct hj212_asker *asker = connection->askers;
        connection->askers = asker->next;
        asker->over(asker, HJ212_GONE, 0);
    }
}
