/* One bundle, and one scenario: what the policy, its rules and its cases say, and whether the list
 * reaches what the law asks. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "cli/check.h"
#include "cli/output.h"
#include "cli/words.h"
#include "engine/notice.h"
#include "engine/plan.h"
#include "engine/rule.h"
#include "model/bundle.h"
#include "shell/scenario.h"
#include <stdlib.h>
#include <string.h>

/* ---- shares ---- */

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
    share_print(&percent, share);
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

/* ---- bundles ---- */

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

/* True the first time a path is seen, by its real one. */
static bool first_time(struct checking *checking, const char *path)
{
    char *real = realpath(path, NULL);
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
void check_scenario(struct checking *checking, const char *path)
{
    struct scenario *scenario = NULL;
    struct bundle *bundle = NULL;
    struct program *program = NULL;
    if (!first_time(checking, path))
        return;
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

static void check_case(struct checking *checking, const char *path, int depth)
{
    (void)depth;
    if (str_ends(path, ".yaml"))
        check_scenario(checking, path);
}

/* When the YAML is wrong the rules cannot be put to use; each script is still looked at, alone and
 * against what the policy does say, so that their mistakes are told in the same run. */
static void check_scripts_alone(struct checking *checking, const struct bundle *bundle)
{
    for (size_t i = 0; bundle && i < bundle->script_count; i++) {
        const struct bundle_text *script = bundle->scripts[i];
        script_check(script->shown, script->data, script->size, &checking->findings);
    }
    if (bundle)
        program_look(bundle, &checking->findings);
}

void check_bundle(struct checking *checking, const char *folder)
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
        char *cases = check_path_join(folder, "cases");
        notices_check(&bundle->policy, &checking->findings);
        check_shares(checking, &bundle->policy);
        check_each(checking, cases, 0, check_case);
        free(cases);
    }
    if (checking->verbose && checking->findings.errors == errors)
        print_sound(checking->verbose, bundle, folder);
    program_free(program);
    bundle_free(bundle);
}
