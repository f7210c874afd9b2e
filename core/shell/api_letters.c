/* Letters: what was sent to whom, by which ways, and what came back.  Addresses and names of
 * contacts are personal, so every reading is told to the log; an enterprise sees its own letters
 * and nothing of how they travel. */
#include "base/err.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/fact_words.h"
#include "shell/api_inner.h"
#include "shell/letter.h"
#include "store/letters.h"
#include "store/lookup.h"
#include "store/outbox.h"
#include "store/receipts.h"
#include <stdlib.h>
#include <string.h>

enum { PREVIEW_BYTES_MAX = 64 << 10 };

static void put_row(struct json_writer *writer, const struct letter_row *row, span_ms zone)
{
    put_text(writer, "letter", row->id);
    put_text(writer, "kind", row->kind);
    put_text(writer, "about", row->about);
    put_text(writer, "to", row->recipient);
    put_text(writer, "rule", row->rule);
    put_text(writer, "episode", row->episode);
    put_text(writer, "level", row->level);
    put_text(writer, "plan", row->plan);
    put_instant(writer, "at", row->at, zone);
    put_text(writer, "closed", row->closed);
}

static const char *word_of_receipt(int kind)
{
    return kind >= 0 && kind < RECEIPTS ? receipt_kind_names[kind] : NULL;
}

/* ---- the list ---------------------------------------------------------------- */

struct listing {
    struct letter_query query;
    struct json_writer writer;
    struct store *store;
    span_ms zone;
    int64_t last, max;
    const char *state; /* only those with a consignment in it; or NULL */
    int count, seen;
};
enum { LOOKED_AT_MAX = 20000 }; /* of one answer, when a state is asked for */

static void put_standing(struct listing *listing, const char *letter,
                         const struct outbox_standing *standing)
{
    int receipt = -1;
    receipt_state(listing->store, letter, &receipt);
    put_text(&listing->writer, "state",
             standing->delivered > 0 ? "delivered"
             : standing->alive > 0   ? "waiting"
             : standing->dead > 0    ? "dead"
                                     : "none");
    put_text(&listing->writer, "receipt", word_of_receipt(receipt));
}

static bool is_in_state(const struct listing *listing, const struct outbox_standing *standing)
{
    if (!listing->state)
        return true;
    if (str_equal(listing->state, "delivered"))
        return standing->delivered > 0;
    if (str_equal(listing->state, "waiting"))
        return standing->alive > 0;
    return standing->dead > 0 && standing->delivered == 0;
}

static int add_letter(void *arg, const struct letter_row *row)
{
    struct listing *listing = arg;
    struct outbox_standing standing = {0};
    if (listing->count >= listing->max || listing->seen++ >= LOOKED_AT_MAX)
        return 1;
    int err = outbox_standing(listing->store, row->id, &standing);
    if (err < 0)
        return err;
    listing->last = row->serial;
    if (!is_in_state(listing, &standing))
        return 0;
    listing->count++;
    jw_begin(&listing->writer, '{');
    put_row(&listing->writer, row, listing->zone);
    put_standing(listing, row->id, &standing);
    jw_end(&listing->writer, '}');
    return 0;
}

bool call_plan_whole(struct call *call, const struct view *view, const char **plan)
{
    char hash[HASH_HEX];
    int err = strlen(*plan) < HASH_DIGITS_MIN ? ERR_INVALID : letter_plan(view->store, *plan, hash);
    if (err == ERR_STORE)
        call_deny_store(call, view);
    else if (err == ERR_INVALID)
        call_deny(call, 400,
                  tr("a plan is named by %d digits of its number or more, not by %.80s",
                     "方案号至少须写 %d 位：%.80s"),
                  HASH_DIGITS_MIN, *plan);
    else if (err == ERR_CONFLICT)
        call_deny(call, 400,
                  tr("the numbers of several plans begin with %.80s: name more digits",
                     "方案号以 %.80s 开头的不止一个，请多写几位"),
                  *plan);
    else if (err == 0)
        *plan = arena_strdup(&call->arena, hash);
    return call->status < 400;
}

static void look_at_letters(struct call *call, const struct view *view)
{
    struct listing *listing = call->state;
    if (listing->query.plan && !call_plan_whole(call, view, &listing->query.plan))
        return;
    listing->store = view->store;
    listing->zone = call->zone;
    listing->writer.buf = &call->out;
    jw_begin(&listing->writer, '{');
    jw_key(&listing->writer, "letters");
    jw_begin(&listing->writer, '[');
    int answer = letter_find(view->store, &listing->query, add_letter, listing);
    jw_end(&listing->writer, ']');
    put_next(&listing->writer, answer > 0, listing->last);
    jw_end(&listing->writer, '}');
    if (answer < 0)
        call_deny_store(call, view);
}

void api_letters(struct call *call)
{
    static const char *const states[] = {"waiting", "delivered", "dead", NULL};
    struct listing *listing = arena_alloc(&call->arena, sizeof *listing);
    listing->max = 100;
    listing->query = (struct letter_query){
        .about = http_query(call->request, "about"),
        .recipient = call->own ? call->own : http_query(call->request, "recipient"),
        .episode = http_query(call->request, "episode"),
        .plan = http_query(call->request, "plan"),
        .kind = http_query(call->request, "kind"),
    };
    if (listing->query.kind && letter_kind_of(listing->query.kind) < 0) {
        call_refuse(call, 400, "%s",
                    tr("kind: order, release, task, public, reminder, escalation, page, "
                       "correction, withdrawal, test",
                       "kind 须为 order、release、task、public、reminder、escalation、page、"
                       "correction、withdrawal、test 之一"));
        return;
    }
    listing->state = http_query(call->request, "state");
    if (listing->state) {
        const char *const *state = states;
        while (*state && !str_equal(*state, listing->state))
            state++;
        if (!*state) {
            call_refuse(call, 400,
                        tr("the state of a letter is waiting, delivered or dead, not %.80s",
                           "信件状态须为 waiting（待发）、delivered（已送达）、dead（未送达）之一，"
                           "没有 %.80s"),
                        listing->state);
            return;
        }
    }
    call->state = listing;
    if (!call_query_int(call, "after", 0, INT64_MAX, &listing->query.after) ||
        !call_query_int(call, "max", 1, API_ROWS_MAX, &listing->max))
        return;
    call_audit(call, "letters", listing->query.recipient);
    call_look(call, look_at_letters, NULL);
}

/* ---- one letter ---------------------------------------------------------------- */

struct showing {
    struct call *call;
    struct json_writer writer;
    bool own;
};

static void print_letter(void *arg, const struct letter_row *row)
{
    struct showing *showing = arg;
    struct call *call = showing->call;
    if (call->own && !list_names(row->recipient, call->own))
        return; /* as if there were none */
    showing->own = true;
    jw_begin(&showing->writer, '{');
    put_row(&showing->writer, row, call->zone);
    put_int(&showing->writer, "seq", row->seq);
    jw_key(&showing->writer, "body");
    char *body = xstrndup(row->body, row->size);
    body[strcspn(body, "\n")] = 0;
    jw_raw(&showing->writer, body);
    free(body);
}

static int print_receipt(void *arg, const struct receipt_row *row)
{
    struct showing *showing = arg;
    jw_begin(&showing->writer, '{');
    put_text(&showing->writer, "kind", word_of_receipt((int)row->kind));
    put_instant(&showing->writer, "at", row->at, showing->call->zone);
    put_text(&showing->writer, "channel", row->channel);
    put_text(&showing->writer, "by", row->by);
    put_text(&showing->writer, "reason", row->reason);
    put_int(&showing->writer, "seq", row->seq);
    jw_end(&showing->writer, '}');
    return 0;
}

/* The very bytes, as far as they are text; with what to compare them by. */
static void print_bytes(struct json_writer *writer, const struct consignment *consignment)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    const char *bytes = consignment->bytes ? consignment->bytes : "";
    size_t size = consignment->size < PREVIEW_BYTES_MAX ? consignment->size : PREVIEW_BYTES_MAX;
    hash_of(bytes, consignment->size, hash);
    hash_hex(hash, hex);
    put_text(writer, "sha256", hex);
    put_int(writer, "size", (int64_t)consignment->size);
    size = str_utf8_bad(bytes, size);
    char *text = xstrndup(bytes, size);
    put_text(writer, "bytes", text);
    free(text);
}

static int print_consignment(void *arg, const struct consignment *consignment)
{
    struct showing *showing = arg;
    struct json_writer *writer = &showing->writer;
    span_ms zone = showing->call->zone;
    jw_begin(writer, '{');
    put_text(writer, "gateway", consignment->key.gateway);
    put_text(writer, "address", consignment->key.address);
    put_text(writer, "contact", consignment->contact);
    put_text(writer, "state", outbox_state_name(consignment->state));
    put_int(writer, "rung", consignment->rung);
    put_int(writer, "attempts", consignment->attempts);
    put_instant(writer, "changed", consignment->changed, zone);
    put_instant(writer, "not_before",
                consignment->state == OUTBOX_WAITING ? consignment->not_before : INSTANT_NONE,
                zone);
    put_text(writer, "trouble", consignment->trouble);
    print_bytes(writer, consignment);
    jw_end(writer, '}');
    return 0;
}

static void put_deadline(void *arg, const struct chase_row *row)
{
    struct showing *showing = arg;
    put_instant(&showing->writer, "deadline", row->deadline, showing->call->zone);
}

static int print_rest(struct showing *showing, struct store *store, const char *id)
{
    struct json_writer *writer = &showing->writer;
    int err = chase_look(store, id, put_deadline, showing);
    jw_key(writer, "receipts");
    jw_begin(writer, '[');
    if (err >= 0)
        err = receipts_of(store, id, print_receipt, showing);
    jw_end(writer, ']');
    if (!showing->call->own) {
        jw_key(writer, "consignments");
        jw_begin(writer, '[');
        if (err >= 0)
            err = outbox_of(store, id, print_consignment, showing);
        jw_end(writer, ']');
    }
    jw_end(writer, '}');
    return err;
}

static void look_at_letter(struct call *call, const struct view *view)
{
    struct showing showing = {.call = call, .writer = {.buf = &call->out}};
    int err = letter_look(view->store, call->params[0], print_letter, &showing);
    if (err == 0 && showing.own)
        err = print_rest(&showing, view->store, call->params[0]);
    else if (err == 0)
        err = ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        call_deny(call, 404, "%s", tr("there is no such letter", "没有该信件"));
    else if (err < 0)
        call_deny_store(call, view);
}

void api_letter(struct call *call)
{
    call_audit(call, "letter", call->params[0]);
    call_look(call, look_at_letter, NULL);
}
