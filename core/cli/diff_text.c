/* See diff_text.h.  Three questions in the order in which they are asked: which warnings, which
 * enterprises, what share of the emissions. */
#include "cli/diff_text.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/output.h"
#include "cli/words.h"
#include "model/bundle.h"
#include <string.h>

enum { ROWS_SHOWN = 20 };

const char *change_words(enum change change, bool key)
{
    switch (change) {
    case CHANGE_BOUND:
        return key ? "newly_bound" : tr("newly bound", "新增执行");
    case CHANGE_FREED:
        return key ? "released" : tr("no longer bound", "不再执行");
    case CHANGE_MEASURES:
        return key ? "measures_changed" : tr("other measures", "措施改变");
    case CHANGE_TIMES:
        return key ? "times_changed" : tr("other times", "时间改变");
    case CHANGE_NONE:
    case CHANGES:
        break;
    }
    return key ? "unchanged" : tr("unchanged", "不变");
}

static void heading(FILE *stream, const char *text)
{
    fprintf(stream, "\n%s%s%s\n", ink(stream, INK_BOLD), text, ink_end(stream));
}

/* "3小时 earlier", or nothing when the times are equal. */
static void put_shift(struct buf *buf, const char *what, instant_ms before, instant_ms after)
{
    if (before == after)
        return;
    buf_printf(buf, "%s%s ", buf->size ? tr("; ", "；") : "", what);
    if (before == INSTANT_NONE || after == INSTANT_NONE) {
        buf_puts(buf, before == INSTANT_NONE ? tr("only in the new", "只在新政策下发生")
                                             : tr("only in the old", "只在旧政策下发生"));
        return;
    }
    span_ms shift = after > before ? after - before : before - after;
    if (lang_get() == LANG_ZH)
        buf_puts(buf, after < before ? "提前" : "推迟");
    words_span(buf, shift);
    if (lang_get() != LANG_ZH)
        buf_puts(buf, after < before ? " earlier" : " later");
}

static instant_ms first_begin(const struct chronicle *chronicle, const struct episode *episode)
{
    return chronicle->passages[episode->passages[0]].begin;
}

/* What is different between two courses of one episode, in words. */
static void put_differences(struct buf *buf, const struct diff_side sides[2],
                            const struct episode_pair *pair)
{
    const struct episode *a = pair->before, *b = pair->after;
    const struct policy *policy = &sides[1].bundle->policy;
    put_shift(buf, tr("issued", "发布"), a->issued, b->issued);
    put_shift(buf, tr("in force", "生效"), first_begin(&sides[0].chronicle, a),
              first_begin(&sides[1].chronicle, b));
    if (!str_equal(a->peak, b->peak))
        buf_printf(buf, "%s%s %s → %s", buf->size ? tr("; ", "；") : "", tr("peak", "最高"),
                   words_level(policy, a->peak), words_level(policy, b->peak));
    put_shift(buf, tr("lifted", "解除"), a->lifted, b->lifted);
    if (a->count != b->count)
        buf_printf(buf, "%s%s %zu → %zu", buf->size ? tr("; ", "；") : "", tr("changes", "变动"),
                   a->count, b->count);
    if (buf->size == 0)
        buf_puts(buf, tr("other times on the way", "中间变动的时间不同"));
}

static void print_pair(FILE *stream, const struct diff_side sides[2],
                       const struct episode_pair *pair)
{
    const struct episode *shown = pair->after ? pair->after : pair->before;
    const struct policy *policy = &sides[1].bundle->policy;
    struct buf when = {0}, what = {0};
    words_when(&when, shown->issued, policy->zone);
    if (!pair->before)
        buf_puts(&what, tr("only under the new policy", "只在新政策下发布"));
    else if (!pair->after)
        buf_puts(&what, tr("only under the old policy", "只在旧政策下发布"));
    else
        put_differences(&what, sides, pair);
    fprintf(stream, "  %s %s  %s%s%s  %s\n", pair->before ? pair->after ? "~" : "-" : "+",
            buf_str(&when), ink(stream, level_ink(shown->peak)), words_level(policy, shown->peak),
            ink_end(stream), buf_str(&what));
    buf_release(&when);
    buf_release(&what);
}

static void print_episodes(FILE *stream, const struct diff_side sides[2],
                           const struct comparison *comparison)
{
    size_t same = 0, shown = 0, rotas = 0;
    heading(stream, tr("Warnings", "预警过程"));
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct episode_pair *pair = &comparison->pairs[i];
        const struct episode *episode = pair->after ? pair->after : pair->before;
        same += pair->same && episode->warning;
        rotas += !pair->same && !episode->warning;
        if (pair->same || !episode->warning)
            continue;
        print_pair(stream, sides, pair);
        shown++;
    }
    fprintf(stream, tr("  %zu different, %zu the same", "  不同 %zu 次，相同 %zu 次"), shown, same);
    if (rotas > 0)
        fprintf(stream, tr("; %zu rota windows differ", "；错峰时段不同 %zu 次"), rotas);
    fputc('\n', stream);
}

/* ---- recipients
 * ------------------------------------------------------------------------------------------ */

static const struct recipient *recipient_of(const struct diff_side sides[2], const char *id)
{
    for (int side = 1; side >= 0; side--) {
        const struct registry *registry = &sides[side].bundle->policy.registry;
        int position = registry_find(registry, id);
        if (position >= 0)
            return &registry->recipients[position];
    }
    return NULL;
}

static void add_row(struct table *table, const struct diff_side sides[2],
                    const struct recipient_change *change)
{
    const struct recipient *recipient = recipient_of(sides, change->id);
    struct buf spans[2] = {{0}, {0}};
    words_span(&spans[0], change->bound[0]);
    words_span(&spans[1], change->bound[1]);
    table_cell(table, INK_NONE, "%s", change->id);
    table_cell(table, INK_NONE, "%s", recipient && recipient->name ? recipient->name : "");
    table_cell(table, change->change == CHANGE_BOUND ? INK_RED : INK_NONE, "%s",
               change_words(change->change, false));
    table_cell(table, INK_NONE, "%s", buf_str(&spans[0]));
    table_cell(table, INK_NONE, "%s", buf_str(&spans[1]));
    buf_release(&spans[0]);
    buf_release(&spans[1]);
}

/* Grave things first: newly bound, then released, other measures, other times. */
static void print_rows(FILE *stream, const struct diff_side sides[2],
                       const struct comparison *comparison, size_t limit)
{
    static const struct table_column columns[] = {
        {{"id", "编号"}, false},         {{"name", "名称"}, false},
        {{"change", "变化"}, false},     {{"bound before", "原执行"}, true},
        {{"bound now", "现执行"}, true},
    };
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    size_t left = 0;
    for (int change = CHANGE_BOUND; change < CHANGES; change++)
        for (size_t i = 0; i < comparison->recipient_count; i++) {
            if (comparison->recipients[i].change != (enum change)change)
                continue;
            if ((size_t)table_rows(table) < limit)
                add_row(table, sides, &comparison->recipients[i]);
            else
                left++;
        }
    if (table_rows(table) > 0)
        table_print(stream, table, 2);
    if (left > 0)
        fprintf(stream,
                tr("  … %zu more (--all shows them)\n", "  ……另有 %zu 家（--all 全部列出）\n"),
                left);
    table_free(table);
}

static void print_recipients(FILE *stream, const struct diff_side sides[2],
                             const struct comparison *comparison, bool all)
{
    heading(stream, tr("Enterprises and other recipients", "企业和其他对象"));
    fputs("  ", stream);
    for (int change = CHANGE_BOUND; change < CHANGES; change++)
        fprintf(stream, "%s %zu   ", change_words((enum change)change, false),
                comparison->changes[change]);
    fprintf(stream, "%s %zu\n", change_words(CHANGE_NONE, false), comparison->changes[CHANGE_NONE]);
    print_rows(stream, sides, comparison, all ? SIZE_MAX : ROWS_SHOWN);
}

/* ---- shares
 * ------------------------------------------------------------------------------------------------
 */

static void add_share_cell(struct table *table, const struct share *a, const struct share *b)
{
    struct buf before = {0}, after = {0};
    share_print(&before, a);
    share_print(&after, b);
    bool same = strcmp(buf_str(&before), buf_str(&after)) == 0;
    bool missed = shares_known(b) && !share_reached(b);
    if (same)
        table_cell(table, INK_DIM, "%s%%", buf_str(&after));
    else
        table_cell(table, missed ? INK_RED : INK_BOLD, "%s%% → %s%%", buf_str(&before),
                   buf_str(&after));
    buf_release(&before);
    buf_release(&after);
}

/* What the list itself cuts at each level, whatever the weather was. */
static void print_shares_by_level(FILE *stream, const struct diff_side sides[2])
{
    static const struct table_column columns[] = {
        {{"level", "级别"}, false}, {{"asked", "要求"}, true}, {{"SO2", "SO2"}, true},
        {{"NOx", "NOx"}, true},     {{"PM", "PM"}, true},      {{"VOCs", "VOCs"}, true},
    };
    const struct policy *before = &sides[0].bundle->policy, *after = &sides[1].bundle->policy;
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t level = 0; level < after->level_count; level++) {
        struct share a[EMISSIONS] = {0}, b[EMISSIONS] = {0};
        int other = policy_level(before, after->levels[level].name);
        if (other >= 0)
            plan_shares(before, other, a);
        plan_shares(after, (int)level, b);
        table_cell(table, level_ink(after->levels[level].name), "%s",
                   words_level(after, after->levels[level].name));
        table_cell(table, INK_NONE, "%d%%", after->levels[level].share_percent);
        for (int e = 0; e < EMISSIONS; e++)
            add_share_cell(table, &a[e], &b[e]);
    }
    heading(stream, tr("Share cut by the list", "清单减排比例"));
    table_print(stream, table, 2);
    table_free(table);
}

static bool any_inventory(const struct diff_side sides[2])
{
    for (int side = 0; side < 2; side++)
        for (int e = 0; e < EMISSIONS; e++)
            if (sides[side].bundle->policy.inventory.total[e] > 0)
                return true;
    return false;
}

static void print_counts(FILE *stream, const struct diff_side sides[2])
{
    heading(stream, tr("All decisions", "全部决定"));
    const char *gap = "  ";
    for (int kind = 0; kind < DECISION_KINDS; kind++) {
        size_t a = sides[0].chronicle.counts[kind], b = sides[1].chronicle.counts[kind];
        if (a == 0 && b == 0)
            continue;
        fprintf(stream, "%s%s %zu", gap, words_kind((enum decision_kind)kind), a);
        if (a != b)
            fprintf(stream, " → %zu", b);
        gap = "   ";
    }
    fputc('\n', stream);
}

void diff_print_text(FILE *stream, const struct diff_side sides[2],
                     const struct comparison *comparison, bool all)
{
    fprintf(stream,
            tr("old  %s  %.12s\nnew  %s  %.12s\n", "旧政策  %s  %.12s\n新政策  %s  %.12s\n"),
            sides[0].folder, sides[0].bundle->hash, sides[1].folder, sides[1].bundle->hash);
    if (strcmp(sides[0].digest, sides[1].digest) == 0) {
        fprintf(stream, "%s\n", tr("every decision is the same", "所有决定完全相同"));
        return;
    }
    print_episodes(stream, sides, comparison);
    print_recipients(stream, sides, comparison, all);
    if (any_inventory(sides))
        print_shares_by_level(stream, sides);
    print_counts(stream, sides);
}
