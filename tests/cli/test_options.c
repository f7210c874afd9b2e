/* Options: every way to write one, and every way to write it wrong. */
#include "base/lang.h"
#include "cli/options.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

/* clang-format off */
static const struct option sample_options[] = {
    {'o', "output", OPTION_VALUE, "text|json", COMPLETE_NOTHING, {"form", "格式"}, "text"},
    {'f', "facts", OPTION_LIST, "FILE", COMPLETE_FILE, {"facts", "事实"}, NULL},
    {'v', "verbose", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"talk", "多说"}, NULL},
    {0, "until", OPTION_VALUE, "T", COMPLETE_NOTHING, {"until", "到"}, NULL},
    {0},
};
static const struct action sample_actions[] = {
    {"import", {"read", "导入"}}, {"export", {"write", "导出"}}, {0},
};
/* clang-format on */
static const struct verb sample = {
    .name = "sample", .synopsis = "…", .options = sample_options, .operands_max = -1};
static const struct verb acting = {
    .name = "acting", .synopsis = "…", .options = sample_options, .actions = sample_actions};

/* `line` is the command line, its words parted by one blank; kept until the next call. */
static bool parse(const struct verb *verb, const char *line, struct options *options,
                  int *exit_code)
{
    static char words[256];
    static char *argv[32];
    int argc = 0;
    snprintf(words, sizeof words, "sample %s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    return options_parse(verb, argc, argv, options, exit_code);
}

Test(options, every_way_to_give_a_value)
{
    struct options options;
    int exit_code;
    cr_assert(parse(&sample, "-ojson a -f x --facts=y b -vf z -- -v -", &options, &exit_code));
    cr_expect_str_eq(option_value(&options, "output"), "json");
    cr_expect(option_given(&options, "verbose"));
    cr_expect_eq(option_count(&options, "facts"), 3);
    int position = 0;
    cr_expect_str_eq(option_next(&options, "facts", &position), "x");
    cr_expect_str_eq(option_next(&options, "facts", &position), "y");
    cr_expect_str_eq(option_next(&options, "facts", &position), "z");
    cr_expect_null(option_next(&options, "facts", &position));
    cr_expect_eq(options.operand_count, 4);
    cr_expect_str_eq(options.operands[0], "a");
    cr_expect_str_eq(options.operands[2], "-v");
    cr_expect_str_eq(options.operands[3], "-");
    options_release(&options);
}

Test(options, assumed_and_last)
{
    struct options options;
    int exit_code;
    cr_assert(parse(&sample, "a", &options, &exit_code));
    cr_expect_str_eq(option_value(&options, "output"), "text");
    cr_expect_not(option_given(&options, "output"));
    options_release(&options);
    cr_assert(parse(&sample, "-o json -o text", &options, &exit_code));
    cr_expect_str_eq(option_value(&options, "output"), "text");
    options_release(&options);
}

Test(options, mistakes, .init = cr_redirect_stderr)
{
    struct options options;
    int exit_code = 0;
    lang_set(LANG_EN);
    cr_expect_not(parse(&sample, "--outptu json", &options, &exit_code));
    cr_expect_eq(exit_code, 2);
    cr_expect_not(parse(&sample, "-o xml", &options, &exit_code));
    cr_expect_not(parse(&sample, "-x", &options, &exit_code));
    cr_expect_not(parse(&sample, "--verbose=yes", &options, &exit_code));
    cr_expect_not(parse(&sample, "--until", &options, &exit_code));
    fflush(stderr);
    cr_expect_stderr_eq_str("yujing sample: unknown option --outptu\n"
                            "  hint: did you mean --output?\n"
                            "yujing sample: --output must be one of text|json, not “xml”\n"
                            "yujing sample: unknown option -x\n"
                            "  hint: `yujing help sample` lists the options\n"
                            "yujing sample: --verbose takes no value\n"
                            "yujing sample: --until needs a value: T\n");
}

Test(options, actions, .init = cr_redirect_stderr)
{
    struct options options;
    int exit_code = 0;
    lang_set(LANG_EN);
    cr_assert(parse(&acting, "-v import", &options, &exit_code));
    cr_expect_str_eq(options.action, "import");
    cr_expect_eq(options.operand_count, 0);
    options_release(&options);
    cr_expect_not(parse(&acting, "-v", &options, &exit_code));
    cr_expect_not(parse(&acting, "improt", &options, &exit_code));
    cr_expect_eq(exit_code, 2);
    fflush(stderr);
    cr_expect_stderr_eq_str("yujing acting: what to do is missing\n"
                            "  hint: one of: import, export\n"
                            "yujing acting: unknown action “improt”\n"
                            "  hint: did you mean `import`?\n");
}

Test(options, typed_values, .init = cr_redirect_stderr)
{
    struct options options;
    int exit_code;
    instant_ms until = 0, wanted = 0;
    lang_set(LANG_EN);
    instant_parse("2015-11-08T16:00:00+08:00", 0, &wanted);
    cr_assert(parse(&sample, "--until 2015-11-08T16:00", &options, &exit_code));
    cr_expect(option_instant(&options, "until", 8 * HOUR_MS, &until));
    cr_expect_eq(until, wanted);
    options_release(&options);
    cr_assert(parse(&sample, "--until noon", &options, &exit_code));
    cr_expect_not(option_instant(&options, "until", 8 * HOUR_MS, &until));
    options_release(&options);
    cr_assert(parse(&sample, "--until 2015-11-08T１６:00", &options, &exit_code));
    cr_expect_not(option_instant(&options, "until", 8 * HOUR_MS, &until));
    options_release(&options);
    fflush(stderr);
    cr_expect_stderr_eq_str(
        "yujing sample: --until: “noon” is not a time\n"
        "  hint: write 2015-11-08, \"2015-11-08 16:00\" or 2015-11-08T16:00:00+08:00\n"
        "yujing sample: --until: “2015-11-08T１６:00” has full-width characters\n"
        "  hint: write 2015-11-08T16:00\n");
}
