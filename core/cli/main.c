/* yujing: the command line.
 *
 * main knows three things: which language and colours to speak, the list of verbs, and that a
 * result which could not be written is a failure.  Everything else is a verb's. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of the three variables that is set decides, as POSIX has it. */
static bool locale_is_chinese(void)
{
    static const char *const variables[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0])
            return str_starts(value, "zh");
    }
    return false;
}

/* The value of --NAME anywhere on the line before `--`, or NULL.  These two options are looked for
 * before anything else is read, because they say how to complain about the rest. */
static const char *find_early(int argc, char **argv, const char *name)
{
    const char *found = NULL;
    size_t size = strlen(name);
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], name, size) != 0)
            continue;
        if (argv[i][size] == '=')
            found = argv[i] + size + 1;
        else if (argv[i][size] == 0 && i + 1 < argc)
            found = argv[i + 1];
    }
    return found;
}

static void choose_speech(int argc, char **argv)
{
    const char *lang = find_early(argc, argv, "--lang");
    bool chinese = lang ? str_starts(lang, "zh") : locale_is_chinese();
    lang_set(chinese ? LANG_ZH : LANG_EN);
    colour_choose(find_early(argc, argv, "--color"));
}

/* Words that other programs use for our verbs. */
static const char *other_word_for(const char *word)
{
    static const char *const words[][2] = {
        {"lint", "check"},      {"validate", "check"}, {"verify", "check"},  {"backtest", "replay"},
        {"simulate", "replay"}, {"explain", "why"},    {"compare", "diff"},  {"serve", "run"},
        {"daemon", "run"},      {"exercise", "drill"}, {"registry", "list"}, {"whynot", "why-not"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], word) == 0)
            return words[i][1];
    return NULL;
}

static int refuse_verb(const char *word)
{
    const char *names[32];
    size_t count = 0;
    while (verbs[count] && count < sizeof names / sizeof *names) {
        names[count] = verbs[count]->name;
        count++;
    }
    const char *near = other_word_for(word);
    if (!near)
        near = str_nearest(word, names, count);
    char *hint = near ? xasprintf(tr("did you mean `yujing %s`?", "是否想用 `yujing %s`？"), near)
                      : xstrdup(tr("`yujing help` lists the verbs", "命令见 `yujing help`"));
    int exit_code = verb_misuse(NULL, hint, tr("unknown verb “%s”", "没有这个命令：“%s”"), word);
    free(hint);
    return exit_code;
}

/* What stands before the verb: --lang, --color (already heeded), --help, --version.  Moves *at to
 * the verb, or returns an exit code. */
static int read_leading(int argc, char **argv, int *at)
{
    for (; *at < argc && argv[*at][0] == '-'; ++*at) {
        const char *word = argv[*at];
        if (str_equal(word, "--help") || str_equal(word, "-h")) {
            help_print(NULL);
            return EXIT_OK;
        }
        if (str_equal(word, "--version") || str_equal(word, "-V")) {
            printf("yujing %s\n", YUJING_VERSION);
            return EXIT_OK;
        }
        bool known = str_starts(word, "--lang") || str_starts(word, "--color");
        if (!known)
            return verb_misuse(NULL,
                               tr("the verb comes first: `yujing help`", "先写命令：`yujing help`"),
                               tr("unknown option %s", "没有这个选项：%s"), word);
        if (!strchr(word, '=') && *at + 1 < argc)
            ++*at;
    }
    return -1;
}

int main(int argc, char **argv)
{
    /* A reader that goes away ends us silently, whatever our parent made of the signal. */
    signal(SIGPIPE, SIG_DFL);
    choose_speech(argc, argv);
    int at = 1;
    int exit_code = read_leading(argc, argv, &at);
    if (exit_code >= 0)
        return output_finish(exit_code);
    if (at >= argc) {
        help_print(NULL);
        return output_finish(EXIT_MISUSE);
    }
    const struct verb *verb = verb_named(argv[at]);
    if (!verb)
        return refuse_verb(argv[at]);
    return output_finish(verb->run(argc - at, argv + at));
}
