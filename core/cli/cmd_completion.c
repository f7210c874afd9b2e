/* `yujing completion bash|zsh`: what the shell offers, made from the same tables as --help.
 *
 *     eval "$(yujing completion bash)"     in ~/.bashrc
 *     yujing completion zsh > _yujing      in a folder of $fpath */
#include "base/lang.h"
#include "base/str.h"
#include "cli/cmd.h"
#include "cli/hj212_send.h"
#include <stdio.h>
#include <string.h>

static const struct example completion_examples[] = {
    {"eval \"$(yujing completion bash)\"", {"in ~/.bashrc", "写入 ~/.bashrc"}},
    {"yujing completion zsh > _yujing", {"in a folder of $fpath", "放入 $fpath 中的文件夹"}},
    {0},
};
const struct verb verb_completion = {
    .name = "completion",
    .summary = {"print completion for a shell", "输出命令补全脚本"},
    .synopsis = "bash|zsh",
    .examples = completion_examples,
    .operands_min = 1,
    .operands_max = 1,
    .description = {"Prints a script by which the shell completes verbs, options and their values.",
                    "输出补全脚本，让命令行补全命令、选项及其取值。"},
    .run = cmd_completion,
};

typedef void option_visitor(const struct option *option);

static void each_option(const struct verb *verb, option_visitor *visit)
{
    for (const struct option *option = verb->options; option && option->name; option++)
        visit(option);
    for (const struct option *option = options_common; option->name; option++)
        visit(option);
}

/* Prints "a|b|c" as "a b c". */
static void put_choices(const char *choices)
{
    for (const char *c = choices; *c; c++)
        putchar(*c == '|' ? ' ' : *c);
}

static bool has_choices(const struct option *option)
{
    return option->argument && strchr(option->argument, '|');
}

/* bash
 * ---------------------------------------------------------------------------------------------- */

static void bash_word(const struct option *option)
{
    printf(" --%s", option->name);
}

static void bash_value(const struct option *option)
{
    if (option->kind == OPTION_FLAG)
        return;
    printf("        --%s", option->name);
    if (option->letter)
        printf("|-%c", option->letter);
    fputs(") COMPREPLY=($(compgen ", stdout);
    if (has_choices(option)) {
        fputs("-W '", stdout);
        put_choices(option->argument);
        fputs("'", stdout);
    } else {
        fputs(option->completion == COMPLETE_FOLDER ? "-d" : "-f", stdout);
    }
    puts(" -- \"$cur\")); return ;;");
}

static void bash_verb(const struct verb *verb)
{
    printf("    %s)\n      case $prev in\n", verb->name);
    each_option(verb, bash_value);
    fputs("      esac\n      words='", stdout);
    for (const struct action *action = verb->actions; action && action->name; action++)
        printf(" %s", action->name);
    if (verb->run == cmd_completion)
        fputs(" bash zsh", stdout);
    if (verb->run == cmd_hj212) {
        fputs(" send", stdout);
        each_option(&verb_hj212_send, bash_word);
    }
    if (verb->run == cmd_help || verb->run == cmd_man)
        for (const struct verb *const *other = verbs; *other; other++)
            printf(" %s", (*other)->name);
    each_option(verb, bash_word);
    puts("' ;;");
}

static void bash_script(void)
{
    puts("# bash completion of yujing: eval \"$(yujing completion bash)\"\n"
         "_yujing() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=''\n"
         "  case ${COMP_WORDS[1]} in");
    for (const struct verb *const *verb = verbs; *verb; verb++)
        bash_verb(*verb);
    fputs("  esac\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n    words='", stdout);
    for (const struct verb *const *verb = verbs; *verb; verb++)
        printf(" %s", (*verb)->name);
    puts("'\n  elif [ \"${cur#-}\" = \"$cur\" ]; then\n"
         "    COMPREPLY=($(compgen -W \"${words%% --*}\" -- \"$cur\") $(compgen -f -- \"$cur\"))\n"
         "    return\n  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
         "}\n"
         "complete -o filenames -F _yujing yujing");
}

/* zsh
 * -----------------------------------------------------------------------------------------------
 */

/* Inside '…[…]': the characters that _arguments reads are written with a backslash. */
static void zsh_words(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *c))
            printf("\\%c", *c);
        else
            putchar(*c);
    }
}

static void zsh_value(const struct option *option)
{
    if (option->kind == OPTION_FLAG)
        return;
    printf(":%s:", option->name);
    if (has_choices(option)) {
        putchar('(');
        put_choices(option->argument);
        putchar(')');
    } else if (option->completion == COMPLETE_FOLDER) {
        fputs("_files -/", stdout);
    } else if (option->completion == COMPLETE_FILE) {
        fputs("_files", stdout);
    }
}

static void zsh_option(const struct option *option)
{
    fputs("        '", stdout);
    if (option->kind == OPTION_LIST)
        putchar('*');
    printf("--%s[", option->name);
    zsh_words(text_of(option->help));
    putchar(']');
    zsh_value(option);
    puts("' \\");
    if (!option->letter)
        return;
    printf("        '-%c[", option->letter);
    zsh_words(text_of(option->help));
    putchar(']');
    zsh_value(option);
    puts("' \\");
}

static void zsh_verb(const struct verb *verb)
{
    printf("      (%s)\n        _arguments \\\n", verb->name);
    each_option(verb, zsh_option);
    if (verb->actions) {
        fputs("        '1:action:(", stdout);
        for (const struct action *action = verb->actions; action->name; action++)
            printf("%s%s", action == verb->actions ? "" : " ", action->name);
        puts(")' \\");
    } else if (verb->run == cmd_completion) {
        puts("        '1:shell:(bash zsh)' \\");
    }
    puts("        '*:file:_files' ;;");
}

static void zsh_script(void)
{
    puts("#compdef yujing\n"
         "# zsh completion of yujing: yujing completion zsh > _yujing, in a folder of $fpath\n"
         "_yujing() {\n  local -a verbs\n  verbs=(");
    for (const struct verb *const *verb = verbs; *verb; verb++) {
        printf("    '%s:", (*verb)->name);
        zsh_words(text_of((*verb)->summary));
        puts("'");
    }
    puts("  )\n"
         "  _arguments -C '1:verb:->verb' '*::rest:->rest'\n"
         "  case $state in\n"
         "    (verb) _describe verb verbs ;;\n"
         "    (rest) case $words[1] in");
    for (const struct verb *const *verb = verbs; *verb; verb++)
        zsh_verb(*verb);
    puts("    esac ;;\n  esac\n}\n_yujing \"$@\"");
}

int cmd_completion(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_completion, argc, argv, &options, &exit_code))
        return exit_code;
    const char *shell = options.operands[0];
    exit_code = EXIT_OK;
    if (str_equal(shell, "bash"))
        bash_script();
    else if (str_equal(shell, "zsh"))
        zsh_script();
    else
        exit_code = verb_misuse(&verb_completion, tr("bash or zsh", "bash 或 zsh"),
                                tr("unknown shell “%s”", "不支持这种 shell：“%s”"), shell);
    options_release(&options);
    return exit_code;
}
