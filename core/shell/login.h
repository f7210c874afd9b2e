/* Log-in: from a password and a one-time code to a session, and from a request's bearer to a
 * person.
 *
 * Guessing is bounded: after ten failures from one address or for one name, both are locked for a
 * quarter of an hour, and the answer does not say which part was wrong.  A one-time code is
 * accepted once.  Sessions live in memory: after a restart people log in again.  Loop's thread
 * only; the slow part, the password, is checked between login_may_try and login_finish, on another
 * thread. */
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
};

struct login;
/* `accounts` is borrowed; login_change replaces it. */
struct login *login_new(const struct accounts *accounts, const struct clock *clock);
/* Sessions of accounts that are gone, disabled or of another role end. */
void login_change(struct login *login, const struct accounts *accounts);
void login_free(struct login *login); /* NULL is fine */

/* False while the address or the name is locked. */
bool login_may_try(const struct login *login, const char *peer, const char *name);
/* What is kept of the account's password, or NULL: to be handed to secret_password_fits. */
const char *login_password_of(const struct login *login, const char *name);

enum login_answer { LOGIN_FINE, LOGIN_WRONG, LOGIN_LOCKED };
/* `fits`: what secret_password_fits said.  `code` may be NULL; then a session without a second
 * factor, unless the account has a seed: then it is wrong. */
enum login_answer login_finish(struct login *login, const char *peer, const char *name, bool fits,
                               const char *code, char ret_session[TOKEN_SIZE]);
void login_out(struct login *login, const char *session);

/* Who asks.  Borrowed until the next call. */
struct caller {
    const struct account *account;
    const struct token *token; /* NULL: a session */
    bool has_code;             /* a session that showed a one-time code */
};
/* LOGIN_FINE, LOGIN_WRONG (counted as a failure of the address), or LOGIN_LOCKED. */
enum login_answer login_who(struct login *login, const char *peer, const char *bearer,
                            struct caller *ret_caller);

#endif
