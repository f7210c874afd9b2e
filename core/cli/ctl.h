/* The client of `yujing ctl`: asks the daemon's API, and says what came of it.
 *
 * An act has a key of its own (Idempotency-Key), so that it may be asked for again when no answer
 * came, and is done once. */
#ifndef CLI_CTL_H
#define CLI_CTL_H

#include "base/buf.h"
#include "cli/cmd.h"
#include "cli/output.h"
#include <jansson.h>

struct ctl {
    const struct options *options;
    char *url;        /* without a '/' at its end */
    char *token_file; /* never NULL */
    char *ca_file;    /* or NULL */
    char *token;      /* NULL: not logged in */
    bool json;        /* -o json */
};
/* Reads --url, --token-file and /etc/yujing/ctl.yaml.  False: the complaint has been printed. */
bool ctl_open(struct ctl *ret_ctl, const struct options *options);
void ctl_close(struct ctl *ctl);
/* Keeps a token for the next calls, readable by the owner alone. */
int ctl_keep_token(const struct ctl *ctl, const char *token);

/* Both say what went wrong, and answer an exit code: 1 the daemon refuses, 2 wrong use, 4 it cannot
 * be reached or has failed.  *ret_json is the answer, the caller's (NULL unless EXIT_OK). */
int ctl_get(const struct ctl *ctl, json_t **ret_json, const char *path, ...)
    __attribute__((format(printf, 3, 4)));
/* `body` is taken over. */
int ctl_post(const struct ctl *ctl, json_t **ret_json, json_t *body, const char *path, ...)
    __attribute__((format(printf, 4, 5)));
/* The same as text, with that Accept; printed as it comes. */
int ctl_print(const struct ctl *ctl, const char *path);
/* Calls `each` with every event until the stream ends; begins after `after` when that is not
 * negative.  `id` is NULL or the event's. */
int ctl_follow(const struct ctl *ctl, int64_t after,
               void (*each)(void *arg, const char *event, const char *id, const char *data),
               void *arg);
/* A segment of a path; caller frees. */
char *ctl_segment(const char *text);

/* -o json: the answer on one line, with its schema_version; figures as everywhere, the shortest
 * decimal. */
void ctl_print_json(const json_t *json);
/* Members, "" where there is none; and times as people read them, "11-08 16:00". */
const char *ctl_text(const json_t *object, const char *key);
int64_t ctl_int(const json_t *object, const char *key);
const char *ctl_time(const json_t *object, const char *key);

/* A name of the API and what people call it.  What is not known stays as it is. */
struct ctl_word {
    const char *name;
    struct text text;
};
const char *ctl_find_word(const struct ctl_word *words, size_t count, const char *name);
/* "橙色" for "orange"; "解除" for none. */
const char *ctl_level(const char *level);
/* Words of the API for letters, their states and receipts, in the reader's language. */
const char *ctl_word(const char *name);

/* Text of others' making, harmless, its lines kept; a heading. */
void ctl_put(const char *text);
void ctl_head(const char *title);
/* One line of a plan's sheet: {"cut":…,"total":…,"required_percent":…} of that emission. */
void ctl_put_share(struct buf *line, const char *name, const json_t *json);
/* The operands as a query, "kind=order" "state=dead" → "kind=order&state=dead"; false: the
 * complaint has been printed. */
bool ctl_query(const struct ctl *ctl, char ret[1024]);
/* GET of that with the query; with -o json it is printed, and *ret_answer NULL. */
int ctl_get_rows(struct ctl *ctl, const char *what, json_t **ret_answer);

/* The actions; each answers an exit code.  In ctl_look.c, ctl_rows.c, ctl_act.c, ctl_login.c,
 * ctl_logger.c, ctl_policy.c. */
typedef int ctl_action(struct ctl *ctl);
ctl_action ctl_status, ctl_proposals, ctl_show, ctl_letters, ctl_letter, ctl_decisions, ctl_journal,
    ctl_generations, ctl_hand_over, ctl_events;
ctl_action ctl_approve, ctl_hold, ctl_file, ctl_issue, ctl_lift, ctl_break_glass, ctl_correct,
    ctl_withdraw, ctl_pause, ctl_resume, ctl_ack, ctl_self_check, ctl_backup, ctl_login, ctl_logout;
ctl_action ctl_ask_logger;
ctl_action ctl_reload, ctl_rollback, ctl_shadow;
/* {"note":…} out of the options, for an act; NULL: the complaint has been printed. */
json_t *ctl_noted(const struct ctl *ctl);
/* What an act led to, in words; frees the answer. */
int ctl_tell_outcome(struct ctl *ctl, json_t *answer);
/* Operand number `i`; false: the complaint has been printed. */
bool ctl_operand(const struct ctl *ctl, int i, struct text what, const char **ret_text);

#endif
