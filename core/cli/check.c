/* See check.h. */
#include "cli/check.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "cli/cases.h"
#include "engine/rule.h"
#include "model/bundle.h"
#include "model/feed.h"
#include "model/feed_review.h"
#include <dirent.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ZONE_OF_CHINA_MS = 8 * HOUR_MS, DEPTH_MAX = 8 };

static void check_folder(struct checking *checking, const char *folder, int depth);

/* ---- paths ---- */

char *check_path_join(const char *folder, const char *name)
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
    char *path = check_path_join(folder, "policy.yaml");
    bool yes = path_exists(path);
    free(path);
    return yes;
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
void check_each(struct checking *checking, const char *folder, int depth,
                void (*each)(struct checking *, const char *path, int depth))
{
    struct dirent **entries;
    int count = scandir(folder, &entries, visible, by_bytes);
    for (int i = 0; i < count; i++) {
        char *path = check_path_join(folder, entries[i]->d_name);
        each(checking, path, depth);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* ---- single files ---- */

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

/* `folder` itself, or the nearest one above it as far as the path says, that is a bundle; or NULL.
 * Takes over `folder`; caller frees the result. */
static char *climb_to_bundle(char *folder)
{
    for (int depth = 0; depth <= DEPTH_MAX; depth++) {
        if (is_bundle(folder))
            return folder;
        char *slash = strrchr(folder, '/');
        if (!slash || slash == folder)
            break;
        *slash = 0;
    }
    free(folder);
    return NULL;
}

/* The nearest folder above a file or folder that is a bundle, or NULL; caller frees.  As it was
 * written, else by the real path: someone stands inside a bundle. */
static char *bundle_above(const char *path)
{
    char *written = xasprintf("%s%s", path[0] == '/' ? "" : "./", path);
    char *slash = strrchr(written, '/');
    *slash = 0;
    char *found = climb_to_bundle(written);
    if (found) {
        char *plain = xstrdup(str_starts(found, "./") ? found + 2 : found);
        free(found);
        return plain;
    }
    char *real = realpath(path, NULL);
    slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        *slash = 0;
    return real ? climb_to_bundle(real) : NULL;
}

/* Against the policy that was named, else that of the bundle the file lies in, else by itself. */
static void check_facts(struct checking *checking, const char *path)
{
    struct feed *feed;
    struct findings unused = {0}; /* of a bundle: it is told of where the bundle is checked */
    struct bundle *bundle = NULL;
    char *folder = checking->policy ? NULL : bundle_above(path);
    const struct policy *policy = checking->policy;
    if (folder && bundle_load(&bundle, folder, NULL, &unused) >= 0)
        policy = &bundle->policy;
    feed_new(&feed, policy ? policy->zone : ZONE_OF_CHINA_MS, policy);
    int err = feed_add_file(feed, path, 0, &checking->findings);
    if (err == ERR_NOT_FOUND || err == ERR_IO || err == ERR_LIMIT)
        checking->unreadable = true;
    feed_sort(feed, &checking->findings);
    feed_review(feed, &checking->findings);
    if (checking->verbose && err >= 0)
        fprintf(checking->verbose,
                tr("%s: %zu facts, %zu repeats\n", "%s：事实 %zu 条，重复 %zu 条\n"), path,
                feed_count(feed), feed_repeats(feed));
    feed_free(feed);
    bundle_free(bundle);
    findings_release(&unused);
    free(folder);
}

/* HJ 633's tables lie beside the bundles that share them.  One of their two keys is enough to know
 * them by: the other may be mistyped. */
static bool is_tables(const struct yaml *root)
{
    return root && (yaml_get(root, "hours_min") || yaml_get(root, "standards"));
}

/* YAML that belongs to nothing: its syntax is all that can be judged. */
static void check_syntax(struct checking *checking, const char *path)
{
    struct arena arena = {0};
    char *text;
    size_t size;
    struct aqi_standards standards;
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &checking->findings) < 0) {
        checking->unreadable = true;
        return;
    }
    const struct yaml *root = yaml_read(&arena, path, text, size, &checking->findings);
    if (is_tables(root))
        aqi_standards_read(&arena, root, &standards, &checking->findings);
    else if (checking->syntax_only++ == 0)
        checking->syntax_first = xstrdup(path);
    arena_release(&arena);
    free(text);
}

/* Once for a path, however many files there were. */
static void tell_syntax_only(struct checking *checking)
{
    if (checking->syntax_only > 0)
        findings_add(&checking->findings, SEV_WARNING, "K002",
                     (struct place){.file = checking->syntax_first},
                     tr("a scenario has `start`; a policy file lies in a folder with policy.yaml",
                        "情景须有 start；政策文件应在含 policy.yaml 的文件夹中"),
                     tr("only the syntax was checked (files: %zu): no scenario, and in no bundle",
                        "只检查了语法（%zu 个文件）：不是情景，也不属于任何政策包"),
                     checking->syntax_only);
    free(checking->syntax_first);
    checking->syntax_first = NULL;
    checking->syntax_only = 0;
}

/* A part stands for the whole: its names are declared elsewhere in the bundle. */
static void check_whole(struct checking *checking, const char *path, const char *bundle)
{
    if (checking->talk)
        fprintf(checking->talk,
                tr("%s lies in the bundle %s: the whole bundle is checked\n",
                   "%s 属于政策包 %s：检查整个政策包\n"),
                path, bundle);
    check_bundle(checking, bundle);
}

static void check_yaml(struct checking *checking, const char *path)
{
    bool scenario = cases_looks_like(path);
    char *bundle = scenario ? NULL : bundle_above(path);
    if (scenario)
        check_scenario(checking, path);
    else if (bundle)
        check_whole(checking, path, bundle);
    else
        check_syntax(checking, path);
    free(bundle);
}

static bool is_yaml(const char *path)
{
    return str_ends(path, ".yaml") || str_ends(path, ".yml");
}

static void check_file(struct checking *checking, const char *path)
{
    if (str_ends(path, ".lua"))
        check_script(checking, path);
    else if (is_yaml(path))
        check_yaml(checking, path);
    else
        check_facts(checking, path);
}

static bool lies_in_rules(const char *path)
{
    char *real = realpath(path, NULL), *slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        *slash = 0;
    bool yes = real && str_ends(real, "/rules");
    free(real);
    return yes;
}

/* Not every Lua file is a rule script.  One is known by the folder, rules/, or by what it returns
 * or makes: a word with a name behind it, rightly spelt or not. */
static bool looks_like_rule(const char *path)
{
    char *text;
    size_t size;
    struct findings unused = {0};
    regex_t rule;
    if (lies_in_rules(path))
        return true;
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &unused) < 0) {
        findings_release(&unused);
        return true; /* that it cannot be read is told where it is checked */
    }
    bool yes = true;
    if (regcomp(&rule,
                "^return[ \t]+[A-Za-z_]+[ \t]*[\"']|"
                "(^|[^A-Za-z_.:])(warning|watch|rota)[ \t]*[\"']",
                REG_EXTENDED | REG_NOSUB | REG_NEWLINE) == 0) {
        yes = regexec(&rule, text, 0, NULL, 0) == 0;
        regfree(&rule);
    }
    free(text);
    return yes;
}

/* Of a folder that is no bundle: what its name says can be read. */
static void check_entry(struct checking *checking, const char *path, int depth)
{
    if (is_folder(path))
        check_folder(checking, path, depth + 1);
    else if (is_yaml(path) || str_ends(path, ".csv") || str_ends(path, ".jsonl") ||
             (str_ends(path, ".lua") && looks_like_rule(path)))
        check_file(checking, path);
}

/* Of a folder within a bundle: what checking the bundle leaves out. */
static void check_rest(struct checking *checking, const char *path, int depth)
{
    if (is_folder(path) && depth < DEPTH_MAX)
        check_each(checking, path, depth + 1, check_rest);
    else if (str_ends(path, ".csv") || str_ends(path, ".jsonl"))
        check_facts(checking, path);
    else if (is_yaml(path) && cases_looks_like(path))
        check_scenario(checking, path);
}

static void check_folder(struct checking *checking, const char *folder, int depth)
{
    if (depth > DEPTH_MAX)
        return;
    char *bundle = depth == 0 && !is_bundle(folder) ? bundle_above(folder) : NULL;
    if (is_bundle(folder)) {
        check_bundle(checking, folder);
    } else if (bundle) {
        check_whole(checking, folder, bundle);
        check_each(checking, folder, depth, check_rest);
    } else {
        check_each(checking, folder, depth, check_entry);
    }
    free(bundle);
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
    tell_syntax_only(checking);
}

void checking_release(struct checking *checking)
{
    for (size_t i = 0; i < checking->checked.count; i++)
        free(checking->checked.folders[i]);
    free(checking->checked.folders);
    findings_release(&checking->findings);
    *checking = (struct checking){0};
}
