#include "engine/script_case.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const base_names[] = {"policy.yaml",   "series.yaml", "measures.yaml",
                                         "calendar.yaml", "grid.yaml",   "registry/all.yaml"};
enum { BASE_COUNT = sizeof base_names / sizeof *base_names };

char *script_case_read(const char *path, size_t *ret_size)
{
    char *data = NULL;
    struct findings findings = {0};
    int err = file_read(path, FILE_BYTES_MAX, &data, ret_size, &findings);
    findings_release(&findings);
    cr_assert(err == 0, "%s cannot be read", path);
    return data;
}

struct script_case script_case_new(const char *text)
{
    struct script_case result = {0};
    struct bundle_text texts[BASE_COUNT + 1];
    for (size_t i = 0; i < BASE_COUNT; i++) {
        char path[200];
        snprintf(path, sizeof path, "tests/scripts/base/%s", base_names[i]);
        texts[i].name = texts[i].shown = base_names[i];
        texts[i].data = script_case_read(path, &texts[i].size);
    }
    texts[BASE_COUNT] = (struct bundle_text){"rule.lua", "rule.lua", text, strlen(text)};
    int err = bundle_build(&result.bundle, texts, BASE_COUNT + 1, NULL, &result.findings);
    cr_assert(err == 0, "the base bundle: %s", script_case_findings(&result.findings));
    if (program_new(&result.program, result.bundle, &result.findings) < 0)
        result.program = NULL;
    for (size_t i = 0; i < BASE_COUNT; i++)
        free((void *)(uintptr_t)texts[i].data);
    return result;
}

void script_case_release(struct script_case *script_case)
{
    program_free(script_case->program);
    bundle_free(script_case->bundle);
    findings_release(&script_case->findings);
}

const struct rule *script_case_rule(const struct script_case *script_case)
{
    size_t count;
    cr_assert(script_case->program, "%s", script_case_findings(&script_case->findings));
    const struct rule *rules = program_rules(script_case->program, &count);
    cr_assert(count == 1);
    return rules;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **script_case_list(const char *folder, const char *end, size_t *ret_count)
{
    void *names = NULL;
    size_t capacity = 0;
    *ret_count = 0;
    DIR *opened = opendir(folder);
    cr_assert(opened, "%s: run the tests from the top of the repository", folder);
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        if (!str_ends(entry->d_name, end))
            continue;
        xgrow(&names, *ret_count, &capacity, sizeof(char *));
        ((char **)names)[(*ret_count)++] = xasprintf("%s/%s", folder, entry->d_name);
    }
    closedir(opened);
    if (*ret_count > 1)
        qsort(names, *ret_count, sizeof(char *), by_text);
    return names;
}

void script_case_free_list(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

const char *script_case_findings(const struct findings *findings)
{
    static char text[4000];
    size_t size = 0;
    text[0] = 0;
    for (size_t i = 0; i < findings->count && size + 1 < sizeof text; i++) {
        const struct finding *finding = &findings->items[i];
        int added = snprintf(text + size, sizeof text - size, "\n  %s:%d:%d %s %s (%s)",
                             finding->file, finding->line, finding->col, finding->code,
                             finding->message, finding->hint ? finding->hint : "");
        size += added > 0 ? (size_t)added : 0;
    }
    return text;
}
