/* See check.h. */
#include "cli/check.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "cli/output.h"
#include "cli/words.h"
#include "engine/notice.h"
#include "engine/plan.h"
#include "engine/rule.h"
#include "model/bundle.h"
#include "model/feed.h"
#include "shell/scenario.h"
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ZONE_OF_CHINA_MS = 8 * HOUR_MS, DEPTH_MAX = 8 };

static void check_folder(struct checking *checking, const char *folder, int depth);

/* ---- shares
 * ------------------------------------------------------------------------------------------ */

static struct place level_place(const struct policy *policy, size_t level)
{
    const struct yaml *levels = yaml_get(policy->root, "levels");
    if (levels && levels->kind == YAML_LIST && level < levels->count)
        return yaml_place(levels->items[level]);
    return yaml_place(policy->root);
}

/* t/d that are missing so that cut × 100 ≥ total × percent, rounded up to a millionth. */
static micro missing_cut(const struct share *share)
{
    wide needed = (wide)share->total * share->required_percent;
    return (micro)((needed + 99) / 100) - share->cut;
}

static void share_missed(struct checking *checking, const struct policy *policy, size_t level,
                         enum emission emission, const struct share *share)
{
    struct buf percent = {0}, missing = {0};
    words_percent(&percent, share);
    micro_print(&missing, missing_cut(share));
    findings_add(&checking->findings, SEV_ERROR, "K001", level_place(policy, level),
                 tr("give more sources a measure at this level, or check inventory.yaml",
                    "请在清单中为更多污染源安排该级别措施，或核对 inventory.yaml"),
                 tr("level %s cuts %s%% of %s, %d%% is asked: %s t/d are missing",
                    "%s预警只能减排 %s%%（%s），低于要求的 %d%%，还差 %s 吨/日"),
                 words_level(policy, policy->levels[level].name), buf_str(&percent),
                 emission_label(emission), share->required_percent, buf_str(&missing));
    buf_release(&percent);
    buf_release(&missing);
}

/* Without an inventory there is nothing to take shares of; that it is missing is told where it is
 * read. */
static void check_shares(struct checking *checking, const struct policy *policy)
{
    for (size_t level = 0; level < policy->level_count; level++) {
        struct share shares[EMISSIONS] = {0};
        if (policy->levels[level].share_percent == 0)
            continue;
        plan_shares(policy, (int)level, shares);
        if (!shares_known(shares))
            continue;
        for (int e = 0; e < EMISSIONS; e++)
            if (!share_reached(&shares[e]))
                share_missed(checking, policy, level, (enum emission)e, &shares[e]);
    }
}

/* ---- bundles
 * ------------------------------------------------------------------------------------------ */

static void print_sound(FILE *stream, const struct bundle *bundle, const char *folder)
{
    const struct policy *policy = &bundle->policy;
    fprintf(stream,
            tr("%s: %s, bundle %.12s: %zu rule scripts, %zu recipients, %zu lines, %zu series\n",
               "%s：%s，政策包 %.12s：规则脚本 %zu 个，对象 %zu 个，生产线 %zu 条，序列 %zu 个\n"),
            folder, policy->authority, bundle->hash, bundle->script_count, policy->registry.count,
            policy->registry.lines, policy->series_count);
    for (size_t level = 0; level < policy->level_count; level++) {
        struct share shares[EMISSIONS] = {0};
        plan_shares(policy, (int)level, shares);
        if (!shares_known(shares))
            continue;
        fprintf(stream, "  %s", ink(stream, level_ink(policy->levels[level].name)));
        print_padded(stream, words_level(policy, policy->levels[level].name), 8);
        fputs(ink_end(stream), stream);
        print_shares(stream, shares);
    }
}

static char *path_join(const char *folder, const char *name)
{
    return xasprintf("%s%s%s", folder, str_ends(folder, "/") ? "" : "/", name);
}

static bool path_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool is_bundle(const char *folder)
{
    char *path = path_join(folder, "policy.yaml");
    bool yes = path_exists(path);
    free(path);
    return yes;
}

/* True the first time a folder is seen, by its real path. */
static bool first_time(struct checking *checking, const char *folder)
{
    char *real = realpath(folder, NULL);
    if (!real)
        return true;
    for (size_t i = 0; i < checking->checked.count; i++) {
        if (strcmp(checking->checked.folders[i], real) == 0) {
            free(real);
            return false;
        }
    }
    void *folders = checking->checked.folders;
    xgrow(&folders, checking->checked.count, &checking->checked.capacity, sizeof(char *));
    checking->checked.folders = folders;
    checking->checked.folders[checking->checked.count++] = real;
    return true;
}

/* What can be checked of a scenario: its own words, and, once its bundle stands, the names it uses.
 */
static void check_scenario(struct checking *checking, const char *path)
{
    struct scenario *scenario = NULL;
    struct bundle *bundle = NULL;
    struct program *program = NULL;
    struct findings other = {
        0}; /* the bundle's own findings are told where the bundle is checked */
    int err = scenario_read(&scenario, path, NULL, 0, &checking->findings);
    if (err >= 0)
        err = bundle_load(&bundle, scenario->bundle, scenario->with_json, &other);
    if (err >= 0)
        err = program_new(&program, bundle, &other);
    if (err >= 0)
        scenario_bind(scenario, program, &checking->findings);
    else if (other.errors > 0)
        findings_add(&checking->findings, SEV_ERROR, "K003", (struct place){.file = path},
                     tr("run `yujing check` on the bundle", "请先对该政策包运行 yujing check"),
                     tr("its bundle %s has %zu errors", "所用政策包 %s 有 %zu 处错误"),
                     scenario->bundle, other.errors);
    findings_release(&other);
    scenario_free(scenario);
    program_free(program);
    bundle_free(bundle);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Calls `each` for what stands in the folder, in bytewise order of names. */
static void each_entry(struct checking *checking, const char *folder, int depth,
                       void (*each)(struct checking *, const char *path, int depth))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, by_bytes);
    for (int i = 0; i < count; i++) {
        char *path = path_join(folder, entries[i]->d_name);
        each(checking, path, depth);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void check_case(struct checking *checking, const char *path, int depth)
{
    (void)depth;
    if (str_ends(path, ".yaml"))
        check_scenario(checking, path);
}

/* When the YAML is wrong the rules cannot be compiled; each script is still looked at alone, so
 * that its mistakes are told in the same run. */
static void check_scripts_alone(struct checking *checking, const struct bundle *bundle)
{
    for (size_t i = 0; bundle && i < bundle->script_count; i++) {
        const struct bundle_text *script = bundle->scripts[i];
        script_check(script->shown, script->data, script->size, &checking->findings);
    }
}

static void check_bundle(struct checking *checking, const char *folder)
{
    if (!first_time(checking, folder))
        return;
    struct bundle *bundle = NULL;
    struct program *program = NULL;
    size_t errors = checking->findings.errors;
    int err = bundle_load(&bundle, folder, NULL, &checking->findings);
    if (err >= 0)
        err = program_new(&program, bundle, &checking->findings);
    else
        check_scripts_alone(checking, bundle);
    if (err >= 0) {
        char *cases = path_join(folder, "cases");
        notices_check(&bundle->policy, &checking->findings);
        check_shares(checking, &bundle->policy);
        each_entry(checking, cases, 0, check_case);
        free(cases);
    }
    if (checking->verbose && checking->findings.errors == errors)
        print_sound(checking->verbose, bundle, folder);
    program_free(program);
    bundle_free(bundle);
}

/* ---- single files
 * --------------------------------------------------------------------------------------- */

static void check_script(struct checking *checking, const char *path)
{
    char *source;
    size_t size;
    if (file_read(path, FILE_BYTES_MAX, &source, &size, &checking->findings) < 0) {
        checking->unreadable = true;
        return;
    }
    script_check(path, source, size, &checking->findings);
    free(source);
}

static void check_facts(struct checking *checking, const char *path)
{
    struct feed *feed;
    feed_new(&feed, ZONE_OF_CHINA_MS, NULL);
    int err = feed_add_file(feed, path, 0, &checking->findings);
    if (err == ERR_NOT_FOUND || err == ERR_IO || err == ERR_LIMIT)
        checking->unreadable = true;
    feed_sort(feed, &checking->findings);
    if (checking->verbose && err >= 0)
        fprintf(checking->verbose,
                tr("%s: %zu facts, %zu repeats\n", "%s：事实 %zu 条，重复 %zu 条\n"), path,
                feed_count(feed), feed_repeats(feed));
    feed_free(feed);
}

/* The nearest folder above the file that is a bundle, or NULL; caller frees. */
static char *bundle_above(const char *path)
{
    char *folder = xstrdup(path);
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        char *slash = strrchr(folder, '/');
        if (!slash) {
            free(folder);
            folder = xstrdup(".");
            break;
        }
        *slash = 0;
        if (is_bundle(folder))
            return folder;
    }
    if (is_bundle(folder))
        return folder;
    free(folder);
    return NULL;
}

/* The keys by which a scenario is known; policy files have none of them. */
static bool looks_like_scenario(const char *path)
{
    char *text;
    size_t size;
    struct findings unused = {0};
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &unused) < 0) {
        findings_release(&unused);
        return false;
    }
    static const char *const keys[] = {"start:", "expect:", "bundle:"};
    bool found = false;
    for (const char *line = text; line && !found; line = strchr(line, '\n')) {
        line += *line == '\n';
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !found; i++)
            found = str_starts(line, keys[i]);
    }
    free(text);
    return found;
}

/* YAML that belongs to nothing: its syntax is all that can be judged. */
static void check_syntax(struct checking *checking, const char *path)
{
    struct arena arena = {0};
    char *text;
    size_t size;
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &checking->findings) < 0) {
        checking->unreadable = true;
        return;
    }
    yaml_read(&arena, path, text, size, &checking->findings);
    findings_add(&checking->findings, SEV_WARNING, "K002", (struct place){.file = path},
                 tr("a scenario has `start`; a policy file lies in a folder with policy.yaml",
                    "情景须有 start；政策文件应在含 policy.yaml 的文件夹中"),
                 tr("only the syntax was checked: it is no scenario and lies in no bundle",
                    "只检查了语法：它不是情景，也不属于任何政策包"));
    arena_release(&arena);
    free(text);
}

static void check_yaml(struct checking *checking, const char *path)
{
    bool scenario = looks_like_scenario(path);
    char *bundle = scenario ? NULL : bundle_above(path);
    if (scenario)
        check_scenario(checking, path);
    else if (bundle)
        check_bundle(checking, bundle);
    else
        check_syntax(checking, path);
    free(bundle);
}

static void check_file(struct checking *checking, const char *path)
{
    if (str_ends(path, ".lua"))
        check_script(checking, path);
    else if (str_ends(path, ".yaml") || str_ends(path, ".yml"))
        check_yaml(checking, path);
    else
        check_facts(checking, path);
}

/* In a folder that is no bundle, only what is known by its name is looked at. */
static void check_entry(struct checking *checking, const char *path, int depth)
{
    if (is_folder(path))
        check_folder(checking, path, depth + 1);
    else if (str_ends(path, ".lua") || str_ends(path, ".csv") || str_ends(path, ".jsonl"))
        check_file(checking, path);
    else if (str_ends(path, ".yaml") && looks_like_scenario(path))
        check_scenario(checking, path);
}

static void check_folder(struct checking *checking, const char *folder, int depth)
{
    if (depth > DEPTH_MAX)
        return;
    if (is_bundle(folder))
        check_bundle(checking, folder);
    else
        each_entry(checking, folder, depth, check_entry);
}

void check_path(struct checking *checking, const char *path)
{
    if (strcmp(path, "-") != 0 && !path_exists(path)) {
        findings_add(&checking->findings, SEV_ERROR, "F001", (struct place){.file = path}, NULL,
                     tr("no such file: %s", "文件不存在：%s"), path);
        checking->unreadable = true;
    } else if (is_folder(path)) {
        check_folder(checking, path, 0);
    } else {
        check_file(checking, path);
    }
}

void checking_release(struct checking *checking)
{
    for (size_t i = 0; i < checking->checked.count; i++)
        free(checking->checked.folders[i]);
    free(checking->checked.folders);
    findings_release(&checking->findings);
    *checking = (struct checking){0};
}
