/* `yujing drill`: a scenario played as a tabletop exercise, with its report.
 *
 * Nothing can leave the building here: the verb knows no channel and opens no connection; orders
 * are recorded on paper, every text begins with 【演练】 (the engine puts it there, before the plan
 * is hashed), and bots answer.  Simulated time runs as fast as it can, or at a pace, or step by
 * step; the pace changes nothing in what happens. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cases.h"
#include "cli/cmd.h"
#include "cli/drill_print.h"
#include "cli/load.h"
#include "cli/output.h"
#include "cli/report.h"
#include "model/bundle.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct example drill_examples[] = {
    {"yujing drill examples/drill/scenario.yaml --report report.html",
     {"play it and make the report", "推演并生成报告"}},
    {"yujing drill FILE --step", {"wait for Enter after each event", "每个事项后按回车继续"}},
    {"yujing drill FILE --fork T+3h --set bots.4.ack.p=0.5",
     {"compare with fewer acknowledgements from the third hour on",
      "与第 3 小时起确认率降低的分支对比"}},
    {0},
};
/* clang-format off */
static const struct option drill_options[] = {
    {0, "report", OPTION_VALUE, "FILE", COMPLETE_FILE, {"write the report (one HTML file)", "写出报告（单个 HTML 文件）"}, NULL},
    {0, "report-lang", OPTION_VALUE, "zh|en", COMPLETE_NOTHING, {"language of the report", "报告的语言"}, "zh"},
    {0, "speed", OPTION_VALUE, "N", COMPLETE_NOTHING, {"simulated seconds per second, or max", "推演速度：每秒推进的秒数，或 max"}, NULL},
    {0, "step", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"wait for Enter after each event", "每个事项后等待回车"}, NULL},
    {0, "fork", OPTION_VALUE, "T+3h", COMPLETE_NOTHING, {"from then on also run a branch with --with or --set", "自该时刻起另跑一个采用 --with、--set 的分支"}, NULL},
    {0, "with", OPTION_LIST, "KEY=JSON", COMPLETE_NOTHING, {"another value for a key of policy.yaml", "替换 policy.yaml 的一个键"}, NULL},
    {0, "set", OPTION_LIST, "PATH=VALUE", COMPLETE_NOTHING, {"another value in the scenario", "替换情景文件中的一个值"}, NULL},
    {0, "seed", OPTION_VALUE, "N", COMPLETE_NOTHING, {"another seed for the bots", "模拟企业的随机种子"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
/* clang-format on */
const struct verb verb_drill = {
    .name = "drill",
    .summary = {"play a scenario as an exercise, on paper", "推演情景（纸面演练）"},
    .synopsis = "SCENARIO [options]",
    .examples = drill_examples,
    .options = drill_options,
    .operands_min = 1,
    .operands_max = 1,
    .completion = COMPLETE_FILE,
    .description = {"Plays a scenario: its feed, forecasts, readings and injects, under its "
                    "bundle, with bots that answer the "
                    "orders. Effects are on paper only; every text carries 【演练】.\n\n"
                    "On a terminal simulated time runs at the scenario's clock.speed, otherwise as "
                    "fast as it can. With --fork "
                    "both branches are run from the start and share everything before that moment; "
                    "the state is then saved and "
                    "loaded under the other values.\n\n"
                    "The answer is 0 when all expectations are met, 1 when one is not, 2 when the "
                    "scenario cannot be read.",
                    "推演一个情景：按其事实、预报、读数与情景注入，在其政策包下运行，由模拟企业应答"
                    "。只在纸面生效，所有文字带"
                    "【演练】标识。\n\n"
                    "在终端上按情景的 clock.speed 推进，否则以最快速度运行。--fork "
                    "之前两个分支完全相同；到该时刻保存状态，"
                    "再以另一组取值载入继续。\n\n"
                    "全部预期达成返回 0，有未达成返回 1，情景无法读取返回 2。"},
    .run = cmd_drill,
};

/* What one branch runs under. */
struct branch {
    struct scenario *scenario;
    struct bench bench;
    struct run run;
    bool ran;
};
struct drilling {
    const struct options *options;
    struct scenario_set *sets;
    size_t set_count;
    char *with;   /* of --with */
    span_ms fork; /* or MOMENT_NONE */
    struct branch main, other;
};

/* ---- options ---- */

static int read_sets(struct drilling *drilling)
{
    const struct options *options = drilling->options;
    int position = 0;
    const char *text, *seed = option_value(options, "seed");
    drilling->sets = xcalloc((size_t)option_count(options, "set") + 2, sizeof *drilling->sets);
    while ((text = option_next(options, "set", &position))) {
        const char *equal = strchr(text, '=');
        if (!equal || equal == text)
            return verb_misuse(&verb_drill, "--set bots.4.ack.p=0.5",
                               tr("--set: “%s” is not PATH=VALUE", "--set：“%s”不是 路径=值"),
                               text);
        drilling->sets[drilling->set_count++] =
            (struct scenario_set){xstrndup(text, (size_t)(equal - text)), xstrdup(equal + 1)};
    }
    int64_t number;
    if (!option_int(options, "seed", 0, INT32_MAX, &number))
        return verb_misuse_exit(&verb_drill);
    if (seed)
        drilling->sets[drilling->set_count++] =
            (struct scenario_set){xstrdup("seed"), xstrdup(seed)};
    return 0;
}

static int read_fork(struct drilling *drilling)
{
    const char *text = option_value(drilling->options, "fork");
    struct moment moment;
    drilling->fork = MOMENT_NONE;
    if (!text)
        return 0;
    if (moment_parse(text, &moment) < 0 || moment.from_inject)
        return verb_misuse(&verb_drill, "--fork T+3h",
                           tr("--fork: “%s” is no moment", "--fork：“%s”不是时刻"), text);
    drilling->fork = moment.offset;
    if (drilling->set_count == 0 && !drilling->with)
        return verb_misuse(&verb_drill, "--fork T+3h --set bots.4.ack.p=0.5",
                           tr("--fork needs --with or --set: what is different in the branch?",
                              "--fork 须配合 --with 或 --set：分支有何不同？"));
    for (size_t i = 0; i < drilling->set_count; i++) {
        const char *path = drilling->sets[i].path;
        if (!str_equal(path, "seed") && !str_starts(path, "bots."))
            return verb_misuse(
                &verb_drill,
                tr("in a branch only seed and bots may differ; policy values by --with",
                   "分支中只能改 seed 与 bots；政策取值用 --with"),
                tr("--set %s cannot begin in the middle of a run", "--set %s 不能在运行中途生效"),
                path);
    }
    return 0;
}

/* ---- branches ---- */

/* The scenario's `with` and the command line's, the latter over the former.  Caller frees. */
static char *with_over(const char *below, const char *above)
{
    struct buf buf = {0};
    json_t *all = below ? json_loads(below, 0, NULL) : json_object();
    json_t *over = above ? json_loads(above, 0, NULL) : NULL;
    if (over)
        json_object_update(all, over);
    bool any = json_object_size(all) > 0;
    json_canonical(&buf, all);
    json_decref(over);
    json_decref(all);
    char *text = any ? buf_detach(&buf) : NULL;
    buf_release(&buf);
    return text;
}

/* Reads, loads and binds one branch; all findings are told. */
static int branch_prepare(struct drilling *drilling, struct branch *branch, bool changed)
{
    struct findings findings = {0};
    const char *path = drilling->options->operands[0];
    int err = scenario_read(&branch->scenario, path, changed ? drilling->sets : NULL,
                            changed ? drilling->set_count : 0, &findings);
    if (err >= 0) {
        char *with = with_over(branch->scenario->with_json, changed ? drilling->with : NULL);
        err = bench_load(&branch->bench, branch->scenario->bundle, with, &findings);
        free(with);
    }
    if (err >= 0)
        err = scenario_bind(branch->scenario, branch->bench.program, &findings);
    findings_sort(&findings);
    findings_tell(&findings);
    findings_release(&findings);
    return err < 0 ? EXIT_MISUSE : 0;
}

static int run_branch(struct drilling *drilling, struct branch *branch,
                      const struct run_options *options)
{
    int err =
        run_scenario(&branch->run, drilling->main.scenario, drilling->main.bench.program, options);
    branch->ran = true;
    if (err < 0)
        verb_complain(&verb_drill, "%s", err_str(err));
    return err < 0 ? EXIT_RUNTIME : 0;
}

static int run_other(struct drilling *drilling)
{
    struct branch *other = &drilling->other;
    struct run_options options = {
        .drill = true,
        .fork_at = drilling->main.scenario->start + drilling->fork,
        .fork_program = other->bench.program,
        .fork_bots = &other->scenario->bots,
        .fork_seed = other->scenario->seed,
    };
    return run_branch(drilling, other, &options);
}

static void branch_release(struct branch *branch)
{
    if (branch->ran)
        run_release(&branch->run);
    scenario_free(branch->scenario);
    bench_release(&branch->bench);
}

/* ---- the report ---- */

/* What the branch does otherwise, as it was asked for. */
static char *branch_words(const struct drilling *drilling)
{
    struct buf buf = {0};
    for (size_t i = 0; i < drilling->set_count; i++)
        buf_printf(&buf, "%s%s=%s", i ? " " : "", drilling->sets[i].path, drilling->sets[i].value);
    if (drilling->with)
        buf_printf(&buf, "%s%s", buf.size ? " " : "", drilling->with);
    return buf_detach(&buf);
}

/* Without the folders of this machine, so that the same drill gives the same bytes everywhere. */
static char *command_words(const struct drilling *drilling)
{
    const char *path = drilling->options->operands[0], *slash = strrchr(path, '/');
    struct buf buf = {0};
    buf_printf(&buf, "yujing drill %s --report …", slash ? slash + 1 : path);
    if (drilling->fork != MOMENT_NONE)
        buf_printf(&buf, " --fork %s", option_value(drilling->options, "fork"));
    for (size_t i = 0; i < drilling->set_count; i++)
        buf_printf(&buf, " --set %s=%s", drilling->sets[i].path, drilling->sets[i].value);
    return buf_detach(&buf);
}

/* Asked before the drill begins: it may take an hour, and without its report was for nothing. */
static int check_report(const struct options *options)
{
    const char *path = option_value(options, "report"), *slash = path ? strrchr(path, '/') : NULL;
    struct stat status;
    if (!path)
        return 0;
    char *folder = slash ? xasprintf("%.*s", (int)(slash + 1 - path), path) : xstrdup(".");
    bool there = stat(path, &status) == 0, into = there && !S_ISREG(status.st_mode);
    bool failed = into ? access(path, W_OK) < 0 : access(folder, W_OK | X_OK) < 0;
    if (there && S_ISDIR(status.st_mode)) {
        failed = true;
        errno = EISDIR;
    }
    if (failed)
        verb_complain(&verb_drill, tr("cannot write %s: %s", "无法写入 %s：%s"), path,
                      file_trouble(errno));
    free(folder);
    return failed ? EXIT_RUNTIME : 0;
}

static int write_report(struct drilling *drilling)
{
    const char *path = option_value(drilling->options, "report");
    bool english = str_equal(option_value(drilling->options, "report-lang"), "en");
    if (!path)
        return 0;
    char *command = command_words(drilling), *branch = branch_words(drilling);
    bool forked = drilling->fork != MOMENT_NONE;
    struct report report = {
        .run = &drilling->main.run,
        .bundle = drilling->main.bench.bundle,
        .lang = english ? LANG_EN : LANG_ZH,
        .version = YUJING_VERSION,
        .command = command,
        .other = forked ? &drilling->other.run : NULL,
        .other_name = branch,
        .fork_at = forked ? drilling->main.scenario->start + drilling->fork : INSTANT_NONE,
    };
    struct buf html = {0};
    struct findings findings = {0};
    report_print(&html, &report);
    int err = file_write_atomic(path, html.data, html.size, &findings);
    findings_tell(&findings);
    findings_release(&findings);
    buf_release(&html);
    free(command);
    free(branch);
    if (err >= 0 && options_form(drilling->options) == FORM_TEXT)
        output_talk(tr("report: %s\n", "报告：%s\n"), path);
    return err < 0 ? EXIT_RUNTIME : 0;
}

/* ---- the whole ---- */

/* --speed, else the scenario's own on a terminal, else as fast as it goes. */
static int read_speed(const struct options *options, const struct scenario *scenario, int *ret)
{
    const char *text = option_value(options, "speed");
    int64_t speed = 0;
    *ret = isatty(STDOUT_FILENO) && options_form(options) == FORM_TEXT ? scenario->speed : 0;
    if (!text)
        return 0;
    if (!str_equal(text, "max") && !option_int(options, "speed", 1, 1000000, &speed))
        return verb_misuse_exit(&verb_drill);
    *ret = (int)speed;
    return 0;
}

static bool any_failed(const struct run *run)
{
    for (size_t i = 0; i < run->scenario->expect_count; i++)
        if (run->results[i].outcome == OUTCOME_FAILED)
            return true;
    return false;
}

static int drill(struct drilling *drilling)
{
    const struct options *options = drilling->options;
    bool text = options_form(options) == FORM_TEXT, forked = drilling->fork != MOMENT_NONE;
    struct drill_printer printer = {.step = option_given(options, "step")};
    int exit_code = read_speed(options, drilling->main.scenario, &printer.speed);
    if (exit_code != 0)
        return exit_code;
    struct run_options settings = {.drill = true, .trace = true, .fork_at = INSTANT_NONE};
    if (text) {
        drill_printer_init(&printer, stdout, drilling->main.scenario);
        settings.observer = drill_observer(&printer);
    }
    exit_code = run_branch(drilling, &drilling->main, &settings);
    if (text)
        drill_printer_end(&printer);
    if (exit_code == 0 && forked)
        exit_code = run_other(drilling);
    if (exit_code != 0)
        return exit_code;
    if (text)
        drill_print_results(stdout, &drilling->main.run);
    else
        drill_print_json(stdout, &drilling->main.run);
    if (text && forked)
        drill_print_fork(stdout, &drilling->main.run, &drilling->other.run,
                         drilling->main.scenario->start + drilling->fork);
    exit_code = write_report(drilling);
    return exit_code ? exit_code : any_failed(&drilling->main.run) ? EXIT_FOUND : EXIT_OK;
}

int cmd_drill(int argc, char **argv)
{
    struct options options;
    struct drilling drilling = {.options = &options};
    int exit_code;
    if (!options_parse(&verb_drill, argc, argv, &options, &exit_code))
        return exit_code;
    exit_code = options_with(&options, &drilling.with);
    if (exit_code == 0)
        exit_code = check_report(&options);
    if (exit_code == 0)
        exit_code = read_sets(&drilling);
    if (exit_code == 0)
        exit_code = read_fork(&drilling);
    bool forked = exit_code == 0 && drilling.fork != MOMENT_NONE;
    if (exit_code == 0)
        exit_code = branch_prepare(&drilling, &drilling.main, !forked);
    if (exit_code == 0 && forked)
        exit_code = branch_prepare(&drilling, &drilling.other, true);
    if (exit_code == 0)
        exit_code = drill(&drilling);
    branch_release(&drilling.other);
    branch_release(&drilling.main);
    for (size_t i = 0; i < drilling.set_count; i++) {
        free((char *)(uintptr_t)drilling.sets[i].path);
        free((char *)(uintptr_t)drilling.sets[i].value);
    }
    free(drilling.sets);
    free(drilling.with);
    options_release(&options);
    return exit_code;
}
