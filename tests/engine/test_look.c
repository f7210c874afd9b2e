/* Rules of a bundle whose YAML is broken: looked at in the same run, without complaints that only
 * follow from the break. */
#include "base/err.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/rule.h"
#include "model/bundle_case.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

static const char rule[] = "rules/heavy.lua";

/* The base bundle with a rule of ours for its own, and one place of its policy.yaml changed. */
static void look(const char *lua, const char *from, const char *to, struct findings *findings)
{
    struct bundle_case base;
    struct bundle *bundle = NULL;
    bundle_case_base(&base, "tests/bundles/base");
    for (size_t i = 0; i < base.count; i++) {
        struct bundle_text *text = &base.texts[i];
        const char *at = str_equal(text->name, "policy.yaml") ? strstr(text->data, from) : NULL;
        if (at)
            text->data = arena_printf(&base.arena, "%.*s%s%s", (int)(at - text->data), text->data,
                                      to, at + strlen(from));
        else if (str_equal(text->name, rule))
            text->data = lua;
        text->size = strlen(text->data);
    }
    int err = bundle_build(&bundle, base.texts, base.count, NULL, findings);
    cr_assert_lt(err, 0, "the policy is broken");
    program_look(bundle, findings);
    bundle_free(bundle);
    bundle_case_release(&base);
}

static bool has(const struct findings *findings, const char *file, const char *words)
{
    for (size_t i = 0; i < findings->count; i++)
        if (str_ends(findings->items[i].file, file) && strstr(findings->items[i].message, words))
            return true;
    return false;
}

Test(look, what_a_rule_names_and_nobody_wrote_is_told_beside_a_slip_in_the_policy)
{
    struct findings findings = {0};
    look("return warning \"w\" { area = p.nowhere_at_all }", "settle_after", "settle_afterr",
         &findings);
    cr_expect(has(&findings, "policy.yaml", "settle_afterr"));
    cr_expect(has(&findings, rule, "nowhere_at_all"));
    findings_release(&findings);
}

Test(look, what_was_refused_where_it_is_written_is_not_told_of_the_rule_as_well)
{
    struct findings findings = {0};
    look("return warning \"w\" { area = \"210100\", levels = {{ \"yellow\", approve = \"auto\", "
         "issue_when = { timeline = \"aqi_day\", above = 1 } }, { \"purple\", approve = \"auto\", "
         "issue_when = { timeline = \"aqi_day\", above = 2 } }}, "
         "lift_when = { observed = \"aqi_24h\", at_most = 1 } }",
         "name: yellow", "name: [yellow]", &findings);
    cr_expect_not(has(&findings, rule, "yellow"));
    cr_expect(has(&findings, rule, "purple"));
    findings_release(&findings);
}

Test(look, no_broken_bundle_of_the_corpus_is_too_broken_to_be_looked_at)
{
    DIR *folder = opendir("tests/bundles");
    const struct dirent *entry;
    int looked = 0;
    while ((entry = readdir(folder))) {
        struct bundle_case one;
        struct findings findings = {0};
        struct bundle *bundle = NULL;
        char *path = xasprintf("tests/bundles/%s", entry->d_name), *text = NULL;
        size_t size;
        if (str_ends(entry->d_name, ".txt") &&
            file_read(path, FILE_BYTES_MAX, &text, &size, &findings) == 0) {
            bundle_case_base(&one, "tests/bundles/base");
            bundle_case_apply(&one, text);
            if (bundle_build(&bundle, one.texts, one.count, one.with, &findings) < 0) {
                program_look(bundle, &findings);
                looked++;
            }
            bundle_free(bundle);
            bundle_case_release(&one);
        }
        findings_release(&findings);
        free(text);
        free(path);
    }
    closedir(folder);
    cr_expect_geq(looked, 120);
}
