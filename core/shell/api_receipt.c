/* Receipts by the API, and out of the answers that an SMS gateway reports. */
#include "base/lang.h"
#include "model/bundle.h"
#include "model/fact_words.h"
#include "shell/answering.h"
#include "store/letters.h"
#include <string.h>

enum { REASON_BYTES_MAX = 600, REPLIES_MAX = 200 };

struct answer {
    struct answering answering;
    enum receipt_kind kind;
    const char *reason;
};

static void release(struct call *call)
{
    struct answer *answer = call->state;
    json_decref(answer->answering.body);
}

/* ---- by the API ------------------------------------------------------------------ */

static void print_receipt(struct call *call)
{
    const struct answer *answer = call->state;
    struct json_writer writer = {.buf = &call->out};
    jw_begin(&writer, '{');
    put_text(&writer, "letter", answer->answering.letter);
    put_text(&writer, "receipt", receipt_kind_names[answer->kind]);
    put_text(&writer, "by", call->fact->receipt.by);
    put_text(&writer, "id", call->fact->id);
    jw_end(&writer, '}');
    call_audit(call, "receipt", call->fact->id);
    call_answer(call);
}

static void look_at_letter(struct call *call, const struct view *view)
{
    struct answer *answer = call->state;
    struct answering *answering = &answer->answering;
    if (answering_look(answering, call, view) < 0)
        call_deny_store(call, view);
    else if (!answering->found || (call->own && !list_names(answering->recipient, call->own)))
        call_deny(call, 404, "%s", tr("there is no such letter", "没有该信件"));
    else if (!answering->answerable)
        call_deny(call, 409, "%s", tr("nobody is asked to answer that letter", "该信件无须回执"));
}

static void journal_answer(struct call *call)
{
    struct answer *answer = call->state;
    const char *source = arena_printf(&call->arena, "/people/%s", call->who);
    struct fact fact =
        answering_fact(call, &answer->answering, answer->kind, source, call->who, answer->reason);
    call_act(call, &fact, print_receipt);
}

static int kind_of(const char *word)
{
    for (int kind = 0; kind < RECEIPTS; kind++)
        if (str_equal(word, receipt_kind_names[kind]))
            return kind;
    return -1;
}

static void refuse_kind(struct call *call, const char *word)
{
    call_refuse(call, 400,
                tr("an answer is delivered, read, acknowledged, refused or done, not %.80s",
                   "回执须为 delivered（已送达）、read（已阅）、acknowledged（已签收）、"
                   "refused（无法执行）、done（已落实）之一，没有 %.80s"),
                word);
}

void api_receipts(struct call *call)
{
    const char *letter, *kind;
    struct answer *answer = arena_alloc(&call->arena, sizeof *answer);
    call->state = answer;
    call->release = release;
    if (!call_body(call, "letter", "receipt", "reason", NULL) ||
        !call_need_text(call, "letter", &letter) || !call_need_text(call, "receipt", &kind) ||
        !call_text(call, "reason", &answer->reason))
        return;
    int number = kind_of(kind);
    if (number < 0) {
        refuse_kind(call, kind);
        return;
    }
    if (strlen(letter) >= sizeof answer->answering.letter) {
        call_refuse(call, 404, "%s", tr("there is no such letter", "没有该信件"));
        return;
    }
    if (number == RECEIPT_REFUSED && !answer->reason) {
        call_refuse(call, 400, "%s", tr("a refusal says why", "无法执行须说明原因"));
        return;
    }
    if (number != RECEIPT_REFUSED && call->own)
        answer->reason = NULL; /* who enters it for another may say how it was learnt */
    strcpy(answer->answering.letter, letter);
    answer->kind = (enum receipt_kind)number;
    call_look(call, look_at_letter, journal_answer);
}

/* ---- SMS -------------------------------------------------------------------------- */

struct reply {
    char phone[24];
    const char *text;
    bool known; /* the phone is somebody's, who has something to answer */
    struct answer answer;
};
struct replies {
    struct reply *items;
    int count, next, taken;
};

/* "+86 138-0000-0000" and "13800000000" are one. */
static void plain_phone(const char *text, char ret[24])
{
    size_t size = 0;
    for (; *text && size < 23; text++)
        if (*text >= '0' && *text <= '9')
            ret[size++] = *text;
    ret[size] = 0;
    size_t skip = size == 13 && str_starts(ret, "86")     ? 2
                  : size == 15 && str_starts(ret, "0086") ? 4
                                                          : 0;
    memmove(ret, ret + skip, size - skip + 1);
}

static bool owns_phone(const struct recipient *recipient, const char *phone)
{
    char plain[24];
    for (int i = 0; i < recipient->contact_count; i++) {
        if (!recipient->contacts[i].phone)
            continue;
        plain_phone(recipient->contacts[i].phone, plain);
        if (str_equal(plain, phone))
            return true;
    }
    return false;
}

struct newest {
    int64_t serial;
    char id[RECEIPT_LETTER_SIZE];
};

static int keep_newest(void *arg, const struct letter_row *row)
{
    struct newest *newest = arg;
    int kind = letter_kind_of(row->kind);
    if (kind < LETTER_ORDER || kind > LETTER_TASK || row->serial < newest->serial ||
        strlen(row->id) >= sizeof newest->id)
        return 0;
    newest->serial = row->serial;
    strcpy(newest->id, row->id);
    return 0;
}

/* The newest letter to somebody with that phone that may be answered. */
static int find_letter(struct reply *reply, const struct view *view)
{
    const struct registry *registry = &view->live->bundle->policy.registry;
    struct newest newest = {0};
    int err = 0;
    for (size_t i = 0; i < registry->count && err == 0; i++) {
        struct letter_query query = {.recipient = registry->recipients[i].id};
        if (owns_phone(&registry->recipients[i], reply->phone))
            err = letter_find(view->store, &query, keep_newest, &newest);
    }
    memcpy(reply->answer.answering.letter, newest.id, sizeof newest.id);
    reply->known = newest.serial > 0;
    return err;
}

static void look_for_letters(struct call *call, const struct view *view)
{
    struct replies *replies = call->state;
    int err = 0;
    for (int i = 0; i < replies->count && err == 0; i++) {
        struct reply *reply = &replies->items[i];
        err = find_letter(reply, view);
        if (err == 0 && reply->known)
            err = answering_look(&reply->answer.answering, call, view);
    }
    if (err < 0)
        call_deny_store(call, view);
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* 1 or 收到, 2 or 无法执行 with the reason behind, 3 or 完成; -1: none of them. */
static int meaning_of(const char *text, const char **ret_reason)
{
    static const struct {
        const char *word;
        int kind;
    } words[] = {
        {"收到", RECEIPT_ACKNOWLEDGED}, {"已收到", RECEIPT_ACKNOWLEDGED},
        {"1", RECEIPT_ACKNOWLEDGED},    {"无法执行", RECEIPT_REFUSED},
        {"2", RECEIPT_REFUSED},         {"已完成", RECEIPT_DONE},
        {"完成", RECEIPT_DONE},         {"3", RECEIPT_DONE},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!str_starts(text, words[i].word))
            continue;
        const char *rest = text + strlen(words[i].word);
        if (words[i].word[0] < 0x40 && words[i].word[0] > 0 && *rest >= '0' && *rest <= '9')
            continue; /* 10 is not 1 */
        rest = skip_blanks(rest);
        *ret_reason = words[i].kind != RECEIPT_REFUSED ? NULL
                      : *rest                          ? rest
                                                       : "（短信回复，未说明原因）";
        return words[i].kind;
    }
    return -1;
}

static void next_reply(struct call *call);

static void reply_taken(struct call *call)
{
    struct replies *replies = call->state;
    const struct reply *reply = &replies->items[replies->next - 1];
    replies->taken++;
    call_audit(call, "sms-reply", reply->answer.answering.letter);
    next_reply(call);
}

static void end_replies(struct call *call)
{
    const struct replies *replies = call->state;
    struct json_writer writer = {.buf = &call->out};
    jw_begin(&writer, '{'); /* code and msg: what gateways of this country expect */
    put_int(&writer, "code", 0);
    put_text(&writer, "msg", "成功");
    put_int(&writer, "taken", replies->taken);
    put_int(&writer, "unknown", replies->count - replies->taken);
    jw_end(&writer, '}');
    call_answer(call);
}

static void tell_unknown(struct call *call, const struct reply *reply)
{
    log_event(call->api->host.log, LOG_WARNING, "sms.unknown", "%s",
              reply->known
                  ? tr("an SMS reply could not be understood; somebody should ring back",
                       "有短信回复无法识别，请人工回访")
                  : tr("an SMS reply came from a phone that is in no list, or has nothing to "
                       "answer",
                       "有短信回复来自清单外号码，或该号码无待回执指令"));
}

/* One after another, each a fact of its own. */
static void next_reply(struct call *call)
{
    struct replies *replies = call->state;
    while (replies->next < replies->count) {
        struct reply *reply = &replies->items[replies->next++];
        const char *reason = NULL;
        int kind = meaning_of(skip_blanks(reply->text), &reason);
        if (!reply->known || kind < 0) {
            tell_unknown(call, reply);
            continue;
        }
        struct fact fact = answering_fact(call, &reply->answer.answering, (enum receipt_kind)kind,
                                          "sms-reply", reply->answer.answering.recipient, reason);
        call_act(call, &fact, reply_taken);
        return;
    }
    end_replies(call);
}

static const char *member_text(struct call *call, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (json_is_integer(value))
        return arena_printf(&call->arena, "%lld", (long long)json_integer_value(value));
    return json_string_value(value);
}

static bool read_reply(struct call *call, const json_t *object, struct reply *ret_reply)
{
    const struct api_conf *conf = &call->api->conf;
    const char *phone = member_text(call, object, conf->sms.phone);
    const char *text = member_text(call, object, conf->sms.text);
    if (!phone || !text || strlen(text) > REASON_BYTES_MAX)
        return false;
    plain_phone(phone, ret_reply->phone);
    ret_reply->text = arena_strdup(&call->arena, text);
    return ret_reply->phone[0] != 0;
}

static void release_replies(struct call *call)
{
    struct replies *replies = call->state;
    for (int i = 0; i < replies->count; i++)
        json_decref(replies->items[i].answer.answering.body);
}

/* One report, or a list of them. */
void api_sms_reply(struct call *call)
{
    struct findings findings = {0};
    const struct http_request *request = call->request;
    struct replies *replies = arena_alloc(&call->arena, sizeof *replies);
    call->body =
        json_read(request->body ? request->body : "", request->body_size, "body", 1, &findings);
    findings_release(&findings);
    size_t count = json_is_array(call->body) ? json_array_size(call->body) : 1;
    bool good = call->body && count >= 1 && count <= REPLIES_MAX;
    replies->items = good ? arena_alloc(&call->arena, count * sizeof *replies->items) : NULL;
    call->state = replies;
    call->release = release_replies;
    for (size_t i = 0; i < count && good; i++) {
        const json_t *object =
            json_is_array(call->body) ? json_array_get(call->body, i) : call->body;
        good = read_reply(call, object, &replies->items[i]);
        replies->count += good;
    }
    if (good)
        call_look(call, look_for_letters, next_reply);
    else
        call_refuse(call, 400,
                    tr("expected an object, or up to %d of them, with %s and %s",
                       "须为一个对象或不超过 %d 个对象的列表，含 %s 与 %s"),
                    REPLIES_MAX, call->api->conf.sms.phone, call->api->conf.sms.text);
}
