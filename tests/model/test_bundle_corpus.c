/* Broken bundles, each with every finding it must lead to.  The cases stand in tests/bundles as
 * text, where a domain expert can add some; see tests/bundles/README.md. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "model/bundle_case.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CASES_MIN = 120, CASES_MAX = 1000 };
static const char folder[] = "tests/bundles";

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t list_cases(char *ret_names[CASES_MAX])
{
    size_t count = 0;
    DIR *opened = opendir(folder);
    cr_assert(opened, "run the tests from the top of the repository");
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        if (str_ends(entry->d_name, ".txt") && count < CASES_MAX)
            ret_names[count++] = strdup(entry->d_name);
    }
    closedir(opened);
    qsort(ret_names, count, sizeof *ret_names, by_text);
    return count;
}

static char *read_case(const char *name)
{
    char path[512];
    char *text;
    size_t size;
    struct findings findings = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert(file_read(path, FILE_BYTES_MAX, &text, &size, &findings) == 0);
    return text;
}

/* Does the expected line name this finding?  What stands after the bar must be in its words. */
static bool line_matches(const char *line, const struct finding *finding)
{
    char got[700];
    snprintf(got, sizeof got, "%s:%d:%d %s", finding->file, finding->line, finding->col,
             finding->code);
    const char *bar = strstr(line, " | ");
    size_t size = bar ? (size_t)(bar - line) : strlen(line);
    if (strlen(got) != size || memcmp(got, line, size) != 0)
        return false;
    return !bar || strstr(finding->message, bar + 3) ||
           (finding->hint && strstr(finding->hint, bar + 3));
}

static bool all_match(const char *expect, const struct findings *findings)
{
    size_t number = 0;
    while (*expect) {
        size_t size = strcspn(expect, "\n");
        if (size > 0) {
            char *line = strndup(expect, size);
            bool good = number < findings->count && line_matches(line, &findings->items[number++]);
            free(line);
            if (!good)
                return false;
        }
        expect += size + (expect[size] == '\n');
    }
    return number == findings->count;
}

static void print_difference(const char *name, const char *expect, const struct findings *findings)
{
    fprintf(stderr, "%s/%s: expected\n%s--- found\n", folder, name, expect);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        fprintf(stderr, "%s:%d:%d %s | %s (%s)\n", finding->file, finding->line, finding->col,
                finding->code, finding->message, finding->hint ? finding->hint : "");
    }
}

static bool run_case(const char *name)
{
    struct bundle_case bundle_case;
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    bundle_case_base(&bundle_case, "tests/bundles/base");
    char *text = read_case(name);
    bundle_case_apply(&bundle_case, text);
    bool good = !bundle_case.trouble;
    if (!good)
        fprintf(stderr, "%s/%s: %s\n", folder, name, bundle_case.trouble);
    int err =
        bundle_build(&bundle, bundle_case.texts, bundle_case.count, bundle_case.with, &findings);
    if (good && !all_match(bundle_case.expect, &findings)) {
        print_difference(name, bundle_case.expect, &findings);
        good = false;
    }
    good &= (err < 0) == (findings.errors > 0);
    bundle_free(bundle);
    findings_release(&findings);
    bundle_case_release(&bundle_case);
    free(text);
    return good;
}

Test(bundle_corpus, every_broken_bundle_has_exactly_its_findings)
{
    char *names[CASES_MAX];
    lang_set(LANG_EN);
    size_t count = list_cases(names), failed = 0;
    for (size_t i = 0; i < count; i++) {
        failed += !run_case(names[i]);
        free(names[i]);
    }
    cr_expect(count >= CASES_MIN, "only %zu cases", count);
    cr_expect(failed == 0, "%zu of %zu cases differ", failed, count);
}

/* The same findings in the other language: no message is without its Chinese. */
Test(bundle_corpus, findings_do_not_depend_on_the_language)
{
    char *names[CASES_MAX];
    size_t count = list_cases(names);
    for (size_t i = 0; i < count; i++) {
        struct bundle_case bundle_case;
        struct findings english = {0}, chinese = {0};
        struct bundle *first = NULL, *second = NULL;
        bundle_case_base(&bundle_case, "tests/bundles/base");
        char *text = read_case(names[i]);
        bundle_case_apply(&bundle_case, text);
        lang_set(LANG_EN);
        bundle_build(&first, bundle_case.texts, bundle_case.count, bundle_case.with, &english);
        lang_set(LANG_ZH);
        bundle_build(&second, bundle_case.texts, bundle_case.count, bundle_case.with, &chinese);
        cr_expect(english.count == chinese.count, "%s", names[i]);
        for (size_t k = 0; k < english.count && k < chinese.count; k++) {
            cr_expect(strcmp(english.items[k].code, chinese.items[k].code) == 0, "%s", names[i]);
            cr_expect(strcmp(english.items[k].message, chinese.items[k].message) != 0, "%s: %s",
                      names[i], english.items[k].message);
        }
        cr_expect(strcmp(first->hash, second->hash) == 0);
        bundle_free(first);
        bundle_free(second);
        findings_release(&english);
        findings_release(&chinese);
        bundle_case_release(&bundle_case);
        free(text);
        free(names[i]);
    }
    lang_set(LANG_EN);
}
