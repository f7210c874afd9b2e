/* `yujing test`: runs the cases of policies and says which expectations were not met.
 *
 * A case is a scenario with expectations.  The line of a failed one is followed by what was
 * expected, what came instead and why, so that nobody has to start a debugger to see which sentence
 * of the policy has changed. */
#include "base/buf.h"
#include "base/html.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cases.h"
#include "cli/cmd.h"
#include "cli/coverage.h"
#include "cli/output.h"
#include "cli/words.h"
#include <regex.h>
#include <stdlib.h>
#include <unistd.h>

static const struct example test_examples[] = {
    {"yujing test policies/shenyang", {"all cases of a bundle", "一个政策包的全部用例"}},
    {"yujing test policies/shenyang -r lift",
     {"only cases whose file or title matches", "只运行文件名或标题匹配的用例"}},
    {"yujing test --coverage=clause --threshold 90",
     {"fail below 90 % of the clauses", "条件覆盖低于 90% 即失败"}},
    {0},
};
/* clang-format off */
static const struct option test_options[] = {
    {'r', "run", OPTION_VALUE, "REGEX", COMPLETE_NOTHING, {"only cases whose file or title matches", "只运行文件名或标题匹配的用例"}, NULL},
    {'o', "output", OPTION_VALUE, "text|json|junit", COMPLETE_NOTHING, {"form of the result", "结果的输出格式"}, "text"},
    {0, "coverage", OPTION_VALUE, "rule|clause|row|all", COMPLETE_NOTHING, {"say what the cases have not put to the test", "列出用例未检验到的内容"}, NULL},
    {0, "threshold", OPTION_VALUE, "PERCENT", COMPLETE_NOTHING, {"fail when the coverage is below", "覆盖率低于此值即失败"}, NULL},
    {'v', "verbose", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"also print expectations that were met", "同时输出已达成的预期"}, NULL},
    {0},
};
/* clang-format on */
const struct verb verb_test = {
    .name = "test",
    .summary = {"run the cases of a policy", "运行政策用例"},
    .synopsis = "[PATH…] [options]",
    .examples = test_examples,
    .options = test_options,
    .operands_min = 0,
    .operands_max = -1,
    .completion = COMPLETE_FILE,
    .description =
        {"Runs scenarios that have expectations. PATH is a scenario file, a bundle (its "
         "cases/ is run) or a "
         "folder that holds bundles; without one, policies/ is taken.\n\n"
         "The answer is 0 when all expectations are met, 1 when one is not or the "
         "coverage is below the "
         "threshold, 2 when a case cannot be read.\n\n"
         "Coverage: `rule` counts rules that decided something because their conditions held, "
         "`clause` counts "
         "conditions seen to hold and "
         "seen not to hold, `row` counts the rows of the emission-reduction list that "
         "were ever ordered.",
         "运行带预期的情景文件。PATH 可为情景文件、政策包（运行其 "
         "cases/）或含有政策包的文件夹；省略时取 policies/。\n\n"
         "全部达成时返回 0；有未达成或覆盖率不足时返回 1；用例无法读取时返回 2。\n\n"
         "覆盖率：rule 统计因条件成立而作出过决定的规则，clause 统计既曾成立又曾不成立的条件，row "
         "统计曾被下达的清单行。"},
    .run = cmd_test,
};

enum test_form { TEST_TEXT, TEST_JSON, TEST_JUNIT };
struct testing {
    enum test_form form;
    bool verbose, filtered;
    regex_t filter;
    unsigned parts; /* of coverage that are asked for */
    int64_t threshold;
    struct bench bench;
    struct coverage *coverages; /* one per bundle */
    size_t coverage_count, coverage_capacity;
    struct coverage *current;
    size_t cases, passed, failed, unread, skipped;
    struct findings told; /* a mistake in a bundle is told at its first case only */
    struct buf out;       /* json and junit are printed at the end */
    struct json_writer json;
};

/* ---- results ---- */

static const char *outcome_word(enum outcome outcome)
{
    static const char *const words[] = {"met", "failed", "manual"};
    return words[outcome];
}

static void print_result(const struct expect *expect, const struct expect_result *result)
{
    bool met = result->outcome == OUTCOME_MET;
    printf("      %s%s%s %s (%s)\n", ink(stdout, met ? INK_GREEN : INK_RED),
           met ? tr("met", "达成") : tr("not met", "未达成"), ink_end(stdout), expect->id,
           expect_kind_word(expect->kind));
    if (expect->text)
        printf("        %s\n", expect->text);
    printf(tr("        expected  %s\n", "        预期  %s\n"), result->expected);
    printf(tr("        got       %s\n", "        实际  %s\n"), result->got);
    if (result->because) {
        struct buf words = {0};
        words_reasons(&words, result->because);
        printf(tr("        because   %s\n", "        理由  %s\n"), buf_str(&words));
        buf_release(&words);
    }
    struct place place = yaml_place(expect->node);
    printf("        %s:%d:%d\n", place.file, place.line, place.col);
}

static void print_case(const struct testing *testing, const struct case_run *run)
{
    const char *sign = run->ran ? run->failed ? "FAIL" : "ok" : "ERROR";
    enum ink colour = run->ran && !run->failed ? INK_GREEN : INK_RED;
    printf("%s%-5s%s %s", ink(stdout, colour), sign, ink_end(stdout), run->path);
    if (run->scenario && run->scenario->title[0])
        printf("  %s", run->scenario->title);
    if (run->ran && run->failed)
        printf(tr("  (%d of %d not met)", "（%2$d 项中 %1$d 项未达成）"), run->failed,
               run->met + run->failed);
    if (run->ran && run->manual)
        printf(tr("  (%d to be judged by a person)", "（%d 项待人工判定）"), run->manual);
    printf("\n");
    for (size_t i = 0; run->ran && i < run->scenario->expect_count; i++) {
        const struct expect_result *result = &run->run.results[i];
        if (result->outcome == OUTCOME_FAILED ||
            (testing->verbose && result->outcome == OUTCOME_MET))
            print_result(&run->scenario->expects[i], result);
    }
}

static void json_result(struct json_writer *json, const struct expect *expect,
                        const struct expect_result *result)
{
    jw_begin(json, '{');
    jw_key(json, "id");
    jw_text(json, expect->id);
    jw_key(json, "kind");
    jw_text(json, expect_kind_word(expect->kind));
    jw_key(json, "outcome");
    jw_text(json, outcome_word(result->outcome));
    jw_key(json, "line");
    jw_int(json, yaml_place(expect->node).line);
    jw_key(json, "expected");
    jw_text(json, result->expected);
    jw_key(json, "got");
    jw_text(json, result->got);
    jw_key(json, "because");
    jw_text(json, result->because);
    jw_end(json, '}');
}

static void json_case(struct testing *testing, const struct case_run *run)
{
    struct json_writer *json = &testing->json;
    jw_begin(json, '{');
    jw_key(json, "file");
    jw_text(json, run->path);
    jw_key(json, "title");
    jw_text(json, run->scenario ? run->scenario->title : NULL);
    jw_key(json, "outcome");
    jw_text(json, !run->ran ? "error" : run->failed ? "failed" : "passed");
    jw_key(json, "expectations");
    jw_begin(json, '[');
    for (size_t i = 0; run->ran && i < run->scenario->expect_count; i++)
        json_result(json, &run->scenario->expects[i], &run->run.results[i]);
    jw_end(json, ']');
    jw_end(json, '}');
}

static void junit_case(struct testing *testing, const struct case_run *run)
{
    struct buf *out = &testing->out;
    buf_puts(out, "    <testcase classname=\"");
    html_text(out, run->path);
    buf_puts(out, "\" name=\"");
    html_text(out, run->scenario ? run->scenario->title : run->path);
    buf_puts(out, "\">\n");
    if (!run->ran)
        buf_puts(out, "      <error message=\"the case cannot be read\"/>\n");
    for (size_t i = 0; run->ran && i < run->scenario->expect_count; i++) {
        const struct expect_result *result = &run->run.results[i];
        if (result->outcome != OUTCOME_FAILED)
            continue;
        buf_puts(out, "      <failure message=\"");
        html_text(out, run->scenario->expects[i].id);
        buf_puts(out, "\">expected ");
        html_text(out, result->expected);
        buf_puts(out, "\ngot ");
        html_text(out, result->got);
        buf_puts(out, "\nbecause ");
        html_text(out, result->because ? result->because : "-");
        buf_puts(out, "</failure>\n");
    }
    buf_puts(out, "    </testcase>\n");
}

/* ---- running ---- */

static struct coverage *coverage_of(struct testing *testing, const char *folder)
{
    for (size_t i = 0; i < testing->coverage_count; i++)
        if (str_equal(testing->coverages[i].folder, folder))
            return &testing->coverages[i];
    xgrow((void **)&testing->coverages, testing->coverage_count, &testing->coverage_capacity,
          sizeof *testing->coverages);
    testing->coverages[testing->coverage_count] = (struct coverage){0};
    return &testing->coverages[testing->coverage_count++];
}

static bool wanted(struct testing *testing, const char *path)
{
    if (!testing->filtered || regexec(&testing->filter, path, 0, NULL, 0) == 0)
        return true;
    struct scenario *scenario;
    struct findings unused = {0};
    scenario_read(&scenario, path, NULL, 0, &unused);
    bool is = scenario && scenario->root && scenario->title &&
              regexec(&testing->filter, scenario->title, 0, NULL, 0) == 0;
    scenario_free(scenario);
    findings_release(&unused);
    return is;
}

/* Clauses are counted from the first step on, so the coverage must be there before the run. */
static void covered(void *arg, const struct rule *rule, int condition, bool held)
{
    struct testing *testing = arg;
    if (!testing->current) {
        testing->current = coverage_of(testing, testing->bench.folder);
        coverage_prepare(testing->current, testing->bench.folder, testing->bench.program);
    }
    coverage_clause(testing->current, rule, condition, held);
}

static void take_coverage(struct testing *testing, const struct case_run *run)
{
    if (!testing->parts || !run->ran)
        return;
    struct coverage *coverage = coverage_of(testing, testing->bench.folder);
    coverage_prepare(coverage, testing->bench.folder, testing->bench.program);
    coverage_run(coverage, &run->run);
}

static bool same_finding(const struct finding *a, const struct finding *b)
{
    return a->line == b->line && a->col == b->col && str_equal(a->code, b->code) &&
           str_equal(a->file, b->file) && str_equal(a->message, b->message);
}

/* Tells what no case before has told. */
static void tell_new(struct testing *testing, struct findings *findings)
{
    struct findings fresh = {0};
    findings_sort(findings);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        struct place place = {finding->file, finding->line, finding->col};
        bool told = false;
        for (size_t k = 0; k < testing->told.count && !told; k++)
            told = same_finding(finding, &testing->told.items[k]);
        if (!told)
            findings_add(&fresh, finding->severity, finding->code, place, finding->hint, "%s",
                         finding->message);
    }
    findings_tell(&fresh);
    findings_join(&testing->told, &fresh);
    findings_release(&fresh);
}

static void test_case(struct testing *testing, const char *path)
{
    struct findings findings = {0};
    struct case_run run;
    struct run_options options = {.fork_at = INSTANT_NONE};
    if (testing->parts) {
        options.covered = covered;
        options.covered_arg = testing;
        testing->current = NULL;
    }
    case_run(&run, &testing->bench, path, &options, &findings);
    take_coverage(testing, &run);
    testing->cases++;
    testing->unread += !run.ran;
    testing->failed += run.ran && run.failed;
    testing->passed += run.ran && !run.failed;
    if (testing->form == TEST_TEXT)
        print_case(testing, &run);
    else if (testing->form == TEST_JSON)
        json_case(testing, &run);
    else
        junit_case(testing, &run);
    fflush(stdout);
    tell_new(testing, &findings);
    findings_release(&findings);
    case_release(&run);
}

/* ---- beginning and end ---- */

static int find_cases(const struct options *options, struct path_list *paths)
{
    for (int i = 0; i < options->operand_count; i++) {
        if (!cases_find(paths, options->operands[i]))
            return verb_misuse(&verb_test, NULL, tr("there is no %s", "没有 %s"),
                               options->operands[i]);
    }
    if (options->operand_count == 0)
        cases_find(paths, access("policy.yaml", R_OK) == 0 ? "." : "policies");
    if (paths->count == 0)
        return verb_misuse(&verb_test,
                           tr("a case is a YAML file in the folder cases/ of a bundle",
                              "用例是政策包 cases/ 文件夹中的 YAML 文件"),
                           tr("no case was found", "没有找到用例"));
    return 0;
}

static int read_options(const struct options *options, struct testing *testing)
{
    const char *form = option_value(options, "output"), *regex = option_value(options, "run");
    const char *coverage = option_value(options, "coverage");
    testing->form = str_equal(form, "json")    ? TEST_JSON
                    : str_equal(form, "junit") ? TEST_JUNIT
                                               : TEST_TEXT;
    testing->verbose = option_given(options, "verbose");
    if (regex && regcomp(&testing->filter, regex, REG_EXTENDED | REG_NOSUB) != 0)
        return verb_misuse(&verb_test, NULL,
                           tr("--run: “%s” is no regular expression", "--run：“%s”不是正则表达式"),
                           regex);
    testing->filtered = regex != NULL;
    for (int part = 0; coverage && part < COVERAGE_PARTS; part++)
        if (str_equal(coverage, "all") || str_equal(coverage, coverage_words[part]))
            testing->parts |= 1u << part;
    if (option_given(options, "threshold") && !testing->parts)
        testing->parts = (1u << COVERAGE_PARTS) - 1;
    if (!option_int(options, "threshold", 0, 100, &testing->threshold))
        return verb_misuse_exit(&verb_test);
    return 0;
}

/* True when a part that was asked for is below the threshold. */
static bool too_thin(const struct testing *testing)
{
    for (size_t i = 0; i < testing->coverage_count; i++) {
        for (int part = 0; part < COVERAGE_PARTS; part++) {
            size_t seen, total;
            coverage_count(&testing->coverages[i], (enum coverage_part)part, &seen, &total);
            if ((testing->parts >> part & 1) && total > 0 &&
                seen * 100 < (size_t)testing->threshold * total)
                return true;
        }
    }
    return false;
}

static void print_text_end(const struct testing *testing)
{
    printf(tr("%zu cases: %zu passed, %zu failed", "用例 %zu 个：通过 %zu，失败 %zu"),
           testing->cases, testing->passed, testing->failed);
    if (testing->unread)
        printf(tr(", %zu cannot be read", "，无法读取 %zu"), testing->unread);
    if (testing->skipped)
        printf(tr(", %zu left out", "，未运行 %zu"), testing->skipped);
    printf("\n");
    for (size_t i = 0; testing->parts && i < testing->coverage_count; i++)
        coverage_print(stdout, &testing->coverages[i], testing->parts);
}

static void print_json_end(struct testing *testing)
{
    struct json_writer *json = &testing->json;
    jw_end(json, ']');
    const struct {
        const char *key;
        size_t value;
    } counts[] = {
        {"passed", testing->passed}, {"failed", testing->failed}, {"errors", testing->unread}};
    for (size_t i = 0; i < 3; i++) {
        jw_key(json, counts[i].key);
        jw_int(json, (int64_t)counts[i].value);
    }
    if (testing->parts) {
        jw_key(json, "coverage");
        jw_begin(json, '[');
        for (size_t i = 0; i < testing->coverage_count; i++) {
            struct buf part = {0};
            coverage_json(&part, &testing->coverages[i], testing->parts);
            jw_raw(json, buf_str(&part));
            buf_release(&part);
        }
        jw_end(json, ']');
    }
    jw_end(json, '}');
    printf("%s\n", buf_str(&testing->out));
}

static void print_junit_end(const struct testing *testing)
{
    printf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
           "  <testsuite name=\"yujing\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n%s"
           "  </testsuite>\n</testsuites>\n",
           testing->cases, testing->failed, testing->unread, buf_str(&testing->out));
}

static int run_cases(struct testing *testing, const struct path_list *paths)
{
    if (testing->form == TEST_JSON) {
        testing->json.buf = &testing->out;
        jw_begin(&testing->json, '{');
        jw_key(&testing->json, "schema_version");
        jw_int(&testing->json, 1);
        jw_key(&testing->json, "cases");
        jw_begin(&testing->json, '[');
    }
    for (size_t i = 0; i < paths->count; i++) {
        if (wanted(testing, paths->items[i]))
            test_case(testing, paths->items[i]);
        else
            testing->skipped++;
    }
    if (testing->form == TEST_TEXT)
        print_text_end(testing);
    else if (testing->form == TEST_JSON)
        print_json_end(testing);
    else
        print_junit_end(testing);
    if (testing->unread)
        return EXIT_MISUSE;
    return testing->failed || too_thin(testing) ? EXIT_FOUND : EXIT_OK;
}

int cmd_test(int argc, char **argv)
{
    struct options options;
    struct testing testing = {0};
    struct path_list paths = {0};
    int exit_code;
    if (!options_parse(&verb_test, argc, argv, &options, &exit_code))
        return exit_code;
    exit_code = read_options(&options, &testing);
    if (exit_code == 0)
        exit_code = find_cases(&options, &paths);
    if (exit_code == 0)
        exit_code = run_cases(&testing, &paths);
    for (size_t i = 0; i < testing.coverage_count; i++)
        coverage_release(&testing.coverages[i]);
    free(testing.coverages);
    if (testing.filtered)
        regfree(&testing.filter);
    bench_release(&testing.bench);
    findings_release(&testing.told);
    buf_release(&testing.out);
    path_list_release(&paths);
    options_release(&options);
    return exit_code;
}
