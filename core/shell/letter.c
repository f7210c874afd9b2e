/* Letters as JSON and as messages. */
#include "shell/letter.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "model/policy.h"
#include "shell/channel.h"
#include <stdarg.h>
#include <string.h>

enum { SUBJECT_BYTES_MAX = 180 }; /* sixty characters: what a telephone shows of a mail */

const char *const letter_kind_words[] = {"order",      "release",    "task", "public",
                                         "reminder",   "escalation", "page", "correction",
                                         "withdrawal", "test",       NULL};

const char *letter_kind_name(enum letter_kind kind)
{
    return letter_kind_words[kind];
}

int letter_kind_of(const char *name)
{
    for (int i = 0; i < LETTER_KINDS; i++)
        if (str_equal(name, letter_kind_words[i]))
            return i;
    return ERR_NOT_FOUND;
}

void letter_id(char ret_id[LETTER_ID_SIZE], const char *part, ...)
{
    struct hasher *hasher = hasher_new();
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    va_list parts;
    va_start(parts, part);
    for (; part; part = va_arg(parts, const char *))
        hasher_add_text(hasher, part);
    va_end(parts);
    hasher_done(hasher, hash);
    hash_hex(hash, hex);
    memcpy(ret_id, hex, LETTER_ID_SIZE - 1);
    ret_id[LETTER_ID_SIZE - 1] = 0;
}

static enum letter_kind kind_of(enum decision_kind kind)
{
    return kind == DECISION_RELEASE ? LETTER_RELEASE
           : kind == DECISION_TASK  ? LETTER_TASK
                                    : LETTER_ORDER;
}

struct letter letter_of_decision(const struct decision *decision, int number,
                                 const struct policy *policy)
{
    int recipient = decision->to ? registry_find(&policy->registry, decision->to) : -1;
    return (struct letter){
        .id = decision->order,
        .kind = kind_of(decision->kind),
        .rule = decision->rule,
        .title = decision->source ? decision->source->title : NULL,
        .episode = decision->episode,
        .level = decision->level,
        .to = decision->to,
        .name = recipient >= 0 ? policy->registry.recipients[recipient].name : NULL,
        .measures = decision->measures,
        .text = decision->text,
        .number = number,
        .at = decision->at,
        .begin = decision->begin,
    };
}

struct letter letter_public(const struct decision *decision, int number)
{
    return (struct letter){
        .kind = LETTER_PUBLIC,
        .rule = decision->rule,
        .title = decision->source ? decision->source->title : NULL,
        .episode = decision->episode,
        .level = decision->level ? decision->level : decision->from,
        .plan = decision->plan->hash,
        .text = decision->plan->notice,
        .decision_kind = decision_kind_name(decision->kind),
        .number = number,
        .at = decision->at,
        .begin = decision->begin,
    };
}

/* ---- JSON ---------------------------------------------------------------- */

static void text_field(struct json_writer *writer, const char *key, const char *text)
{
    jw_key(writer, key);
    jw_text(writer, text);
}

static void instant_field(struct json_writer *writer, const char *key, instant_ms instant,
                          span_ms zone)
{
    jw_key(writer, key);
    if (instant == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

void letter_print(struct buf *buf, const struct letter *letter, const struct policy *policy,
                  const char *policy_hash)
{
    bool decided = letter->kind <= LETTER_TASK;
    struct json_writer writer = {.buf = buf};
    jw_begin(&writer, '{');
    text_field(&writer, decided ? "order" : "letter", letter->id);
    text_field(&writer, "kind", letter_kind_name(letter->kind));
    if (!decided)
        text_field(&writer, "about", letter->about);
    instant_field(&writer, "at", letter->at, policy->zone);
    text_field(&writer, "rule", letter->rule);
    text_field(&writer, "title", letter->title);
    text_field(&writer, "episode", letter->episode);
    text_field(&writer, "level", letter->level);
    instant_field(&writer, "begin", letter->begin, policy->zone);
    text_field(&writer, "to", letter->to);
    text_field(&writer, "name", letter->name);
    jw_key(&writer, "measures");
    jw_raw(&writer, letter->measures ? letter->measures : "[]");
    if (letter->subject)
        text_field(&writer, "subject", letter->subject);
    text_field(&writer, "text", letter->text);
    text_field(&writer, "policy", policy_hash);
    jw_end(&writer, '}');
    buf_putc(buf, '\n');
}

/* ---- messages ------------------------------------------------------------- */

static const struct level *level_of(const struct policy *policy, const char *name)
{
    int level = name ? policy_level(policy, name) : -1;
    return level >= 0 ? &policy->levels[level] : NULL;
}

/* Whole characters of the first line. */
static void first_line(struct buf *subject, const char *text)
{
    size_t size = text ? strcspn(text, "\n") : 0;
    if (size > SUBJECT_BYTES_MAX)
        size = SUBJECT_BYTES_MAX;
    while (size > 0 && text[size] && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    buf_add(subject, text ? text : "", size);
}

void letter_message(struct message *ret_message, const struct letter *letter,
                    const struct policy *policy, const struct buf *body, struct buf *subject)
{
    const struct level *level = level_of(policy, letter->level);
    if (!letter->subject)
        first_line(subject, letter->text);
    *ret_message = (struct message){
        .id = letter->id,
        .kind = letter_kind_name(letter->kind),
        .about = letter->about,
        .rule = letter->rule,
        .title = letter->title,
        .episode = letter->episode,
        .level = letter->level,
        .level_title = level ? level->title : NULL,
        .response = level ? level->response : NULL,
        .recipient = letter->to,
        .name = letter->name,
        .subject = letter->subject ? letter->subject : buf_str(subject),
        .text = letter->text ? letter->text : "",
        .body = buf_str(body),
        .body_size = body->size,
        .ack_url = letter->ack_url,
        .references = letter->references,
        .decision_kind = letter->decision_kind,
        .at = letter->at,
        .begin = letter->begin,
        .zone = policy->zone,
        .authority = policy->authority,
        .city = policy->city,
    };
}
