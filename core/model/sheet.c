/* Tables between us and spreadsheet programs.
 *
 * The apostrophe is the mark spreadsheets themselves use for "this is text".  A text that already
 * begins with one gets a second, so nothing is ever ambiguous. */
#include "model/sheet.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <iconv.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SAFE_DIGITS_MAX = 11, SHEET_CELLS_MAX = 256 };
static const char byte_order_mark[] = "\xef\xbb\xbf";

/* Writing ----------------------------------------------------------------------------------------
 */

/* Would a spreadsheet show this as something else than it is? */
static bool is_fragile(const char *text)
{
    if (strchr("=+-@'\t\r", text[0]))
        return text[0] != 0;
    size_t digits = strspn(text, "0123456789");
    if (text[digits])
        return false;
    return digits > SAFE_DIGITS_MAX || (digits > 1 && text[0] == '0');
}

void sheet_add(struct buf *buf, const char *text, int first)
{
    if (!first)
        buf_putc(buf, ',');
    const char *mark = is_fragile(text) ? "'" : "";
    if (!text[strcspn(text, ",;\"\r\n\t")]) {
        buf_printf(buf, "%s%s", mark, text);
        return;
    }
    buf_printf(buf, "\"%s", mark);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            buf_putc(buf, '"');
        buf_putc(buf, *c);
    }
    buf_putc(buf, '"');
}

void sheet_end_row(struct buf *buf)
{
    buf_puts(buf, "\r\n");
}

/* 0, or ERR_INVALID when a byte has no counterpart or the conversion is not installed. */
static int convert(const char *to, const char *from, const char *text, size_t size,
                   struct buf *ret_bytes)
{
    iconv_t converter = iconv_open(to, from);
    if (converter == (iconv_t)-1)
        return ERR_INVALID;
    char *input = xmalloc(size + 1), *at = input;
    memcpy(input, text, size);
    size_t left = size, done = 0;
    char piece[4096];
    while (left > 0 && done != (size_t)-1) {
        char *out = piece;
        size_t room = sizeof piece, before = left;
        done = iconv(converter, &at, &left, &out, &room);
        buf_add(ret_bytes, piece, sizeof piece - room);
        if (done == (size_t)-1 && left < before && room < sizeof piece)
            done = 0; /* the piece was full: go on */
    }
    free(input);
    iconv_close(converter);
    return left > 0 ? ERR_INVALID : 0;
}

int sheet_encode(const struct buf *text, enum sheet_encoding encoding, struct buf *ret_bytes)
{
    if (encoding == SHEET_GB18030)
        return convert("GB18030", "UTF-8", buf_str(text), text->size, ret_bytes);
    buf_puts(ret_bytes, byte_order_mark);
    buf_add(ret_bytes, buf_str(text), text->size);
    return 0;
}

const char *sheet_reference(struct arena *arena, int row, int column)
{
    if (column <= 26)
        return arena_printf(arena, "%c%d", 'A' + column - 1, row);
    return arena_printf(arena, "%c%c%d", 'A' + (column - 1) / 26 - 1, 'A' + (column - 1) % 26, row);
}

/* Reading ----------------------------------------------------------------------------------------
 */

struct cursor {
    struct sheet *sheet;
    const char *at, *end, *line_start;
    int line, number;
    char separator;
    struct findings *findings;
    struct sheet_cell cells[SHEET_CELLS_MAX]; /* of the row being read */
    int count;
};

static struct place place_here(const struct cursor *cursor)
{
    int col = (int)str_chars(cursor->line_start, (size_t)(cursor->at - cursor->line_start)) + 1;
    return (struct place){cursor->sheet->file, cursor->line, col};
}

static bool at_row_end(const struct cursor *cursor)
{
    return cursor->at == cursor->end || *cursor->at == '\n' || *cursor->at == '\r';
}

static void next_line(struct cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at == '\r')
        cursor->at++;
    if (cursor->at < cursor->end && *cursor->at == '\n')
        cursor->at++;
    cursor->line++;
    cursor->line_start = cursor->at;
}

/* The inside of a quoted cell; false when the quote is never closed. */
static bool read_quoted(struct cursor *cursor, struct buf *text)
{
    struct place opened = place_here(cursor);
    for (cursor->at++; cursor->at < cursor->end; cursor->at++) {
        if (*cursor->at == '"' && cursor->at + 1 < cursor->end && cursor->at[1] == '"') {
            cursor->at++;
        } else if (*cursor->at == '"') {
            cursor->at++;
            return true;
        }
        buf_putc(text, *cursor->at);
        if (*cursor->at == '\n') {
            cursor->line++;
            cursor->line_start = cursor->at + 1;
        }
    }
    findings_add(
        cursor->findings, SEV_ERROR, "I001", opened,
        tr("close it, or double a quote inside a cell", "请补上引号；单元格内的引号要写两个"),
        tr("the quote that begins here is never closed", "此处的引号没有闭合"));
    return false;
}

static bool read_cell(struct cursor *cursor)
{
    struct place place = place_here(cursor);
    struct buf text = {0};
    bool good = true;
    if (cursor->at < cursor->end && *cursor->at == '"')
        good = read_quoted(cursor, &text);
    while (!at_row_end(cursor) && *cursor->at != cursor->separator)
        buf_putc(&text, *cursor->at++);
    const char *plain = buf_str(&text);
    plain += plain[0] == '\''; /* put before it when it was written */
    if (cursor->count < SHEET_CELLS_MAX)
        cursor->cells[cursor->count++] =
            (struct sheet_cell){arena_strdup(&cursor->sheet->arena, plain), place.line, place.col};
    buf_release(&text);
    return good;
}

static bool is_blank_row(const struct cursor *cursor)
{
    for (int i = 0; i < cursor->count; i++) {
        if (cursor->cells[i].text[strspn(cursor->cells[i].text, " \t")])
            return false;
    }
    return true;
}

static bool read_row(struct cursor *cursor)
{
    struct sheet *sheet = cursor->sheet;
    cursor->count = 0;
    cursor->number++;
    bool good = read_cell(cursor);
    while (!at_row_end(cursor)) {
        cursor->at++; /* the separator */
        good &= read_cell(cursor);
    }
    next_line(cursor);
    if (is_blank_row(cursor))
        return good;
    struct sheet_row row = {.count = cursor->count, .number = cursor->number};
    row.cells = arena_alloc(&sheet->arena, (size_t)row.count * sizeof *row.cells);
    memcpy(row.cells, cursor->cells, (size_t)row.count * sizeof *row.cells);
    void *rows = sheet->rows;
    xgrow(&rows, sheet->count, &sheet->capacity, sizeof *sheet->rows);
    sheet->rows = rows;
    sheet->rows[sheet->count++] = row;
    return good;
}

static char find_separator(const char *text, const char *end)
{
    static const char separators[] = {',', '\t', ';'};
    size_t best = 0, counts[3] = {0};
    for (; text < end && *text != '\n'; text++) {
        for (size_t i = 0; i < 3; i++)
            counts[i] += *text == separators[i];
    }
    for (size_t i = 1; i < 3; i++)
        best = counts[i] > counts[best] ? i : best;
    return separators[best];
}

static int decode(const char *file, const char *text, size_t size, struct buf *ret_text,
                  struct findings *findings)
{
    if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    bool is_utf8 = str_utf8_bad(text, size) == size;
    if (is_utf8)
        buf_add(ret_text, text, size);
    if (!is_utf8 && convert("UTF-8", "GB18030", text, size, ret_text) < 0) {
        findings_add(
            findings, SEV_ERROR, "I002", (struct place){file, 0, 0},
            tr("save it as “CSV UTF-8”", "请另存为“CSV UTF-8”"),
            tr("the file is neither UTF-8 nor GB18030", "文件编码既不是 UTF-8 也不是 GB18030"));
        return ERR_SYNTAX;
    }
    if (ret_text->size == 0 || !memchr(ret_text->data, 0, ret_text->size))
        return 0;
    findings_add(findings, SEV_ERROR, "I002", (struct place){file, 0, 0},
                 tr("save the workbook as “CSV UTF-8” first", "请先把工作簿另存为“CSV UTF-8”"),
                 tr("the file is no table of text", "文件不是文本表格"));
    return ERR_SYNTAX;
}

int sheet_read(struct sheet *ret_sheet, const char *file, const char *text, size_t size,
               struct findings *findings)
{
    struct buf decoded = {0};
    *ret_sheet = (struct sheet){.file = file};
    int err = decode(file, text, size, &decoded, findings);
    const char *begin = buf_str(&decoded);
    struct cursor cursor = {.sheet = ret_sheet,
                            .at = begin,
                            .line_start = begin,
                            .end = begin + decoded.size,
                            .line = 1,
                            .findings = findings};
    cursor.separator = find_separator(cursor.at, cursor.end);
    bool good = err == 0;
    while (good && cursor.at < cursor.end)
        good = read_row(&cursor);
    buf_release(&decoded);
    return good ? 0 : ERR_SYNTAX;
}

void sheet_release(struct sheet *sheet)
{
    free(sheet->rows);
    arena_release(&sheet->arena);
    *sheet = (struct sheet){0};
}
