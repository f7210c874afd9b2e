/* Writing a step down, decision by decision and order by order. */
#include "shell/record.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/letter.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include <assert.h>
#include <stdio.h>
#include <string.h>

static const char our_name[] = "yujing";

static void tell_decision(struct events *events, const struct decision *decision)
{
    bool alarm = decision->kind == DECISION_ALARM;
    const char *because = decision->because_count > 0 ? decision->because[0] : "";
    events_add(events, alarm ? LOG_ALARM : LOG_INFO, "decision", "%s %s%s%s%s%s — %s",
               decision_kind_name(decision->kind), decision->rule ? decision->rule : our_name,
               decision->level ? " " : "", decision->level ? decision->level : "",
               decision->episode ? " " : "", decision->episode ? decision->episode : "",
               alarm && decision->text ? decision->text : because);
}

static int put_order(struct recorder *recorder, int64_t seq, int number,
                     const struct decision *decision)
{
    const struct bundle *bundle = recorder->generation->bundle;
    struct buf bytes = {0};
    letter_print(&bytes, decision, &bundle->policy, bundle->hash);
    struct outbox_order order = {
        .id = decision->order,
        .kind = decision_kind_name(decision->kind),
        .recipient = decision->to,
        .seq = seq,
        .number = number,
        .bytes = bytes.data,
        .size = bytes.size,
    };
    bool shadow = recorder->effects == EFFECTS_NONE;
    int err = outbox_put(recorder->tx, &order, recorder->channel,
                         shadow ? OUTBOX_SHADOW : OUTBOX_WAITING);
    buf_release(&bytes);
    if (err == ERR_CONFLICT)
        events_add(recorder->events, LOG_ALARM, "order.conflict",
                   tr("order %s was made again with other bytes; the first stand",
                      "指令 %s 重复生成且内容不同，以首次为准"),
                   decision->order);
    recorder->orders += err == 0;
    return err == ERR_STORE ? err : 0;
}

static int put_decision(struct recorder *recorder, int64_t seq, int number,
                        const struct decision *decision)
{
    struct buf line = {0};
    decision_print(&line, decision, recorder->generation->bundle->policy.zone);
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
    int err = ledger_put(recorder->tx, &row);
    buf_release(&line);
    if (err < 0)
        return err;
    if (decision->order)
        return put_order(recorder, seq, number, decision);
    tell_decision(recorder->events, decision);
    return 0;
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
    snprintf(id, sizeof id, "%lld", (long long)journal_end(recorder->tx) + 1);
    fact->source = our_name;
    fact->id = id;
    fact->time = fact->arrival;
    int err = journal_append(recorder->tx, fact, &seq);
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
    }
    return err;
}

/* The engine goes first, because what it finds may have to stand before the fact.  All of it is one
 * transaction, so nobody can see the order. */
static int record(struct recorder *recorder, const struct fact *fact, struct fact *ours)
{
    struct step step = {0};
    int err = engine_step(recorder->generation->engine, fact, &step);
    assert(err == 0);
    err = put_failures(recorder, &step, fact->arrival);
    int64_t seq = journal_end(recorder->tx) + 1;
    if (err == 0)
        err = ours ? append_ours(recorder, ours) : journal_append(recorder->tx, fact, &seq);
    for (size_t i = 0; err == 0 && i < step.count; i++)
        err = put_decision(recorder, seq, (int)i, &step.decisions[i]);
    return err;
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
