/* What became of a plan: filed, expired, released long ago, or another came after it.
 *
 * The engine remembers the last plan alone, so it would answer about that one.  The store knows
 * more: an act's line names its plan, and so does the page that asked for a signature. */
#include "shell/plan_fate.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "shell/letter.h"
#include "store/journal.h"
#include "store/letters.h"
#include "store/lookup.h"
#include <string.h>

enum { DIGITS = 12 };

struct fate {
    const char *plan;
    struct store *store;
    span_ms zone;
    struct buf *words;
    /* Of its page. */
    int64_t serial;
    char ladder[256]; /* RULE/AREA/ of its episode */
};

static void put_time(struct fate *fate, instant_ms at)
{
    instant_print_short(fate->words, at, fate->zone);
}

/* ---- by an act -------------------------------------------------------------------- */

static void put_filed(struct fate *fate, const struct fact *act)
{
    buf_printf(fate->words, tr("plan %.*s was filed by %s at ", "方案 %.*s 已由%s于 "), DIGITS,
               fate->plan, act->decision.by);
    put_time(fate, act->arrival);
    buf_puts(fate->words, tr("", " 归档"));
    if (act->decision.note)
        buf_printf(fate->words, tr(": %s", "，理由：%s"), act->decision.note);
}

static void put_released(struct fate *fate, const struct fact *act)
{
    buf_printf(fate->words, tr("plan %.*s was released by %s at ", "方案 %.*s 已由%s于 "), DIGITS,
               fate->plan, act->decision.by);
    put_time(fate, act->arrival);
    buf_puts(fate->words, tr("", " 签发"));
}

static int put_act(void *arg, int64_t seq, const struct fact *fact)
{
    struct fate *fate = arg;
    (void)seq;
    if (fact->kind == FACT_DECISION && fact->decision.act == ACT_FILE)
        put_filed(fate, fact);
    else if (fact->kind == FACT_DECISION)
        put_released(fate, fact);
    return 1;
}

static int end_by_act(void *arg, const struct ledger_row *row)
{
    struct fate *fate = arg;
    if (!strstr(row->line, "\"result\":\"expired\""))
        return journal_read(fate->store, row->seq - 1, put_act, fate);
    buf_printf(fate->words,
               tr("plan %.*s expired, since nobody had signed it: it was filed by itself at ",
                  "方案 %.*s 逾期无人签发，已于 "),
               DIGITS, fate->plan);
    put_time(fate, row->at);
    buf_puts(fate->words, tr("", " 自动归档"));
    return 1;
}

/* ---- by the plan that came after it ------------------------------------------------- */

static int find_page(void *arg, const struct letter_row *row)
{
    struct fate *fate = arg;
    const char *end = row->episode ? strrchr(row->episode, '/') : NULL;
    size_t size = end ? (size_t)(end + 1 - row->episode) : 0;
    if (size == 0 || size >= sizeof fate->ladder)
        return 0;
    memcpy(fate->ladder, row->episode, size);
    fate->ladder[size] = 0;
    fate->serial = row->serial;
    return 0; /* the last of them */
}

static int find_next(void *arg, const struct letter_row *row)
{
    struct fate *fate = arg;
    if (!row->plan || str_starts(row->plan, fate->plan) || !row->episode ||
        !str_starts(row->episode, fate->ladder))
        return 0;
    buf_printf(fate->words,
               tr("plan %.*s waits no more: plan %.*s came after it at ",
                  "方案 %.*s 已被取代：其后的方案是 %.*s，提出于 "),
               DIGITS, fate->plan, DIGITS, row->plan);
    put_time(fate, row->at);
    return 1;
}

static int end_by_next(struct fate *fate)
{
    char hash[HASH_HEX];
    int err = letter_plan(fate->store, fate->plan, hash);
    struct letter_query pages = {.plan = hash, .kind = letter_kind_name(LETTER_PAGE)};
    if (err == 0)
        err = letter_find(fate->store, &pages, find_page, fate);
    if (err < 0 || fate->serial == 0)
        return err == ERR_STORE ? err : 0;
    pages = (struct letter_query){.kind = pages.kind, .after = fate->serial};
    return letter_find(fate->store, &pages, find_next, fate);
}

/* ---- asking ------------------------------------------------------------------------- */

/* Refused, in words that are not of this plan. */
static bool is_unanswered(const struct view *view, const struct fact *decision)
{
    struct buf why = {0};
    char digits[DIGITS + 1] = "";
    memcpy(digits, decision->decision.plan, strnlen(decision->decision.plan, DIGITS));
    bool unanswered =
        engine_act_check(view->live->engine, decision, &why) < 0 && !strstr(buf_str(&why), digits);
    buf_release(&why);
    return unanswered;
}

/* Another reason to refuse than that it waits no more stands. */
static bool waits(const struct view *view, const char *plan)
{
    struct buf text = {0};
    json_t *list, *proposal;
    bool found = false;
    size_t i;
    engine_proposals(view->live->engine, &text);
    list = json_loads(buf_str(&text), 0, NULL);
    json_array_foreach(list, i, proposal) found |=
        str_starts(json_string_value(json_object_get(proposal, "hash")), plan);
    json_decref(list);
    buf_release(&text);
    return found;
}

int plan_fate(const struct view *view, const struct fact *decision, span_ms zone,
              struct buf *ret_words)
{
    struct fate fate = {
        .plan = decision->decision.plan, .store = view->store, .zone = zone, .words = ret_words};
    if (!view->live || !fate.plan || strlen(fate.plan) < HASH_DIGITS_MIN ||
        !is_unanswered(view, decision) || waits(view, fate.plan))
        return 0;
    int found = lookup_plan_end(view->store, fate.plan, end_by_act, &fate);
    if (found == 0)
        found = end_by_next(&fate);
    return found < 0 ? found : ret_words->size > 0;
}
