/* Accounts: who may do what.
 *
 * Kept in one file of their own (accounts.yaml), readable by the daemon alone, in which no secret
 * stands but the seeds of one-time codes: passwords as scrypt, tokens as SHA-256.  A person logs in
 * with password and one-time code and gets a session; a machine has tokens with an end.  Roles are
 * those of the bureau (编制 审批 值班 企业 审计 系统管理 演练导调) and two for machines; which act
 * needs which right is said in one table, here, and nobody has two roles. */
#ifndef SHELL_ACCOUNTS_H
#define SHELL_ACCOUNTS_H

#include "base/arena.h"
#include "base/when.h"
#include "shell/secret.h"
#include <stdbool.h>

struct findings;

/* What can be allowed. */
enum right {
    RIGHT_NONE,     /* open to all: health, the receipt page */
    RIGHT_STATUS,   /* see state, decisions, plans, orders without what is personal */
    RIGHT_ORDERS,   /* see letters and who received them */
    RIGHT_OWN,      /* see and answer the orders of one recipient */
    RIGHT_INGEST,   /* report facts */
    RIGHT_HOLD,     /* hold and file a proposal */
    RIGHT_APPROVE,  /* approve a plan or a policy */
    RIGHT_DISPATCH, /* issue, raise, lift by hand; pause; correct and withdraw */
    RIGHT_POLICY,   /* have a policy checked and its effect shown */
    RIGHT_RELOAD,   /* bring a policy into force */
    RIGHT_AUDIT,    /* read the journal and every refusal, verify, export */
    RIGHT_ADMIN,    /* accounts, backups, self-check */
    RIGHT_METRICS,  /* scrape */
    RIGHT_DRILL,    /* steer a drill; on a drill's daemon only */
    RIGHTS
};
const char *right_name(enum right right);

enum role {
    ROLE_AUTHOR,
    ROLE_APPROVER,
    ROLE_DISPATCHER,
    ROLE_ENTERPRISE,
    ROLE_AUDITOR,
    ROLE_SYSADMIN,
    ROLE_PLANNER,
    ROLE_SOURCE,  /* a machine that reports */
    ROLE_MONITOR, /* a machine that scrapes */
    ROLES
};
const char *role_name(enum role role);  /* "author" … */
const char *role_title(enum role role); /* as people call it, in the chosen language */
int role_of(const char *name);          /* or ERR_NOT_FOUND */
bool role_is_machine(enum role role);   /* has tokens, and no password */
/* `drill`: on a drill's daemon, where a planner has rights and on the living side has none. */
bool role_may(enum role role, enum right right, bool drill);
/* Acts that release or stop something: a password is not enough, a one-time code must have been
 * shown; tokens never suffice. */
bool right_needs_code(enum right right);

struct token {
    const char *sha256; /* hex */
    instant_ms expires;
    const char *const *sources; /* prefixes of CloudEvents `source` it may report as */
    int source_count;           /* 0: any */
};
struct account {
    const char *name;
    enum role role;
    const char *password;  /* scrypt; NULL: cannot log in */
    const char *seed;      /* of one-time codes; NULL: no second factor */
    const char *recipient; /* enterprise: whose orders; registry id */
    bool disabled;
    const struct token *tokens;
    int token_count;
};
struct accounts { /* all of it belongs to the arena */
    struct arena arena;
    const struct account *items;
    int count;
    bool drill; /* `side: drill`: made for a drill's daemon, which takes no others */
};
/* Reads the file; it must not be readable by others (U…).  ERR_… with findings; release in either
 * case. */
int accounts_read(struct accounts *ret_accounts, const char *path, struct findings *findings);
void accounts_release(struct accounts *accounts);
const struct account *accounts_find(const struct accounts *accounts, const char *name);
/* The account whose token this is, unless it has ended or the account is disabled. */
const struct account *accounts_of_token(const struct accounts *accounts, const char *token,
                                        instant_ms now, const struct token **ret_token);
/* True when the token may report as this source. */
bool token_may_speak_for(const struct token *token, const char *source);

#endif
