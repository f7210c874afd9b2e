/* See listing.h. */
#include "engine/listing.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

static bool text_same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static const char *safe_text(const struct listing *list, const struct obligation *item)
{
    return item->floored ? list->recipient->lines[item->line].safe_text : NULL;
}

static bool same_group(const struct listing *list, const struct obligation *a,
                       const struct obligation *b)
{
    return a->measure == b->measure && a->percent == b->percent && a->stage == b->stage &&
           a->from == b->from && a->minutes == b->minutes && a->floored == b->floored &&
           a->since == b->since && a->until == b->until && (a->line < 0) == (b->line < 0) &&
           text_same(a->basis, b->basis) && text_same(safe_text(list, a), safe_text(list, b));
}

static bool leads_group(const struct listing *list, size_t position)
{
    const struct obligation *items = list->set->items;

    for (size_t i = 0; i < position; i++)
        if (same_group(list, &items[i], &items[position]))
            return false;
    return true;
}

/* Sentences ----------------------------------------------------------------------------------- */

static void add_line_names(struct buf *buf, const struct listing *list, size_t leader)
{
    const struct obligation *items = list->set->items;

    if (items[leader].line < 0) {
        buf_puts(buf, "全厂");
        return;
    }
    for (size_t i = leader; i < list->set->count; i++) {
        if (!same_group(list, &items[leader], &items[i]))
            continue;
        if (i > leader)
            buf_puts(buf, "、");
        buf_puts(buf, list->recipient->lines[items[i].line].name);
    }
}

static void add_minute(struct buf *buf, int minute)
{
    if (minute % 60 == 0)
        buf_printf(buf, "%d时", minute / 60);
    else
        buf_printf(buf, "%d时%02d分", minute / 60, minute % 60);
}

static void add_stage(struct buf *buf, int stage)
{
    static const char *const stages[] = {"零", "一", "二", "三", "四",
                                         "五", "六", "七", "八", "九"};

    if (stage >= 0 && (size_t)stage < sizeof(stages) / sizeof(*stages))
        buf_puts(buf, stages[stage]);
}

/* 1440 is the end of the day, which people write as 24时. */
static int end_minute(const struct obligation *item)
{
    int end = item->from + item->minutes;

    return end > DAY_MINUTES ? end - DAY_MINUTES : end;
}

/* Prints the value of one placeholder of a measure's text; false: it is none. */
static bool add_value(struct buf *buf, const char *word, const struct listing *list, size_t leader)
{
    const struct obligation *item = &list->set->items[leader];

    if (str_starts(word, "{lines}"))
        add_line_names(buf, list, leader);
    else if (str_starts(word, "{percent}"))
        buf_printf(buf, "%d", item->percent);
    else if (str_starts(word, "{stage}"))
        add_stage(buf, item->stage);
    else if (str_starts(word, "{basis}"))
        buf_puts(buf, item->basis ? item->basis : "以正常日产量为基数");
    else if (str_starts(word, "{from}"))
        add_minute(buf, item->from);
    else if (str_starts(word, "{to}"))
        add_minute(buf, end_minute(item));
    else
        return false;
    return true;
}

static void add_template(struct buf *buf, const struct listing *list, size_t leader)
{
    const char *at = list->set->items[leader].measure->text, *brace, *close;

    while ((brace = strchr(at, '{')) != NULL && (close = strchr(brace, '}')) != NULL) {
        buf_add(buf, at, (size_t)(brace - at));
        if (!add_value(buf, brace, list, leader))
            buf_add(buf, brace, (size_t)(close - brace) + 1);
        at = close + 1;
    }
    buf_puts(buf, at);
}

static void add_since(struct buf *buf, const struct listing *list, const struct obligation *item)
{
    if (item->since == 0)
        return;
    buf_puts(buf, "自");
    instant_print_chinese(buf, item->since, list->zone);
    buf_puts(buf, "起，");
}

static void add_day_part(struct buf *buf, const struct obligation *item)
{
    if (item->minutes == DAY_MINUTES || strstr(item->measure->text, "{from}"))
        return;
    add_minute(buf, item->from);
    buf_puts(buf, end_minute(item) <= item->from ? "至次日" : "至");
    add_minute(buf, end_minute(item));
    buf_puts(buf, "，");
}

static void add_floor(struct buf *buf, const struct listing *list, const struct obligation *item)
{
    const char *safe = safe_text(list, item);

    if (item->floored)
        buf_printf(buf, "，但须保留安全生产最低负荷（%s）", safe ? safe : "按操作规程");
}

static void add_until(struct buf *buf, const struct listing *list, const struct obligation *item)
{
    if (item->until == 0)
        return;
    buf_puts(buf, "（至");
    instant_print_chinese(buf, item->until, list->zone);
    buf_puts(buf, "为止）");
}

/* One sentence, without the full stop. */
static void add_sentence(struct buf *buf, const struct listing *list, size_t leader)
{
    const struct obligation *item = &list->set->items[leader];

    add_since(buf, list, item);
    add_day_part(buf, item);
    add_template(buf, list, leader);
    add_floor(buf, list, item);
    add_until(buf, list, item);
}

void listing_print(struct buf *buf, const struct listing *list)
{
    int number = 0;

    for (size_t i = 0; i < list->set->count; i++) {
        if (!leads_group(list, i))
            continue;
        buf_printf(buf, "%s%d. ", number > 0 ? "；\n" : "", number + 1);
        add_sentence(buf, list, i);
        number++;
    }
    if (number > 0)
        buf_puts(buf, "。");
}

void listing_proofs(struct buf *buf, const struct listing *list)
{
    const struct obligation *items = list->set->items;
    bool any = false;

    for (size_t i = 0; i < list->set->count; i++) {
        const char *proof = items[i].measure->proof;
        bool repeated = false;

        for (size_t j = 0; j < i && proof; j++)
            repeated |= text_same(items[j].measure->proof, proof);
        if (!proof || repeated)
            continue;
        buf_printf(buf, "%s%s", any ? "；" : "", proof);
        any = true;
    }
    buf_puts(buf, any ? "。" : "现场检查。");
}

/* JSON ---------------------------------------------------------------------------------------- */

static void write_lines(struct json_writer *json, const struct listing *list, size_t leader)
{
    const struct obligation *items = list->set->items;

    jw_key(json, "lines");
    jw_begin(json, '[');
    for (size_t i = leader; i < list->set->count; i++)
        if (same_group(list, &items[leader], &items[i]))
            jw_text(json, list->recipient->lines[items[i].line].id);
    jw_end(json, ']');
}

static void write_number(struct json_writer *json, const char *key, int value)
{
    jw_key(json, key);
    jw_int(json, value);
}

static void write_text(struct json_writer *json, const char *key, const char *value)
{
    if (!value)
        return;
    jw_key(json, key);
    jw_text(json, value);
}

static void write_hours(struct json_writer *json, const struct obligation *item)
{
    char hours[32];
    int end = end_minute(item);

    snprintf(hours, sizeof(hours), "%02d:%02d .. %02d:%02d", item->from / 60, item->from % 60,
             end / 60, end % 60);
    write_text(json, "hours", hours);
}

static void write_instant(struct json_writer *json, const char *key, instant_ms instant,
                          span_ms zone)
{
    if (instant == 0)
        return;
    jw_key(json, key);
    jw_instant(json, instant, zone);
}

static void write_object(struct json_writer *json, struct buf *sentence, const struct listing *list,
                         size_t leader)
{
    const struct obligation *item = &list->set->items[leader];
    bool stop = item->kind == OBLIGATION_PRODUCTION && item->percent == PERCENT_STOP;

    jw_begin(json, '{');
    write_text(json, "do", item->measure->id);
    if (item->line >= 0)
        write_lines(json, list, leader);
    if (item->floored || (item->percent > 0 && !stop))
        write_number(json, "percent", item->percent);
    if (item->stage > 0)
        write_number(json, "stage", item->stage);
    if (item->minutes < DAY_MINUTES)
        write_hours(json, item);
    write_instant(json, "from", item->since, list->zone);
    write_instant(json, "until", item->until, list->zone);
    write_text(json, "basis", item->basis);
    write_text(json, "safe", safe_text(list, item));
    buf_clear(sentence);
    add_sentence(sentence, list, leader);
    write_text(json, "text", buf_str(sentence));
    jw_end(json, '}');
}

void listing_json(struct buf *buf, const struct listing *list)
{
    struct json_writer json = {.buf = buf};
    struct buf sentence = {0};

    jw_begin(&json, '[');
    for (size_t i = 0; i < list->set->count; i++)
        if (leads_group(list, i))
            write_object(&json, &sentence, list, i);
    jw_end(&json, ']');
    buf_release(&sentence);
}
