/* A drill on the terminal.
 *
 * Orders and receipts come by hundreds; they are counted and told in one line when the moment is
 * over, receipts after ten simulated minutes, then after twice as long each time. */
#include "cli/drill_print.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "cli/output.h"
#include "cli/words.h"
#include <time.h>

enum { TELL_FIRST = 10 * MINUTE_MS, OFFSET_COLUMNS = 14 };

void drill_printer_init(struct drill_printer *printer, FILE *stream,
                        const struct scenario *scenario)
{
    printer->stream = stream;
    printer->scenario = scenario;
    printer->policy = scenario->policy;
    printer->last = printer->tell_at = scenario->start;
    fprintf(stream, "%s%s%s %s\n", ink(stream, INK_BOLD), scenario->banner, ink_end(stream),
            scenario->title);
    fprintf(stream, tr("on paper only: nothing is sent to anybody\n\n",
                       "纸面推演：不向任何单位发送信息\n\n"));
}

/* "T+1d2h       2015-11-06 周五 16:00  " */
static void print_head(struct drill_printer *printer, instant_ms at)
{
    struct buf offset = {0}, when = {0};
    scenario_print_offset(&offset, printer->scenario, at);
    words_when(&when, at, printer->policy->zone);
    print_padded(printer->stream, buf_str(&offset), OFFSET_COLUMNS);
    fprintf(printer->stream, "%s%s%s  ", ink(printer->stream, INK_DIM), buf_str(&when),
            ink_end(printer->stream));
    buf_release(&offset);
    buf_release(&when);
    printer->printed = true;
}

/* ---- what has added up ---- */

static void tell_orders(struct drill_printer *printer, instant_ms at)
{
    if (printer->orders + printer->releases == 0)
        return;
    print_head(printer, at);
    fprintf(printer->stream,
            tr("      %zu orders, %zu releases (on paper)\n",
               "      下达指令 %zu 条，解除 %zu 条（纸面）\n"),
            printer->orders, printer->releases);
    printer->orders = printer->releases = 0;
    printer->tell_at = at + TELL_FIRST;
    printer->tell_after = TELL_FIRST;
}

static void tell_receipts(struct drill_printer *printer, instant_ms at)
{
    if (printer->delivered + printer->acknowledged + printer->refused + printer->done == 0)
        return;
    print_head(printer, at);
    fprintf(printer->stream,
            tr("      receipts: delivered +%zu, acknowledged +%zu (%zu of %zu), refused +%zu, done "
               "+%zu\n",
               "      回执：送达 +%zu，确认 +%zu（累计 %zu/%zu），拒绝 +%zu，执行 +%zu\n"),
            printer->delivered, printer->acknowledged, printer->acknowledged_all, printer->sent,
            printer->refused, printer->done);
    printer->delivered = printer->acknowledged = printer->refused = printer->done = 0;
    printer->tell_after *= 2;
    printer->tell_at += printer->tell_after;
}

/* ---- observing ---- */

static void wait_for_enter(struct drill_printer *printer)
{
    int c;
    fflush(printer->stream);
    fputs(tr("— Enter —", "— 回车继续 —"), stderr);
    while ((c = getchar()) != '\n' && c != EOF)
        continue;
    if (c == EOF) { /* nobody is there any more: go on to the end */
        fputc('\n', stderr);
        printer->step = false;
    }
}

/* Sleeps in slices of a second at most, so that Ctrl-C is heard at once. */
static void wait_for_time(struct drill_printer *printer, span_ms simulated)
{
    int64_t left_ms = simulated / printer->speed;
    fflush(printer->stream);
    while (left_ms > 0) {
        int64_t slice = left_ms < SECOND_MS ? left_ms : SECOND_MS;
        struct timespec time = {slice / SECOND_MS, slice % SECOND_MS * 1000000};
        nanosleep(&time, NULL);
        left_ms -= slice;
    }
}

static void advance(void *arg, instant_ms from, instant_ms to)
{
    struct drill_printer *printer = arg;
    tell_orders(printer, from);
    if (to >= printer->tell_at)
        tell_receipts(printer, from < printer->tell_at ? printer->tell_at : from);
    printer->last = to;
    if (printer->step && printer->printed)
        wait_for_enter(printer);
    else if (printer->speed > 0)
        wait_for_time(printer, to - from);
    printer->printed = false;
}

static void print_because(struct drill_printer *printer, const struct record *record)
{
    for (int i = 0; i < record->because_count; i++) {
        struct buf words = {0};
        words_because(&words, record->because[i]);
        fprintf(printer->stream, "%*s%s%s%s\n", OFFSET_COLUMNS + 6, "",
                ink(printer->stream, INK_DIM), buf_str(&words), ink_end(printer->stream));
        buf_release(&words);
    }
}

static void decided(void *arg, const struct record *record)
{
    struct drill_printer *printer = arg;
    FILE *stream = printer->stream;
    if (record->kind == DECISION_ORDER || record->kind == DECISION_RELEASE) {
        printer->orders += record->kind == DECISION_ORDER;
        printer->releases += record->kind == DECISION_RELEASE;
        printer->sent++;
        return;
    }
    if (record->kind > DECISION_PROPOSE)
        return; /* acts and evidence: the injects and tasks tell of them */
    print_head(printer, record->at);
    fprintf(stream, "%s%s%s", ink(stream, INK_BOLD), words_kind(record->kind), ink_end(stream));
    if (record_is_transition(record) || record->level)
        fprintf(stream, "  %s%s%s", ink(stream, level_ink(record->level ? record->level : "")),
                words_level(printer->policy, record->level), ink_end(stream));
    if (record->source && record->source->title)
        fprintf(stream, "  %s", record->source->title);
    if (record->to)
        fprintf(stream, "  → %s", words_recipient(printer->policy, record->to));
    fputc('\n', stream);
    print_because(printer, record);
    if (record->planned && shares_known(record->shares) && record->level) {
        fprintf(stream, "%*s", OFFSET_COLUMNS + 6, "");
        print_shares(stream, record->shares);
    }
}

static void began(void *arg, const struct inject *inject, instant_ms at)
{
    struct drill_printer *printer = arg;
    print_head(printer, at);
    fprintf(printer->stream, "%s▶ %s%s", ink(printer->stream, INK_CYAN),
            inject->title ? inject->title : inject->id, ink_end(printer->stream));
    if (inject->kind == INJECT_ROLE)
        fprintf(printer->stream, "  %s → %s%s%s", inject->from ? inject->from : "", inject->to,
                inject->by ? " / " : "", inject->by ? inject->by : "");
    if (inject->text)
        fprintf(printer->stream, "\n%*s%s", OFFSET_COLUMNS + 6, "", inject->text);
    fputc('\n', printer->stream);
}

static void answered(void *arg, const struct record *record, enum receipt_kind kind, instant_ms at)
{
    struct drill_printer *printer = arg;
    (void)at;
    if (record->kind == DECISION_TASK)
        return;
    printer->delivered += kind == RECEIPT_DELIVERED;
    printer->acknowledged += kind == RECEIPT_ACKNOWLEDGED;
    printer->acknowledged_all += kind == RECEIPT_ACKNOWLEDGED;
    printer->refused += kind == RECEIPT_REFUSED;
    printer->done += kind == RECEIPT_DONE;
}

static void settled(void *arg, const struct expect *expect, const struct expect_result *result,
                    instant_ms at)
{
    struct drill_printer *printer = arg;
    print_head(printer, at);
    fprintf(printer->stream, "%s %s: %s\n", result->outcome == OUTCOME_MET ? "✓" : "✗", expect->id,
            result->got);
}

struct run_observer drill_observer(struct drill_printer *printer)
{
    return (struct run_observer){advance, decided, began, answered, settled, printer};
}

void drill_printer_end(struct drill_printer *printer)
{
    printer->printed = false;
    tell_orders(printer, printer->last);
    tell_receipts(printer, printer->last);
}

/* ---- results ---- */

static void print_result(FILE *stream, const struct expect *expect,
                         const struct expect_result *result)
{
    static const enum ink inks[] = {INK_GREEN, INK_RED, INK_BLUE};
    static const char *const signs[] = {"✓", "✗", "☐"};
    fprintf(stream, "  %s%s%s %s  %s\n", ink(stream, inks[result->outcome]), signs[result->outcome],
            ink_end(stream), expect->id, expect->text ? expect->text : result->expected);
    if (result->outcome == OUTCOME_MANUAL)
        return;
    if (expect->text)
        fprintf(stream, tr("      expected  %s\n", "      预期  %s\n"), result->expected);
    fprintf(stream, tr("      got       %s\n", "      实际  %s\n"), result->got);
    if (result->outcome == OUTCOME_FAILED && result->because) {
        struct buf words = {0};
        words_reasons(&words, result->because);
        fprintf(stream, tr("      because   %s\n", "      理由  %s\n"), buf_str(&words));
        buf_release(&words);
    }
}

void drill_print_results(FILE *stream, const struct run *run)
{
    const struct scenario *scenario = run->scenario;
    int score = 0, possible = 0;
    if (scenario->expect_count == 0)
        return;
    fprintf(stream, "\n%s%s%s\n", ink(stream, INK_BOLD), tr("Expectations", "预期"),
            ink_end(stream));
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct expect *expect = &scenario->expects[i];
        print_result(stream, expect, &run->results[i]);
        if (run->results[i].outcome == OUTCOME_MANUAL)
            continue;
        possible += expect->score;
        score += run->results[i].outcome == OUTCOME_MET ? expect->score : 0;
    }
    fprintf(stream, tr("score %d of %d\n", "得分 %d/%d\n"), score, possible);
}

void drill_print_json(FILE *stream, const struct run *run)
{
    static const char *const words[] = {"met", "failed", "manual"};
    struct buf buf = {0};
    struct json_writer json = {.buf = &buf};
    jw_begin(&json, '{');
    jw_key(&json, "schema_version");
    jw_int(&json, 1);
    jw_key(&json, "title");
    jw_text(&json, run->scenario->title);
    jw_key(&json, "seed");
    jw_int(&json, (int64_t)run->scenario->seed);
    jw_key(&json, "facts");
    jw_text(&json, run->facts_hash);
    jw_key(&json, "decisions");
    jw_int(&json, (int64_t)run->record_count);
    jw_key(&json, "expectations");
    jw_begin(&json, '[');
    for (size_t i = 0; i < run->scenario->expect_count; i++) {
        const struct expect_result *result = &run->results[i];
        jw_begin(&json, '{');
        jw_key(&json, "id");
        jw_text(&json, run->scenario->expects[i].id);
        jw_key(&json, "outcome");
        jw_text(&json, words[result->outcome]);
        jw_key(&json, "score");
        jw_int(&json, run->scenario->expects[i].score);
        jw_key(&json, "expected");
        jw_text(&json, result->expected);
        jw_key(&json, "got");
        jw_text(&json, result->got);
        jw_end(&json, '}');
    }
    jw_end(&json, ']');
    jw_end(&json, '}');
    fprintf(stream, "%s\n", buf_str(&buf));
    buf_release(&buf);
}

/* ---- a fork ---- */

static void print_branch(FILE *stream, const struct run *run, instant_ms from)
{
    size_t orders = 0, acknowledged = 0, done = 0;
    bool any = false;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        bool order = record->kind == DECISION_ORDER || record->kind == DECISION_RELEASE;
        orders += order;
        acknowledged += order && record->acknowledged != INSTANT_NONE;
        done += order && record->done != INSTANT_NONE;
        if (!record_is_transition(record) || record->at <= from)
            continue;
        struct buf when = {0};
        words_when(&when, record->at, run->policy->zone);
        fprintf(stream, "    %s  %s %s\n", buf_str(&when), words_kind(record->kind),
                words_level(run->policy, record->level));
        buf_release(&when);
        any = true;
    }
    if (!any)
        fprintf(stream, tr("    no transition after the fork\n", "    分叉后没有变化\n"));
    fprintf(stream,
            tr("    %zu messages, %zu acknowledged, %zu done\n",
               "    指令 %zu 条，确认 %zu，执行 %zu\n"),
            orders, acknowledged, done);
}

void drill_print_fork(FILE *stream, const struct run *run, const struct run *other, instant_ms at)
{
    struct buf when = {0};
    words_when(&when, at, run->policy->zone);
    fprintf(stream, tr("\nFork at %s\n  as the scenario has it\n", "\n分叉于 %s\n  原情景\n"),
            buf_str(&when));
    print_branch(stream, run, at);
    fprintf(stream, tr("  the branch\n", "  分支\n"));
    print_branch(stream, other, at);
    if (other->dropped && other->dropped[0])
        fprintf(stream,
                tr("  the branch's policy no longer has: %s\n", "  分支政策中已不存在：%s\n"),
                other->dropped);
    buf_release(&when);
}
