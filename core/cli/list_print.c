/* Printing what changed, cell by cell. */
#include "cli/list_print.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "engine/plan.h"
#include "model/policy.h"

/* Differences ------------------------------------------------------------------------------------
 */

static const char *kind_word(enum list_change_kind kind)
{
    return kind == LIST_ADDED ? "added" : kind == LIST_REMOVED ? "removed" : "changed";
}

static void print_head(FILE *stream, const struct list_change *change)
{
    static const char marks[] = {'+', '-', '~'};
    static const enum ink inks[] = {INK_GREEN, INK_RED, INK_YELLOW};
    fprintf(stream, "%s%c %s %s%s", ink(stream, inks[change->kind]), marks[change->kind],
            change->id, change->name, ink_end(stream));
    if (change->line > 0)
        fprintf(stream, "  (%s:%d)\n", change->file, change->line);
    else
        fprintf(stream, "  (%s)\n", change->file);
}

static const char *shown(const char *text)
{
    return text[0] ? text : tr("(nothing)", "（空）");
}

static void print_cell(FILE *stream, const struct list_change *change,
                       const struct list_cell_change *cell, const char *table)
{
    fputs("    ", stream);
    if (cell->line > 0)
        fprintf(stream, "%s:%d:%d ", table ? table : change->file, cell->line, cell->col);
    if (cell->reference[0])
        fprintf(stream, "%s ", cell->reference);
    if (cell->part)
        fprintf(stream, "[%s] ", cell->part);
    if (change->kind == LIST_ADDED)
        fprintf(stream, "%s: %s\n", cell->head, shown(cell->new));
    else
        fprintf(stream, "%s: %s → %s\n", cell->head, shown(cell->old), shown(cell->new));
}

static void print_text(FILE *stream, const struct list_diff *diff, const char *table)
{
    for (size_t i = 0; i < diff->count; i++) {
        const struct list_change *change = &diff->changes[i];
        print_head(stream, change);
        for (size_t k = 0; k < change->count; k++)
            print_cell(stream, change, &change->cells[k], table);
    }
    if (diff->count == 0)
        fprintf(stream, "%s\n", tr("no difference", "没有差异"));
    else
        fprintf(stream,
                tr("%zu added, %zu removed, %zu changed\n", "新增 %zu，删除 %zu，变更 %zu\n"),
                diff->added, diff->removed, diff->changed);
}

static void write_cell(struct json_writer *writer, const struct list_cell_change *cell)
{
    jw_begin(writer, '{');
    jw_key(writer, "line");
    jw_int(writer, cell->line);
    jw_key(writer, "col");
    jw_int(writer, cell->col);
    jw_key(writer, "cell");
    jw_text(writer, cell->reference[0] ? cell->reference : NULL);
    jw_key(writer, "column");
    jw_text(writer, cell->head);
    jw_key(writer, "part");
    jw_text(writer, cell->part);
    jw_key(writer, "old");
    jw_text(writer, cell->old);
    jw_key(writer, "new");
    jw_text(writer, cell->new);
    jw_end(writer, '}');
}

static void write_change(struct json_writer *writer, const struct list_change *change)
{
    jw_begin(writer, '{');
    jw_key(writer, "kind");
    jw_text(writer, kind_word(change->kind));
    jw_key(writer, "id");
    jw_text(writer, change->id);
    jw_key(writer, "name");
    jw_text(writer, change->name);
    jw_key(writer, "file");
    jw_text(writer, change->file);
    jw_key(writer, "line");
    jw_int(writer, change->line);
    jw_key(writer, "cells");
    jw_begin(writer, '[');
    for (size_t i = 0; i < change->count; i++)
        write_cell(writer, &change->cells[i]);
    jw_end(writer, ']');
    jw_end(writer, '}');
}

static void print_lines(FILE *stream, const struct list_diff *diff)
{
    for (size_t i = 0; i < diff->count; i++) {
        struct buf buf = {0};
        struct json_writer writer = {.buf = &buf};
        write_change(&writer, &diff->changes[i]);
        fprintf(stream, "%s\n", buf_str(&buf));
        buf_release(&buf);
    }
}

static void print_json(FILE *stream, const struct list_diff *diff)
{
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    jw_key(&writer, "added");
    jw_int(&writer, (int64_t)diff->added);
    jw_key(&writer, "removed");
    jw_int(&writer, (int64_t)diff->removed);
    jw_key(&writer, "changed");
    jw_int(&writer, (int64_t)diff->changed);
    jw_key(&writer, "changes");
    jw_begin(&writer, '[');
    for (size_t i = 0; i < diff->count; i++)
        write_change(&writer, &diff->changes[i]);
    jw_end(&writer, ']');
    jw_end(&writer, '}');
    fprintf(stream, "%s\n", buf_str(&buf));
    buf_release(&buf);
}

void list_print_diff(FILE *stream, const struct list_diff *diff, const char *table, enum form form)
{
    if (form == FORM_JSON)
        print_json(stream, diff);
    else if (form == FORM_JSONL)
        print_lines(stream, diff);
    else
        print_text(stream, diff, table);
}

/* Shares -----------------------------------------------------------------------------------------
 */

static void percent_text(struct buf *buf, const struct share *share)
{
    if (share->total == 0) {
        buf_puts(buf, "–");
        return;
    }
    share_print(buf, share);
    buf_puts(buf, "%");
}

static void share_row(struct table *table, const struct level *level, enum emission emission,
                      const struct share *share)
{
    struct buf percent = {0}, cut = {0}, total = {0};
    bool good = share_reached(share);
    percent_text(&percent, share);
    micro_print(&cut, share->cut);
    micro_print(&total, share->total);
    table_cell(table, level_ink(level->name), "%s", level->title);
    table_cell(table, INK_NONE, "%s", emission_label(emission));
    table_cell(table, INK_NONE, "%s", buf_str(&cut));
    table_cell(table, INK_NONE, "%s", buf_str(&total));
    table_cell(table, good ? INK_GREEN : INK_RED, "%s", buf_str(&percent));
    table_cell(table, INK_NONE, "%d%%", share->required_percent);
    table_cell(table, good ? INK_GREEN : INK_RED, "%s",
               good ? tr("reached", "达到") : tr("MISSED", "未达到"));
    buf_release(&percent);
    buf_release(&cut);
    buf_release(&total);
}

static void write_share(struct json_writer *writer, const char *level, enum emission emission,
                        const struct share *share)
{
    jw_begin(writer, '{');
    jw_key(writer, "level");
    jw_text(writer, level);
    jw_key(writer, "pollutant");
    jw_text(writer, emission_key(emission));
    jw_key(writer, "cut_t_d");
    jw_micro(writer, share->cut);
    jw_key(writer, "total_t_d");
    jw_micro(writer, share->total);
    jw_key(writer, "required_percent");
    jw_int(writer, share->required_percent);
    jw_key(writer, "reached");
    jw_bool(writer, share_reached(share));
    jw_end(writer, '}');
}

static bool print_share_table(FILE *stream, const struct policy *policy)
{
    static const struct table_column columns[] = {
        {{"level", "级别"}, false},
        {{"pollutant", "污染物"}, false},
        {{"cut t/d", "减排 t/d"}, true},
        {{"city t/d", "全市 t/d"}, true},
        {{"share", "比例"}, true},
        {{"required", "要求"}, true},
        {{"", ""}, false},
    };
    bool good = true;
    struct table *table = table_new(columns, 7);
    for (size_t level = 0; level < policy->level_count; level++) {
        struct share shares[EMISSIONS] = {0};
        plan_shares(policy, (int)level, shares);
        for (enum emission emission = 0; emission < EMISSIONS; emission++) {
            share_row(table, &policy->levels[level], emission, &shares[emission]);
            good &= share_reached(&shares[emission]);
        }
    }
    table_print(stream, table, 0);
    table_free(table);
    return good;
}

static bool print_share_json(FILE *stream, const struct policy *policy, enum form form)
{
    bool good = true;
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    if (form == FORM_JSON) {
        jw_begin(&writer, '{');
        jw_key(&writer, "schema_version");
        jw_int(&writer, 1);
        jw_key(&writer, "shares");
        jw_begin(&writer, '[');
    }
    for (size_t level = 0; level < policy->level_count; level++) {
        struct share shares[EMISSIONS] = {0};
        plan_shares(policy, (int)level, shares);
        for (enum emission emission = 0; emission < EMISSIONS; emission++) {
            write_share(&writer, policy->levels[level].name, emission, &shares[emission]);
            good &= share_reached(&shares[emission]);
            if (form != FORM_JSONL)
                continue;
            fprintf(stream, "%s\n", buf_str(&buf));
            buf_clear(&buf);
            writer = (struct json_writer){.buf = &buf};
        }
    }
    if (form == FORM_JSON) {
        jw_end(&writer, ']');
        jw_end(&writer, '}');
        fprintf(stream, "%s\n", buf_str(&buf));
    }
    buf_release(&buf);
    return good;
}

bool list_print_shares(FILE *stream, const struct policy *policy, enum form form)
{
    return form == FORM_TEXT ? print_share_table(stream, policy)
                             : print_share_json(stream, policy, form);
}
