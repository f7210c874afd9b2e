/* Measure codes: what a level orders, as one cell.
 *
 *     stop L1 L2; limit L3 percent=20 basis="按前一年 日均产量"
 *
 * A duty is its measure's word, then lines, then key=value; duties are parted by semicolons.  A
 * map's values are written with a point: cut.pm=0.02.  Text with blanks or quotes stands in double
 * quotes. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/list_csv.h"
#include "model/yaml_edit.h"
#include <stdlib.h>
#include <string.h>

enum { CODE_LINES_MAX = 200 };
static const char *const duty_order[] = {"do",  "lines", "percent", "basis", "stage_at_most",
                                         "cut", "note",  NULL};

/* Printing ---------------------------------------------------------------------------------------
 */

static void print_word(struct buf *buf, const char *text)
{
    if (text[0] && !text[strcspn(text, " ;\"=\t\n")] && !strstr(text, "；")) {
        buf_puts(buf, text);
        return;
    }
    buf_putc(buf, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(buf, '"');
        buf_putc(buf, *text);
    }
    buf_putc(buf, '"');
}

static void print_value(struct buf *buf, const char *key, const char *inner,
                        const struct yaml *value)
{
    buf_printf(buf, " %s%s%s=", key, inner ? "." : "", inner ? inner : "");
    if (value->kind == YAML_SCALAR) {
        print_word(buf, value->text);
        return;
    }
    struct buf flow = {0};
    yaml_print_flow(&flow, value);
    print_word(buf, buf_str(&flow));
    buf_release(&flow);
}

static void print_key(struct buf *buf, const char *key, const struct yaml *value)
{
    if (strcmp(key, "lines") == 0 && value->kind == YAML_LIST) {
        for (size_t i = 0; i < value->count; i++) {
            buf_putc(buf, ' ');
            print_word(buf, value->items[i]->text);
        }
        return;
    }
    if (value->kind != YAML_MAP) {
        print_value(buf, key, NULL, value);
        return;
    }
    for (size_t i = 0; i < value->count; i++)
        print_value(buf, key, value->keys[i]->text, value->items[i]);
}

void list_codes_print(struct buf *buf, const struct yaml *duties)
{
    for (size_t i = 0; duties && i < duties->count; i++) {
        const struct yaml *duty = duties->items[i];
        const char *measure = yaml_text(duty, "do");
        if (i > 0)
            buf_puts(buf, "; ");
        print_word(buf, measure ? measure : "");
        for (int key = 1; duty_order[key]; key++) {
            const struct yaml *value = yaml_get(duty, duty_order[key]);
            if (value)
                print_key(buf, duty_order[key], value);
        }
    }
}

/* Reading ----------------------------------------------------------------------------------------
 */

struct codes_reader {
    struct arena *arena;
    const char *at;
    const char *problem;
};

static void skip_blanks(struct codes_reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t')
        reader->at++;
}

/* Half-width or full-width, as a Chinese keyboard gives either. */
static bool take_semicolon(struct codes_reader *reader)
{
    if (*reader->at == ';')
        reader->at++;
    else if (str_starts(reader->at, "；"))
        reader->at += strlen("；");
    else
        return false;
    return true;
}

static bool at_end(const struct codes_reader *reader)
{
    return !*reader->at || *reader->at == ';' || str_starts(reader->at, "；");
}

static char *take_quoted(struct codes_reader *reader)
{
    struct buf text = {0};
    for (reader->at++; *reader->at; reader->at++) {
        if (*reader->at == '"' && reader->at[1] == '"')
            reader->at++;
        else if (*reader->at == '"')
            break;
        buf_putc(&text, *reader->at);
    }
    if (*reader->at == '"')
        reader->at++;
    else
        reader->problem = tr("a quote is not closed", "引号没有闭合");
    return buf_detach(&text);
}

/* Up to a blank, a semicolon or `stop`. */
static char *take_word(struct codes_reader *reader, char stop)
{
    if (*reader->at == '"')
        return take_quoted(reader);
    const char *from = reader->at;
    while (!at_end(reader) && *reader->at != ' ' && *reader->at != '\t' && *reader->at != stop)
        reader->at++;
    return xstrndup(from, (size_t)(reader->at - from));
}

static bool is_figure(const char *key)
{
    for (int i = 2; duty_order[i]; i++) {
        if (strcmp(duty_order[i], key) == 0)
            return true;
    }
    return false;
}

static const struct yaml *with_value(struct codes_reader *reader, const struct yaml *duty,
                                     char *key, const char *text)
{
    struct arena *arena = reader->arena;
    const struct yaml *value = edit_text(arena, text);
    char *point = strchr(key, '.');
    if (point)
        *point = 0;
    if (!is_figure(key)) {
        reader->problem = arena_printf(arena, tr("unknown figure “%s”", "未知的参数“%s”"), key);
        return duty;
    }
    if (point)
        value = edit_set(arena, yaml_get(duty, key), point + 1, value, NULL);
    return edit_set(arena, duty, key, value, duty_order);
}

static const struct yaml *read_duty(struct codes_reader *reader)
{
    const struct yaml *lines[CODE_LINES_MAX], *duty = NULL;
    size_t line_count = 0;
    char *word = take_word(reader, 0);
    duty = edit_set(reader->arena, NULL, "do", edit_text(reader->arena, word), duty_order);
    free(word);
    for (skip_blanks(reader); !at_end(reader) && !reader->problem; skip_blanks(reader)) {
        bool quoted = *reader->at == '"';
        word = take_word(reader, '=');
        if (!quoted && *reader->at == '=') {
            reader->at++;
            char *value = take_word(reader, 0);
            duty = with_value(reader, duty, word, value);
            free(value);
        } else if (line_count < CODE_LINES_MAX) {
            lines[line_count++] = edit_text(reader->arena, word);
        }
        free(word);
    }
    if (line_count > 0)
        duty = edit_set(reader->arena, duty, "lines", edit_list(reader->arena, lines, line_count),
                        duty_order);
    return duty;
}

const struct yaml *list_codes_read(struct arena *arena, const char *text, const char **ret_problem)
{
    struct codes_reader reader = {.arena = arena, .at = text};
    const struct yaml *duties[64];
    size_t count = 0;
    skip_blanks(&reader);
    while (*reader.at && !reader.problem) {
        if (at_end(&reader))
            reader.problem = tr("a measure is missing before a semicolon", "分号前缺少措施");
        else if (count == sizeof duties / sizeof *duties)
            reader.problem = tr("too many measures", "措施过多");
        else
            duties[count++] = read_duty(&reader);
        take_semicolon(&reader);
        skip_blanks(&reader);
    }
    *ret_problem = reader.problem;
    return reader.problem ? NULL : edit_list(arena, duties, count);
}
