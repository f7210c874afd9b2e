/* Scripts as files: broken ones with every finding they must lead to (tests/scripts/broken), sound
 * ones (tests/scripts/sound), and those we ship. */
#include "base/str.h"
#include "engine/script_case.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BROKEN_MIN = 60 };
static const char expectation[] = "-- expect: ";

/* "4:12 R009 | pm25": place, code, and a part of the message or hint. */
static bool matches(const char *line, size_t size, const struct finding *finding)
{
    char place[64];
    int length =
        snprintf(place, sizeof place, "%d:%d %s", finding->line, finding->col, finding->code);
    const char *bar = memmem(line, size, " | ", 3);
    size_t head = bar ? (size_t)(bar - line) : size;
    if ((size_t)length != head || memcmp(place, line, head) != 0)
        return false;
    if (!bar)
        return true;
    char *part = strndup(bar + 3, size - head - 3);
    bool found = strstr(finding->message, part) || (finding->hint && strstr(finding->hint, part));
    free(part);
    return found;
}

static bool all_match(const char *text, const struct findings *findings)
{
    size_t number = 0;
    for (const char *at = text; (at = strstr(at, expectation)) != NULL;) {
        at += sizeof expectation - 1;
        size_t size = strcspn(at, "\n");
        if (number >= findings->count || !matches(at, size, &findings->items[number++]))
            return false;
    }
    return number == findings->count;
}

Test(script_corpus, each_broken_script_leads_to_exactly_its_findings)
{
    size_t count;
    char **names = script_case_list("tests/scripts/broken", ".lua", &count);
    cr_expect(count >= BROKEN_MIN);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        char *text = script_case_read(names[i], &size);
        struct script_case script_case = script_case_new(text);
        cr_expect(strstr(text, expectation), "%s expects nothing", names[i]);
        cr_expect(all_match(text, &script_case.findings), "%s gave:%s", names[i],
                  script_case_findings(&script_case.findings));
        script_case_release(&script_case);
        free(text);
    }
    script_case_free_list(names, count);
}

Test(script_corpus, sound_scripts_have_no_findings)
{
    size_t count;
    char **names = script_case_list("tests/scripts/sound", ".lua", &count);
    cr_expect(count > 0);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        char *text = script_case_read(names[i], &size);
        struct script_case script_case = script_case_new(text);
        cr_expect(script_case.findings.errors + script_case.findings.warnings == 0, "%s gave:%s",
                  names[i], script_case_findings(&script_case.findings));
        script_case_release(&script_case);
        free(text);
    }
    script_case_free_list(names, count);
}

static void check_alone(const char *folder)
{
    size_t count;
    char **names = script_case_list(folder, ".lua", &count);
    cr_expect(count > 0);
    for (size_t i = 0; i < count; i++) {
        struct findings findings = {0};
        size_t size;
        char *text = script_case_read(names[i], &size);
        cr_expect(script_check(names[i], text, size, &findings) == 0, "%s gave:%s", names[i],
                  script_case_findings(&findings));
        cr_expect(findings.count == 0);
        findings_release(&findings);
        free(text);
    }
    script_case_free_list(names, count);
}

Test(script_corpus, what_we_ship_checks_alone)
{
    check_alone("scripts/rules");
    check_alone("scripts/lib");
    check_alone("scripts");
}

Test(script_corpus, the_city_bundle_compiles_without_a_finding)
{
    struct bundle *bundle = NULL;
    struct program *program = NULL;
    struct findings findings = {0};
    size_t count;
    bundle_load(&bundle, "policies/shenyang", NULL, &findings);
    cr_assert(bundle && program_new(&program, bundle, &findings) == 0, "%s",
              script_case_findings(&findings));
    program_rules(program, &count);
    cr_expect(count == 6);
    cr_expect(findings.errors + findings.warnings == 0, "%s", script_case_findings(&findings));
    program_free(program);
    bundle_free(bundle);
    findings_release(&findings);
}
