/* Accounts, roles and log-in. */
#include "base/err.h"
#include "base/hash.h"
#include "shell/login.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/yj_accounts_XXXXXX";
static char path[64];
static instant_ms now = INT64_C(1795480000000);

static void write_file(const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

static void set_up(void)
{
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/accounts.yaml", folder);
}

static void tear_down(void)
{
    unlink(path);
    rmdir(folder);
}
TestSuite(accounts, .init = set_up, .fini = tear_down);

static int read_code(const char *text, mode_t mode, char ret_code[16])
{
    struct accounts accounts;
    struct findings findings = {0};
    write_file(text, mode);
    int err = accounts_read(&accounts, path, &findings);
    snprintf(ret_code, 16, "%s", findings.count > 0 ? findings.items[0].code : "");
    findings_release(&findings);
    accounts_release(&accounts);
    return err;
}

Test(accounts, a_file_that_cannot_be_meant_is_refused_with_its_finding)
{
    static const struct {
        const char *text, *code;
    } rows[] = {
        {"accounts: [{name: a, role: chief}]", "S004"},
        {"accounts: [{name: a, role: author}, {name: a, role: auditor}]", "U002"},
        {"accounts: [{name: a, role: source, tokens: [{sha256: abc, expires: 2030-01-01}]}]",
         "U003"},
        {"accounts: [{name: a, role: enterprise}]", "U004"},
        {"accounts: [{name: a, role: auditor, recipient: x}]", "U004"},
        {"accounts: [{name: a, role: source, password: x}]", "U005"},
        {"accounts: [{name: a, role: author, roles: x}]", "S001"},
    };
    char code[16];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_lt(read_code(rows[i].text, 0600, code), 0, "%s", rows[i].text);
        cr_assert_str_eq(code, rows[i].code, "%s: %s", rows[i].text, code);
    }
    cr_assert_lt(read_code("accounts: [{name: a, role: author}]", 0640, code), 0);
    cr_assert_str_eq(code, "U001");
    cr_assert_eq(read_code("accounts: [{name: a, role: author}]", 0600, code), 0);
}

Test(accounts, nobody_both_edits_and_releases_or_audits_and_writes)
{
    for (enum role role = 0; role < ROLES; role++) {
        bool edits = role_may(role, RIGHT_POLICY, false);
        bool releases = role_may(role, RIGHT_APPROVE, false) || role_may(role, RIGHT_RELOAD, false);
        cr_assert_not(edits && releases, "%s", role_name(role));
        cr_assert_not(role_may(role, RIGHT_DRILL, false), "%s", role_name(role));
        cr_assert_eq(role_may(role, RIGHT_DRILL, true), role == ROLE_PLANNER);
    }
    for (enum right right = RIGHT_STATUS; right < RIGHTS; right++) {
        bool reads = right == RIGHT_STATUS || right == RIGHT_ORDERS || right == RIGHT_AUDIT ||
                     right == RIGHT_METRICS;
        cr_assert_eq(role_may(ROLE_AUDITOR, right, false), reads, "%s", right_name(right));
        cr_assert_not(role_may(ROLE_PLANNER, right, false), "%s", right_name(right));
    }
    cr_assert_not(role_may(ROLE_SYSADMIN, RIGHT_ORDERS, false));
    cr_assert_not(role_may(ROLE_SYSADMIN, RIGHT_APPROVE, false));
    cr_assert(right_needs_code(RIGHT_APPROVE) && right_needs_code(RIGHT_DISPATCH));
}

/* ---- log-in ---- */

static struct accounts accounts;
static struct login *login;
static char password[] = "correct horse";
static const char seed[] = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
static char token[TOKEN_SIZE];

static void set_up_login(void)
{
    char hash[PASSWORD_HASH_SIZE], text[1024], hex[HASH_HEX];
    unsigned char bytes[HASH_BYTES];
    set_up();
    secret_password_hash(password, hash);
    secret_token(token);
    hash_of(token, strlen(token), bytes);
    hash_hex(bytes, hex);
    snprintf(text, sizeof text,
             "accounts:\n"
             "  - {name: duty, role: approver, password: \"%s\", seed: %s}\n"
             "  - {name: plain, role: author, password: \"%s\"}\n"
             "  - {name: gone, role: author, password: \"%s\", disabled: true}\n"
             "  - {name: air, role: source, tokens: [{sha256: %s, expires: 2027-01-01T00:00Z,"
             " sources: [station/]}]}\n",
             hash, seed, hash, hash, hex);
    write_file(text, 0600);
    struct findings findings = {0};
    cr_assert_eq(accounts_read(&accounts, path, &findings), 0, "%s",
                 findings.count ? findings.items[0].message : "");
    struct clock clock = clock_fake(&now);
    login = login_new(&accounts, &clock);
}

static void tear_down_login(void)
{
    login_free(login);
    accounts_release(&accounts);
    tear_down();
}
TestSuite(login, .init = set_up_login, .fini = tear_down_login);

static enum login_answer try(const char *peer, const char *name, const char *word, const char *code,
                             char session[TOKEN_SIZE])
{
    if (!login_may_try(login, peer, name))
        return LOGIN_LOCKED;
    bool fits = secret_password_fits(word, login_password_of(login, name));
    return login_finish(login, peer, name, fits, code, session);
}

Test(login, password_and_code_open_a_session)
{
    char code[7], session[TOKEN_SIZE];
    struct caller caller;
    secret_code(seed, now / 30000, code);
    cr_assert_eq(try("10.0.0.1", "duty", password, NULL, session), LOGIN_WRONG);
    cr_assert_eq(try("10.0.0.1", "duty", "other", code, session), LOGIN_WRONG);
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_FINE);
    cr_assert_eq(login_who(login, "10.0.0.1", session, &caller), LOGIN_FINE);
    cr_assert_str_eq(caller.account->name, "duty");
    cr_assert(caller.has_code);
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_WRONG,
                 "the same code a second time");
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE);
    cr_assert_eq(login_who(login, "10.0.0.1", session, &caller), LOGIN_FINE);
    cr_assert_not(caller.has_code);
    cr_assert_eq(try("10.0.0.1", "gone", password, NULL, session), LOGIN_WRONG);
    cr_assert_eq(try("10.0.0.1", "nobody", password, NULL, session), LOGIN_WRONG);
}

Test(login, ten_failures_lock_name_and_address_for_a_quarter_of_an_hour)
{
    char session[TOKEN_SIZE];
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_assert_eq(login_finish(login, "10.0.0.9", "plain", false, NULL, session), LOGIN_WRONG);
    cr_assert_eq(try("10.0.0.9", "duty", password, NULL, session), LOGIN_LOCKED, "the address");
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_LOCKED, "the name");
    now += LOGIN_LOCK_MS - 1;
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_LOCKED);
    now += 1;
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE);
}

static void fail(const char *peer, const char *name)
{
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_assert_eq(login_finish(login, peer, name, false, NULL, token), LOGIN_WRONG);
}

Test(login, who_fails_on_purpose_keeps_no_officer_out)
{
    char session[TOKEN_SIZE];
    struct caller caller;
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE);
    fail("10.0.0.9", "plain");
    cr_assert_eq(try("10.0.0.2", "plain", password, NULL, session), LOGIN_LOCKED);
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE, "its own address");
    fail("10.0.0.1", "nobody");
    cr_assert_eq(try("10.0.0.1", "gone", password, NULL, session), LOGIN_LOCKED, "a neighbour");
    cr_assert_eq(login_who(login, "10.0.0.1", session, &caller), LOGIN_FINE, "who is in stays in");
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE, "and comes again");
    fail("10.0.0.1", "plain");
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_LOCKED,
                 "guessing is bounded there as well");
    login_change(login, &accounts);
    cr_assert_eq(try("10.0.0.2", "plain", password, NULL, session), LOGIN_FINE,
                 "an administrator lifts it");
}

Test(login, a_name_has_few_addresses_of_its_own_and_the_newest)
{
    char session[TOKEN_SIZE], peer[32];
    for (int i = 1; i <= LOGIN_ADDRESSES_MAX + 1; i++) {
        snprintf(peer, sizeof peer, "10.0.1.%d", i);
        cr_assert_eq(try(peer, "plain", password, NULL, session), LOGIN_FINE);
    }
    cr_assert_eq(try("fd00:1:2:3:aaaa::7", "plain", password, NULL, session), LOGIN_FINE);
    fail("10.0.0.9", "plain");
    cr_assert_eq(try("10.0.1.1", "plain", password, NULL, session), LOGIN_LOCKED, "the oldest");
    cr_assert_eq(try("10.0.1.2", "plain", password, NULL, session), LOGIN_LOCKED, "the next");
    cr_assert_eq(try("10.0.1.3", "plain", password, NULL, session), LOGIN_FINE);
    cr_assert_eq(try("fd00:1:2:3:bbbb::8", "plain", password, NULL, session), LOGIN_FINE,
                 "a host's other address");
    cr_assert_eq(try("fd00:1:2:4::8", "plain", password, NULL, session), LOGIN_LOCKED);
    cr_assert_eq(try("::ffff:10.0.1.4", "plain", password, NULL, session), LOGIN_FINE,
                 "one address, one form");
}

Test(login, what_is_remembered_outlives_a_restart)
{
    char code[7], session[TOKEN_SIZE];
    struct clock clock = clock_fake(&now);
    secret_code(seed, now / 30000, code);
    cr_assert_null(login_memory(login, "duty"));
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_FINE);
    char *memory = login_memory(login, "duty");
    login_free(login);
    login = login_new(&accounts, &clock);
    login_recall(login, "duty", memory);
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_WRONG, "the same code");
    fail("10.0.0.9", "duty");
    now += 30000;
    secret_code(seed, now / 30000, code);
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_FINE, "its own address");
    free(memory);
    login_recall(login, "duty", "no memory of anything");
    cr_assert_eq(try("10.0.0.1", "duty", password, code, session), LOGIN_WRONG,
                 "nothing was taken");
}

Test(login, guessing_tokens_locks_the_address_and_no_other)
{
    struct caller caller;
    for (int i = 0; i < LOGIN_FAILURES_MAX; i++)
        cr_assert_eq(login_who(login, "10.0.0.9", "yj_guess", &caller), LOGIN_WRONG);
    cr_assert_eq(login_who(login, "10.0.0.9", "yj_guess", &caller), LOGIN_LOCKED);
    cr_assert_eq(login_who(login, "10.0.0.9", token, &caller), LOGIN_FINE,
                 "nobody guesses 256 bits; who has them is no guesser");
    cr_assert_eq(login_who(login, "10.0.0.1", token, &caller), LOGIN_FINE);
    cr_assert_str_eq(caller.account->name, "air");
    cr_assert_not(caller.has_code);
    cr_assert(token_may_speak_for(caller.token, "station/1001A"));
    cr_assert_not(token_may_speak_for(caller.token, "forecast"));
}

Test(login, a_token_ends_and_so_does_a_session)
{
    char session[TOKEN_SIZE];
    struct caller caller;
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, session), LOGIN_FINE);
    now += SESSION_IDLE_MS - 1;
    cr_assert_eq(login_who(login, "10.0.0.1", session, &caller), LOGIN_FINE, "used in time");
    now += SESSION_IDLE_MS;
    cr_assert_eq(login_who(login, "10.0.0.1", session, &caller), LOGIN_WRONG);
    now = INT64_C(1798761600000); /* 2027-01-01T00:00Z */
    cr_assert_eq(login_who(login, "10.0.0.1", token, &caller), LOGIN_WRONG);
}

Test(login, logging_out_or_losing_the_account_ends_the_session)
{
    char one[TOKEN_SIZE], two[TOKEN_SIZE];
    struct caller caller;
    struct accounts none = {0};
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, one), LOGIN_FINE);
    cr_assert_eq(try("10.0.0.1", "plain", password, NULL, two), LOGIN_FINE);
    login_out(login, one);
    cr_assert_eq(login_who(login, "10.0.0.1", one, &caller), LOGIN_WRONG);
    cr_assert_eq(login_who(login, "10.0.0.1", two, &caller), LOGIN_FINE);
    login_change(login, &none);
    cr_assert_eq(login_who(login, "10.0.0.1", two, &caller), LOGIN_WRONG);
    login_change(login, &accounts);
}
