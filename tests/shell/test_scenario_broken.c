/* Broken scenarios, each with every finding it must lead to.  They stand in tests/scenarios as the
 * files a writer might have made; see tests/scenarios/README.md. */
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "shell/scenario_case.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MIN = 80 };

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "4:19 C050 | did you mean", or "policy.yaml:0:0 B001 | …": does the line name this finding? */
static bool names(const char *line, size_t size, const char *file, const struct finding *finding)
{
    char where[600];
    bool own = strcmp(base_name(finding->file), file) == 0;
    snprintf(where, sizeof where, "%s%s%d:%d %s | ", own ? "" : base_name(finding->file),
             own ? "" : ":", finding->line, finding->col, finding->code);
    size_t head = strlen(where);
    if (size < head || memcmp(line, where, head) != 0)
        return false;
    char *words = strndup(line + head, size - head);
    bool said = strstr(finding->message, words) || (finding->hint && strstr(finding->hint, words));
    free(words);
    return said;
}

static size_t expected_count(const char *text, const char *file, const struct findings *findings)
{
    size_t count = 0;
    for (const char *at = strstr(text, "# finding "); at; at = strstr(at + 1, "# finding ")) {
        const char *line = at + strlen("# finding ");
        size_t size = strcspn(line, "\n");
        bool found = false;
        for (size_t i = 0; i < findings->count && !found; i++)
            found = names(line, size, file, &findings->items[i]);
        cr_expect(found, "%s: nobody says %.*s", file, (int)size, line);
        count++;
    }
    return count;
}

static void check_case(const char *path)
{
    struct findings findings = {0};
    struct bench bench = {0};
    struct case_run run;
    struct run_options options = {.fork_at = INSTANT_NONE};
    char *text;
    size_t size;
    cr_assert_eq(file_read(path, FILE_BYTES_MAX, &text, &size, &findings), 0);
    case_run(&run, &bench, path, &options, &findings);
    size_t expected = expected_count(text, base_name(path), &findings);
    cr_expect(expected > 0, "%s: no finding is expected", path);
    cr_expect_eq(findings.count, expected, "%s: %zu findings, expected %zu", path, findings.count,
                 expected);
    free(text);
    case_release(&run);
    bench_release(&bench);
    findings_release(&findings);
}

Test(scenario_broken, each_leads_to_its_findings)
{
    struct path_list paths = {0};
    cr_assert(cases_find(&paths, "tests/scenarios"),
              "run the tests from the top of the repository");
    cr_assert_geq(paths.count, CASES_MIN);
    for (size_t i = 0; i < paths.count; i++)
        check_case(paths.items[i]);
    path_list_release(&paths);
}

/* What a writer may not do to the reader, whatever the bytes. */
Test(scenario_broken, cut_anywhere_it_is_told_or_read)
{
    char *text;
    size_t size;
    struct findings unused = {0};
    cr_assert_eq(file_read("examples/drill/scenario.yaml", FILE_BYTES_MAX, &text, &size, &unused),
                 0);
    for (size_t cut = 0; cut < size; cut += 37) {
        struct findings findings = {0};
        struct scenario *scenario;
        int err =
            scenario_read_text(&scenario, "examples/drill/cut.yaml", text, cut, NULL, 0, &findings);
        cr_assert_eq(err<0, findings.errors> 0, "cut at %zu", cut);
        scenario_free(scenario);
        findings_release(&findings);
    }
    free(text);
}
