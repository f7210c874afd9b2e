/* The verbs.
 *
 * Each cmd_NAME.c holds one `const struct verb verb_NAME` (its option table, see options.h) and one
 * `int cmd_NAME(int argc, char **argv)`, where argv[0] is the verb.  The answer is the exit code.
 * A verb begins with
 *
 *     struct options options;
 *     int exit_code;
 *     if (!options_parse(&verb_NAME, argc, argv, &options, &exit_code))
 *         return exit_code;
 *
 * and verbs.c has the only list of them. */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "base/version.h"
#include "cli/options.h"

#define YUJING_DATE "November 24, 2026" /* of the manual pages; mdoc wants this form */

/* Exit codes of all verbs but `run`, which answers in sysexits (64 usage, 74 disk, 75 temporary,
 * 77 permission, 78 configuration). */
enum exit_code {
    EXIT_OK = 0,
    EXIT_FOUND = 1,   /* findings, failed expectations, a difference */
    EXIT_MISUSE = 2,  /* wrong use, or input that cannot be read */
    EXIT_LINT = 3,    /* warnings only, under --strict */
    EXIT_RUNTIME = 4, /* the machine failed us: disk, store, a script at run time */
};

int cmd_check(int argc, char **argv);
int cmd_test(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_why_not(int argc, char **argv);
int cmd_drill(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_ctl(int argc, char **argv);
int cmd_account(int argc, char **argv);
int cmd_store(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_aqi(int argc, char **argv);
int cmd_hj212(int argc, char **argv);
int cmd_webhook(int argc, char **argv);
int cmd_cloudevents(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_man(int argc, char **argv);
int cmd_completion(int argc, char **argv);

extern const struct verb verb_check, verb_test, verb_replay, verb_diff, verb_why, verb_why_not,
    verb_drill, verb_run, verb_ctl, verb_account, verb_list, verb_store, verb_audit, verb_aqi,
    verb_hj212, verb_webhook, verb_cloudevents, verb_help, verb_man, verb_completion;

/* The help screen of one verb, or with NULL of all, on stdout. */
void help_print(const struct verb *verb);

/* All verbs in the order help shows them; NULL ends the list. */
extern const struct verb *const verbs[];
const struct verb *verb_named(const char *name); /* or NULL */

#endif
