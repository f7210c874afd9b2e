/* What a logger says, judged one frame at a time: whose is it, may it say so, and what does it
 * want.
 *
 * A frame goes through the questions in this order, and the first that fails refuses it: is it
 * sealed (then open it), is it a packet, is its MN known, may it be as it is (strict, sealed), is
 * the password right.  Only then does its command matter. */
#include "shell/hj212_session.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "model/hj212_reading.h"
#include "shell/hj212_session_inner.h"
#include <stdlib.h>
#include <string.h>

enum { IDLE_BYTES_MAX = 4096 }; /* what a connection keeps of a buffer that a burst has filled */

const char *hj212_why_word(enum hj212_why why)
{
    static const char *const words[HJ212_WHYS] = {
        "well",           "broken",      "not_strict", "unknown_mn",      "wrong_password",
        "no_key",         "seal_broken", "not_sealed", "unknown_command", "stray_answer",
        "too_many_parts", "slow",        "silent",     "noisy",
    };
    return words[why];
}

struct hj212_session_options hj212_session_defaults(void)
{
    return (struct hj212_session_options){.zone = 8 * HOUR_MS,
                                          .answer_within = 10 * SECOND_MS,
                                          .resends = 3,
                                          .result_within = MINUTE_MS,
                                          .frame_within = 10 * SECOND_MS,
                                          .parts_within = 5 * MINUTE_MS,
                                          .noise_bytes_max = 64 << 10,
                                          .answers_max = 256,
                                          .out_bytes_max = 64 << 10,
                                          .sets_clocks = true};
}

/* Telling -------------------------------------------------------------------------------------- */

void hj212_tell(struct hj212_session *session, const struct hj212_event *event)
{
    session->options.event(session->options.arg, event);
}

void hj212_hang_up(struct hj212_session *session, enum hj212_why why)
{
    struct hj212_event event = {.kind = HJ212_HANG_UP, .why = why};
    if (session->hung_up)
        return;
    session->hung_up = true;
    hj212_tell(session, &event);
}

static void refuse(struct hj212_session *session, struct hj212_event *event, enum hj212_why why)
{
    event->kind = HJ212_REFUSED;
    event->why = why;
    hj212_tell(session, event);
}

/* Peers ---------------------------------------------------------------------------------------- */

struct hj212_peer *hj212_peer_of(struct hj212_session *session, const struct hj212_source *source)
{
    for (size_t i = 0; i < session->peer_count; i++)
        if (session->peers[i].source == source)
            return &session->peers[i];
    return NULL;
}

static void keep_text(char **kept, struct hj212_text text)
{
    if (*kept && hj212_text_is(text, *kept))
        return;
    free(*kept);
    *kept = xstrndup(text.size > 0 ? text.at : "", text.size);
}

/* How it speaks, so that we can speak to it likewise.  There are no more peers than sources. */
static struct hj212_peer *know_peer(struct hj212_session *session,
                                    const struct hj212_source *source,
                                    const struct hj212_packet *packet)
{
    struct hj212_peer *peer = hj212_peer_of(session, source);
    if (!peer) {
        xgrow((void **)&session->peers, session->peer_count, &session->peer_capacity,
              sizeof *session->peers);
        peer = &session->peers[session->peer_count++];
        *peer = (struct hj212_peer){.source = source};
    }
    if (!peer->st || !hj212_text_is(packet->st, "91"))
        keep_text(&peer->st, packet->st);
    keep_text(&peer->password, packet->pw);
    peer->flag = packet->flag;
    return peer;
}

/* Answers -------------------------------------------------------------------------------------- */

static void answer_now(struct hj212_session *session, const struct hj212_packet *packet,
                       int command)
{
    (void)hj212_print_answer(&session->out, packet, command, "");
}

/* The answer is written now, while the packet is here, and kept until the upload is durable. */
static uint64_t owe_answer(struct hj212_session *session, const struct hj212_packet *packet)
{
    size_t at = session->answers.size;
    if (hj212_print_answer(&session->answers, packet, 9014, "") < 0)
        return 0;
    void *debts = session->debts;
    xgrow(&debts, session->debt_count, &session->debt_capacity, sizeof *session->debts);
    session->debts = debts;
    session->debts[session->debt_count++] = (struct hj212_debt){
        .token = ++session->last_token, .at = at, .size = session->answers.size - at};
    session->debts_open++;
    return session->last_token;
}

/* When the last one is settled the memory serves again, or goes when it was a burst's. */
static void forget_settled(struct hj212_session *session)
{
    while (session->debt_first < session->debt_count &&
           session->debts[session->debt_first].size == 0)
        session->debt_first++;
    if (session->debts_open > 0)
        return;
    session->debt_first = session->debt_count = 0;
    buf_clear(&session->answers);
    if (session->answers.capacity > IDLE_BYTES_MAX)
        buf_release(&session->answers);
    if (session->debt_capacity * sizeof *session->debts > IDLE_BYTES_MAX) {
        free(session->debts);
        session->debts = NULL;
        session->debt_capacity = 0;
    }
}

/* They are mostly paid in order, so looking from the first open one finds it at once. */
static bool settle(struct hj212_session *session, uint64_t token, bool pay)
{
    for (size_t i = session->debt_first; i < session->debt_count; i++) {
        struct hj212_debt *debt = &session->debts[i];
        if (debt->token != token)
            continue;
        if (debt->size == 0)
            return false;
        if (pay)
            buf_add(&session->out, session->answers.data + debt->at, debt->size);
        debt->size = 0;
        session->debts_open--;
        forget_settled(session);
        return true;
    }
    return false;
}

bool hj212_session_durable(struct hj212_session *session, uint64_t token)
{
    return settle(session, token, true);
}

bool hj212_session_forget(struct hj212_session *session, uint64_t token)
{
    return settle(session, token, false);
}

bool hj212_session_is_full(const struct hj212_session *session)
{
    return session->debts_open >= session->options.answers_max ||
           session->out.size >= session->options.out_bytes_max;
}

/* Commands ------------------------------------------------------------------------------------- */

static bool is_upload(int command)
{
    return (command >= 2000 && command <= 2999 && command != 2012 && command != 2022) ||
           command == 3019 || command == 3020;
}

static void take_upload(struct hj212_session *session, struct hj212_event *event)
{
    event->kind = HJ212_UPLOAD;
    if (hj212_wants_answer(event->packet))
        event->token = owe_answer(session, event->packet);
    if (hj212_is_part(event->packet))
        hj212_take_part(session, event);
    hj212_tell(session, event);
}

/* 1012 for the logger that asked, or for the one instrument of it that did. */
static void set_clock(struct hj212_session *session, const struct hj212_peer *peer,
                      const struct hj212_packet *packet)
{
    struct hj212_text instrument = hj212_value(packet, "PolId");
    char time[HJ212_STAMP_BYTES];
    struct buf cp = {0};
    hj212_stamp(time, session->now + session->ahead, session->options.zone);
    if (instrument.size > 0)
        buf_printf(&cp, "PolId=%.*s;", (int)instrument.size, instrument.at);
    buf_printf(&cp, "SystemTime=%.14s", time);
    (void)hj212_ask(session, peer, 1012, buf_str(&cp)); /* too many open: it will ask again */
    buf_release(&cp);
}

static void take_notice(struct hj212_session *session, const struct hj212_peer *peer,
                        struct hj212_event *event)
{
    const struct hj212_packet *packet = event->packet;
    event->kind = HJ212_NOTICE;
    if (hj212_wants_answer(packet) || packet->command == 9015)
        answer_now(session, packet, 9013);
    if (packet->command == 1013 && session->options.sets_clocks)
        set_clock(session, peer, packet);
    hj212_tell(session, event);
}

static void take_packet(struct hj212_session *session, const struct hj212_peer *peer,
                        struct hj212_event *event)
{
    const struct hj212_packet *packet = event->packet;
    const struct hj212_question *question = hj212_question_of(session, event->source, packet->qn);
    int command = packet->command;
    if (command == 9011 || command == 9012) {
        hj212_take_answer(session, event);
        return;
    }
    event->question = question ? question->number : 0;
    if (is_upload(command)) {
        take_upload(session, event);
    } else if (question) {
        event->kind = HJ212_REPLY;
        hj212_tell(session, event);
    } else if (command == 1013 || command == 9015 || command == 9021) {
        take_notice(session, peer, event);
    } else {
        refuse(session, event, HJ212_UNKNOWN_COMMAND);
    }
}

/* Frames --------------------------------------------------------------------------------------- */

/* The MN as it stands before the CP, to find a key; the packet itself decides later. */
static struct hj212_text peek_mn(struct hj212_text text)
{
    const char *cp = memmem(text.at, text.size, "CP=", 3);
    const char *end = cp ? cp : text.at + text.size;
    const char *mn = memmem(text.at, (size_t)(end - text.at), "MN=", 3);
    const char *semicolon = mn ? memchr(mn, ';', (size_t)(end - mn)) : NULL;
    if (!semicolon)
        return (struct hj212_text){0};
    return (struct hj212_text){mn + 3, (uint32_t)(semicolon - mn - 3)};
}

/* Opens what is sealed; HJ212_WELL and the plain packet, or why not. */
static enum hj212_why open_sealed(struct hj212_session *session, struct hj212_event *event,
                                  struct hj212_text *text)
{
    struct hj212_text mn = peek_mn(*text);
    event->source = session->options.find(session->options.arg, mn);
    if (!event->source)
        return HJ212_UNKNOWN_MN;
    if (!event->source->key)
        return HJ212_NO_KEY;
    if (hj212_open(&session->arena, event->source->key, text->at, text->size, text) < 0)
        return HJ212_SEAL_BROKEN;
    return HJ212_WELL;
}

static bool has_password(const struct hj212_source *source, const struct hj212_packet *packet)
{
    return !source->password || hj212_text_is(packet->pw, source->password);
}

/* Whose the packet is and whether it may be so. */
static enum hj212_why judge(struct hj212_session *session, struct hj212_event *event, bool sealed)
{
    const struct hj212_packet *packet = event->packet;
    event->source = session->options.find(session->options.arg, packet->mn);
    if (!event->source)
        return HJ212_UNKNOWN_MN;
    if (packet->forgiven && !event->source->lenient)
        return HJ212_NOT_STRICT;
    if (!sealed && event->source->key && event->source->sealed_only && hj212_seals(packet->command))
        return HJ212_NOT_SEALED;
    return has_password(event->source, packet) ? HJ212_WELL : HJ212_WRONG_PASSWORD;
}

/* Reads the text leniently; the problem is that of strict reading, which is what its owner must
 * hear of when it is not allowed to be lenient.  `mode`: strict, or checked already. */
static int read_packet(struct hj212_session *session, struct hj212_text text, enum hj212_mode mode,
                       bool sealed, struct hj212_packet *packet, struct hj212_problem *problem)
{
    struct hj212_problem ignored;
    if (hj212_parse(&session->arena, mode, text.at, text.size, packet, problem) == 0)
        return 0;
    return sealed
               ? ERR_SYNTAX
               : hj212_parse(&session->arena, HJ212_LENIENT, text.at, text.size, packet, &ignored);
}

static void take_frame(struct hj212_session *session, const struct hj212_frame *frame)
{
    struct hj212_packet packet;
    struct hj212_problem problem = {0};
    struct hj212_event event = {.text = frame->text};
    struct hj212_text text = frame->text;
    bool sealed = hj212_is_sealed(text.at, text.size);
    enum hj212_mode mode = frame->checked && !sealed ? HJ212_CHECKED : HJ212_STRICT;
    enum hj212_why why = sealed ? open_sealed(session, &event, &text) : HJ212_WELL;
    if (why == HJ212_WELL && read_packet(session, text, mode, sealed, &packet, &problem) < 0)
        why = sealed ? HJ212_SEAL_BROKEN : HJ212_BROKEN;
    else if (why == HJ212_WELL) {
        event.packet = &packet;
        why = judge(session, &event, sealed);
    }
    event.problem = why == HJ212_BROKEN || why == HJ212_NOT_STRICT ? &problem : NULL;
    if (why != HJ212_WELL) {
        refuse(session, &event, why);
        return;
    }
    session->last_sound = session->now;
    session->noise_before = session->framer.counts.noise;
    take_packet(session, know_peer(session, event.source, &packet), &event);
}

static bool drain(struct hj212_session *session)
{
    struct hj212_frame frame;
    bool any = false;
    while (hj212_framer_next(&session->framer, &frame)) {
        any = true;
        take_frame(session, &frame);
        arena_reset(&session->arena);
    }
    return any;
}

/* Public --------------------------------------------------------------------------------------- */

struct hj212_session *hj212_session_new(const struct hj212_session_options *options, instant_ms now)
{
    struct hj212_session *session = xcalloc(1, sizeof *session);
    session->options = *options;
    session->framer.by_line = true;
    session->now = session->last_sound = now;
    session->frame_begun = INT64_MAX;
    return session;
}

void hj212_session_tell_time(struct hj212_session *session, span_ms ahead)
{
    session->ahead = ahead;
}

void hj212_session_receive(struct hj212_session *session, const char *bytes, size_t size,
                           instant_ms now)
{
    session->now = now;
    hj212_framer_feed(&session->framer, bytes, size);
    bool any = drain(session);
    if (hj212_framer_waiting(&session->framer) == 0)
        session->frame_begun = INT64_MAX;
    else if (any || session->frame_begun == INT64_MAX)
        session->frame_begun = now;
    if (session->framer.counts.noise - session->noise_before > session->options.noise_bytes_max)
        hj212_hang_up(session, HJ212_NOISY);
}

static instant_ms frame_due(const struct hj212_session *session)
{
    return session->frame_begun == INT64_MAX ? INT64_MAX
                                             : session->frame_begun + session->options.frame_within;
}

static instant_ms silence_due(const struct hj212_session *session)
{
    return session->options.silent_at_most > 0
               ? session->last_sound + session->options.silent_at_most
               : INT64_MAX;
}

instant_ms hj212_session_due(const struct hj212_session *session)
{
    instant_ms dues[] = {frame_due(session), silence_due(session), hj212_questions_due(session),
                         hj212_parts_due(session)};
    instant_ms due = INT64_MAX;
    for (size_t i = 0; !session->hung_up && i < sizeof dues / sizeof *dues; i++)
        if (dues[i] < due)
            due = dues[i];
    return due;
}

void hj212_session_tick(struct hj212_session *session, instant_ms now)
{
    session->now = now;
    if (frame_due(session) <= now) {
        hj212_framer_end(&session->framer);
        session->frame_begun = INT64_MAX;
        if (!drain(session)) /* nothing whole behind what was begun */
            hj212_hang_up(session, HJ212_SLOW);
    }
    if (silence_due(session) <= now)
        hj212_hang_up(session, HJ212_SILENT);
    hj212_questions_tick(session);
    hj212_parts_tick(session);
}

const struct buf *hj212_session_out(const struct hj212_session *session)
{
    return &session->out;
}

void hj212_session_sent(struct hj212_session *session, size_t size)
{
    struct buf *out = &session->out;
    if (size < out->size) {
        memmove(out->data, out->data + size, out->size - size + 1);
        out->size -= size;
    } else if (out->capacity > IDLE_BYTES_MAX) {
        buf_release(out);
    } else {
        buf_clear(out);
    }
}

void hj212_session_free(struct hj212_session *session)
{
    if (!session)
        return;
    for (size_t i = 0; i < session->peer_count; i++) {
        free(session->peers[i].st);
        free(session->peers[i].password);
    }
    hj212_questions_free(session);
    free(session->peers);
    free(session->debts);
    hj212_framer_release(&session->framer);
    buf_release(&session->out);
    buf_release(&session->answers);
    arena_release(&session->arena);
    free(session);
}
