/* Templates: filled, and checked before they are needed at night. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "engine/notice.h"
#include "model/policy.h"

#include <criterion/criterion.h>
#include <string.h>

static struct level levels[] = {{.name = "yellow"}, {.name = "red"}};
static struct notice notices[] = {
    {"order_new", "{name}：{measures}"}, {"health_yellow", "少出门\n"},
    {"health_red", "别出门\n"},          {"half_red", "甲"},
    {"correction", "{text}\n"},          {"withdrawal", "{recipient}：{text}\n"}};
static struct policy policy = {
    .levels = levels, .level_count = 2, .notices = notices, .notice_count = 6};

static void expect(const char *text, const char *level, const char *expected)
{
    struct arena arena = {0};
    struct buf buf = {0};
    const char *values[SLOTS] = {[SLOT_NAME] = "示例公司", [SLOT_ARTICLE] = ""};
    struct notice_template template = notice_compile(&arena, &policy, text, level, 0);

    notice_print(&buf, &template, values);
    cr_assert_str_eq(buf_str(&buf), expected);
    buf_release(&buf);
    arena_release(&arena);
}

Test(notice, slots_are_filled_and_the_last_line_break_is_dropped)
{
    expect("致{name}：\n{name}。\n\n", NULL, "致示例公司：\n示例公司。");
    expect("", NULL, "");
    expect("{name}", NULL, "示例公司");
}

Test(notice, a_line_of_nothing_but_an_empty_slot_is_left_out)
{
    expect("甲\n{article}\n乙{article}丙\n{article}", NULL, "甲\n乙丙\n");
}

Test(notice, each_level_has_its_own_text)
{
    expect("{health}。", "yellow", "少出门。");
    expect("{health}。", "red", "别出门。");
}

Test(notice, what_is_no_placeholder_stays_as_it_is)
{
    expect("{} {A} {name {unknown} }", "red", "{} {A} {name {unknown} }");
}

static void expect_finding(const char *text, const char *code, int line, int col)
{
    struct notice one = {"order_new", text};
    struct findings findings = {0};

    notices[0] = one;
    lang_set(LANG_EN);
    notices_check(&policy, &findings);
    cr_assert_eq(findings.count, 1, "%s: %zu findings", text, findings.count);
    cr_assert_str_eq(findings.items[0].code, code);
    cr_assert_str_eq(findings.items[0].file, "notices/order_new.txt");
    cr_assert_eq(findings.items[0].line, line);
    cr_assert_eq(findings.items[0].col, col, "col %d", findings.items[0].col);
    findings_release(&findings);
}

Test(notice, mistakes_are_found_with_their_place)
{
    expect_finding("第一行\n致{nmae}：", "T001", 2, 2);
    expect_finding("{half}", "T002", 1, 1);
    expect_finding("{name}{", "T003", 1, 7);
}

Test(notice, a_near_miss_is_named)
{
    struct notice one = {"order_new", "{measure}"};
    struct findings findings = {0};

    notices[0] = one;
    notices_check(&policy, &findings);
    cr_assert_not_null(findings.items[0].hint);
    cr_assert_not_null(strstr(findings.items[0].hint, "measures"));
    findings_release(&findings);
}

Test(notice, who_words_orders_words_how_they_are_taken_back)
{
    struct findings findings = {0};

    notices[4].name = "correction_of_old";
    notices_check(&policy, &findings);
    cr_assert_eq(findings.count, 2);
    cr_expect_str_eq(findings.items[0].code, "T001", "{text} is for the daemon's own letters");
    cr_expect_str_eq(findings.items[1].code, "T004");
    findings_release(&findings);
}

Test(notice, a_withdrawal_may_have_words_for_each_kind_of_letter)
{
    struct findings findings = {0};

    notices[4].name = "withdrawal_release";
    notices_check(&policy, &findings);
    for (size_t i = 0; i < findings.count; i++)
        cr_expect_str_neq(findings.items[i].code, "T001");
    findings_release(&findings);
}
