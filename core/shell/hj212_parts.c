/* Split uploads: which parts came.  The parts themselves are uploads; this is only the tally that
 * notices when one is missing. */
#include "shell/hj212_session_inner.h"
#include <stdio.h>
#include <string.h>

static void name_parts(struct hj212_parts *parts, const struct hj212_packet *packet)
{
    struct hj212_text time = hj212_value(packet, "DataTime");
    snprintf(parts->mn, sizeof parts->mn, "%.*s", (int)packet->mn.size, packet->mn.at);
    snprintf(parts->command, sizeof parts->command, "%.*s", (int)packet->cn.size, packet->cn.at);
    snprintf(parts->time, sizeof parts->time, "%.*s", (int)time.size, time.size ? time.at : "");
    parts->pnum = packet->pnum;
}

static bool is_same(const struct hj212_parts *a, const struct hj212_parts *b)
{
    return a->pnum == b->pnum && strcmp(a->mn, b->mn) == 0 && strcmp(a->command, b->command) == 0 &&
           strcmp(a->time, b->time) == 0;
}

static void leave(struct hj212_session *session, struct hj212_parts *parts)
{
    *parts = (struct hj212_parts){.pnum = 0};
    session->parts_open--;
}

/* The upload's place, an old or a free one; NULL when all are taken. */
static struct hj212_parts *place_of(struct hj212_session *session, const struct hj212_parts *name)
{
    struct hj212_parts *free_place = NULL;
    for (size_t i = 0; i < HJ212_PARTS_MAX; i++) {
        struct hj212_parts *parts = &session->parts[i];
        if (is_same(parts, name))
            return parts;
        if (parts->pnum == 0 && !free_place)
            free_place = parts;
    }
    if (free_place) {
        *free_place = *name;
        session->parts_open++;
        free_place->due = session->now + session->options.parts_within;
    }
    return free_place;
}

static bool is_complete(const struct hj212_parts *parts)
{
    int seen = 0;
    for (size_t i = 0; i < sizeof parts->seen / sizeof *parts->seen; i++)
        seen += __builtin_popcountll(parts->seen[i]);
    return seen == parts->pnum;
}

void hj212_take_part(struct hj212_session *session, const struct hj212_event *event)
{
    const struct hj212_packet *packet = event->packet;
    struct hj212_parts name = {.pnum = 0};
    name_parts(&name, packet);
    struct hj212_parts *parts = packet->pnum <= HJ212_PNUM_MAX ? place_of(session, &name) : NULL;
    if (!parts) {
        struct hj212_event told = {.kind = HJ212_INCOMPLETE,
                                   .why = HJ212_TOO_MANY_PARTS,
                                   .source = event->source,
                                   .parts = &name};
        hj212_tell(session, &told);
        return;
    }
    int bit = packet->pno - 1;
    parts->seen[bit / 64] |= 1ull << bit % 64;
    if (is_complete(parts))
        leave(session, parts);
}

void hj212_parts_tick(struct hj212_session *session)
{
    for (size_t i = 0; session->parts_open > 0 && i < HJ212_PARTS_MAX; i++) {
        struct hj212_parts parts = session->parts[i];
        if (parts.pnum == 0 || parts.due > session->now)
            continue;
        leave(session, &session->parts[i]);
        struct hj212_text mn = hj212_text_of(parts.mn);
        struct hj212_event event = {.kind = HJ212_INCOMPLETE,
                                    .source = session->options.find(session->options.arg, mn),
                                    .parts = &parts};
        hj212_tell(session, &event);
    }
}

instant_ms hj212_parts_due(const struct hj212_session *session)
{
    instant_ms due = INT64_MAX;
    for (size_t i = 0; session->parts_open > 0 && i < HJ212_PARTS_MAX; i++)
        if (session->parts[i].pnum > 0 && session->parts[i].due < due)
            due = session->parts[i].due;
    return due;
}
