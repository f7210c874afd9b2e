/* Correcting and withdrawing: to exactly those to whom the wrong letter was attempted, and once.
 *
 * Each letter is looked at by itself: what was withdrawn already, or corrected in the same words,
 * is left alone, so that a plan of which one letter was withdrawn before can still be withdrawn
 * whole. Where nothing is left to do, whoever comes second is told who did it, and when. */
#include "shell/correction.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/acts.h"
#include "store/journal.h"
#include "store/letters.h"
#include "store/lookup.h"
#include "store/outbox.h"
#include <stdlib.h>

static enum letter_kind kind_of(const struct fact *fact)
{
    return fact->decision.act == ACT_CORRECT ? LETTER_CORRECTION : LETTER_WITHDRAWAL;
}

/* What such a letter closes the one with that it is about. */
static const char *end_by(enum letter_kind kind)
{
    return kind == LETTER_CORRECTION ? "corrected" : "withdrawn";
}

/* ---- which letters ------------------------------------------------------------------ */

struct one {
    char *id;
    int64_t seq;
    bool closed; /* by such an act, though nothing may have been sent after it */
    bool done;   /* such an act has been at it */
};
struct concerned { /* letters */
    struct one *items;
    size_t count, capacity;
    const char *closing; /* what such an act closes them with */
};

static int add_concerned(void *arg, const struct letter_row *row)
{
    struct concerned *concerned = arg;
    int kind = letter_kind_of(row->kind);
    if (kind < 0 || kind > LETTER_ESCALATION)
        return 0;
    void *items = concerned->items;
    xgrow(&items, concerned->count, &concerned->capacity, sizeof *concerned->items);
    concerned->items = items;
    concerned->items[concerned->count++] =
        (struct one){.id = xstrdup(row->id),
                     .seq = row->seq,
                     .closed = str_equal(row->closed, concerned->closing)};
    return 0;
}

static void add_one(void *arg, const struct letter_row *row)
{
    add_concerned(arg, row);
}

/* The subject is a letter, a plan or an episode. */
static int find_letters(struct store *store, const struct fact *fact, struct concerned *concerned)
{
    const char *plan = fact->decision.plan;
    int err = fact->subject && !plan ? letter_look(store, fact->subject, add_one, concerned)
                                     : ERR_NOT_FOUND;
    if (err != ERR_NOT_FOUND)
        return err;
    struct letter_query by_plan = {.plan = plan ? plan : fact->subject};
    err = by_plan.plan ? letter_find(store, &by_plan, add_concerned, concerned) : 0;
    struct letter_query by_episode = {.episode = fact->subject};
    if (err == 0 && concerned->count == 0 && fact->subject)
        err = letter_find(store, &by_episode, add_concerned, concerned);
    return err;
}

/* ---- what was done before ------------------------------------------------------------- */

/* The newest act that has been at one of the letters already. */
struct earlier {
    const struct fact *fact; /* the act in hand */
    int64_t seq;             /* 0: not known */
    char *by;
    instant_ms at;
};

static bool same_words(const struct fact *a, const struct fact *b)
{
    return a->decision.act == b->decision.act &&
           (a->decision.act != ACT_CORRECT || str_equal(a->decision.text, b->decision.text));
}

static void keep_earlier(struct earlier *earlier, int64_t seq, const struct fact *fact)
{
    if (seq <= earlier->seq)
        return;
    free(earlier->by);
    earlier->seq = seq;
    earlier->by = xstrdup(fact->decision.by);
    earlier->at = fact->arrival;
}

struct following { /* what was sent after a letter */
    int64_t *seqs;
    size_t count, capacity;
};

static int add_following(void *arg, const struct letter_row *row)
{
    struct following *following = arg;
    void *seqs = following->seqs;
    xgrow(&seqs, following->count, &following->capacity, sizeof *following->seqs);
    following->seqs = seqs;
    following->seqs[following->count++] = row->seq;
    return 0;
}

struct comparing {
    struct earlier *earlier;
    bool same;
};

/* The fact that a following letter was made by. */
static int compare_act(void *arg, int64_t seq, const struct fact *fact)
{
    struct comparing *comparing = arg;
    comparing->same = fact->kind == FACT_DECISION && same_words(fact, comparing->earlier->fact);
    if (comparing->same)
        keep_earlier(comparing->earlier, seq, fact);
    return 1;
}

/* What had not left was cancelled and is followed by nothing: such a letter is known by its end. */
static int look_at_one(struct store *store, enum letter_kind kind, struct one *one,
                       struct earlier *earlier)
{
    struct following following = {0};
    struct comparing comparing = {.earlier = earlier};
    struct letter_query query = {.about = one->id, .kind = letter_kind_name(kind)};
    int err = letter_find(store, &query, add_following, &following);
    for (size_t i = 0; i < following.count && err >= 0 && !comparing.same; i++)
        err = journal_read(store, following.seqs[i] - 1, compare_act, &comparing);
    one->done = comparing.same || (following.count == 0 && one->closed);
    free(following.seqs);
    return err < 0 ? err : 0;
}

/* An act in these words on the same letter, plan or episode. */
static int compare_name(void *arg, int64_t seq, const struct fact *fact)
{
    struct earlier *earlier = arg;
    const struct fact *now = earlier->fact;
    bool itself = str_equal(fact->source, now->source) && str_equal(fact->id, now->id);
    if (!itself && same_words(fact, now) && str_equal(fact->subject, now->subject) &&
        str_equal(fact->decision.plan, now->decision.plan))
        keep_earlier(earlier, seq, fact);
    return 0;
}

/* There are letters, and nothing is left to do about them. */
static bool is_done(const struct concerned *concerned)
{
    for (size_t i = 0; i < concerned->count; i++)
        if (!concerned->items[i].done)
            return false;
    return concerned->count > 0;
}

/* Finds the letters and which of them are done with. */
static int find_concerned(struct store *store, const struct fact *fact, struct concerned *concerned,
                          struct earlier *earlier)
{
    enum letter_kind kind = kind_of(fact);
    concerned->closing = end_by(kind);
    earlier->fact = fact;
    int err = find_letters(store, fact, concerned);
    for (size_t i = 0; i < concerned->count && err == 0; i++)
        err = look_at_one(store, kind, &concerned->items[i], earlier);
    if (err == 0 && earlier->seq == 0 && is_done(concerned))
        err = lookup_acts(store, concerned->items[0].seq, compare_name, earlier);
    return err;
}

static void forget_concerned(struct concerned *concerned, struct earlier *earlier)
{
    for (size_t i = 0; i < concerned->count; i++)
        free(concerned->items[i].id);
    free(concerned->items);
    free(earlier->by);
}

static void put_refusal(struct buf *buf, enum letter_kind kind, const struct earlier *earlier,
                        span_ms zone)
{
    bool correction = kind == LETTER_CORRECTION;
    struct buf at = {0};
    if (earlier->seq > 0)
        instant_print_short(&at, earlier->at, zone);
    if (earlier->seq == 0)
        buf_puts(buf, correction ? tr("it was corrected already: nothing is sent again",
                                      "该信件此前已更正，不再重复发出")
                                 : tr("it was withdrawn already: nothing is sent again",
                                      "该信件此前已撤回，不再重复发出"));
    else
        buf_printf(buf,
                   correction ? tr("it was corrected in these words by %s at %s: nothing is sent "
                                   "again",
                                   "已由 %s 于 %s 以相同内容更正，不再重复发出")
                              : tr("it was withdrawn by %s at %s: nothing is sent again",
                                   "已由 %s 于 %s 撤回，不再重复发出"),
                   earlier->by, buf_str(&at));
    buf_release(&at);
}

int correction_check(struct store *store, const struct fact *fact, span_ms zone,
                     struct buf *ret_why)
{
    enum decision_act act = fact->decision.act;
    struct concerned concerned = {0};
    struct earlier earlier = {0};
    if (act != ACT_CORRECT && act != ACT_WITHDRAW)
        return 0;
    int err = find_concerned(store, fact, &concerned, &earlier);
    if (err == 0 && is_done(&concerned)) {
        put_refusal(ret_why, kind_of(fact), &earlier, zone);
        err = ERR_INVALID;
    }
    forget_concerned(&concerned, &earlier);
    return err;
}

int correction_has_closed(struct store *store, const struct fact *fact)
{
    struct concerned concerned = {.closing = end_by(kind_of(fact))};
    int err = letter_look(store, fact->subject, add_one, &concerned);
    bool closed = concerned.count > 0 && concerned.items[0].closed;
    forget_concerned(&concerned, &(struct earlier){0});
    return err == ERR_NOT_FOUND ? 0 : err < 0 ? err : closed;
}

/* ---- one letter -------------------------------------------------------------------------- */

struct correcting {
    struct post *post;
    const struct fact *fact;
    enum letter_kind kind;
    /* The letter in hand; owned. */
    int about_kind;
    char *recipient, *rule, *episode, *level;
    struct ways ways;
    char *texts[2 * WAYS_MAX]; /* addresses and contacts of the ways */
    int text_count;
    int unsent; /* consignments that had not left */
    int corrected, cancelled;
};

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void take_letter(void *arg, const struct letter_row *row)
{
    struct correcting *correcting = arg;
    correcting->about_kind = letter_kind_of(row->kind);
    correcting->recipient = copy(row->recipient);
    correcting->rule = copy(row->rule);
    correcting->episode = copy(row->episode);
    correcting->level = copy(row->level);
}

static int take_way(void *arg, const struct consignment *consignment)
{
    struct correcting *correcting = arg;
    const struct gateways *gateways = routing_gateways(correcting->post->routing);
    int gateway = gateways_find(gateways, consignment->key.gateway);
    if (consignment->attempts == 0)
        correcting->unsent += consignment->state == OUTBOX_WAITING;
    if (consignment->attempts == 0 || gateway < 0 || correcting->ways.count == WAYS_MAX)
        return 0;
    char *address = xstrdup(consignment->key.address), *contact = copy(consignment->contact);
    correcting->texts[correcting->text_count++] = address;
    correcting->texts[correcting->text_count++] = contact;
    correcting->ways.items[correcting->ways.count++] = (struct way_out){
        .gateway = &gateways->items[gateway], .address = address, .contact = contact};
    return 0;
}

static void forget(struct correcting *correcting)
{
    free(correcting->recipient);
    free(correcting->rule);
    free(correcting->episode);
    free(correcting->level);
    for (int i = 0; i < correcting->text_count; i++)
        free(correcting->texts[i]);
    correcting->recipient = correcting->rule = correcting->episode = correcting->level = NULL;
    correcting->ways.count = correcting->text_count = correcting->unsent = 0;
}

/* Whoever loses an order may go on producing, whoever loses a release may not: each kind of letter
 * is withdrawn in words of its own. */
static enum template_kind template_of(const struct correcting *correcting)
{
    if (correcting->kind == LETTER_CORRECTION)
        return TEMPLATE_CORRECTION;
    switch (correcting->about_kind) {
    case LETTER_ORDER:
        return TEMPLATE_WITHDRAWAL_ORDER;
    case LETTER_RELEASE:
        return TEMPLATE_WITHDRAWAL_RELEASE;
    case LETTER_TASK:
        return TEMPLATE_WITHDRAWAL_TASK;
    case LETTER_PUBLIC:
        return TEMPLATE_WITHDRAWAL_PUBLIC;
    default:
        return TEMPLATE_WITHDRAWAL;
    }
}

static char *text_of(const struct correcting *correcting, const char *about)
{
    const struct post *post = correcting->post;
    const struct policy *policy = &post->generation->bundle->policy;
    const struct recipient *to = post_recipient(post, correcting->recipient);
    const struct decision_fact *decision = &correcting->fact->decision;
    struct buf issued = {0}, text = {0};
    instant_print_chinese(&issued, correcting->fact->arrival, policy->zone);
    const struct template_value values[] = {
        {"name", to ? to->name : NULL},
        {"order", about},
        {"text", decision->text},
        {"note", NULL}, /* it is said among ourselves; older texts may ask for it */
        {"authority", policy->authority},
        {"issued", buf_str(&issued)},
        {NULL, NULL},
    };
    post_fill(&text, post, template_of(correcting), values);
    buf_release(&issued);
    return buf_detach(&text);
}

static int send_correction(struct correcting *correcting, const char *about)
{
    struct post *post = correcting->post;
    const struct recipient *to = post_recipient(post, correcting->recipient);
    char id[LETTER_ID_SIZE];
    letter_id(id, letter_kind_name(correcting->kind), correcting->fact->source,
              correcting->fact->id, about, NULL);
    char *text = text_of(correcting, about);
    char *references = correcting->recipient ? NULL : acts_references(post, correcting->episode);
    struct letter letter = {
        .id = id,
        .kind = correcting->kind,
        .about = about,
        .rule = correcting->rule,
        .episode = correcting->episode,
        .level = correcting->level,
        .to = correcting->recipient,
        .name = to ? to->name : NULL,
        .text = text,
        .references = references,
        .number = -1,
        .at = correcting->fact->arrival,
        .begin = INSTANT_NONE,
    };
    int err = post_by(post, &letter, &correcting->ways);
    free(references);
    free(text);
    return err;
}

static int correct_one(struct correcting *correcting, const char *about)
{
    struct post *post = correcting->post;
    int err = letter_look(post->store, about, take_letter, correcting);
    if (err == 0)
        err = outbox_of(post->store, about, take_way, correcting);
    if (err == 0 && correcting->ways.count > 0)
        err = send_correction(correcting, about);
    if (err == 0)
        err = correcting->kind == LETTER_CORRECTION
                  ? letter_correct(post->tx, about)
                  : letter_end(post->tx, about, end_by(correcting->kind));
    if (err == 0)
        err = post_ended(post, about);
    correcting->corrected += correcting->ways.count;
    correcting->cancelled += correcting->unsent;
    forget(correcting);
    return err;
}

/* ---- all of them ---------------------------------------------------------------------------- */

static void tell_done(const struct correcting *correcting)
{
    events_add(
        correcting->post->events, LOG_WARNING, letter_kind_name(correcting->kind),
        tr("%s by %s: %d consignments that were attempted are followed, %d that had not left "
           "are cancelled",
           "%s（%s）：对已发出的 %d 件逐一跟发，尚未发出的 %d 件取消"),
        correcting->kind == LETTER_CORRECTION ? tr("corrected", "更正") : tr("withdrawn", "撤回"),
        correcting->fact->decision.by, correcting->corrected, correcting->cancelled);
}

static void tell_refused(const struct correcting *correcting, const struct earlier *earlier)
{
    const struct post *post = correcting->post;
    struct buf why = {0};
    put_refusal(&why, correcting->kind, earlier, post->generation->bundle->policy.zone);
    events_add(post->events, LOG_WARNING, "act.refused", tr("%s by %s: %s", "%s（%s）：%s"),
               decision_act_name(correcting->fact->decision.act), correcting->fact->decision.by,
               buf_str(&why));
    buf_release(&why);
}

int correction_apply(struct post *post, const struct fact *fact)
{
    struct concerned concerned = {0};
    struct earlier earlier = {0};
    struct correcting *correcting = xcalloc(1, sizeof *correcting);
    *correcting = (struct correcting){.post = post, .fact = fact, .kind = kind_of(fact)};
    int err = find_concerned(post->store, fact, &concerned, &earlier);
    bool refused = err == 0 && is_done(&concerned);
    for (size_t i = 0; i < concerned.count && err == 0; i++)
        if (!concerned.items[i].done)
            err = correct_one(correcting, concerned.items[i].id);
    if (refused)
        tell_refused(correcting, &earlier);
    else
        tell_done(correcting);
    forget_concerned(&concerned, &earlier);
    free(correcting);
    return err;
}
