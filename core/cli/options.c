/* Reading a command line by a verb's table.
 *
 * Two passes of one idea: a word is an option when it begins with '-' and is not '-' alone and no
 * `--` came before; everything else is an operand.  What is given is kept as it stands in argv,
 * with its table row, in order; asking for a value looks it up.  Command lines are short, so no
 * index is needed. */
#include "cli/options.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option_given {
    const struct option *option;
    const char *value; /* NULL for a flag */
};

/* clang-format off */
const struct option options_common[] = {
    {'h', "help", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"show this help", "显示本帮助"}, NULL},
    {0, "lang", OPTION_VALUE, "zh|en", COMPLETE_NOTHING, {"language of messages", "提示信息的语言"}, NULL},
    {0, "color", OPTION_VALUE, "auto|always|never", COMPLETE_NOTHING, {"colours", "是否使用颜色"}, "auto"},
    {0},
};
/* clang-format on */

const char *text_of(struct text text)
{
    return lang_get() == LANG_ZH ? text.chinese : text.english;
}

int verb_misuse_exit(const struct verb *verb)
{
    return verb && verb->sysexits ? 64 : EXIT_MISUSE;
}

static void complain(const struct verb *verb, const char *format, va_list args)
{
    fflush(stdout); /* as output_talk does */
    fprintf(stderr, "yujing%s%s: ", verb ? " " : "", verb ? verb->name : "");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
}

void verb_complain(const struct verb *verb, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(verb, format, args);
    va_end(args);
}

int verb_misuse(const struct verb *verb, const char *hint, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    complain(verb, format, args);
    va_end(args);
    if (hint)
        fprintf(stderr, "  %s%s\n", tr("hint: ", "提示："), hint);
    return verb_misuse_exit(verb);
}

/* One letter names a row by its letter, anything longer by its name. */
static const struct option *find_row(const struct option *table, const char *name)
{
    for (const struct option *row = table; row && row->name; row++) {
        bool by_letter = name[0] && !name[1] && row->letter == name[0];
        if (by_letter || strcmp(row->name, name) == 0)
            return row;
    }
    return NULL;
}

const struct option *verb_option(const struct verb *verb, const char *name)
{
    const struct option *row = find_row(verb->options, name);
    return row ? row : find_row(options_common, name);
}

/* "did you mean --policies?", or where help is; caller frees. */
static char *hint_for_option(const struct verb *verb, const char *name)
{
    const char *names[64];
    size_t count = 0;
    const struct option *tables[] = {verb->options, options_common};
    for (size_t t = 0; t < 2; t++)
        for (const struct option *row = tables[t]; row && row->name && count < 64; row++)
            names[count++] = row->name;
    const char *near = str_nearest(name, names, count);
    if (near)
        return xasprintf(tr("did you mean --%s?", "是否想用 --%s？"), near);
    return xasprintf(tr("`yujing help %s` lists the options", "选项见 `yujing help %s`"),
                     verb->name);
}

static int refuse_unknown(const struct verb *verb, const char *word, const char *name)
{
    char *hint = hint_for_option(verb, name);
    int exit_code = verb_misuse(verb, hint, tr("unknown option %s", "没有这个选项：%s"), word);
    free(hint);
    return exit_code;
}

/* True when `value` is one of "text|json|jsonl". */
static bool choice_has(const char *choices, const char *value)
{
    size_t size = strlen(value);
    for (const char *at = choices; *at;) {
        size_t length = strcspn(at, "|");
        if (length == size && strncmp(at, value, size) == 0)
            return true;
        at += length + (at[length] == '|');
    }
    return false;
}

static int check_choice(const struct verb *verb, const struct option *row, const char *value)
{
    if (!row->argument || !strchr(row->argument, '|') || choice_has(row->argument, value))
        return 0;
    return verb_misuse(verb, NULL,
                       tr("--%s must be one of %s, not “%s”", "--%s 只能是 %s，不能是“%s”"),
                       row->name, row->argument, value);
}

static void give(struct options *options, const struct option *row, const char *value)
{
    size_t count = (size_t)options->given_count + 1;
    options->given = xrealloc(options->given, count * sizeof *options->given);
    options->given[options->given_count++] = (struct option_given){row, value};
}

/* The option takes `attached`, or the next word.  0, or the exit code. */
static int take_value(struct options *options, const struct option *row, const char *attached,
                      char **argv, int *at)
{
    const char *value = attached;
    if (!value)
        value = argv[*at + 1] ? argv[++*at] : NULL;
    if (!value)
        return verb_misuse(options->verb, NULL, tr("--%s needs a value: %s", "--%s 后面要写值：%s"),
                           row->name, row->argument);
    int exit_code = check_choice(options->verb, row, value);
    if (exit_code == 0)
        give(options, row, value);
    return exit_code;
}

/* --name, --name=value, --name value. */
static int take_long(struct options *options, char **argv, int *at)
{
    const char *word = argv[*at], *equal = strchr(word, '=');
    char *name = equal ? xstrndup(word + 2, (size_t)(equal - word) - 2) : xstrdup(word + 2);
    const struct option *row = name[0] && name[1] ? verb_option(options->verb, name) : NULL;
    int exit_code = 0;
    if (!row)
        exit_code = refuse_unknown(options->verb, word, name);
    else if (row->kind != OPTION_FLAG)
        exit_code = take_value(options, row, equal ? equal + 1 : NULL, argv, at);
    else if (equal)
        exit_code =
            verb_misuse(options->verb, NULL, tr("--%s takes no value", "--%s 不带值"), name);
    else
        give(options, row, NULL);
    free(name);
    return exit_code;
}

/* -v, -vq, -ojson, -o json. */
static int take_letters(struct options *options, char **argv, int *at)
{
    const char *word = argv[*at];
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option *row = verb_option(options->verb, (char[]){*letter, 0});
        if (!row)
            return refuse_unknown(options->verb, word, word + 1);
        if (row->kind != OPTION_FLAG)
            return take_value(options, row, letter[1] ? letter + 1 : NULL, argv, at);
        give(options, row, NULL);
    }
    return 0;
}

static int take_all(struct options *options, int argc, char **argv)
{
    bool ended = false;
    int exit_code = 0;
    for (int at = 1; at < argc && exit_code == 0; at++) {
        const char *word = argv[at];
        if (ended || word[0] != '-' || !word[1])
            options->operands[options->operand_count++] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            exit_code = take_long(options, argv, &at);
        else
            exit_code = take_letters(options, argv, &at);
    }
    return exit_code;
}

static int refuse_action(const struct verb *verb, const char *word)
{
    const char *names[32];
    size_t count = 0;
    for (const struct action *action = verb->actions; action->name && count < 32; action++)
        names[count++] = action->name;
    const char *near = word ? str_nearest(word, names, count) : NULL;
    char *known = str_join(names, count, ", ");
    char *hint = near ? xasprintf(tr("did you mean `%s`?", "是否想用 `%s`？"), near)
                      : xasprintf(tr("one of: %s", "可用：%s"), known);
    int exit_code =
        word ? verb_misuse(verb, hint, tr("unknown action “%s”", "没有这个动作：“%s”"), word)
             : verb_misuse(verb, hint, tr("what to do is missing", "没有写要做什么"));
    free(hint);
    free(known);
    return exit_code;
}

/* Moves the first operand into `action`. */
static int take_action(struct options *options)
{
    const char *word = options->operand_count > 0 ? options->operands[0] : NULL;
    for (const struct action *action = options->verb->actions; action->name; action++)
        if (str_equal(action->name, word))
            options->action = action->name;
    if (!options->action)
        return refuse_action(options->verb, word);
    options->operand_count--;
    memmove(options->operands, options->operands + 1,
            (size_t)options->operand_count * sizeof *options->operands);
    return 0;
}

static int check_operands(const struct options *options)
{
    const struct verb *verb = options->verb;
    char *hint =
        xasprintf(tr("usage: yujing %s %s", "用法：yujing %s %s"), verb->name, verb->synopsis);
    int exit_code = 0;
    if (options->operand_count < verb->operands_min)
        exit_code = verb_misuse(verb, hint, tr("an operand is missing", "缺少参数"));
    else if (verb->operands_max >= 0 && options->operand_count > verb->operands_max)
        exit_code = verb_misuse(verb, hint, tr("one operand too many: %s", "多了一个参数：%s"),
                                options->operands[verb->operands_max]);
    free(hint);
    return exit_code;
}

bool options_parse(const struct verb *verb, int argc, char **argv, struct options *ret_options,
                   int *ret_exit)
{
    struct options options = {.verb = verb};
    options.operands = xcalloc((size_t)argc + 1, sizeof *options.operands);
    int exit_code = take_all(&options, argc, argv);
    bool wants_help = option_given(&options, "help");
    if (wants_help)
        help_print(verb);
    else if (exit_code == 0 && verb->actions)
        exit_code = take_action(&options);
    if (!wants_help && exit_code == 0)
        exit_code = check_operands(&options);
    if (wants_help || exit_code != 0) {
        *ret_exit = wants_help ? EXIT_OK : exit_code;
        options_release(&options);
        return false;
    }
    *ret_options = options;
    return true;
}

void options_release(struct options *options)
{
    free(options->operands);
    free(options->given);
    *options = (struct options){0};
}

bool options_operands(const struct options *options, int count)
{
    if (options->operand_count == count)
        return true;
    char *hint =
        xasprintf(tr("see `yujing %s --help`", "参见 yujing %s --help"), options->verb->name);
    verb_misuse(options->verb, hint, tr("`%s` takes %d operands", "“%s”需要 %d 个参数"),
                options->action, count);
    free(hint);
    return false;
}

bool option_given(const struct options *options, const char *name)
{
    return option_count(options, name) > 0;
}

const char *option_value(const struct options *options, const char *name)
{
    for (int i = options->given_count - 1; i >= 0; i--)
        if (strcmp(options->given[i].option->name, name) == 0)
            return options->given[i].value;
    const struct option *row = verb_option(options->verb, name);
    return row ? row->assumed : NULL;
}

const char *option_next(const struct options *options, const char *name, int *position)
{
    while (*position < options->given_count) {
        const struct option_given *given = &options->given[(*position)++];
        if (strcmp(given->option->name, name) == 0)
            return given->value;
    }
    return NULL;
}

int option_count(const struct options *options, const char *name)
{
    int count = 0;
    for (int i = 0; i < options->given_count; i++)
        count += strcmp(options->given[i].option->name, name) == 0;
    return count;
}

/* Full-width digits are refused here as they are in every file, with what was meant. */
static bool refuse_fullwidth(const struct options *options, const char *name, const char *value)
{
    if (!str_has_fullwidth(value))
        return false;
    char *plain = str_halfwidth(value);
    char *hint = xasprintf(tr("write %s", "请写 %s"), plain);
    verb_misuse(options->verb, hint,
                tr("--%s: “%s” has full-width characters", "--%s：“%s”中有全角字符"), name, value);
    free(hint);
    free(plain);
    return true;
}

bool option_instant(const struct options *options, const char *name, span_ms zone,
                    instant_ms *ret_instant)
{
    const char *value = option_value(options, name);
    if (!value)
        return true;
    if (refuse_fullwidth(options, name, value))
        return false;
    int err = instant_parse(value, zone, ret_instant);
    if (err < 0)
        verb_misuse(options->verb,
                    tr("write 2015-11-08, \"2015-11-08 16:00\" or 2015-11-08T16:00:00+08:00",
                       "写成 2015-11-08、“2015-11-08 16:00”或 2015-11-08T16:00:00+08:00"),
                    tr("--%s: “%s” is not a time", "--%s：“%s”不是时间"), name, value);
    return err >= 0;
}

bool option_int(const struct options *options, const char *name, int64_t low, int64_t high,
                int64_t *ret_number)
{
    const char *value = option_value(options, name);
    if (!value)
        return true;
    char *end;
    errno = 0;
    long long number = strtoll(value, &end, 10);
    if (*end || end == value || errno != 0 || number < low || number > high) {
        verb_misuse(options->verb, NULL,
                    tr("--%s: “%s” is not a whole number from %lld to %lld",
                       "--%s：“%s”不是 %lld 到 %lld 之间的整数"),
                    name, value, (long long)low, (long long)high);
        return false;
    }
    *ret_number = number;
    return true;
}
