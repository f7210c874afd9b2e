/* Logging in and out.  The password is checked on a thread of the pool, and takes as long for a
 * name that nobody has. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "shell/metrics.h"
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES_MAX = 64, PASSWORD_BYTES_MAX = 256 };

struct attempt {
    char name[NAME_BYTES_MAX + 1], password[PASSWORD_BYTES_MAX + 1];
    char code[16];
    bool has_code, fits;
    char hash[PASSWORD_HASH_SIZE];
    char session[TOKEN_SIZE]; /* opened; to be told after the commit */
    bool told;
};

/* A session that its owner was never told of is nobody's. */
static void wipe(struct call *call)
{
    struct attempt *attempt = call->state;
    if (attempt->session[0] && !attempt->told)
        login_out(call->api->login, attempt->session);
    explicit_bzero(call->state, sizeof(struct attempt));
}

static void count_failure(struct call *call, const char *reason)
{
    char labels[64];
    snprintf(labels, sizeof labels, "reason=\"%s\"", reason);
    if (call->api->host.metrics)
        metrics_add(call->api->host.metrics, "yujing_login_failures_total", labels, 1);
}

static void refuse_locked(struct call *call)
{
    count_failure(call, "locked");
    call_refuse(call, 429, "%s",
                tr("too many failures: locked for a quarter of an hour",
                   "登录失败次数过多，已锁定 15 分钟"));
}

static const char *wrong(void)
{
    return tr("name, password or code is wrong", "账号、口令或动态口令不正确");
}

static void print_session(struct call *call, const char *token, const struct account *account)
{
    struct json_writer writer = {.buf = &call->out};
    jw_begin(&writer, '{');
    put_text(&writer, "token", token);
    put_text(&writer, "name", account->name);
    put_text(&writer, "role", role_name(account->role));
    put_bool(&writer, "code", account->seed != NULL);
    put_int(&writer, "expires_in", SESSION_MS / SECOND_MS);
    put_int(&writer, "idle", SESSION_IDLE_MS / SECOND_MS);
    jw_end(&writer, '}');
}

static void check(struct call *call)
{
    struct attempt *attempt = call->state;
    attempt->fits =
        secret_password_fits(attempt->password, attempt->hash[0] ? attempt->hash : NULL);
    explicit_bzero(attempt->password, sizeof attempt->password);
}

static void let_in(struct call *call)
{
    struct attempt *attempt = call->state;
    const struct account *account = accounts_find(call->api->accounts, attempt->name);
    if (!account) { /* it went while the memory was written */
        call_refuse(call, 401, "%s", wrong());
        return;
    }
    attempt->told = true;
    print_session(call, attempt->session, account);
    call->who = arena_strdup(&call->arena, attempt->name);
    call_audit(call, "login", NULL);
    call_answer(call);
}

/* The code counts as shown before anybody is let in by it. */
static void remember(struct call *call)
{
    const struct attempt *attempt = call->state;
    char *setting = xasprintf(LOGIN_SETTING "%s", attempt->name);
    char *memory = login_memory(call->api->login, attempt->name);
    call_remember(call, setting, memory, let_in);
    free(setting);
    free(memory);
}

static void finish(struct call *call)
{
    struct attempt *attempt = call->state;
    enum login_answer answer =
        login_finish(call->api->login, call->peer, attempt->name, attempt->fits,
                     attempt->has_code ? attempt->code : NULL, attempt->session);
    if (answer == LOGIN_LOCKED) {
        refuse_locked(call);
        return;
    }
    if (answer == LOGIN_WRONG) {
        count_failure(call, "wrong");
        call_refuse(call, 401, "%s", wrong());
        return;
    }
    remember(call);
}

static bool copy_text(char *to, size_t size, const char *from)
{
    if (!from || strlen(from) >= size)
        return false;
    strcpy(to, from);
    return true;
}

void api_login(struct call *call)
{
    const char *name, *password, *code;
    if (!call_body(call, "name", "password", "code", NULL) ||
        !call_need_text(call, "name", &name) || !call_need_text(call, "password", &password) ||
        !call_text(call, "code", &code))
        return;
    struct attempt *attempt = arena_alloc(&call->arena, sizeof *attempt);
    call->state = attempt;
    call->release = wipe;
    bool fit = copy_text(attempt->name, sizeof attempt->name, name) &&
               copy_text(attempt->password, sizeof attempt->password, password);
    attempt->has_code = fit && code && copy_text(attempt->code, sizeof attempt->code, code);
    if (!login_may_try(call->api->login, call->peer, name)) {
        refuse_locked(call);
        return;
    }
    const char *hash = fit ? login_password_of(call->api->login, name) : NULL;
    if (hash)
        copy_text(attempt->hash, sizeof attempt->hash, hash);
    call_work(call, check, finish);
}

void api_logout(struct call *call)
{
    const char *header = http_header(call->request, "Authorization");
    login_out(call->api->login,
              header + strlen("Bearer ") + strspn(header + strlen("Bearer "), " "));
    call_audit(call, "logout", NULL);
    buf_puts(&call->out, "{}");
    call_answer(call);
}

void api_session(struct call *call)
{
    struct json_writer writer = {.buf = &call->out};
    enum role role = (enum role)call->role;
    jw_begin(&writer, '{');
    put_text(&writer, "name", call->who);
    put_text(&writer, "role", role_name(role));
    put_text(&writer, "title", role_title(role));
    put_bool(&writer, "code", call->has_code);
    jw_key(&writer, "rights");
    jw_begin(&writer, '[');
    for (enum right right = RIGHT_STATUS; right < RIGHTS; right++)
        if (role_may(role, right, call->api->host.conf->drill) &&
            (!right_needs_code(right) || call->has_code))
            jw_text(&writer, right_name(right));
    jw_end(&writer, ']');
    jw_end(&writer, '}');
    call_answer(call);
}
