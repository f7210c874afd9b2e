/* Findings and languages. */
#include "base/err.h"
#include "base/lang.h"
#include "base/limits.h"
#include <criterion/criterion.h>
#include <string.h>

Test(err, every_error_has_words_in_both_languages)
{
    for (int err = ERR_IO; err <= ERR_LIMIT; err++) {
        lang_set(LANG_EN);
        const char *english = err_str(err);
        lang_set(LANG_ZH);
        cr_expect_str_neq(err_str(err), english);
        cr_expect_str_neq(err_str(err), err_str(-99));
    }
    cr_expect_eq(lang_get(), LANG_ZH);
}

static void add(struct findings *findings, const char *file, int line, int col, const char *code)
{
    findings_add(findings, SEV_ERROR, code, (struct place){file, line, col}, NULL, "%s %d", file,
                 line);
}

Test(err, findings_own_their_texts)
{
    struct findings findings = {0};
    char file[] = "a.yaml", hint[] = "try this";
    findings_add(&findings, SEV_WARNING, "Y001", (struct place){file, 3, 4}, hint, "bad %s", hint);
    memset(file, 'x', sizeof file - 1);
    memset(hint, 'x', sizeof hint - 1);
    const struct finding *finding = &findings.items[0];
    cr_expect_str_eq(finding->file, "a.yaml");
    cr_expect_str_eq(finding->hint, "try this");
    cr_expect_str_eq(finding->message, "bad try this");
    cr_expect_str_eq(finding->code, "Y001");
    cr_expect(finding->line == 3 && finding->col == 4);
    cr_expect(findings.warnings == 1 && findings.errors == 0);
    findings_release(&findings);
}

Test(err, a_finding_may_have_no_file)
{
    struct findings findings = {0};
    findings_add(&findings, SEV_REVIEW, "S001", (struct place){0}, NULL, "look at this");
    cr_expect_str_eq(findings.items[0].file, "");
    cr_expect_null(findings.items[0].hint);
    cr_expect(findings.warnings == 0 && findings.errors == 0);
    findings_release(&findings);
}

Test(err, findings_are_sorted_by_place_and_stable)
{
    struct findings findings = {0};
    add(&findings, "b", 1, 1, "Y001");
    add(&findings, "a", 2, 1, "Y001");
    add(&findings, "a", 1, 9, "Y002");
    add(&findings, "a", 1, 9, "Y001");
    findings_add(&findings, SEV_ERROR, "Y001", (struct place){"a", 1, 9}, NULL, "later");
    add(&findings, "a", 1, 2, "Y001");
    findings_sort(&findings);
    cr_expect_eq(findings.items[0].col, 2);
    cr_expect_str_eq(findings.items[1].message, "a 1");
    cr_expect_str_eq(findings.items[2].message, "later");
    cr_expect_str_eq(findings.items[3].code, "Y002");
    cr_expect_eq(findings.items[4].line, 2);
    cr_expect_str_eq(findings.items[5].file, "b");
    findings_release(&findings);
    findings_sort(&findings);
}

Test(err, beyond_the_limit_findings_are_only_counted)
{
    struct findings findings = {0}, more = {0};
    for (int i = 0; i < FINDINGS_MAX + 10; i++)
        add(&findings, "a", i, 1, "Y001");
    cr_expect_eq(findings.count, FINDINGS_MAX);
    cr_expect_eq(findings.errors, FINDINGS_MAX + 10);
    add(&more, "b", 1, 1, "Y001");
    findings_join(&findings, &more);
    cr_expect_eq(findings.count, FINDINGS_MAX);
    cr_expect_eq(findings.errors, FINDINGS_MAX + 11);
    cr_expect_eq(more.count, 0);
    findings_release(&findings);
}

Test(err, what_has_no_line_is_said_once_and_counted_each_time)
{
    struct findings findings = {0};
    struct place body = {.file = "body"}, line = {.file = "body", .line = 3};
    for (int i = 0; i < 6; i++)
        findings_add(&findings, SEV_ERROR, "W006", body, NULL, "not as %s", i % 2 ? "a" : "b");
    cr_expect_eq(findings.count, 2);
    cr_expect_eq(findings.errors, 6);
    findings_add(&findings, SEV_ERROR, "W006", line, NULL, "not as a");
    findings_add(&findings, SEV_ERROR, "W006", line, NULL, "not as a");
    findings_add(&findings, SEV_ERROR, "W005", body, NULL, "not as a");
    cr_expect_eq(findings.count, 5);
    findings_release(&findings);
}

Test(err, joining_moves_everything)
{
    struct findings to = {0}, from = {0};
    add(&to, "a", 1, 1, "Y001");
    add(&from, "b", 1, 1, "Y001");
    add(&from, "c", 1, 1, "Y001");
    findings_join(&to, &from);
    findings_join(&to, &from);
    cr_expect_eq(to.count, 3);
    cr_expect_str_eq(to.items[2].file, "c");
    findings_release(&to);
    findings_release(&from);
}
