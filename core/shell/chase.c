/* Climbing the ladder. */
#include "shell/chase.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/bundle.h"
#include "model/fact_words.h"
#include "store/chases.h"
#include "store/letters.h"
#include "store/receipts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURN_MAX = 256 }; /* letters of one turn; the next goes on */

struct ladder { /* one chase, owned */
    char *letter;
    instant_ms deadline;
    int fired[CHASE_RUNGS_MAX];
};
struct firing {
    struct post *post;
    const struct policy *policy;
    struct ladder ladder;
    char *recipient, *rule, *episode, *level, *text;
};

static const struct policy *policy_of(const struct post *post)
{
    return &post->generation->bundle->policy;
}

/* ---- what is due ----------------------------------------------------------------- */

static void read_fired(struct ladder *ladder, const char *text)
{
    for (int i = 0; i < CHASE_RUNGS_MAX && text && *text; i++) {
        char *end;
        ladder->fired[i] = (int)strtol(text, &end, 10);
        text = end > text ? end : NULL;
    }
}

static void print_fired(struct buf *buf, const struct ladder *ladder)
{
    for (int i = 0; i < CHASE_RUNGS_MAX; i++)
        buf_printf(buf, "%s%d", i > 0 ? " " : "", ladder->fired[i]);
}

/* The earliest letter of any rung that has not been sent. */
static instant_ms next_due(const struct policy *policy, const struct ladder *ladder)
{
    instant_ms due = INSTANT_NONE;
    for (int i = 0; i < policy->chase.rung_count; i++) {
        const struct chase_rung *rung = &policy->chase.rungs[i];
        if (ladder->fired[i] >= rung->times)
            continue;
        instant_ms at = chase_at(policy, rung, ladder->deadline, ladder->fired[i]);
        due = due == INSTANT_NONE || at < due ? at : due;
    }
    return due;
}

int chase_begin(struct post *post, const struct letter *order)
{
    const struct policy *policy = policy_of(post);
    int level = order->level ? policy_level(policy, order->level) : -1;
    if (order->kind != LETTER_ORDER || level < 0 || !policy->chase.acknowledge ||
        policy->chase.acknowledge[level] == 0 || post->effects == EFFECTS_NONE)
        return 0;
    struct ladder ladder = {.deadline = post->now + policy->chase.acknowledge[level]};
    struct buf fired = {0};
    print_fired(&fired, &ladder);
    struct chase_row row = {.letter = order->id,
                            .deadline = ladder.deadline,
                            .due = next_due(policy, &ladder),
                            .fired = buf_str(&fired)};
    int err = chase_put(post->tx, &row);
    buf_release(&fired);
    return err;
}

/* ---- the letters -------------------------------------------------------------------- */

static const char *office_of(const struct policy *policy, const char *role, const char *district)
{
    const char *city = NULL;
    for (size_t i = 0; i < policy->registry.count; i++) {
        const struct recipient *office = &policy->registry.recipients[i];
        if (office->kind != RECIPIENT_OFFICE)
            continue;
        const char *own = yaml_text(office->node, "role"); /* slow, and enterprises are many */
        if (str_equal(own, role) && district && str_equal(office->district, district))
            return office->id;
        if (str_equal(own, role) && !office->district)
            city = office->id;
    }
    return city;
}

static const char *target_of(const struct firing *firing, const struct chase_rung *rung,
                             int *ret_contact)
{
    const struct recipient *about = post_recipient(firing->post, firing->recipient);
    *ret_contact = str_equal(rung->to, "second_contact");
    if (*ret_contact || str_equal(rung->to, "recipient"))
        return firing->recipient;
    if (post_recipient(firing->post, rung->to))
        return rung->to;
    return office_of(firing->policy, rung->to, about ? about->district : NULL);
}

static void fill_text(struct buf *text, const struct firing *firing, const struct chase_rung *rung,
                      const char *name)
{
    const struct recipient *about = post_recipient(firing->post, firing->recipient);
    const struct recipient *to = name ? post_recipient(firing->post, name) : NULL;
    int level = policy_level(firing->policy, firing->level);
    struct buf deadline = {0};
    instant_print_chinese(&deadline, firing->ladder.deadline, firing->policy->zone);
    const struct template_value values[] = {
        {"name", to ? to->name : NULL},
        {"recipient", about ? about->name : firing->recipient},
        {"recipient_id", firing->recipient},
        {"level", level >= 0 ? firing->policy->levels[level].title : NULL},
        {"deadline", buf_str(&deadline)},
        {"order", firing->ladder.letter},
        {"authority", firing->policy->authority},
        {"original", firing->text},
        {NULL, NULL},
    };
    post_fill(text, firing->post,
              rung->kind == CHASE_REMINDER ? TEMPLATE_REMINDER : TEMPLATE_ESCALATION, values);
    buf_release(&deadline);
}

static int fire(struct firing *firing, int number, int count)
{
    const struct chase_rung *rung = &firing->policy->chase.rungs[number];
    char id[LETTER_ID_SIZE], place[48];
    int contact;
    const char *to = target_of(firing, rung, &contact);
    const struct recipient *entry = post_recipient(firing->post, to);
    struct buf text = {0};
    snprintf(place, sizeof place, "%d/%d", number, count);
    letter_id(id, "chase", firing->ladder.letter, place, NULL);
    fill_text(&text, firing, rung, to);
    struct letter letter = {
        .id = id,
        .kind = rung->kind == CHASE_REMINDER ? LETTER_REMINDER : LETTER_ESCALATION,
        .about = firing->ladder.letter,
        .rule = firing->rule,
        .episode = firing->episode,
        .level = firing->level,
        .to = to ? to : rung->to,
        .name = entry ? entry->name : NULL,
        .text = buf_str(&text),
        .number = -1,
        .at = firing->post->now,
        .begin = INSTANT_NONE,
    };
    int err = routing_takes(firing->post->routing, letter.kind)
                  ? post_letter_to(firing->post, &letter, contact, false)
                  : 0;
    buf_release(&text);
    return err;
}

/* Of each rung the newest letter that is overdue; the ones before it are passed over. */
static int climb(struct firing *firing)
{
    const struct chase_policy *chase = &firing->policy->chase;
    struct ladder *ladder = &firing->ladder;
    int err = 0;
    for (int i = 0; i < chase->rung_count && err == 0; i++) {
        const struct chase_rung *rung = &chase->rungs[i];
        int due = ladder->fired[i];
        while (due < rung->times &&
               chase_at(firing->policy, rung, ladder->deadline, due) <= firing->post->now)
            due++;
        if (due > ladder->fired[i]) {
            err = fire(firing, i, due - 1);
            events_tally(firing->post->events, "yujing_escalations_total", "kind",
                         rung->kind == CHASE_REMINDER ? "reminder" : "escalation");
        }
        ladder->fired[i] = due;
    }
    return err;
}

/* ---- running ---------------------------------------------------------------------------- */

static char *copy(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static void take_row(void *arg, const struct chase_row *row)
{
    struct firing *firing = arg;
    firing->ladder.letter = xstrdup(row->letter);
    firing->ladder.deadline = row->deadline;
    read_fired(&firing->ladder, row->fired);
}

static void take_letter(void *arg, const struct letter_row *row)
{
    struct firing *firing = arg;
    firing->recipient = copy(row->recipient);
    firing->rule = copy(row->rule);
    firing->episode = copy(row->episode);
    firing->level = copy(row->level);
    firing->text = template_text_of_body(row->body, row->size);
}

static void release(struct firing *firing)
{
    free(firing->ladder.letter);
    free(firing->recipient);
    free(firing->rule);
    free(firing->episode);
    free(firing->level);
    free(firing->text);
}

/* Who is reminded, perhaps a second contact, reads the order with all that has put it right. */
static int add_correction(void *arg, const struct letter_row *row)
{
    struct firing *firing = arg;
    char *order = firing->text, *correction = template_text_of_body(row->body, row->size);
    firing->text = xasprintf("%s\n\n%s", order ? order : "", correction ? correction : "");
    free(order);
    free(correction);
    return 0;
}

static int look_at_order(struct firing *firing)
{
    struct store *store = firing->post->store;
    struct letter_query corrections = {.about = firing->ladder.letter,
                                       .kind = letter_kind_name(LETTER_CORRECTION)};
    int err = letter_look(store, firing->ladder.letter, take_letter, firing);
    return err < 0 ? err : letter_find(store, &corrections, add_correction, firing);
}

static int keep(struct firing *firing)
{
    struct buf fired = {0};
    print_fired(&fired, &firing->ladder);
    struct chase_row row = {.letter = firing->ladder.letter,
                            .deadline = firing->ladder.deadline,
                            .due = next_due(firing->policy, &firing->ladder),
                            .fired = buf_str(&fired)};
    int err = chase_set(firing->post->tx, &row);
    buf_release(&fired);
    return err;
}

/* 1: one was due, 0: none is. */
static int run_one(struct post *post)
{
    struct firing firing = {.post = post, .policy = policy_of(post)};
    int found = chase_first_due(post->store, post->now, take_row, &firing);
    int err = found < 0 ? found : 0;
    if (found == 1)
        err = look_at_order(&firing);
    if (found == 1 && err == 0)
        err = climb(&firing);
    if (found == 1 && err == 0)
        err = keep(&firing);
    release(&firing);
    return err < 0 ? err : found;
}

int chase_run(struct post *post, instant_ms *ret_due)
{
    int found = 1;
    *ret_due = INSTANT_NONE;
    if (post->effects == EFFECTS_NONE)
        return 0;
    for (int i = 0; i < TURN_MAX && found == 1; i++)
        found = run_one(post);
    return found < 0 ? found : chase_next(post->store, ret_due);
}

/* ---- receipts ----------------------------------------------------------------------------- */

static const char *const answers[] = {[RECEIPT_ACKNOWLEDGED] = "acknowledged",
                                      [RECEIPT_REFUSED] = "refused",
                                      [RECEIPT_DONE] = "done"};

struct known {
    char *about, *name;
    bool reminder, correction;
};

static void look_letter(void *arg, const struct letter_row *row)
{
    struct known *known = arg;
    known->reminder = str_equal(row->kind, letter_kind_name(LETTER_REMINDER));
    known->correction = str_equal(row->kind, letter_kind_name(LETTER_CORRECTION));
    known->about = copy(row->about);
    known->name = copy(row->recipient);
}

/* By whom it is refused, and who says so where that is somebody else. */
static void tell_refusal(struct post *post, const struct fact *fact, const char *letter,
                         const struct known *known)
{
    const char *name = known->name ? known->name : "-", *by = fact->receipt.by;
    const char *reason = fact->receipt.reason ? fact->receipt.reason : "-";
    if (by && !str_equal(by, name))
        events_add(post->events, LOG_ALARM, "order.refused",
                   tr("order %s is refused by %s (entered by %s): %s",
                      "指令 %s 被 %s 拒绝执行（由 %s 登记）：%s"),
                   letter, name, by, reason);
    else
        events_add(post->events, LOG_ALARM, "order.refused",
                   tr("order %s is refused by %s: %s", "指令 %s 被 %s 拒绝执行：%s"), letter, name,
                   reason);
}

static int put_receipt(struct post *post, const struct fact *fact, const char *letter,
                       const struct known *known)
{
    struct receipt_row row = {
        .letter = letter,
        .kind = fact->receipt.kind,
        .at = fact->arrival,
        .channel = fact->receipt.channel,
        .by = fact->receipt.by,
        .reason = fact->receipt.reason,
    };
    int answer = receipt_put(post->tx, &row);
    if (answer == 0)
        events_tally(post->events, "yujing_receipts_total", "kind",
                     receipt_kind_names[fact->receipt.kind]);
    if (answer < 0 || fact->receipt.kind < RECEIPT_ACKNOWLEDGED)
        return answer < 0 ? answer : 0;
    if (answer == 0 && fact->receipt.kind == RECEIPT_REFUSED)
        tell_refusal(post, fact, letter, known);
    answer = letter_end(post->tx, letter, answers[fact->receipt.kind]);
    return answer < 0 ? answer : post_ended(post, letter);
}

/* A reminder's receipt is its order's; so is what a correction is answered. */
int chase_receipt(struct post *post, const struct fact *receipt)
{
    struct known known = {0};
    if (!receipt->subject || receipt->conflict)
        return 0;
    int err = letter_look(post->store, receipt->subject, look_letter, &known);
    bool of_order =
        known.reminder || (known.correction && receipt->receipt.kind >= RECEIPT_ACKNOWLEDGED);
    if (err == 0)
        err = put_receipt(post, receipt, of_order && known.about ? known.about : receipt->subject,
                          &known);
    free(known.about);
    free(known.name);
    return err == ERR_NOT_FOUND ? 0 : err;
}
