/* The cells of a table of facts: each is taken as it is meant, or refused with what to write
 * instead.
 */
#include "base/lang.h"
#include "base/limits.h"
#include "model/cloudevent.h"
#include "model/feed_csv.h"
#include <string.h>

enum { NAME_BYTES_MAX = 200 };

struct place csv_place(const struct csv *csv, const struct cell *cell)
{
    return (struct place){csv->name, cell->line, table_col(cell)};
}

int csv_shown(const struct cell *cell)
{
    size_t size = cell->size < 40 ? cell->size : 40;
    while (size > 0 && size < cell->size && ((unsigned char)cell->text[size] & 0xc0) == 0x80)
        size--;
    return (int)size;
}

bool csv_copy(const struct cell *cell, char *ret, size_t size)
{
    if (cell->size >= size || memchr(cell->text, 0, cell->size))
        return false;
    memcpy(ret, cell->text, cell->size);
    ret[cell->size] = 0;
    return true;
}

static const char *halfwidth_hint(const char *text)
{
    return str_has_fullwidth(text)
               ? tr("type digits and punctuation half-width", "请用半角数字和标点")
               : NULL;
}

const struct cell *csv_cell(const struct csv *csv, enum column column)
{
    static const struct cell blank = {.text = ""};
    return csv->place[column] < 0 ? &blank : &csv->table.cells[csv->place[column]];
}

static const char *time_hint(const char *text)
{
    const char *hint = halfwidth_hint(text);
    if (!hint && strchr(text, '/'))
        hint = tr("write 2015-11-08 14:00, not 2015/11/8 14:00",
                  "请写 2015-11-08 14:00，不要写 2015/11/8 14:00");
    return hint ? hint
                : tr("e.g. 2015-11-08 14:00 or 2015-11-08T14:00:00+08:00",
                     "例如 2015-11-08 14:00 或 2015-11-08T14:00:00+08:00");
}

bool csv_time(struct csv *csv)
{
    const struct cell *cell = csv_cell(csv, COLUMN_TIME);
    char text[SHORT_BYTES] = "";
    if (cell->size > 0 && strlen(csv->time_text) == cell->size &&
        memcmp(csv->time_text, cell->text, cell->size) == 0)
        return true;
    bool copied = csv_copy(cell, text, sizeof text);
    int err = copied ? instant_parse(text, csv->feed->zone, &csv->time) : ERR_SYNTAX;
    if (err == 0 && feed_time_is_plausible(csv->time)) {
        memcpy(csv->time_text, text, sizeof text);
        return true;
    }
    csv->time_text[0] = 0;
    if (err == 0) {
        feed_refuse_time(csv->feed, csv->findings, csv_place(csv, cell), csv->time);
        return false;
    }
    csv_refuse(csv, cell, "N006", time_hint(text),
               err == ERR_INVALID ? tr("no such day or hour: %.*s", "不存在的日期或时刻：%.*s")
                                  : tr("this is no time: %.*s", "不是有效的时间：%.*s"),
               csv_shown(cell), cell->text);
    return false;
}

bool csv_period(struct csv *csv)
{
    const struct cell *cell = csv_cell(csv, COLUMN_PERIOD);
    char text[SHORT_BYTES] = "";
    if (cell->size == 0) {
        csv->period = 0;
        csv->period_text[0] = 0;
        return true;
    }
    if (strlen(csv->period_text) == cell->size &&
        memcmp(csv->period_text, cell->text, cell->size) == 0)
        return true;
    if (csv_copy(cell, text, sizeof text) && span_parse(text, &csv->period) == 0 &&
        csv->period > 0) {
        memcpy(csv->period_text, text, sizeof text);
        return true;
    }
    csv->period_text[0] = 0;
    csv_refuse(csv, cell, "N010",
               tr("e.g. PT1H or 1h; blank: the series' own step",
                  "例如 PT1H 或 1h；留空则按序列本身的步长"),
               tr("a period is a span of time above zero, not %.*s",
                  "period 应为大于零的时长，不能是 %.*s"),
               csv_shown(cell), cell->text);
    return false;
}

/* A name: what an event's text may be.  A series has no slash, so that ids stay unambiguous. */
static bool name_is_good(const struct cell *cell, enum column column)
{
    if (cell->size == 0 || cell->size > NAME_BYTES_MAX)
        return false;
    if (column == COLUMN_SOURCE)
        return cloudevent_source_is_good(cell->text, cell->size);
    return cloudevent_text_is_good(cell->text, cell->size) &&
           (column != COLUMN_SERIES || !memchr(cell->text, '/', cell->size));
}

bool csv_name(struct csv *csv, enum column column)
{
    const struct cell *cell = csv_cell(csv, column);
    if (name_is_good(cell, column))
        return true;
    const char *hint = NULL;
    if (column == COLUMN_SERIES)
        hint = tr("a name from series.yaml, e.g. pm25", "series.yaml 中的名称，例如 pm25");
    else if (column == COLUMN_SOURCE)
        hint = tr("no blanks and none of <>\"\\^`{|}", "不含空格及 <>\"\\^`{|}");
    csv_refuse(csv, cell, "N009", hint,
               cell->size == 0 ? tr("`%s` is blank", "`%s` 为空")
                               : tr("`%s` is too long or has characters that are not allowed",
                                    "`%s` 过长或含有不允许的字符"),
               csv_columns[column]);
    return false;
}

static const char *value_hint(const char *text)
{
    const char *hint = halfwidth_hint(text);
    if (hint)
        return hint;
    if (strchr(text, ','))
        return tr("write no thousands separator", "不要写千位分隔符");
    if ((*text >= '0' && *text <= '9') || *text == '-')
        return tr("write the number alone, without a unit", "只写数字，不带单位");
    return tr("not reported: leave it blank; reported as unknown: null",
              "未上报请留空；上报为未知请写 null");
}

/* Plain digits with at most six places, which nearly all values are; false leaves it to
 * micro_parse. */
static bool plain_value(const struct cell *cell, micro *ret)
{
    micro value = 0;
    int places = -1;
    if (cell->size == 0 || cell->size > 15 || cell->text[cell->size - 1] == '.')
        return false;
    for (size_t i = 0; i < cell->size; i++) {
        char c = cell->text[i];
        if (c == '.' && places < 0 && i > 0) {
            places = 0;
            continue;
        }
        if (c < '0' || c > '9' || places == 6)
            return false;
        value = value * 10 + (c - '0');
        places += places >= 0;
    }
    for (int i = places < 0 ? 0 : places; i < 6; i++) {
        if (value > MICRO_MAX)
            return false;
        value *= 10;
    }
    *ret = value;
    return value <= MICRO_MAX;
}

bool csv_value(struct csv *csv, micro *ret)
{
    const struct cell *cell = csv_cell(csv, COLUMN_VALUE);
    char text[SHORT_BYTES] = "";
    if (plain_value(cell, ret))
        return true;
    int err = csv_copy(cell, text, sizeof text) ? 0 : ERR_SYNTAX;
    if (err == 0 && strcmp(text, "null") == 0) {
        *ret = MICRO_NONE;
        return true;
    }
    if (err == 0)
        err = micro_parse(text, ret);
    if (err == 0)
        return true;
    if (err == ERR_LIMIT)
        csv_refuse(csv, cell, "N007", NULL,
                   tr("%.*s is beyond ±1,000,000,000", "%.*s 超出 ±1,000,000,000"), csv_shown(cell),
                   cell->text);
    else
        csv_refuse(csv, cell, "N007", value_hint(text),
                   tr("this is no number: %.*s", "不是数字：%.*s"), csv_shown(cell), cell->text);
    return false;
}

bool csv_flag(struct csv *csv, char *ret)
{
    const struct cell *cell = csv_cell(csv, COLUMN_FLAG);
    *ret = cell->size > 0 ? cell->text[0] : 0;
    if (cell->size == 0 || (cell->size == 1 && *ret > ' ' && *ret < 0x7f))
        return true;
    csv_refuse(
        csv, cell, "N008", tr("one letter such as N, or blank", "单个字母，例如 N；也可留空"),
        tr("this is no flag: %.*s", "不是有效的数据标识：%.*s"), csv_shown(cell), cell->text);
    return false;
}
