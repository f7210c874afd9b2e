/* What an act led to, out of what the journal's row is the cause of; so that an act asked for again
 * is answered as it was the first time. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "engine/decision_words.h"
#include "shell/api_inner.h"
#include "store/ledger.h"
#include "store/lookup.h"
#include <stdlib.h>

struct act_result {
    struct json_writer *writer;
    int counts[DECISION_KINDS_ALL];
    char *result, *about, *reason; /* of the engine's own word on the act */
    int64_t letters, cancelled;
};

static char *text_member(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text ? xstrdup(text) : NULL;
}

static void take_act(struct act_result *outcome, const char *line)
{
    json_t *json = json_loads(line, 0, NULL);
    const json_t *because = json_object_get(json, "because");
    size_t count = json_array_size(because);
    if (!outcome->result) {
        outcome->result = text_member(json, "result");
        outcome->about = text_member(json, "about");
        if (count > 0)
            outcome->reason = xstrdup(json_string_value(json_array_get(because, count - 1)));
    }
    json_decref(json);
}

static int add_row(void *arg, const struct ledger_row *row)
{
    struct act_result *outcome = arg;
    int kind = decision_kind_of(row->kind);
    if (kind >= 0)
        outcome->counts[kind]++;
    if (kind == DECISION_ACT)
        take_act(outcome, row->line);
    if (kind != DECISION_ORDER && kind != DECISION_RELEASE && kind != DECISION_TASK)
        jw_raw(outcome->writer, row->line);
    return 0;
}

/* A policy that was asked for and is not in force was refused meanwhile. */
static bool is_taken_over(struct call *call, const struct view *view)
{
    const struct decision_fact *decision = &call->fact->decision;
    bool policy = decision->act == ACT_RELOAD || decision->act == ACT_ROLLBACK;
    bool shadow = str_equal(decision->text, "shadow");
    const struct generation *generation = shadow ? view->shadow : view->live;
    const char *now = generation ? generation_hash(generation) : "none";
    if (!policy || str_equal(now, decision->plan))
        return true;
    call_deny(call, 409, "%s",
              tr("the policy was not taken over, the one in force stays; the log says why",
                 "该预案版本未被采用，继续执行现行版本；原因见日志"));
    return false;
}

/* What was sent because of it, and what was not because of it. */
static int count_letters(struct call *call, const struct view *view, int64_t seq,
                         struct act_result *outcome)
{
    enum decision_act act = call->fact->decision.act;
    int err = lookup_letters_made(view->store, seq, &outcome->letters);
    if (err == 0 && (act == ACT_CORRECT || act == ACT_WITHDRAW))
        err = lookup_letters_cancelled(view->store, seq, call->fact->subject, &outcome->cancelled);
    return err;
}

static void print_outcome(struct call *call, const struct act_result *outcome, int64_t seq)
{
    const struct decision_fact *decision = &call->fact->decision;
    struct json_writer *writer = outcome->writer;
    jw_end(writer, ']');
    put_text(writer, "result", outcome->result ? outcome->result : "done");
    put_text(writer, "act", decision_act_name(decision->act));
    put_text(writer, "by", decision->by);
    put_text(writer, "plan", outcome->about ? outcome->about : decision->plan);
    put_int(writer, "seq", seq);
    put_text(writer, "id", call->fact->id);
    put_int(writer, "orders", outcome->counts[DECISION_ORDER]);
    put_int(writer, "releases", outcome->counts[DECISION_RELEASE]);
    put_int(writer, "tasks", outcome->counts[DECISION_TASK]);
    put_int(writer, "letters", outcome->letters);
    put_int(writer, "cancelled", outcome->cancelled);
    jw_end(writer, '}');
}

static void deny_refused(struct call *call, const struct act_result *outcome)
{
    struct buf why = {0};
    if (outcome->reason)
        words_because(&why, outcome->reason);
    call_deny(call, 409, "%s", buf_str(&why));
    buf_release(&why);
}

void act_outcome(struct call *call, const struct view *view)
{
    struct json_writer writer = {.buf = &call->out};
    struct act_result outcome = {.writer = &writer};
    int64_t seq = 0;
    int err = lookup_fact(view->store, call->fact->source, call->fact->id, &seq);
    jw_begin(&writer, '{');
    jw_key(&writer, "decisions");
    jw_begin(&writer, '[');
    if (err == 0)
        err = ledger_of(view->store, seq, add_row, &outcome);
    if (err == 0)
        err = count_letters(call, view, seq, &outcome);
    if (err < 0)
        call_deny_store(call, view);
    else if (str_equal(outcome.result, "refused"))
        deny_refused(call, &outcome);
    else if (is_taken_over(call, view))
        print_outcome(call, &outcome, seq);
    free(outcome.result);
    free(outcome.about);
    free(outcome.reason);
}
