/* Questions of ours: asked, accepted (9011), carried out (9012); asked again when nothing is heard.
 *
 *     sent ──9011 QnRtn=1──► accepted ──9012──► done or failed
 *      │ ▲                      └──────────── too late: no result
 *      │ └─ again, up to `resends` times, the same bytes under the same QN
 *      └──9011 other──► declined         the last one unanswered: no answer, hang up */
#include "base/err.h"
#include "shell/hj212_session_inner.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number for the question that this connection has not used: the time, or the next millisecond
 * when two are asked in one. */
static void stamp(struct hj212_session *session, char ret[HJ212_STAMP_BYTES])
{
    instant_ms now = session->now + session->ahead;
    session->last_qn = now > session->last_qn ? now : session->last_qn + 1;
    hj212_stamp(ret, session->last_qn, session->options.zone);
}

static int print_question(struct hj212_session *session, const struct hj212_peer *peer,
                          struct hj212_question *question, int command, const char *cp)
{
    char cn[16];
    struct buf plain = {0}, sealed = {0};
    snprintf(cn, sizeof cn, "%04d", command);
    stamp(session, question->qn);
    struct hj212_letter letter = {.qn = hj212_text_of(question->qn),
                                  .st = hj212_text_of(peer->st),
                                  .cn = hj212_text_of(cn),
                                  .pw = hj212_text_of(peer->password),
                                  .mn = hj212_text_of(peer->source->mn),
                                  .flag =
                                      (peer->flag < 0 ? 0 : peer->flag & 0xFC) | HJ212_FLAG_ANSWER};
    int err = hj212_print(&plain, &letter, cp, strlen(cp));
    bool seals = err == 0 && peer->source->key && hj212_seals(command);
    if (seals)
        err = hj212_seal(&sealed, peer->source->key, plain.data, plain.size);
    question->size = seals ? sealed.size : plain.size;
    question->packet = err == 0 ? buf_detach(seals ? &sealed : &plain) : NULL;
    buf_release(&plain);
    buf_release(&sealed);
    return err;
}

const char *hj212_result_name(enum hj212_result result)
{
    static const char *const names[] = {"done",      "failed",    "declined",
                                        "no_answer", "no_result", "gone"};
    return names[result];
}

int64_t hj212_ask(struct hj212_session *session, const struct hj212_peer *peer, int command,
                  const char *cp)
{
    struct hj212_question *question = NULL;
    for (size_t i = 0; i < HJ212_QUESTIONS_MAX && !question; i++)
        if (session->questions[i].number == 0)
            question = &session->questions[i];
    if (!question)
        return ERR_LIMIT;
    *question = (struct hj212_question){.source = peer->source};
    int err = print_question(session, peer, question, command, cp);
    if (err < 0)
        return err;
    question->number = ++session->last_question;
    session->questions_open++;
    question->due = session->now + session->options.answer_within;
    buf_add(&session->out, question->packet, question->size);
    return (int64_t)question->number;
}

int64_t hj212_session_ask(struct hj212_session *session, const char *mn, int command,
                          const char *cp, instant_ms now)
{
    const struct hj212_source *source =
        session->options.find(session->options.arg, hj212_text_of(mn));
    const struct hj212_peer *peer = source ? hj212_peer_of(session, source) : NULL;
    session->now = now;
    return peer ? hj212_ask(session, peer, command, cp) : ERR_NOT_FOUND;
}

struct hj212_question *hj212_question_of(struct hj212_session *session,
                                         const struct hj212_source *source, struct hj212_text qn)
{
    for (size_t i = 0; session->questions_open > 0 && i < HJ212_QUESTIONS_MAX; i++) {
        struct hj212_question *question = &session->questions[i];
        if (question->number > 0 && question->source == source && hj212_text_is(qn, question->qn))
            return question;
    }
    return NULL;
}

static void end_question(struct hj212_session *session, struct hj212_question *question,
                         enum hj212_result result, int code)
{
    struct hj212_event event = {.kind = HJ212_OUTCOME,
                                .source = question->source,
                                .question = question->number,
                                .result = result,
                                .code = code};
    free(question->packet);
    *question = (struct hj212_question){.number = 0};
    session->questions_open--;
    hj212_tell(session, &event);
}

/* A small number out of the CP; 0 when there is none. */
static int code_of(const struct hj212_packet *packet, const char *key)
{
    struct hj212_text text = hj212_value(packet, key);
    int code = 0;
    for (uint32_t i = 0; i < text.size && i < 6 && text.at[i] >= '0' && text.at[i] <= '9'; i++)
        code = code * 10 + (text.at[i] - '0');
    return code;
}

/* Loggers of 2005 name the question in the CP. */
static struct hj212_text question_number(const struct hj212_packet *packet)
{
    struct hj212_text qn = hj212_value(packet, "QN");
    return qn.size > 0 ? qn : packet->qn;
}

void hj212_take_answer(struct hj212_session *session, struct hj212_event *event)
{
    const struct hj212_packet *packet = event->packet;
    struct hj212_question *question =
        hj212_question_of(session, event->source, question_number(packet));
    if (!question) {
        event->kind = HJ212_REFUSED;
        event->why = HJ212_STRAY_ANSWER;
        hj212_tell(session, event);
        return;
    }
    if (packet->command == 9011) {
        int code = code_of(packet, "QnRtn");
        if (code == 1 && !question->accepted) {
            question->accepted = true;
            question->due = session->now + session->options.result_within;
        } else if (code != 1) {
            end_question(session, question, HJ212_DECLINED, code);
        }
        return;
    }
    int code = code_of(packet, "ExeRtn");
    end_question(session, question, code == 1 ? HJ212_DONE : HJ212_FAILED, code);
}

void hj212_questions_tick(struct hj212_session *session)
{
    for (size_t i = 0; i < HJ212_QUESTIONS_MAX; i++) {
        struct hj212_question *question = &session->questions[i];
        if (question->number == 0 || question->due > session->now)
            continue;
        if (question->accepted) {
            end_question(session, question, HJ212_NO_RESULT, 0);
        } else if (question->resends < session->options.resends) {
            question->resends++;
            question->due = session->now + session->options.answer_within;
            buf_add(&session->out, question->packet, question->size);
        } else {
            end_question(session, question, HJ212_NO_ANSWER, 0);
            hj212_hang_up(session, HJ212_SILENT);
        }
    }
}

instant_ms hj212_questions_due(const struct hj212_session *session)
{
    instant_ms due = INT64_MAX;
    for (size_t i = 0; session->questions_open > 0 && i < HJ212_QUESTIONS_MAX; i++)
        if (session->questions[i].number > 0 && session->questions[i].due < due)
            due = session->questions[i].due;
    return due;
}

void hj212_questions_free(struct hj212_session *session)
{
    for (size_t i = 0; i < HJ212_QUESTIONS_MAX; i++)
        free(session->questions[i].packet);
}
