/* Who asks, and whether he may; and what is told of it when he may not. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "shell/metrics.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { ACCOUNTS_LOOK_MS = 1000 };

/* ---- who asks ----------------------------------------------------------------- */

static bool is_trusted_proxy(const struct api *api, const struct sockaddr *peer)
{
    struct address address;
    return address_of(&address, peer) == 0 && address_is_listed(&address, &api->conf.proxies);
}

/* The last address of the list is the one that the proxy itself saw. */
const char *api_peer(struct api *api, struct http_request *request, char *ret, size_t size)
{
    struct address address;
    const char *list =
        is_trusted_proxy(api, request->peer) ? http_header(request, "X-Forwarded-For") : NULL;
    const char *last = list ? strrchr(list, ',') : NULL;
    last = last ? last + 1 : list;
    if (!last)
        return request->peer_name;
    last += strspn(last, " \t");
    size_t length = strcspn(last, " \t");
    if (length >= size)
        return request->peer_name;
    memcpy(ret, last, length);
    ret[length] = 0;
    return address_parse(&address, ret, 0) == 0 ? ret : request->peer_name;
}

static const char *bearer_of(struct http_request *request)
{
    const char *header = http_header(request, "Authorization");
    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    header += 7;
    return header + strspn(header, " ");
}

/* A file made for a drill does not open the living daemon, nor the other way round. */
int api_accounts_read(const struct api *api, struct accounts *ret_accounts,
                      struct findings *findings)
{
    const char *path = api->conf.accounts;
    int err = accounts_read(ret_accounts, path, findings);
    if (err < 0 || ret_accounts->drill == api->host.conf->drill)
        return err;
    findings_add(findings, SEV_ERROR, "U006", (struct place){.file = path},
                 tr("each side has a file of its own; `side: drill` stands in the drill's",
                    "实战与演练各用一份账号文件；演练文件须写明 side: drill"),
                 ret_accounts->drill
                     ? tr("these accounts are for a drill", "该账号文件仅用于演练")
                     : tr("these accounts are not for a drill", "该账号文件不得用于演练"));
    return ERR_INVALID;
}

/* The file is read anew when it has changed; a bad one changes nothing, but is told, once. */
void api_watch_accounts(struct api *api)
{
    const char *path = api->conf.accounts;
    struct stat about;
    char seen[sizeof api->accounts_seen] = "gone";
    instant_ms now = clock_steady(&api->host.clock);
    if (!path || (api->accounts_looked != INSTANT_NONE &&
                  now - api->accounts_looked < ACCOUNTS_LOOK_MS && now >= api->accounts_looked))
        return;
    api->accounts_looked = now;
    if (stat(path, &about) == 0)
        snprintf(seen, sizeof seen, "%llu %lld %lld.%09ld", (unsigned long long)about.st_ino,
                 (long long)about.st_size, (long long)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    if (str_equal(seen, api->accounts_seen))
        return;
    memcpy(api->accounts_seen, seen, sizeof seen);
    struct accounts *accounts = xcalloc(1, sizeof *accounts);
    struct findings findings = {0};
    if (api_accounts_read(api, accounts, &findings) < 0) {
        log_findings(api->host.log, "accounts", &findings);
        accounts_release(accounts);
        free(accounts);
    } else {
        login_change(api->login, accounts);
        accounts_release(api->accounts);
        free(api->accounts);
        api->accounts = accounts;
        log_event(api->host.log, LOG_INFO, "accounts",
                  tr("%d accounts are read", "已读入 %d 个账号"), accounts->count);
    }
    findings_release(&findings);
}

/* ---- refusing --------------------------------------------------------------------- */

static void count_refusal(struct api *api, const char *reason)
{
    char labels[64];
    snprintf(labels, sizeof labels, "reason=\"%s\"", reason);
    if (api->host.metrics)
        metrics_add(api->host.metrics, "yujing_http_refused_total", labels, 1);
}

void api_note_refusal(struct api *api, struct http_request *request, const struct route *route,
                      const struct caller *caller, const struct api_refusal *refusal)
{
    char room[64];
    log_event(api->host.log, LOG_WARNING, "refused", "%s %s %s %s: %s", route ? route->name : "-",
              caller && caller->account ? caller->account->name : "-",
              api_peer(api, request, room, sizeof room), request->id, refusal->sentence);
    count_refusal(api, refusal->reason);
}

_Static_assert(LOGIN_LOCK_MS == 900 * 1000, "as it says");
const struct http_field api_locked[] = {{"Retry-After", "900"}, {0}};

void api_refuse(struct api *api, struct http_request *request, const struct route *route,
                const struct caller *caller, const struct api_refusal *refusal)
{
    static const struct http_field challenge[] = {{"WWW-Authenticate", "Bearer realm=\"yujing\""},
                                                  {0}};
    api_note_refusal(api, request, route, caller, refusal);
    http_problem(request, refusal->status,
                 refusal->status == 401   ? challenge
                 : refusal->status == 429 ? api_locked
                                          : NULL,
                 "%s", refusal->sentence);
}

static bool may(const struct api *api, const struct caller *caller, int right)
{
    return right == RIGHT_ANY ||
           role_may(caller->account->role, (enum right)right, api->host.conf->drill);
}

static bool lacks_code(const struct caller *caller, int right)
{
    return right != RIGHT_ANY && right_needs_code((enum right)right) && !caller->has_code;
}

static bool is_admitted(const struct api *api, const struct caller *caller, int right)
{
    return may(api, caller, right) && !lacks_code(caller, right);
}

/* Status 0: he may. */
struct api_refusal api_judge(struct api *api, struct http_request *request,
                             const struct route *route, struct caller *caller, bool *ret_own)
{
    char room[64];
    const char *bearer = bearer_of(request);
    const char *peer = api_peer(api, request, room, sizeof room);
    enum login_answer answer = bearer ? login_who(api->login, peer, bearer, caller) : LOGIN_WRONG;
    if (answer == LOGIN_LOCKED)
        return (struct api_refusal){429, "locked",
                                    tr("too many failures from this address: locked for a while",
                                       "该地址失败次数过多，已暂时锁定")};
    if (answer != LOGIN_FINE)
        return (struct api_refusal){
            401, "unauthenticated",
            tr("log in, or show a token that is valid", "请先登录，或出示有效令牌")};
    *ret_own = !is_admitted(api, caller, route->right) && route->other == RIGHT_OWN;
    if (is_admitted(api, caller, route->right) || is_admitted(api, caller, route->other))
        return (struct api_refusal){0};
    if (may(api, caller, route->right) || may(api, caller, route->other))
        return (struct api_refusal){403, "no_code",
                                    tr("this needs a log-in with a one-time code; tokens do not do",
                                       "此操作须以动态口令登录，令牌无效")};
    return (struct api_refusal){403, "forbidden",
                                tr("your role does not allow this", "您的角色无权执行此操作")};
}

bool api_admit(struct api *api, struct http_request *request, const struct route *route,
               struct caller *ret_caller, bool *ret_own)
{
    *ret_caller = (struct caller){0};
    *ret_own = false;
    if (route->right == RIGHT_NONE)
        return true;
    struct api_refusal refusal = api_judge(api, request, route, ret_caller, ret_own);
    if (refusal.status)
        api_refuse(api, request, route, ret_caller, &refusal);
    return !refusal.status;
}
