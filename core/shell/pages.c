/* Composing pages. */
#include "shell/pages.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "engine/decision_words.h"
#include "engine/plan.h"
#include "model/bundle.h"
#include "shell/settings.h"
#include "store/journal.h"
#include "store/outbox.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINES_MAX = 20,                /* alarms of one page */
    LOST_MAX = 500,                /* letters named in one page; the others in the next */
    LOST_EVERY_MS = 5 * MINUTE_MS, /* pages of lost letters */
};
static const char last_lost[] = "page.lost";

static int page(struct post *post, const char *key, const char *subject, const char *text,
                const struct decision *decision, bool everybody)
{
    char id[LETTER_ID_SIZE];
    struct buf marked = {0};
    if (!routing_takes(post->routing, LETTER_PAGE))
        return 0;
    letter_id(id, "page", key, NULL);
    buf_printf(&marked, "%s%s", post->drill ? "【演练】" : "", subject);
    char *title = buf_detach(&marked);
    buf_printf(&marked, "%s\n%s", title, text);
    struct letter letter = {
        .id = id,
        .kind = LETTER_PAGE,
        .subject = title,
        .text = buf_str(&marked),
        .number = -1,
        .at = post->now,
        .begin = INSTANT_NONE,
    };
    if (decision) {
        letter.rule = decision->rule;
        letter.title = decision->source ? decision->source->title : NULL;
        letter.episode = decision->episode;
        letter.level = decision->level;
        letter.plan = decision->plan ? decision->plan->hash : NULL;
    }
    int err = post_letter_to(post, &letter, 0, everybody);
    buf_release(&marked);
    free(title);
    return err;
}

int page_everybody(struct post *post, const char *key, const char *subject, const char *text)
{
    return page(post, key, subject, text, NULL, true);
}

/* ---- proposals ---------------------------------------------------------------- */

int page_proposal(struct post *post, const struct decision *decision)
{
    const struct policy *policy = &post->generation->bundle->policy;
    const struct plan *plan = decision->plan;
    struct buf text = {0}, key = {0};
    char subject[256];
    if (!plan)
        return 0;
    snprintf(subject, sizeof subject, tr("Awaiting decision: %s, %s", "待签发：%s %s"),
             decision->source ? decision->source->title : decision->rule,
             words_level(policy, decision->level));
    buf_printf(&text,
               tr("Plan %s\nOrders: %zu (in force for %zu, %zu of them unchanged)\nEpisode: %s\n",
                  "方案号：%s\n指令：%zu 条（涉及 %zu 家，其中 %zu 家无变化）\n过程：%s\n"),
               plan->hash, plan->count, plan->bound, plan->untouched,
               decision->episode ? decision->episode : "-");
    for (int i = 0; i < decision->because_count; i++) {
        words_because(&text, decision->because[i]);
        buf_putc(&text, '\n');
    }
    buf_printf(&key, "proposal/%s/%lld", plan->hash, (long long)decision->at);
    int err = page(post, buf_str(&key), subject, buf_str(&text), decision, false);
    buf_release(&text);
    buf_release(&key);
    return err;
}

static bool is_deputy(const struct policy *policy, const struct decision *decision)
{
    const char *asked = decision->level ? decision->level : decision->from;
    int level = asked ? policy_level(policy, asked) : -1;
    const char *deputy = level >= 0 ? policy->levels[level].deputy : NULL;
    return str_equal(decision->to, deputy ? deputy : "deputy");
}

int page_unsigned(struct post *post, const struct decision *decision)
{
    const struct policy *policy = &post->generation->bundle->policy;
    struct buf text = {0}, key = {0};
    char subject[256];
    snprintf(subject, sizeof subject, tr("Still not signed: %s, %s", "仍待签发：%s %s"),
             decision->source ? decision->source->title : decision->rule,
             words_level(policy, decision->level));
    buf_printf(&text, tr("%s\nTo sign: %s\n", "%s\n签发人：%s\n"), decision->text, decision->to);
    buf_printf(&key, "unsigned/%s/%lld", decision->text, (long long)decision->at);
    int err =
        page(post, buf_str(&key), subject, buf_str(&text), decision, is_deputy(policy, decision));
    buf_release(&text);
    buf_release(&key);
    return err;
}

/* ---- alarms -------------------------------------------------------------------- */

/* What went wrong with a page is for the log: paging it would never end. */
static bool is_paged(const struct event *event)
{
    return event->level == LOG_ALARM && !str_starts(event->name, "page.");
}

static int page_alarms(struct post *post)
{
    struct buf text = {0}, key = {0};
    const char *first = NULL;
    char subject[256];
    int count = 0;
    for (size_t i = 0; i < post->events->count; i++) {
        const struct event *event = &post->events->items[i];
        if (!is_paged(event))
            continue;
        first = first ? first : event->text;
        if (count++ < LINES_MAX)
            buf_printf(&text, "%s\n", event->text);
    }
    if (count == 0)
        return 0;
    if (count > LINES_MAX)
        buf_printf(&text, tr("… and %d more\n", "……另有 %d 项\n"), count - LINES_MAX);
    snprintf(subject, sizeof subject, tr("Alarm: %.120s", "告警：%.120s"), first);
    subject[str_utf8_bad(subject, strlen(subject))] = 0;
    buf_printf(&key, "alarm/%lld/%lld/%s", (long long)journal_end(post->tx), (long long)post->now,
               buf_str(&text));
    int err = page(post, buf_str(&key), subject, buf_str(&text), NULL, false);
    buf_release(&text);
    buf_release(&key);
    return err;
}

/* ---- lost letters ---------------------------------------------------------------- */

static int name_lost(void *arg, const struct consignment *consignment)
{
    buf_printf(arg, tr("%s %s to %s by %s (%s): %s\n", "%s %s 致 %s，经 %s（%s）：%s\n"),
               consignment->kind, consignment->key.letter,
               consignment->recipient ? consignment->recipient : "-", consignment->key.gateway,
               consignment->key.address[0] ? consignment->key.address : "-",
               consignment->trouble ? consignment->trouble : "-");
    return 0;
}

static int page_lost(struct post *post, int64_t count)
{
    struct buf text = {0}, key = {0};
    char subject[128];
    int err = outbox_untold(post->store, LOST_MAX, name_lost, &text);
    if (count > LOST_MAX)
        buf_printf(&text, tr("… and %lld more, in the next\n", "……另有 %lld 项，见后续呼叫\n"),
                   (long long)count - LOST_MAX);
    snprintf(subject, sizeof subject,
             tr("Not delivered, reach them by hand: %lld", "%lld 项未能送达，请人工通知"),
             (long long)count);
    events_add(post->events, LOG_ALARM, "letters.lost", "%s", subject);
    buf_printf(&key, "lost/%lld", (long long)post->now);
    if (err == 0)
        err = page(post, buf_str(&key), subject, buf_str(&text), NULL, false);
    if (err == 0)
        err = outbox_tell(post->tx, LOST_MAX);
    if (err == 0)
        err = settings_set_int(post->settings, post->tx, last_lost, post->now);
    buf_release(&text);
    buf_release(&key);
    return err;
}

static int run_lost(struct post *post, instant_ms *ret_due)
{
    int64_t count, last = settings_int(post->settings, last_lost, 0);
    int err = outbox_count_untold(post->store, &count);
    *ret_due = INSTANT_NONE;
    if (err < 0 || count == 0)
        return err;
    if (last > post->now || post->now - last >= LOST_EVERY_MS) /* or the clock was set back */
        return page_lost(post, count);
    *ret_due = last + LOST_EVERY_MS;
    return 0;
}

int pages_run(struct post *post, instant_ms *ret_due)
{
    int err = page_alarms(post);
    return err < 0 ? err : run_lost(post, ret_due);
}
