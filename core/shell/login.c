/* Failures by address, by name and by both; what is remembered of names; and the sessions. */
#include "shell/login.h"
#include "base/address.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUSPECTS_MAX = 4096, PLACE_SIZE = ADDRESS_TEXT, KEY_SIZE = 64 + PLACE_SIZE + 2 };

/* What failed lately: an address ("@…"), a name ("=…"), or a name at an address of its own
 * ("ADDRESS=…"). */
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
/* What is remembered of a name. */
struct person {
    char *name;
    int64_t step; /* of the last code it showed: a code counts once; -1: none */
    char places[LOGIN_ADDRESSES_MAX][PLACE_SIZE]; /* its own, the newest first; "" ends them */
};
struct login {
    const struct accounts *accounts;
    struct clock clock;
    struct suspect suspects[SUSPECTS_MAX];
    struct session *sessions;
    size_t session_count, session_capacity;
    struct person *persons;
    size_t person_count, person_capacity;
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
    memset(login->suspects, 0, sizeof login->suspects);
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
    for (size_t i = 0; i < login->person_count; i++)
        free(login->persons[i].name);
    free(login->sessions);
    free(login->persons);
    free(login);
}

/* ---- what is remembered ------------------------------------------------ */

/* An IPv6 address by its first half: who has one has all that share it. */
static void place_of(char ret[PLACE_SIZE], const char *peer)
{
    struct address address;
    snprintf(ret, PLACE_SIZE, "%s", peer);
    if (address_parse(&address, peer, 0) < 0)
        return;
    address_print(&address, ret);
    if (!strchr(ret, ':'))
        return;
    memset(address.bytes + 8, 0, 8);
    address_print(&address, ret);
}

static struct person *find_person(const struct login *login, const char *name)
{
    for (size_t i = 0; i < login->person_count; i++)
        if (str_equal(login->persons[i].name, name))
            return &login->persons[i];
    return NULL;
}

static struct person *need_person(struct login *login, const char *name)
{
    struct person *person = find_person(login, name);
    if (person)
        return person;
    void *persons = login->persons;
    xgrow(&persons, login->person_count, &login->person_capacity, sizeof *login->persons);
    login->persons = persons;
    person = &login->persons[login->person_count++];
    *person = (struct person){.name = xstrdup(name), .step = -1};
    return person;
}

static int find_place(const struct person *person, const char *place)
{
    for (int i = 0; i < LOGIN_ADDRESSES_MAX && person->places[i][0]; i++)
        if (str_equal(person->places[i], place))
            return i;
    return -1;
}

/* To the front; when there are too many the one longest not used goes. */
static void keep_place(struct person *person, const char *place)
{
    int at = find_place(person, place);
    if (at < 0)
        at = LOGIN_ADDRESSES_MAX - 1;
    memmove(person->places[1], person->places[0], (size_t)at * PLACE_SIZE);
    snprintf(person->places[0], PLACE_SIZE, "%s", place);
}

static bool is_its_own(const struct login *login, const char *name, const char *place)
{
    const struct person *person = find_person(login, name);
    return person && find_place(person, place) >= 0;
}

char *login_memory(const struct login *login, const char *name)
{
    const struct person *person = find_person(login, name);
    struct buf out = {0};
    if (!person)
        return NULL;
    buf_printf(&out, "%lld", (long long)person->step);
    for (int i = 0; i < LOGIN_ADDRESSES_MAX && person->places[i][0]; i++)
        buf_printf(&out, " %s", person->places[i]);
    return buf_detach(&out);
}

void login_recall(struct login *login, const char *name, const char *memory)
{
    char *end;
    long long step = strtoll(memory, &end, 10);
    if (end == memory || (*end && *end != ' '))
        return;
    struct person *person = need_person(login, name);
    person->step = step;
    for (int i = 0; i < LOGIN_ADDRESSES_MAX && *end; i++) {
        const char *place = end + 1;
        size_t size = strcspn(place, " ");
        end += 1 + size;
        snprintf(person->places[i], PLACE_SIZE, "%.*s", (int)size, place);
    }
}

/* ---- failures ---------------------------------------------------------- */

/* A long key is cut: then two share a lock, which errs on the safe side. */
static void key_of(char ret[KEY_SIZE], const char *place, const char *name)
{
    snprintf(ret, KEY_SIZE, "%s%s%s", name ? place : "@", name ? "=" : "", name ? name : place);
}

static struct suspect *find_suspect(const struct login *login, const char *key)
{
    const struct suspect *suspects = login->suspects;
    for (int i = 0; i < SUSPECTS_MAX && suspects[i].key[0]; i++)
        if (str_equal(suspects[i].key, key))
            return (struct suspect *)(uintptr_t)&suspects[i];
    return NULL;
}

static bool is_locked(const struct login *login, const char *place, const char *name)
{
    char key[KEY_SIZE];
    key_of(key, place, name);
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

static void count_failure(struct login *login, const char *place, const char *name)
{
    char key[KEY_SIZE] = "";
    key_of(key, place, name);
    struct suspect *suspect = find_suspect(login, key);
    instant_ms now = clock_now(&login->clock);
    if (!suspect)
        suspect = make_suspect(login, key);
    if (now - suspect->last >= LOGIN_LOCK_MS)
        suspect->failures = 0;
    suspect->failures++;
    suspect->last = now;
}

static void forgive(struct login *login, const char *place, const char *name)
{
    char key[KEY_SIZE];
    key_of(key, place, name);
    struct suspect *suspect = find_suspect(login, key);
    if (suspect)
        suspect->failures = 0;
}

bool login_may_try(const struct login *login, const char *peer, const char *name)
{
    char place[PLACE_SIZE];
    place_of(place, peer);
    if (is_its_own(login, name, place))
        return !is_locked(login, place, name);
    return !is_locked(login, place, NULL) && !is_locked(login, "", name);
}

/* A name that fails at an address of its own is locked there, and the address for the others. */
static void count_login(struct login *login, const char *place, const char *name, bool fine)
{
    void (*count)(struct login *, const char *, const char *) = fine ? forgive : count_failure;
    count(login, place, NULL);
    count(login, is_its_own(login, name, place) ? place : "", name);
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
    struct person *person = step < 0 ? NULL : need_person(login, account->name);
    if (!person || step <= person->step)
        return false;
    person->step = step;
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
    char place[PLACE_SIZE];
    if (!login_may_try(login, peer, name))
        return LOGIN_LOCKED;
    place_of(place, peer);
    const struct account *account = accounts_find(login->accounts, name);
    bool fine = fits && account && !account->disabled && account->password;
    if (fine && account->seed)
        fine = code && show_code(login, account, code);
    count_login(login, place, name, fine);
    if (!fine)
        return LOGIN_WRONG;
    keep_place(need_person(login, name), place);
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
    char place[PLACE_SIZE];
    *ret_caller = (struct caller){0};
    place_of(place, peer);
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
    if (session) { /* it ran out: nobody is guessing */
        drop_session(login, (size_t)(session - login->sessions));
        return LOGIN_WRONG;
    }
    if (is_locked(login, place, NULL))
        return LOGIN_LOCKED;
    count_failure(login, place, NULL);
    return LOGIN_WRONG;
}
