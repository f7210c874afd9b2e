/* `yujing help [VERB]` and every --help: one screen, examples first. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include <stdio.h>
#include <stdlib.h>

static const struct example help_examples[] = {
    {"yujing help", {"all verbs", "全部命令"}},
    {"yujing help replay", {"one verb", "一个命令"}},
    {0},
};
const struct verb verb_help = {
    .name = "help",
    .summary = {"show help for a verb", "显示某个命令的帮助"},
    .synopsis = "[VERB]",
    .examples = help_examples,
    .operands_max = 1,
    .description = {"Shows one screen about a verb, or the list of verbs.",
                    "显示某个命令的一屏帮助，或全部命令。"},
    .run = cmd_help,
};

static void heading(const char *text)
{
    printf("\n%s%s%s\n", ink(stdout, INK_BOLD), text, ink_end(stdout));
}

static void print_examples(const struct example *examples)
{
    int width = 0;
    for (const struct example *example = examples; example && example->command; example++) {
        int columns = str_columns(example->command);
        width = columns > width && columns <= 52 ? columns : width;
    }
    for (const struct example *example = examples; example && example->command; example++) {
        printf("  ");
        print_padded(stdout, example->command, width);
        printf("  %s# %s%s\n", ink(stdout, INK_DIM), text_of(example->help), ink_end(stdout));
    }
}

/* "-o, --output text|json" */
static char *option_shape(const struct option *option)
{
    char letter[8] = "    ";
    if (option->letter)
        snprintf(letter, sizeof letter, "-%c, ", option->letter);
    return xasprintf("%s--%s%s%s", letter, option->name, option->argument ? " " : "",
                     option->argument ? option->argument : "");
}

static void print_options(const struct verb *verb)
{
    enum { WIDTH = 30 };
    for (const struct option *option = verb->options; option && option->name; option++) {
        int64_t least = verb->least ? verb->least(option->name) : 0;
        char *shape = option_shape(option);
        printf("  ");
        print_padded(stdout, shape, WIDTH);
        printf("%s%s", str_columns(shape) >= WIDTH ? "  " : "", text_of(option->help));
        if (option->kind == OPTION_LIST)
            printf("%s", tr(" (repeatable)", "（可多次）"));
        if (least > 0)
            printf(tr(", at least %lld", "，至少 %lld"), (long long)least);
        if (option->assumed)
            printf(tr(" (default %s)", "（默认 %s）"), option->assumed);
        putchar('\n');
        free(shape);
    }
}

enum { ACTIONS_IN_LINES = 8 }; /* more stand side by side: the page has the rest */

static void print_many_actions(const struct action *actions)
{
    int columns = 1;
    putchar(' ');
    for (const struct action *action = actions; action->name; action++) {
        columns += str_columns(action->name) + 1;
        if (columns > 78) {
            printf("\n ");
            columns = str_columns(action->name) + 2;
        }
        printf(" %s", action->name);
    }
    putchar('\n');
}

static void print_actions(const struct action *actions)
{
    int count = 0;
    while (actions[count].name)
        count++;
    heading(tr("Actions:", "动作："));
    if (count > ACTIONS_IN_LINES) {
        print_many_actions(actions);
        return;
    }
    for (const struct action *action = actions; action->name; action++) {
        printf("  ");
        print_padded(stdout, action->name, 12);
        printf("%s\n", text_of(action->help));
    }
}

static void print_verb(const struct verb *verb)
{
    printf("%s%s%s\n", ink(stdout, INK_BOLD), text_of(verb->summary), ink_end(stdout));
    printf(tr("usage: yujing %s %s\n", "用法：yujing %s %s\n"), verb->name, verb->synopsis);
    heading(tr("Examples:", "示例："));
    print_examples(verb->examples);
    if (verb->actions)
        print_actions(verb->actions);
    heading(tr("Options:", "选项："));
    print_options(verb);
    printf("  -h, --help; --lang zh|en; --color auto|always|never");
    printf(tr("   more: yujing man %s\n", "   详见 yujing man %s\n"), verb_page(verb));
}

static const struct example first_examples[] = {
    {"yujing check policies/shenyang", {"is the policy sound?", "检查政策包"}},
    {"yujing replay facts.csv --policies policies/shenyang",
     {"what would it decide?", "回放：会作出哪些决定"}},
    {"yujing diff old new --facts winter.csv", {"what would a change do?", "改动会带来什么"}},
    {"yujing why last --facts … --policies …", {"why was it decided?", "为什么这样决定"}},
    {0},
};

static void print_all(void)
{
    printf("%syujing %s%s  %s\n", ink(stdout, INK_BOLD), YUJING_VERSION, ink_end(stdout),
           tr("a rules engine for emergency response", "应急响应规则引擎（预警）"));
    printf(tr("usage: yujing VERB [options]\n", "用法：yujing 命令 [选项]\n"));
    heading(tr("Examples:", "示例："));
    print_examples(first_examples);
    heading(tr("Verbs:", "命令："));
    for (const struct verb *const *verb = verbs; *verb; verb++) {
        printf("  ");
        print_padded(stdout, (*verb)->name, 12);
        printf("%s\n", text_of((*verb)->summary));
    }
    printf(tr("\nEach verb takes --help, --lang zh|en and --color auto|always|never.\n",
              "\n每个命令都可带 --help、--lang zh|en、--color auto|always|never。\n"));
}

void help_print(const struct verb *verb)
{
    if (verb)
        print_verb(verb);
    else
        print_all();
}

int cmd_help(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_help, argc, argv, &options, &exit_code))
        return exit_code;
    const char *name = options.operand_count > 0 ? options.operands[0] : NULL;
    const struct verb *verb = name ? verb_named(name) : NULL;
    if (name && !verb)
        exit_code =
            verb_misuse(&verb_help, tr("`yujing help` lists the verbs", "命令见 `yujing help`"),
                        tr("unknown verb “%s”", "没有这个命令：“%s”"), name);
    else {
        help_print(verb);
        exit_code = EXIT_OK;
    }
    options_release(&options);
    return exit_code;
}
