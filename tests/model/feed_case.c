/* Feeding texts and looking at what came out. */
#include "model/feed_case.h"
#include <criterion/criterion.h>
#include <stdlib.h>

struct feed *feed_of_text(const char *name, const char *text, size_t size,
                          struct findings *findings)
{
    struct feed *feed;
    feed_new(&feed, 8 * HOUR_MS, NULL);
    feed_add_text(feed, name, text, size, 0, findings);
    feed_sort(feed, findings);
    return feed;
}

static void reading_line(struct buf *buf, const struct reading *reading)
{
    for (int i = 0; i < reading->count; i++) {
        buf_printf(buf, " %s=", reading->values[i].series);
        micro_print(buf, reading->values[i].value);
        if (reading->values[i].flag)
            buf_printf(buf, "/%c", reading->values[i].flag);
    }
}

char *feed_lines(const struct feed *feed)
{
    struct buf buf = {0};
    for (size_t i = 0; i < feed_count(feed); i++) {
        const struct fact *fact = feed_fact(feed, i);
        cr_assert_eq(feed_arrival(feed, i), fact->arrival);
        if (fact->conflict)
            buf_putc(&buf, '!');
        instant_print_short(&buf, fact->time, 8 * HOUR_MS);
        buf_printf(&buf, " %s", fact->subject ? fact->subject : "-");
        if (fact->kind == FACT_READING)
            reading_line(&buf, &fact->reading);
        else
            buf_printf(&buf, " %s", fact_kind_name(fact->kind));
        buf_putc(&buf, '\n');
    }
    return buf_detach(&buf);
}

char *finding_places(const struct findings *findings)
{
    struct buf buf = {0};
    for (size_t i = 0; i < findings->count; i++)
        buf_printf(&buf, "%s%d:%d %s", i ? " " : "", findings->items[i].line,
                   findings->items[i].col, findings->items[i].code);
    return buf_detach(&buf);
}

void expect_text(char *found, const char *expected, const char *what)
{
    cr_expect_str_eq(found, expected, "%s\n--- found\n%s\n--- expected\n%s", what, found, expected);
    free(found);
}
