/* Cases: found, loaded, run. */
#include "cli/cases.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/rule.h"
#include "model/bundle.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_MAX = 6 }; /* of folders below the one that was named */

/* ---- finding ---- */

static void add(struct path_list *list, char *path)
{
    xgrow((void **)&list->items, list->count, &list->capacity, sizeof *list->items);
    list->items[list->count++] = path;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_bundle(const char *folder)
{
    struct stat info;
    char *path = xasprintf("%s/policy.yaml", folder);
    bool is = stat(path, &info) == 0;
    free(path);
    return is;
}

bool cases_looks_like(const char *path)
{
    static const char *const keys[] = {"start:", "expect:", "bundle:"};
    char *text;
    size_t size;
    struct findings unused = {0};
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &unused) < 0) {
        findings_release(&unused);
        return false;
    }
    bool found = false;
    for (const char *line = text; line && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !found; i++)
            found = str_starts(line, keys[i]);
    }
    free(text);
    return found;
}

/* The folder cases/ of a bundle: whatever YAML it has is meant to be a case. */
static bool is_cases(const char *folder)
{
    char *above = xasprintf("%s/..", folder);
    char *real = realpath(folder, NULL);
    bool is = real && str_ends(real, "/cases") && is_bundle(above);
    free(above);
    free(real);
    return is;
}

static void find_below(struct path_list *list, const char *folder, int depth)
{
    bool any = is_cases(folder);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    while (dir && (entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        char *path = xasprintf("%s/%s", folder, entry->d_name);
        bool folder_too = is_folder(path);
        if (!folder_too && str_ends(entry->d_name, ".yaml") && (any || cases_looks_like(path)))
            add(list, path);
        else if (folder_too && is_bundle(path) && depth > 0) {
            char *cases = xasprintf("%s/cases", path);
            find_below(list, cases, 0);
            free(cases);
            free(path);
        } else {
            if (folder_too && depth > 0)
                find_below(list, path, depth - 1);
            free(path);
        }
    }
    if (dir)
        closedir(dir);
}

static int path_compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

bool cases_find(struct path_list *list, const char *path)
{
    size_t first = list->count;
    struct stat info;
    if (stat(path, &info) < 0)
        return false;
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    char *trimmed = xstrndup(path, size);
    if (!is_folder(trimmed)) {
        add(list, trimmed);
        return true;
    }
    char *cases = is_bundle(trimmed) ? xasprintf("%s/cases", trimmed) : xstrdup(trimmed);
    find_below(list, cases, is_bundle(trimmed) ? 0 : DEPTH_MAX);
    free(cases);
    free(trimmed);
    if (list->count > first)
        qsort(list->items + first, list->count - first, sizeof *list->items, path_compare);
    return true;
}

void path_list_release(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct path_list){0};
}

/* ---- loading ---- */

void bench_release(struct bench *bench)
{
    program_free(bench->program);
    bundle_free(bench->bundle);
    free(bench->folder);
    free(bench->with);
    *bench = (struct bench){0};
}

int bench_load(struct bench *bench, const char *folder, const char *with, struct findings *findings)
{
    if (bench->program && str_equal(bench->folder, folder) && str_equal(bench->with, with))
        return 0;
    bench_release(bench);
    bench->folder = xstrdup(folder);
    bench->with = with ? xstrdup(with) : NULL;
    struct findings own = {0}; /* its warnings are `yujing check`'s business, not a case's */
    int err = bundle_load(&bench->bundle, folder, with, &own);
    if (err >= 0)
        err = program_new(&bench->program, bench->bundle, &own);
    if (err < 0)
        findings_join(findings, &own);
    findings_release(&own);
    return err;
}

/* ---- running ---- */

void case_count(struct case_run *run)
{
    run->met = run->failed = run->manual = 0;
    for (size_t i = 0; i < run->scenario->expect_count; i++) {
        enum outcome outcome = run->run.results[i].outcome;
        run->met += outcome == OUTCOME_MET;
        run->failed += outcome == OUTCOME_FAILED;
        run->manual += outcome == OUTCOME_MANUAL;
    }
}

void case_run(struct case_run *ret_case, struct bench *bench, const char *path,
              const struct run_options *options, struct findings *findings)
{
    *ret_case = (struct case_run){.path = path};
    int err = scenario_read(&ret_case->scenario, path, NULL, 0, findings);
    if (err >= 0)
        err =
            bench_load(bench, ret_case->scenario->bundle, ret_case->scenario->with_json, findings);
    if (err >= 0)
        err = scenario_bind(ret_case->scenario, bench->program, findings);
    if (err < 0)
        return;
    err = run_scenario(&ret_case->run, ret_case->scenario, bench->program, options);
    ret_case->ran = err >= 0;
    if (err < 0)
        findings_add(findings, SEV_ERROR, "C099", (struct place){path, 0, 0}, NULL, "%s",
                     err_str(err));
    else
        case_count(ret_case);
}

void case_release(struct case_run *run)
{
    if (run->run.scenario)
        run_release(&run->run);
    scenario_free(run->scenario);
    *run = (struct case_run){0};
}
