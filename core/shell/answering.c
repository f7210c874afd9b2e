/* The letter that is answered, and the fact that an answer is. */
#include "shell/answering.h"
#include "base/err.h"
#include "base/hash.h"
#include "model/fact_words.h"
#include "shell/letter.h"
#include "store/letters.h"
#include "store/receipts.h"
#include <string.h>

struct looking {
    struct answering *answering;
    struct arena *arena;
    int64_t serial;
    const char *rule, *episode;
    bool ordered; /* it is an order or a release */
};

static const char *copy(struct arena *arena, const char *text)
{
    return text ? arena_strdup(arena, text) : NULL;
}

static void take_letter(void *arg, const struct letter_row *row)
{
    struct looking *looking = arg;
    struct answering *answering = looking->answering;
    int kind = letter_kind_of(row->kind);
    answering->found = true;
    answering->answerable = row->recipient && kind >= LETTER_ORDER && kind <= LETTER_TASK;
    answering->at = row->at;
    answering->recipient = copy(looking->arena, row->recipient);
    answering->kind = copy(looking->arena, row->kind);
    answering->about = copy(looking->arena, row->about);
    answering->closed = copy(looking->arena, row->closed);
    answering->body = letter_json(row->body, row->size);
    looking->serial = row->serial;
    looking->rule = copy(looking->arena, row->rule);
    looking->episode = copy(looking->arena, row->episode);
    looking->ordered = kind == LETTER_ORDER || kind == LETTER_RELEASE;
}

static int take_receipt(void *arg, const struct receipt_row *row)
{
    struct looking *looking = arg;
    if ((unsigned)row->kind > RECEIPT_DONE)
        return 0;
    looking->answering->receipts[row->kind] = row->at;
    if (row->kind == RECEIPT_REFUSED)
        looking->answering->reason = copy(looking->arena, row->reason);
    return 0;
}

static int take_correction(void *arg, const struct letter_row *row)
{
    struct looking *looking = arg;
    json_t *body = letter_json(row->body, row->size);
    looking->answering->correction =
        copy(looking->arena, json_string_value(json_object_get(body, "text")));
    json_decref(body);
    return 0;
}

/* A later order or release of the same rule and episode to the same recipient holds instead. */
static int take_later(void *arg, const struct letter_row *row)
{
    struct looking *looking = arg;
    int kind = letter_kind_of(row->kind);
    looking->answering->superseded |= row->serial > looking->serial &&
                                      (kind == LETTER_ORDER || kind == LETTER_RELEASE) &&
                                      str_equal(row->rule, looking->rule);
    return 0;
}

/* The letter's own row says what it was closed with first; what came after an answer, other letters
 * do. */
static int look_later(struct looking *looking, struct store *store)
{
    struct letter_query about = {.about = looking->answering->letter,
                                 .kind = letter_kind_name(LETTER_CORRECTION)};
    struct letter_query beside = {.recipient = looking->answering->recipient,
                                  .episode = looking->episode};
    int err = letter_find(store, &about, take_correction, looking);
    if (err == 0 && beside.recipient && beside.episode && looking->ordered)
        err = letter_find(store, &beside, take_later, looking);
    return err;
}

int answering_look(struct answering *answering, struct call *call, const struct view *view)
{
    struct looking looking = {.answering = answering, .arena = &call->arena};
    answering->found = answering->answerable = false;
    for (int kind = 0; kind <= RECEIPT_DONE; kind++)
        answering->receipts[kind] = INSTANT_NONE;
    json_decref(answering->body);
    answering->body = NULL;
    answering->correction = NULL;
    answering->superseded = false;
    int err = letter_look(view->store, answering->letter, take_letter, &looking);
    if (err == 0)
        err = receipts_of(view->store, answering->letter, take_receipt, &looking);
    if (err == 0)
        err = look_later(&looking, view->store);
    return err == ERR_NOT_FOUND ? 0 : err;
}

struct fact answering_fact(struct call *call, const struct answering *answering,
                           enum receipt_kind kind, const char *source, const char *by,
                           const char *reason)
{
    struct fact fact = {.kind = FACT_RECEIPT,
                        .time = answering->at,
                        .arrival = call_arrival(call),
                        .source = source,
                        .subject = answering->letter};
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX] = "";
    if (reason) {
        hash_of(reason, strlen(reason), hash);
        hash_hex(hash, hex);
        hex[16] = 0;
    }
    fact.receipt.kind = kind;
    fact.receipt.channel = str_starts(source, "/") ? "api" : source;
    fact.receipt.by = by;
    fact.receipt.reason = reason;
    fact.id = arena_printf(&call->arena, "%s/%s%s%s", answering->letter, receipt_kind_names[kind],
                           reason ? "/" : "", hex);
    return fact;
}
