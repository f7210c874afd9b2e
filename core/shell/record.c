/* Writing a step down, decision by decision and letter by letter. */
#include "shell/record.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "engine/decision_words.h"
#include "engine/plan.h"
#include "model/bundle.h"
#include "shell/acts.h"
#include "shell/chase.h"
#include "shell/pages.h"
#include "shell/shadow.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/letters.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static const char our_name[] = "yujing";

/* All reasons, in the language in force; an alarm says what its rule says. */
static void put_reasons(struct buf *buf, const struct decision *decision)
{
    if (decision->kind == DECISION_ALARM && decision->text) {
        buf_puts(buf, decision->text);
        return;
    }
    for (int i = 0; i < decision->because_count; i++) {
        if (i > 0)
            buf_puts(buf, tr("; ", "；"));
        words_because(buf, decision->because[i]);
    }
}

static void put_word(struct buf *buf, const char *word)
{
    if (word)
        buf_printf(buf, " %s", word);
}

/* 发布 heavy-pollution 橙色 EPISODE — reasons */
static void tell_decision(const struct post *post, const struct decision *decision,
                          const char *json)
{
    struct buf line = {0};
    buf_puts(&line, words_kind(decision->kind));
    put_word(&line, decision->rule ? decision->rule : our_name);
    if (decision->level)
        put_word(&line, words_level(&post->generation->bundle->policy, decision->level));
    put_word(&line, decision->episode);
    if (decision->to)
        buf_printf(&line, " → %s", decision->to);
    buf_puts(&line, " — ");
    put_reasons(&line, decision);
    /* Of its own name, because hundreds of meters may be told of at once, and what floods is cut.
     */
    const char *name = decision->kind == DECISION_EVIDENCE ? "evidence" : "decision";
    events_add_line(post->events, decision->kind == DECISION_ALARM ? LOG_ALARM : LOG_INFO, name,
                    buf_str(&line), json);
    buf_release(&line);
}

static void look_closed(void *arg, const struct letter_row *row)
{
    bool *withdrawn = arg;
    *withdrawn = str_equal(row->closed, "withdrawn");
}

/* The engine does not hear of a withdrawal and judges on; but nobody is sent to look whether an
 * order is obeyed that need not be. */
static int look_withdrawn(const struct post *post, const char *order, bool *ret_withdrawn)
{
    *ret_withdrawn = false;
    int err = order ? letter_look(post->store, order, look_closed, ret_withdrawn) : 0;
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int put_order(struct recorder *recorder, int number, const struct decision *decision)
{
    struct post *post = recorder->post;
    bool withdrawn;
    int err = look_withdrawn(post, decision->judged, &withdrawn);
    if (err < 0 || withdrawn)
        return err;
    struct letter letter = letter_of_decision(decision, number, &post->generation->bundle->policy);
    letter.plan = decision->released_by;
    err = post_letter(post, &letter);
    return err < 0 ? err : chase_begin(post, &letter);
}

/* What the public reads of a transition, where a way is configured on which it can. */
static int put_public(struct recorder *recorder, int number, const struct decision *decision)
{
    struct post *post = recorder->post;
    char id[LETTER_ID_SIZE], at[32];
    if (!decision->plan->notice || decision->kind >= DECISION_KINDS ||
        !routing_takes(post->routing, LETTER_PUBLIC))
        return 0;
    struct letter letter = letter_public(decision, number);
    snprintf(at, sizeof at, "%lld", (long long)decision->at);
    letter_id(id, "public", decision->rule, decision->episode ? decision->episode : "",
              letter.decision_kind, letter.level ? letter.level : "", at, NULL);
    char *references = acts_references(post, decision->episode);
    letter.id = id;
    letter.references = references;
    int err = post_letter(post, &letter);
    free(references);
    return err;
}

static int put_letters(struct recorder *recorder, int number, const struct decision *decision)
{
    if (decision->order)
        return put_order(recorder, number, decision);
    if (decision->kind == DECISION_TASK) /* to no recipient: to the signer of a proposal */
        return page_unsigned(recorder->post, decision);
    if (!decision->plan)
        return 0;
    if (decision->kind == DECISION_PROPOSE)
        return page_proposal(recorder->post, decision);
    return put_public(recorder, number, decision);
}

static int put_decision(struct recorder *recorder, int64_t seq, int number,
                        const struct decision *decision)
{
    struct post *post = recorder->post;
    struct buf line = {0};
    decision_print(&line, decision, post->generation->bundle->policy.zone);
    struct ledger_row row = {
        .seq = seq,
        .number = number,
        .at = decision->at,
        .kind = decision_kind_name(decision->kind),
        .rule = decision->rule,
        .episode = decision->episode,
        .level = decision->level,
        .order = decision->order,
        .line = buf_str(&line),
        .text = decision->text,
    };
    int err = ledger_put(post->tx, &row);
    events_tally(post->events, "yujing_decisions_total", "kind", row.kind);
    if (err == 0 && decision->kind != DECISION_ORDER && decision->kind != DECISION_RELEASE)
        tell_decision(post, decision, buf_str(&line));
    buf_release(&line);
    return err < 0 ? err : put_letters(recorder, number, decision);
}

static bool failed_before(const struct step *step, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (step->decisions[i].failure &&
            str_equal(step->decisions[i].rule, step->decisions[number].rule))
            return true;
    return false;
}

static int append_ours(struct recorder *recorder, struct fact *fact)
{
    char id[32];
    int64_t seq;
    snprintf(id, sizeof id, "%lld", (long long)journal_end(recorder->post->tx) + 1);
    fact->source = our_name;
    fact->id = id;
    fact->time = fact->arrival;
    int err = journal_append(recorder->post->tx, fact, &seq);
    fact->id = "";
    return err;
}

/* A failure stands in the journal before the fact on which the rule failed, so that a replay obeys
 * it. */
static int put_failures(struct recorder *recorder, const struct step *step, instant_ms arrival)
{
    int err = 0;
    for (size_t i = 0; err == 0 && i < step->count; i++) {
        const char *message = step->decisions[i].failure;
        if (!message || failed_before(step, i))
            continue;
        struct fact failure = {.kind = FACT_FAILURE, .arrival = arrival};
        failure.failure.rule = step->decisions[i].rule;
        failure.failure.message = message;
        err = append_ours(recorder, &failure);
        events_tally(recorder->post->events, "yujing_script_failures_total", NULL, NULL);
    }
    return err;
}

/* The engine goes first, because what it finds may have to stand before the fact.  All of it is one
 * transaction, so nobody can see the order. */
static int record(struct recorder *recorder, const struct fact *fact, struct fact *ours)
{
    struct step step = {0};
    int err = engine_step(recorder->post->generation->engine, fact, &step);
    assert(err == 0);
    err = put_failures(recorder, &step, fact->arrival);
    int64_t seq = journal_end(recorder->post->tx) + 1;
    if (err == 0)
        err = ours ? append_ours(recorder, ours) : journal_append(recorder->post->tx, fact, &seq);
    for (size_t i = 0; err == 0 && i < step.count; i++)
        err = put_decision(recorder, seq, (int)i, &step.decisions[i]);
    return err < 0 || !recorder->shadow ? err
                                        : shadow_step(recorder->shadow, recorder->post->tx, fact);
}

int record_fact(struct recorder *recorder, const struct fact *fact)
{
    return record(recorder, fact, NULL);
}

int record_ours(struct recorder *recorder, struct fact *fact)
{
    fact->source = our_name;
    fact->id = "";
    fact->time = fact->arrival;
    return record(recorder, fact, fact);
}
