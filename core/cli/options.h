/* Options: one table per verb, four uses.
 *
 * A verb says once what it takes; from that table come the parsing, the --help screen, the manual
 * page and the completion of bash and zsh, in both languages.  So help cannot disagree with
 * behaviour. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/when.h"
#include <stdbool.h>
#include <stdint.h>

/* Something people read, in both languages. */
struct text {
    const char *english, *chinese;
};
const char *text_of(struct text text); /* in the language in force */

enum option_kind {
    OPTION_FLAG,  /* --digest */
    OPTION_VALUE, /* --until T; the last one given counts */
    OPTION_LIST,  /* --facts A --facts B; all count */
};
/* What the shell offers after the option. */
enum completion { COMPLETE_NOTHING, COMPLETE_FILE, COMPLETE_FOLDER };

struct option {
    char letter;      /* 'o', or 0 */
    const char *name; /* "output"; NULL ends the table */
    enum option_kind kind;
    const char
        *argument; /* "FILE", or "text|json": then only these words are taken; NULL for a flag */
    enum completion completion;
    struct text help;    /* one line */
    const char *assumed; /* value when not given, or NULL */
};
/* Every verb also takes --help, --lang and --color; they stand in no table. */

/* `list import`, `list export` …: the first operand of a verb that has actions. */
struct action {
    const char *name; /* NULL ends the table */
    struct text help;
};
struct example {
    const char *command; /* "yujing check policies/shenyang"; NULL ends the table */
    struct text help;
};
struct verb {
    const char *name;     /* "replay", "hj212 send" */
    const char *page;     /* of the manual, where the name has a space; else NULL */
    struct text summary;  /* one line, without a full stop */
    const char *synopsis; /* "FACTS… --policies DIR", what follows the name */
    const struct example *examples;
    const struct option *options;         /* may be NULL */
    int64_t (*least)(const char *option); /* the smallest number an option takes, where no table can
                                             say it: the law's; 0: none.  NULL: for no option */
    const struct action *actions;         /* NULL: none */
    int operands_min, operands_max;       /* after the action; operands_max < 0: any number */
    enum completion completion;           /* of operands */
    struct text description; /* for the manual page: paragraphs parted by blank lines */
    bool sysexits;           /* wrong use exits 64 instead of 2: the daemon, read by systemd */
    int (*run)(int argc, char **argv);
};

struct option_given;
struct options {
    const struct verb *verb;
    const char *action; /* name, or NULL when the verb has none */
    const char **operands;
    int operand_count;
    struct option_given *given;
    int given_count;
};

/* Reads argv (argv[0] is the verb's name).  Options and operands may be mixed; `--` ends the
 * options; `-` is an operand.  True: go on, and call options_release at the end.  False: everything
 * has been said (--help was shown, or what is wrong with a hint); return *ret_exit. */
bool options_parse(const struct verb *verb, int argc, char **argv, struct options *ret_options,
                   int *ret_exit);
void options_release(struct options *options);

/* For actions that take different numbers of operands.  False: the complaint has been printed,
 * return verb_misuse_exit(). */
bool options_operands(const struct options *options, int count);

bool option_given(const struct options *options, const char *name);
/* The value (the last one), else the table's `assumed`, else NULL.  Borrowed from argv. */
const char *option_value(const struct options *options, const char *name);
/* Walks the values of a list: start with *position = 0; NULL at the end. */
const char *option_next(const struct options *options, const char *name, int *position);
int option_count(const struct options *options, const char *name);
/* Typed values.  False: the complaint has been printed, return verb_misuse_exit().  Not given and
 * nothing assumed: true, and *ret is left alone. */
bool option_instant(const struct options *options, const char *name, span_ms zone,
                    instant_ms *ret_instant);
bool option_int(const struct options *options, const char *name, int64_t low, int64_t high,
                int64_t *ret_number);

/* Prints "yujing VERB: message" and the hint (may be NULL) on stderr; returns verb_misuse_exit().
 */
int verb_misuse(const struct verb *verb, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int verb_misuse_exit(const struct verb *verb); /* 2, or 64 for sysexits */
/* Prints "yujing VERB: message" on stderr. */
void verb_complain(const struct verb *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The options every verb takes, for help, manual and completion; ends with a NULL name. */
extern const struct option options_common[];
const char *verb_page(const struct verb *verb); /* "hj212-send" */
/* The option of that name or letter in the verb's table or among the common ones, or NULL. */
const struct option *verb_option(const struct verb *verb, const char *name);

#endif
