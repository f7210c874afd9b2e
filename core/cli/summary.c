/* See summary.h. */
#include "cli/summary.h"
#include "base/buf.h"
#include "base/lang.h"
#include "cli/output.h"
#include "cli/words.h"
#include "model/policy.h"

static void add_episode_row(struct table *table, const struct chronicle *chronicle,
                            const struct episode *episode)
{
    struct buf from = {0}, to = {0}, span = {0};
    bool open = episode->lifted == INSTANT_NONE;
    words_when(&from, episode->issued, chronicle->policy->zone);
    if (open)
        buf_puts(&to, tr("still open", "尚未解除"));
    else
        words_when(&to, episode->lifted, chronicle->policy->zone);
    if (!open)
        words_span(&span, episode->lifted - episode->issued);
    table_cell(table, level_ink(episode->peak), "%s",
               words_level(chronicle->policy, episode->peak));
    table_cell(table, INK_NONE, "%s", buf_str(&from));
    table_cell(table, INK_NONE, "%s", buf_str(&to));
    table_cell(table, INK_NONE, "%s", buf_str(&span));
    table_cell(table, INK_NONE, "%zu", episode->count);
    table_cell(table, INK_NONE, "%zu", episode->orders);
    table_cell(table, INK_DIM, "%s", episode->id);
    buf_release(&from);
    buf_release(&to);
    buf_release(&span);
}

static void print_episodes(FILE *stream, const struct chronicle *chronicle)
{
    static const struct table_column columns[] = {
        {{"peak", "最高"}, false},    {{"issued", "发布"}, false}, {{"lifted", "解除"}, false},
        {{"lasted", "历时"}, true},   {{"changes", "变动"}, true}, {{"orders", "指令"}, true},
        {{"episode", "过程"}, false},
    };
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < chronicle->episode_count; i++)
        if (chronicle->episodes[i].warning)
            add_episode_row(table, chronicle, &chronicle->episodes[i]);
    if (table_rows(table) > 0)
        table_print(stream, table, 2);
    else
        fprintf(stream, "  %s\n", tr("no warning", "没有预警"));
    table_free(table);
}

/* "发布 33   升级 6" */
static void print_counts(FILE *stream, const struct chronicle *chronicle)
{
    const char *gap = "  ";
    for (int kind = 0; kind < DECISION_KINDS; kind++) {
        if (chronicle->counts[kind] == 0)
            continue;
        fprintf(stream, "%s%s %zu", gap, words_kind((enum decision_kind)kind),
                chronicle->counts[kind]);
        gap = "   ";
    }
    if (gap[2])
        fputc('\n', stream);
}

void summary_print(FILE *stream, const struct chronicle *chronicle, const char *digest)
{
    fprintf(stream, "%s%s%s\n", ink(stream, INK_BOLD), tr("Summary", "小结"), ink_end(stream));
    print_episodes(stream, chronicle);
    print_counts(stream, chronicle);
    fprintf(stream, "  %s %s\n", tr("digest", "指纹"), digest);
}
