/* Metrics: counted, printed in one order, and readable by what scrapes them. */
#include "base/buf.h"
#include "shell/metrics.h"
#include <criterion/criterion.h>
#include <string.h>

Test(metrics, counts_by_name_and_labels)
{
    struct metrics *metrics = metrics_new();
    metrics_add(metrics, "yujing_receipts_total", "kind=\"read\"", 1);
    metrics_add(metrics, "yujing_receipts_total", "kind=\"read\"", 2);
    metrics_add(metrics, "yujing_receipts_total", "kind=\"done\"", 1);
    metrics_set(metrics, "yujing_inbox_facts", NULL, 7);
    cr_assert_eq(metrics_value(metrics, "yujing_receipts_total", "kind=\"read\""), 3);
    cr_assert_eq(metrics_value(metrics, "yujing_receipts_total", "kind=\"done\""), 1);
    cr_assert_eq(metrics_value(metrics, "yujing_inbox_facts", NULL), 7);
    cr_assert_eq(metrics_value(metrics, "yujing_receipts_total", "kind=\"refused\""), 0);
    metrics_free(metrics);
}

Test(metrics, prints_the_same_whatever_came_first)
{
    struct buf one = {0}, two = {0};
    struct metrics *a = metrics_new(), *b = metrics_new();
    metrics_add(a, "yujing_receipts_total", "kind=\"read\"", 1);
    metrics_add(a, "yujing_receipts_total", "kind=\"done\"", 1);
    metrics_add(b, "yujing_receipts_total", "kind=\"done\"", 1);
    metrics_add(b, "yujing_receipts_total", "kind=\"read\"", 1);
    metrics_print(a, &one);
    metrics_print(b, &two);
    cr_assert_str_eq(buf_str(&one), buf_str(&two));
    cr_assert(strstr(buf_str(&one), "yujing_receipts_total{kind=\"done\"} 1\n"
                                    "yujing_receipts_total{kind=\"read\"} 1\n"));
    buf_release(&one);
    buf_release(&two);
    metrics_free(a);
    metrics_free(b);
}

Test(metrics, a_histogram_adds_up)
{
    struct buf text = {0};
    struct metrics *metrics = metrics_new();
    metrics_observe(metrics, "yujing_turn_duration_seconds", NULL, 0.0007);
    metrics_observe(metrics, "yujing_turn_duration_seconds", NULL, 90);
    metrics_print(metrics, &text);
    cr_assert(strstr(buf_str(&text), "yujing_turn_duration_seconds_bucket{le=\"0.0005\"} 0\n"));
    cr_assert(strstr(buf_str(&text), "yujing_turn_duration_seconds_bucket{le=\"0.001\"} 1\n"));
    cr_assert(strstr(buf_str(&text), "yujing_turn_duration_seconds_bucket{le=\"60\"} 1\n"));
    cr_assert(strstr(buf_str(&text), "yujing_turn_duration_seconds_bucket{le=\"+Inf\"} 2\n"));
    cr_assert(strstr(buf_str(&text), "yujing_turn_duration_seconds_count 2\n"));
    buf_release(&text);
    metrics_free(metrics);
}

Test(metrics, without_an_object_nothing_is_counted)
{
    metrics_add(NULL, "yujing_receipts_total", NULL, 1);
    metrics_observe(NULL, "yujing_turn_duration_seconds", NULL, 1);
    struct metrics *metrics = metrics_new();
    cr_assert_eq(metrics_value(metrics, "yujing_receipts_total", NULL), 0);
    metrics_free(metrics);
}

Test(metrics, a_gauge_is_cleared_whatever_its_labels)
{
    struct metrics *metrics = metrics_new();
    metrics_set(metrics, "yujing_outbox_oldest_seconds", "gateway=\"a\"", 5);
    metrics_set(metrics, "yujing_inbox_facts", NULL, 7);
    metrics_clear(metrics, "yujing_outbox_oldest_seconds");
    cr_assert_eq(metrics_value(metrics, "yujing_outbox_oldest_seconds", "gateway=\"a\""), 0);
    cr_assert_eq(metrics_value(metrics, "yujing_inbox_facts", NULL), 7);
    metrics_free(metrics);
}
