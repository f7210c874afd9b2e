/* What people have done about the daemon itself during the shift, in words: letters corrected and
 * withdrawn, dispatch paused, addresses taken up again, policies changed, one person for two; and
 * the answers they entered for those who gave them by telephone.
 *
 * The engine's own line of an approval or a hold stands among the events; these acts leave none
 * there, so they are read out of the journal.  A policy that came into force without an act came
 * with a start. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "engine/decision_words.h"
#include "model/bundle.h"
#include "shell/api_hand_over.h"
#include "store/ledger.h"
#include "store/letters.h"
#include "store/lookup.h"
#include "store/reigns.h"
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 200, REIGNS_MAX = 64, DIGITS = 12, TURN_ROWS = 16 };

struct reign_of {
    int64_t seq;
    instant_ms since;
    char hash[HASH_HEX];
};
struct listing {
    const struct hand_over *sheet;
    struct json_writer *writer;
    struct reign_of reigns[REIGNS_MAX]; /* the newest, oldest first */
    int reign_count, reign_next;
    int64_t acted; /* the last act: a policy in the rows right behind it came by it */
    int count;
};

/* ---- policies ---------------------------------------------------------------------- */

static int add_reign(void *arg, const struct reign *reign)
{
    struct listing *listing = arg;
    if (listing->reign_count == REIGNS_MAX)
        memmove(listing->reigns, listing->reigns + 1,
                (size_t)(--listing->reign_count) * sizeof *listing->reigns);
    struct reign_of *kept = &listing->reigns[listing->reign_count++];
    *kept = (struct reign_of){.seq = reign->seq, .since = reign->since};
    memcpy(kept->hash, reign->hash, strnlen(reign->hash, HASH_HEX - 1));
    return 0;
}

/* It was in force already, or the turn recorded it in the rows right behind the act. */
static bool is_taken_over(const struct listing *listing, int64_t seq, const char *hash)
{
    bool in_force = false;
    for (int i = 0; i < listing->reign_count; i++) {
        const struct reign_of *reign = &listing->reigns[i];
        bool same = str_equal(reign->hash, hash);
        if (reign->seq <= seq)
            in_force = same;
        else if (reign->seq <= seq + TURN_ROWS && same)
            return true;
    }
    return in_force;
}

/* ---- words -------------------------------------------------------------------------- */

struct named {
    struct buf *buf;
    const struct policy *policy;
};

static void put_letter(void *arg, const struct letter_row *row)
{
    struct named *named = arg;
    const struct registry *registry = &named->policy->registry;
    int place = row->recipient ? registry_find(registry, row->recipient) : -1;
    buf_printf(named->buf, tr("letter %.*s", "信件 %.*s"), DIGITS, row->id);
    if (place >= 0)
        buf_printf(named->buf, tr(" to %s", "（%s）"), registry->recipients[place].name);
}

/* A letter, a plan or an episode. */
static int put_target(struct buf *buf, const struct listing *listing, const struct fact *fact)
{
    struct named named = {buf, listing->sheet->policy};
    if (fact->decision.plan) {
        buf_printf(buf, tr("plan %.*s", "方案 %.*s"), DIGITS, fact->decision.plan);
        return 0;
    }
    int err = letter_look(listing->sheet->store, fact->subject, put_letter, &named);
    if (err == ERR_NOT_FOUND)
        buf_printf(buf, tr("episode %s", "过程 %s"), fact->subject);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int put_taken_back(struct buf *buf, const struct listing *listing, int64_t seq,
                          const struct fact *fact)
{
    int64_t letters = 0;
    buf_puts(buf, fact->decision.act == ACT_CORRECT ? tr("corrected: ", "更正")
                                                    : tr("withdrawn: ", "撤回"));
    int err = put_target(buf, listing, fact);
    if (err == 0)
        err = lookup_letters_made(listing->sheet->store, seq, &letters);
    if (fact->decision.text)
        buf_printf(buf, tr(", “%s”", "：“%s”"), fact->decision.text);
    buf_printf(buf, tr("; sent after it to %lld", "；跟发 %lld 件"), (long long)letters);
    return err;
}

static void put_policy(struct buf *buf, const struct listing *listing, int64_t seq,
                       const struct fact *fact)
{
    const char *hash = fact->decision.plan ? fact->decision.plan : "";
    bool back = fact->decision.act == ACT_ROLLBACK,
         shadow = str_equal(fact->decision.text, "shadow");
    if (shadow && str_equal(hash, "none"))
        buf_puts(buf, tr("the shadow policy is ended", "停用影子预案"));
    else
        buf_printf(buf,
                   shadow ? tr("policy %.*s as shadow", "启用影子预案 %.*s")
                   : back ? tr("back to policy %.*s", "回退至预案版本 %.*s")
                          : tr("policy %.*s", "启用预案版本 %.*s"),
                   DIGITS, hash);
    if (!shadow && !is_taken_over(listing, seq, hash))
        buf_puts(buf, tr(": NOT taken over, the one before went on", "：未被采用，继续执行原版本"));
}

static int find_refusal(void *arg, const struct ledger_row *row)
{
    bool *refused = arg;
    *refused |= str_equal(row->kind, "act") && strstr(row->line, "\"result\":\"refused\"");
    return 0;
}

static int put_broken_glass(struct buf *buf, const struct listing *listing, int64_t seq,
                            const struct fact *fact)
{
    bool refused = false;
    buf_puts(buf, tr("BREAK-GLASS, one person for two: ", "紧急授权（一人代行两人签发）："));
    if (fact->decision.plan)
        buf_printf(buf, tr("plan %.*s", "方案 %.*s"), DIGITS, fact->decision.plan);
    else if (str_equal(fact->decision.level, "none"))
        buf_printf(buf, tr("lift %s", "解除 %s"), fact->subject);
    else
        buf_printf(buf, "%s %s", fact->subject,
                   words_level(listing->sheet->policy, fact->decision.level));
    int err = ledger_of(listing->sheet->store, seq, find_refusal, &refused);
    if (refused)
        buf_puts(buf, tr("; refused", "；未生效"));
    return err;
}

static int put_words(struct buf *buf, const struct listing *listing, int64_t seq,
                     const struct fact *fact)
{
    const char *subject = fact->subject ? fact->subject : "";
    switch (fact->decision.act) {
    case ACT_PAUSE:
        buf_puts(buf, tr("dispatch paused", "暂停发送"));
        return 0;
    case ACT_RESUME:
        if (strchr(subject, '/'))
            buf_printf(buf, tr("address %s taken up again", "恢复地址 %s"), subject);
        else
            buf_puts(buf, tr("dispatch resumed", "恢复发送"));
        return 0;
    case ACT_CORRECT:
    case ACT_WITHDRAW:
        return put_taken_back(buf, listing, seq, fact);
    case ACT_RELOAD:
    case ACT_ROLLBACK:
        put_policy(buf, listing, seq, fact);
        return 0;
    case ACT_TEST:
        buf_printf(buf, tr("test letters: %s", "网关自检：%s"),
                   str_equal(subject, "daemon") ? tr("every gateway", "全部网关") : subject);
        return 0;
    case ACT_BREAK_GLASS:
        return put_broken_glass(buf, listing, seq, fact);
    default:
        buf_puts(buf, tr("a drill accepted", "确认演练"));
        return 0;
    }
}

/* ---- rows ---------------------------------------------------------------------------- */

static void print_row(struct listing *listing, instant_ms at, const char *act, const char *by,
                      const char *words, const char *note)
{
    struct json_writer *writer = listing->writer;
    if (listing->count++ >= ROWS_MAX)
        return; /* counted all the same */
    jw_begin(writer, '{');
    put_instant(writer, "at", at, listing->sheet->zone);
    put_text(writer, "act", act);
    put_text(writer, "by", by);
    put_text(writer, "words", words);
    put_text(writer, "note", note);
    jw_end(writer, '}');
}

/* Policies of before `seq` that no act brought into force. */
static void print_reigns(struct listing *listing, int64_t seq)
{
    for (; listing->reign_next < listing->reign_count; listing->reign_next++) {
        const struct reign_of *reign = &listing->reigns[listing->reign_next];
        struct buf words = {0};
        if (reign->seq >= seq)
            return;
        bool by_act = listing->acted >= 0 && reign->seq <= listing->acted + TURN_ROWS;
        if (reign->seq <= listing->sheet->after || by_act)
            continue;
        buf_printf(&words,
                   tr("policy %.*s came into force with a start", "启动时启用预案版本 %.*s"),
                   DIGITS, reign->hash);
        print_row(listing, reign->since, "start", NULL, buf_str(&words), NULL);
        buf_release(&words);
    }
}

struct answered {
    const struct listing *listing;
    const struct fact *fact;
    struct buf words; /* empty: the recipient itself said so */
};

static void put_answer(void *arg, const struct letter_row *row)
{
    static const struct {
        const char *english, *chinese;
    } words[] = {
        [RECEIPT_DELIVERED] = {"entered as delivered: ", "代录已送达："},
        [RECEIPT_READ] = {"entered as read: ", "代录已阅："},
        [RECEIPT_ACKNOWLEDGED] = {"entered as acknowledged: ", "代录已签收："},
        [RECEIPT_REFUSED] = {"entered as refused: ", "代录无法执行："},
        [RECEIPT_DONE] = {"entered as done: ", "代录已落实："},
    };
    struct answered *answered = arg;
    const struct hand_over *sheet = answered->listing->sheet;
    const struct receipt *receipt = &answered->fact->receipt;
    struct named named = {&answered->words, sheet->policy};
    if (hand_over_is_own(sheet, receipt->by, row->recipient))
        return;
    buf_puts(&answered->words, tr(words[receipt->kind].english, words[receipt->kind].chinese));
    put_letter(&named, row);
}

static int add_answer(struct listing *listing, const struct fact *fact)
{
    struct answered answered = {.listing = listing, .fact = fact};
    int err = letter_look(listing->sheet->store, fact->subject, put_answer, &answered);
    if (err == 0 && answered.words.size > 0)
        print_row(listing, fact->arrival, "receipt", fact->receipt.by, buf_str(&answered.words),
                  fact->receipt.reason);
    buf_release(&answered.words);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int add_act(void *arg, int64_t seq, const struct fact *fact)
{
    struct listing *listing = arg;
    if (fact->kind == FACT_RECEIPT)
        return add_answer(listing, fact);
    const struct decision_fact *decision = &fact->decision;
    struct buf words = {0};
    if (act_is_of_engine(decision->act) && decision->act != ACT_BREAK_GLASS)
        return 0;
    print_reigns(listing, seq);
    listing->acted = seq;
    int err = put_words(&words, listing, seq, fact);
    if (!decision->note || !*decision->note)
        buf_puts(&words, tr("; NOT done: it said no reason", "；未写明事由，未执行"));
    if (err == 0)
        print_row(listing, fact->arrival, decision_act_name(decision->act), decision->by,
                  buf_str(&words), decision->note);
    buf_release(&words);
    return err;
}

int hand_over_acts(const struct hand_over *sheet, struct json_writer *writer)
{
    struct listing *listing = xcalloc(1, sizeof *listing);
    listing->sheet = sheet;
    listing->writer = writer;
    listing->acted = -1;
    jw_key(writer, "acts");
    jw_begin(writer, '[');
    int err = reigns_read(sheet->store, add_reign, listing);
    if (err == 0)
        err = lookup_doings(sheet->store, sheet->after, add_act, listing);
    if (err == 0)
        print_reigns(listing, INT64_MAX);
    jw_end(writer, ']');
    put_int(writer, "acts_total", listing->count);
    free(listing);
    return err;
}
