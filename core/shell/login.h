/* Log-in: from a password and a one-time code to a session, and from a request's bearer to a
 * person.
 *
 * Guessing is bounded: ten failures from one address lock it, ten for one name lock the name, each
 * for a quarter of an hour, and the answer does not say which part was wrong.  But who fails on
 * purpose must not keep an officer out.  So a lock holds only for those who have not shown who they
 * are: a session or token that is good is good from everywhere, and an address from which a name
 * has logged in before is the name's own and locks, for that name, by its own failures alone.  (A
 * neighbour behind the same address can therefore tell that the name exists; nobody else can.)
 * Whoever writes the accounts file lifts all locks.
 *
 * A one-time code is accepted once, also across a restart: the step of the last one and the name's
 * own addresses are its memory, which the owner keeps (login_memory, login_recall).  Sessions live
 * in memory: after a restart people log in again.  Loop's thread only; the slow part, the password,
 * is checked between login_may_try and login_finish, on another thread. */
#ifndef SHELL_LOGIN_H
#define SHELL_LOGIN_H

#include "shell/accounts.h"
#include "shell/clock.h"

enum {
    LOGIN_FAILURES_MAX = 10,
    LOGIN_LOCK_MS = 15 * 60 * 1000,
    SESSION_MS = 12 * 60 * 60 * 1000, /* a shift */
    SESSION_IDLE_MS = 30 * 60 * 1000,
    SESSIONS_MAX = 1000,
    LOGIN_ADDRESSES_MAX = 8, /* of one name: the newest */
};

struct login;
/* `accounts` is borrowed; login_change replaces it. */
struct login *login_new(const struct accounts *accounts, const struct clock *clock);
/* Sessions of accounts that are gone, disabled or of another role end, and locks are lifted. */
void login_change(struct login *login, const struct accounts *accounts);
void login_free(struct login *login); /* NULL is fine */

/* False while this name is locked for this address. */
bool login_may_try(const struct login *login, const char *peer, const char *name);
/* What is kept of the account's password, or NULL: to be handed to secret_password_fits. */
const char *login_password_of(const struct login *login, const char *name);

enum login_answer { LOGIN_FINE, LOGIN_WRONG, LOGIN_LOCKED };
/* `fits`: what secret_password_fits said.  `code` may be NULL; then a session without a second
 * factor, unless the account has a seed: then it is wrong. */
enum login_answer login_finish(struct login *login, const char *peer, const char *name, bool fits,
                               const char *code, char ret_session[TOKEN_SIZE]);
void login_out(struct login *login, const char *session);

/* The setting of a name's memory is this and the name. */
#define LOGIN_SETTING "login/"
/* What must outlive a restart of who has logged in, "STEP ADDRESS …"; caller frees.  NULL: nothing.
 */
char *login_memory(const struct login *login, const char *name);
/* At the start: what login_memory gave.  Of a text that is none of it nothing is taken. */
void login_recall(struct login *login, const char *name, const char *memory);

/* Who asks.  Borrowed until the next call. */
struct caller {
    const struct account *account;
    const struct token *token; /* NULL: a session */
    bool has_code;             /* a session that showed a one-time code */
};
/* LOGIN_FINE, LOGIN_WRONG (counted as a failure of the address), or LOGIN_LOCKED: it is wrong and
 * the address is locked. */
enum login_answer login_who(struct login *login, const char *peer, const char *bearer,
                            struct caller *ret_caller);

#endif
