/* Failures by address and name, and the sessions. */
#include "shell/login.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

enum { SUSPECTS_MAX = 4096, KEY_SIZE = 72 };

/* An address ("@…") or a name ("=…") that failed lately. */
struct suspect {
    char key[KEY_SIZE];
    int failures;
    instant_ms last;
};
struct session {
    char sha256[HASH_HEX];
    char *name;
    enum role role;
    bool has_code;
    instant_ms made, used;
};
/* The step of the last code a name showed: a code counts once. */
struct shown {
    char *name;
    int64_t step;
};
struct login {
    const struct accounts *accounts;
    struct clock clock;
    struct suspect suspects[SUSPECTS_MAX];
    struct session *sessions;
    size_t session_count, session_capacity;
    struct shown *shown;
    size_t shown_count, shown_capacity;
};

struct login *login_new(const struct accounts *accounts, const struct clock *clock)
{
    struct login *login = xcalloc(1, sizeof *login);
    login->accounts = accounts;
    login->clock = *clock;
    return login;
}

static void drop_session(struct login *login, size_t i)
{
    free(login->sessions[i].name);
    login->sessions[i] = login->sessions[--login->session_count];
}

void login_change(struct login *login, const struct accounts *accounts)
{
    login->accounts = accounts;
    for (size_t i = login->session_count; i-- > 0;) {
        const struct account *account = accounts_find(accounts, login->sessions[i].name);
        if (!account || account->disabled || account->role != login->sessions[i].role)
            drop_session(login, i);
    }
}

void login_free(struct login *login)
{
    if (!login)
        return;
    while (login->session_count > 0)
        drop_session(login, 0);
    for (size_t i = 0; i < login->shown_count; i++)
        free(login->shown[i].name);
    free(login->sessions);
    free(login->shown);
    free(login);
}

/* ---- failures ---------------------------------------------------------- */

/* A long key is cut: then two share a lock, which errs on the safe side. */
static void key_of(char ret[KEY_SIZE], char sort, const char *text)
{
    ret[0] = sort;
    strncpy(ret + 1, text, KEY_SIZE - 2);
    ret[KEY_SIZE - 1] = 0;
}

static struct suspect *find_suspect(const struct login *login, const char *key)
{
    const struct suspect *suspects = login->suspects;
    for (int i = 0; i < SUSPECTS_MAX && suspects[i].key[0]; i++)
        if (str_equal(suspects[i].key, key))
            return (struct suspect *)(uintptr_t)&suspects[i];
    return NULL;
}

static bool is_locked(const struct login *login, char sort, const char *text)
{
    char key[KEY_SIZE];
    key_of(key, sort, text);
    const struct suspect *suspect = find_suspect(login, key);
    return suspect && suspect->failures >= LOGIN_FAILURES_MAX &&
           clock_now(&login->clock) - suspect->last < LOGIN_LOCK_MS;
}

/* When the table is full, the one that failed longest ago makes room. */
static struct suspect *make_suspect(struct login *login, const char *key)
{
    struct suspect *place = &login->suspects[0];
    for (int i = 0; i < SUSPECTS_MAX; i++) {
        struct suspect *suspect = &login->suspects[i];
        if (!suspect->key[0]) {
            place = suspect;
            break;
        }
        if (suspect->last < place->last)
            place = suspect;
    }
    memset(place, 0, sizeof *place);
    memcpy(place->key, key, KEY_SIZE);
    return place;
}

static void count_failure(struct login *login, char sort, const char *text)
{
    char key[KEY_SIZE] = "";
    key_of(key, sort, text);
    struct suspect *suspect = find_suspect(login, key);
    instant_ms now = clock_now(&login->clock);
    if (!suspect)
        suspect = make_suspect(login, key);
    if (now - suspect->last >= LOGIN_LOCK_MS)
        suspect->failures = 0;
    suspect->failures++;
    suspect->last = now;
}

static void forgive(struct login *login, char sort, const char *text)
{
    char key[KEY_SIZE];
    key_of(key, sort, text);
    struct suspect *suspect = find_suspect(login, key);
    if (suspect)
        suspect->failures = 0;
}

bool login_may_try(const struct login *login, const char *peer, const char *name)
{
    return !is_locked(login, '@', peer) && !is_locked(login, '=', name);
}

/* ---- log-in ------------------------------------------------------------ */

const char *login_password_of(const struct login *login, const char *name)
{
    const struct account *account = accounts_find(login->accounts, name);
    return account && !account->disabled ? account->password : NULL;
}

static bool show_code(struct login *login, const struct account *account, const char *code)
{
    int64_t step = secret_code_step(account->seed, code, clock_now(&login->clock));
    if (step < 0)
        return false;
    for (size_t i = 0; i < login->shown_count; i++)
        if (str_equal(login->shown[i].name, account->name)) {
            bool later = step > login->shown[i].step;
            login->shown[i].step = later ? step : login->shown[i].step;
            return later;
        }
    void *shown = login->shown;
    xgrow(&shown, login->shown_count, &login->shown_capacity, sizeof *login->shown);
    login->shown = shown;
    login->shown[login->shown_count++] = (struct shown){xstrdup(account->name), step};
    return true;
}

static void hash_text(const char *text, char ret[HASH_HEX])
{
    unsigned char hash[HASH_BYTES];
    hash_of(text, strlen(text), hash);
    hash_hex(hash, ret);
}

static void open_session(struct login *login, const struct account *account, bool has_code,
                         char ret_session[TOKEN_SIZE])
{
    if (login->session_count == SESSIONS_MAX) {
        size_t oldest = 0;
        for (size_t i = 1; i < login->session_count; i++)
            if (login->sessions[i].used < login->sessions[oldest].used)
                oldest = i;
        drop_session(login, oldest);
    }
    void *sessions = login->sessions;
    xgrow(&sessions, login->session_count, &login->session_capacity, sizeof *login->sessions);
    login->sessions = sessions;
    instant_ms now = clock_now(&login->clock);
    struct session *session = &login->sessions[login->session_count++];
    *session = (struct session){.name = xstrdup(account->name),
                                .role = account->role,
                                .has_code = has_code,
                                .made = now,
                                .used = now};
    secret_token(ret_session);
    hash_text(ret_session, session->sha256);
}

enum login_answer login_finish(struct login *login, const char *peer, const char *name, bool fits,
                               const char *code, char ret_session[TOKEN_SIZE])
{
    if (!login_may_try(login, peer, name))
        return LOGIN_LOCKED;
    const struct account *account = accounts_find(login->accounts, name);
    bool fine = fits && account && !account->disabled && account->password;
    if (fine && account->seed)
        fine = code && show_code(login, account, code);
    if (!fine) {
        count_failure(login, '@', peer);
        count_failure(login, '=', name);
        return LOGIN_WRONG;
    }
    forgive(login, '@', peer);
    forgive(login, '=', name);
    open_session(login, account, account->seed != NULL, ret_session);
    return LOGIN_FINE;
}

static struct session *session_of(struct login *login, const char *bearer)
{
    char hex[HASH_HEX];
    struct session *found = NULL;
    hash_text(bearer, hex);
    for (size_t i = 0; i < login->session_count; i++)
        if (secret_equal(login->sessions[i].sha256, hex))
            found = &login->sessions[i];
    return found;
}

void login_out(struct login *login, const char *session)
{
    struct session *found = session_of(login, session);
    if (found)
        drop_session(login, (size_t)(found - login->sessions));
}

/* ---- who asks ---------------------------------------------------------- */

static bool is_alive(const struct login *login, const struct session *session)
{
    instant_ms now = clock_now(&login->clock);
    return now - session->made < SESSION_MS && now - session->used < SESSION_IDLE_MS;
}

enum login_answer login_who(struct login *login, const char *peer, const char *bearer,
                            struct caller *ret_caller)
{
    *ret_caller = (struct caller){0};
    if (is_locked(login, '@', peer))
        return LOGIN_LOCKED;
    struct session *session = session_of(login, bearer);
    if (session && is_alive(login, session)) {
        session->used = clock_now(&login->clock);
        ret_caller->account = accounts_find(login->accounts, session->name);
        ret_caller->has_code = session->has_code;
    } else {
        ret_caller->account = accounts_of_token(login->accounts, bearer, clock_now(&login->clock),
                                                &ret_caller->token);
    }
    if (ret_caller->account)
        return LOGIN_FINE;
    if (session) /* it ran out: nobody is guessing */
        drop_session(login, (size_t)(session - login->sessions));
    else
        count_failure(login, '@', peer);
    return LOGIN_WRONG;
}
