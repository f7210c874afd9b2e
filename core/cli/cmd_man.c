/* `yujing man [VERB]`: the manual page in mdoc, made from the same table as --help.
 *
 *     yujing man replay | mandoc -l        read it
 *     make install                         puts yujing.1, yujing-replay.1 … in place */
#include "base/buf.h"
#include "base/lang.h"
#include "cli/cmd.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct example man_examples[] = {
    {"yujing man replay | mandoc -l -", {"read a page", "阅读手册"}},
    {"yujing man > yujing.1", {"the overview page", "总览页"}},
    {0},
};
const struct verb verb_man = {
    .name = "man",
    .summary = {"print a manual page", "输出手册页"},
    .synopsis = "[VERB]",
    .examples = man_examples,
    .operands_max = 1,
    .description = {"Prints the manual page of a verb, or of the program, as mdoc(7) source.",
                    "以 mdoc(7) 源码输出某个命令或本程序的手册页。"},
    .run = cmd_man,
};

/* One word or space of running text: a backslash is an escape, a lone hyphen is a minus. */
static void put_char(const char *text, const char *c)
{
    if (*c == '\\')
        fputs("\\e", stdout);
    else if (*c == '-' && (c == text || !isalnum((unsigned char)c[-1])))
        fputs("\\-", stdout);
    else
        putchar(*c);
}

/* True where the line may be broken: after a sentence always (mdoc wants it), else when it has
 * grown long. */
static bool breaks_after(const char *text, const char *c, int column)
{
    enum { LINE_MAX_COLUMNS = 72 };
    return *c == ' ' && (column > LINE_MAX_COLUMNS || (c > text && strchr(".:?!", c[-1])));
}

/* Running text; a line may not begin with a control character. */
static void put_text(const char *text)
{
    int column = 0;
    for (const char *c = text; *c; c++) {
        if (breaks_after(text, c, column)) {
            putchar('\n');
            column = 0;
            continue;
        }
        if (column == 0 && (*c == '.' || *c == '\''))
            fputs("\\&", stdout);
        put_char(text, c);
        column = *c == '\n' ? 0 : column + 1;
    }
    putchar('\n');
}

/* A line of a table as a sentence: "Stop at, or go on to, this time." */
static void put_sentence(const char *text, const char *end)
{
    struct buf sentence = {0};
    buf_putc(&sentence, (char)toupper((unsigned char)text[0]));
    buf_puts(&sentence, text[0] ? text + 1 : "");
    buf_puts(&sentence, end);
    put_text(buf_str(&sentence));
    buf_release(&sentence);
}

/* One macro argument: in quotes, its own quotes doubled. */
static void put_argument(const char *text)
{
    putchar('"');
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputs("\"\"", stdout);
        else if (*c == '\\')
            fputs("\\e", stdout);
        else
            putchar(*c);
    }
    putchar('"');
}

/* Paragraphs parted by blank lines become .Pp. */
static void put_paragraphs(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t size = end ? (size_t)(end - text) : strlen(text);
        struct buf paragraph = {0};
        buf_add(&paragraph, text, size);
        put_text(buf_str(&paragraph));
        buf_release(&paragraph);
        if (end)
            puts(".Pp");
        text += size + (end ? 2 : 0);
    }
}

static void put_head(const struct verb *verb)
{
    printf(".Dd %s\n.Dt ", YUJING_DATE);
    if (verb) {
        fputs("YUJING-", stdout);
        for (const char *c = verb_page(verb); *c; c++)
            putchar(toupper((unsigned char)*c));
    } else {
        fputs("YUJING", stdout);
    }
    printf(" 1\n.Os\n.Sh NAME\n.Nm yujing%s%s\n.Nd ", verb ? "-" : "", verb ? verb_page(verb) : "");
    put_text(verb ? text_of(verb->summary)
                  : tr("a rules engine for emergency response", "应急响应规则引擎"));
}

static void put_option(const struct option *option)
{
    fputs(".It ", stdout);
    if (option->letter)
        printf("Fl %c , ", option->letter);
    printf("Fl \\-%s", option->name);
    if (option->argument) {
        fputs(" Ar ", stdout);
        put_argument(option->argument);
    }
    putchar('\n');
    put_sentence(text_of(option->help), tr(".", "。"));
    if (option->kind == OPTION_LIST)
        put_text(tr("May be given several times.", "可多次给出。"));
    if (option->assumed) {
        fputs(tr("The default is\n.Ql ", "默认为\n.Ql "), stdout);
        put_argument(option->assumed);
        fputs(" .\n", stdout);
    }
}

static void put_options(const struct verb *verb)
{
    puts(".Pp");
    put_text(tr("The options are:", "选项如下："));
    puts(".Bl -tag -width Ds");
    for (const struct option *option = verb->options; option && option->name; option++) {
        put_option(option);
        if (verb->least && verb->least(option->name) > 0)
            printf(tr("At least %lld.\n", "至少 %lld。\n"), (long long)verb->least(option->name));
    }
    for (const struct option *option = options_common; option->name; option++)
        put_option(option);
    puts(".El");
}

static void put_actions(const struct verb *verb)
{
    puts(".Pp");
    put_text(tr("The actions are:", "动作如下："));
    puts(".Bl -tag -width evaluate");
    for (const struct action *action = verb->actions; action->name; action++) {
        printf(".It Cm %s\n", action->name);
        put_sentence(text_of(action->help), tr(".", "。"));
    }
    puts(".El");
}

static void put_environment(void)
{
    puts(".Sh ENVIRONMENT\n.Bl -tag -width LC_MESSAGES");
    puts(".It Ev LC_ALL , LC_MESSAGES , LANG");
    put_text(tr("The first that is set chooses the language: Chinese when it begins with zh.",
                "第一个有值的变量决定语言：以 zh 开头为中文。"));
    puts(".It Ev NO_COLOR");
    put_text(tr("When set and not empty, no colours.", "有值时不使用颜色。"));
    puts(".El");
}

static void put_exits(bool sysexits)
{
    static const struct {
        const char *code;
        struct text meaning;
    } plain[] =
        {
            {"0", {"All is well.", "正常。"}},
            {"1",
             {"Findings, failed expectations, or a difference.", "有问题、预期未满足或存在差异。"}},
            {"2", {"Wrong use, or input that cannot be read.", "用法错误或输入无法读取。"}},
            {"3", {"Warnings only, when they were asked to count.", "只有警告，而要求警告算数。"}},
            {"4",
             {"The machine failed: disk, store, a script at run time.",
              "运行故障：磁盘、存储或脚本。"}},
        },
      daemon[] = {
          {"0", {"Ended as asked.", "按要求结束。"}},
          {"64", {"Wrong use.", "用法错误。"}},
          {"74", {"The disk or the store failed.", "磁盘或存储故障。"}},
          {"75", {"Something is missing for the moment; start again.", "暂时缺少条件，可再启动。"}},
          {"77", {"Permission denied.", "没有权限。"}},
          {"78", {"The configuration or the policy is wrong.", "配置或政策包有误。"}},
      };
    size_t count = sysexits ? sizeof daemon / sizeof *daemon : sizeof plain / sizeof *plain;
    puts(".Sh EXIT STATUS\n.Bl -tag -width Ds");
    for (size_t i = 0; i < count; i++) {
        printf(".It %s\n", sysexits ? daemon[i].code : plain[i].code);
        put_text(text_of(sysexits ? daemon[i].meaning : plain[i].meaning));
    }
    puts(".El");
}

static void put_examples(const struct example *examples)
{
    puts(".Sh EXAMPLES");
    for (const struct example *example = examples; example && example->command; example++) {
        if (example != examples)
            puts(".Pp");
        put_sentence(text_of(example->help), tr(":", "："));
        fputs(".Dl ", stdout);
        put_argument(example->command);
        putchar('\n');
    }
}

static void put_verb_page(const struct verb *verb)
{
    put_head(verb);
    printf(".Sh SYNOPSIS\n.Nm yujing %s\n", verb->name);
    if (verb->synopsis[0])
        put_text(verb->synopsis);
    puts(".Sh DESCRIPTION");
    put_paragraphs(text_of(verb->description));
    if (verb->actions)
        put_actions(verb);
    put_options(verb);
    put_environment();
    put_exits(verb->sysexits);
    put_examples(verb->examples);
    puts(".Sh SEE ALSO\n.Xr yujing 1");
}

/* In alphabetical order, as mdoc wants it. */
static void put_see_also(void)
{
    const char *last = "";
    fputs(".Sh SEE ALSO", stdout);
    for (;;) {
        const char *next = NULL;
        for (const struct verb *const *verb = verbs; *verb; verb++)
            if (strcmp((*verb)->name, last) > 0 && (!next || strcmp((*verb)->name, next) < 0))
                next = (*verb)->name;
        if (!next)
            break;
        printf("%s\n.Xr yujing-%s 1", last[0] ? " ," : "", next);
        last = next;
    }
    putchar('\n');
}

static void put_overview(void)
{
    put_head(NULL);
    puts(".Sh SYNOPSIS\n.Nm yujing\n.Ar verb\n.Op Ar options\n.Sh DESCRIPTION");
    put_paragraphs(
        tr("Takes in forecasts and sensor readings, applies a city's policy, and says who must do "
           "what, and why. Results go to standard output, messages to standard error. A file "
           "named - is standard input.\n\nThe verbs are:",
           "读入预报和监测数据，按城市的政策作出决定，说明谁要做什么、为什么。结果写到标准输出，"
           "提示写到标准错误。文件名 - 表示标准输入。\n\n命令如下："));
    puts(".Bl -tag -width completion");
    for (const struct verb *const *verb = verbs; *verb; verb++) {
        printf(".It Cm %s\n", (*verb)->name);
        put_sentence(text_of((*verb)->summary), tr(".", "。"));
    }
    puts(".El");
    put_environment();
    put_exits(false);
    put_see_also();
}

int cmd_man(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_man, argc, argv, &options, &exit_code))
        return exit_code;
    const char *name = options.operand_count > 0 ? options.operands[0] : NULL;
    const struct verb *verb = name ? verb_named(name) : NULL;
    exit_code = EXIT_OK;
    if (name && !verb)
        exit_code =
            verb_misuse(&verb_man, tr("`yujing help` lists the verbs", "命令见 `yujing help`"),
                        tr("unknown verb “%s”", "没有这个命令：“%s”"), name);
    else if (verb)
        put_verb_page(verb);
    else
        put_overview();
    options_release(&options);
    return exit_code;
}
