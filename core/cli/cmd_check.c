/* `yujing check`: what is wrong with a policy, a script, a scenario or a file of facts. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/check.h"
#include "cli/cmd.h"
#include "cli/explain.h"
#include "cli/load.h"
#include "cli/output.h"
#include <stdlib.h>

static const struct example check_examples[] = {
    {"yujing check policies/shenyang",
     {"a bundle with its scripts and cases", "一个政策包，连同脚本和用例"}},
    {"yujing check scripts/rules/straw_fire.lua", {"one rule script", "一个规则脚本"}},
    {"yujing check facts.csv", {"a file of facts", "一个事实文件"}},
    {"yujing check facts.csv -p policies/shenyang",
     {"the same, against a policy", "同上，并按政策包核对"}},
    {"yujing check --explain Y003", {"what a code means", "某个代码是什么意思"}},
    {0},
};
/* clang-format off */
static const struct option check_options[] = {
    OPTION_OUTPUT("text|json|jsonl"),
    {0, "strict", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"warnings alone exit 3", "只有警告时也以 3 退出"}, NULL},
    {'p', "policies", OPTION_VALUE, "DIR", COMPLETE_FOLDER, {"hold facts against this bundle", "事实文件按此政策包核对"}, NULL},
    {'v', "verbose", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"say what was found sound", "也说明哪些没有问题"}, NULL},
    {0, "explain", OPTION_VALUE, "CODE", COMPLETE_NOTHING, {"explain a finding's code (all: list them)", "解释问题代码（all 列出全部）"}, NULL},
    {0},
};
/* clang-format on */
const struct verb verb_check = {
    .name = "check",
    .summary = {"check policies, rule scripts, scenarios and facts",
                "检查政策包、规则脚本、情景和事实文件"},
    .synopsis = "[PATH…]",
    .examples = check_examples,
    .options = check_options,
    .operands_max = -1,
    .completion = COMPLETE_FILE,
    .description =
        {"Reads everything and lists every mistake in one run, with file, line and "
         "column. A folder with "
         "policy.yaml is checked as a bundle: its files, its scripts, its cases, its "
         "notices, and whether the "
         "list reaches the share of emissions that each level must cut. Other folders "
         "are looked through, Lua that makes no rule being left out; one that lies in a bundle "
         "stands "
         "for the whole of it. "
         "Facts are held against the bundle of --policies, or the one they lie in: "
         "stations and series it does not know are told of. "
         "Without a path the bundles under policies are checked.\n\n"
         "Nothing is printed when all is well. Functions in scripts, which a person "
         "must read, are listed as "
         "review and do not count as findings.",
         "一次运行即列出全部问题，并给出文件、行、列。含 policy.yaml "
         "的文件夹按政策包检查：各文件、脚本、"
         "用例、通知模板，以及清单在各级别下是否达到规定的减排比例；其他文件夹逐层查找，不是规则的 "
         "Lua 文件略过；属于政策包"
         "的文件夹按整个政策包检查。"
         "事实文件按 --policies 指定的或其所在的政策包核对：政策包中没有的站点和序列会指出。"
         "不写路径时检查 "
         "policies 下的各政策包。\n\n"
         "没有问题时不输出任何内容。脚本中需要人工审阅的函数列为“待审”，不算问题。"},
    .run = cmd_check,
};

static int explain(const char *code)
{
    if (explain_print(code))
        return EXIT_OK;
    const char **codes = xcalloc(explanation_count, sizeof *codes);
    for (size_t i = 0; i < explanation_count; i++)
        codes[i] = explanations[i].code;
    const char *near = str_nearest(code, codes, explanation_count);
    char *hint = near ? xasprintf(tr("did you mean %s?", "是否想查 %s？"), near)
                      : xstrdup(tr("`yujing check --explain all` lists them",
                                   "全部代码：`yujing check --explain all`"));
    int exit_code = verb_misuse(&verb_check, hint, tr("unknown code %s", "没有这个代码：%s"), code);
    free(hint);
    free(codes);
    return exit_code;
}

static int exit_of(const struct checking *checking, bool strict)
{
    if (checking->unreadable)
        return EXIT_MISUSE;
    if (checking->findings.errors > 0)
        return EXIT_FOUND;
    return strict && checking->findings.warnings > 0 ? EXIT_LINT : EXIT_OK;
}

static int check(const struct options *options, const struct policy *policy)
{
    enum form form = options_form(options);
    struct checking checking = {.talk = stderr, .policy = policy};
    if (option_given(options, "verbose") && form == FORM_TEXT)
        checking.verbose = stdout;
    for (int i = 0; i < options->operand_count; i++)
        check_path(&checking, options->operands[i]);
    if (options->operand_count == 0)
        check_path(&checking, "policies");
    findings_sort(&checking.findings);
    findings_print(stdout, &checking.findings, form);
    int exit_code = exit_of(&checking, option_given(options, "strict"));
    checking_release(&checking);
    return exit_code;
}

int cmd_check(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_check, argc, argv, &options, &exit_code))
        return exit_code;
    const char *code = option_value(&options, "explain");
    struct loaded loaded = {0};
    exit_code = EXIT_OK;
    if (option_given(&options, "policies"))
        exit_code = load_policies(&loaded, &options, NULL);
    if (exit_code == EXIT_OK)
        exit_code = code ? explain(code) : check(&options, loaded.policy);
    loaded_release(&loaded);
    options_release(&options);
    return exit_code;
}
