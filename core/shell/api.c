/* The listener: which route a request means, and how it begins and ends. */
#include "shell/api.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/xalloc.h"
#include "shell/api_inner.h"
#include "shell/conf.h"
#include "store/setting_table.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { PEM_BYTES_MAX = 1 << 20 };

#define ROUTE(method_, path_, right_, other_, handler_) \
    {HTTP_##method_, path_, (int)RIGHT_##right_, (int)RIGHT_##other_, #handler_, handler_},
const struct route api_routes[] = {API_ROUTES(ROUTE){0}};
#undef ROUTE

/* ---- routes ---------------------------------------------------------------- */

/* Whether the path has the pattern's form; the segments that stood for `*` into *ret, if any. */
static bool path_fits(const char *pattern, const char *path, struct call *ret)
{
    int count = 0;
    while (*pattern) {
        if (*pattern == '*') {
            size_t size = strcspn(path, "/");
            if (size == 0 || count == API_PARAMS_MAX)
                return false;
            if (ret)
                ret->params[count] = arena_strndup(&ret->arena, path, size);
            count++;
            path += size;
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    if (ret)
        ret->param_count = count;
    return *path == 0;
}

/* NULL when there is none; then *ret_other says whether the path has another method. */
static const struct route *find_route(const struct http_request *request, bool *ret_other)
{
    *ret_other = false;
    for (const struct route *route = api_routes; route->handle; route++) {
        if (!path_fits(route->path, request->path, NULL))
            continue;
        if (route->method == request->method)
            return route;
        *ret_other = true;
    }
    return NULL;
}

/* ---- requests ----------------------------------------------------------------------- */

static const struct route *route_or_refuse(struct api *api, struct http_request *request)
{
    bool other;
    const struct route *route = find_route(request, &other);
    struct api_refusal refusal = {404, "no_route", tr("there is nothing here", "无此地址")};
    if (other)
        refusal = (struct api_refusal){405, "method", tr("not by this method", "不支持此请求方法")};
    if (!route)
        api_refuse(api, request, NULL, NULL, &refusal);
    return route;
}

/* For ingest_http, which refuses in its own form. */
static int authorise(void *arg, struct http_request *request, struct sender *ret_sender)
{
    struct api *api = arg;
    struct caller caller = {0};
    bool other, own;
    const struct route *route = find_route(request, &other);
    struct api_refusal refusal = api_judge(api, request, route, &caller, &own);
    if (refusal.status)
        api_note_refusal(api, request, route, &caller, &refusal);
    else
        *ret_sender = (struct sender){caller.account->name, caller.token};
    return refusal.status;
}

static bool is_short_of_room(void *arg)
{
    const struct api *api = arg;
    return api->host.short_of_room(api->host.host);
}

/* The first that a browser names, or ctl; who names none of ours reads the daemon's. */
static enum lang lang_of(struct http_request *request)
{
    const char *wanted = http_header(request, "Accept-Language");
    if (wanted && strncasecmp(wanted, "zh", 2) == 0)
        return LANG_ZH;
    return wanted && strncasecmp(wanted, "en", 2) == 0 ? LANG_EN : LANG_AS_SET;
}

static void screen_for(struct api *api, struct http_request *request)
{
    struct caller caller;
    bool own;
    const struct route *route = route_or_refuse(api, request);
    if (route && route->handle == api_facts) {
        ingest_http_screen(api->ingest, request);
        return;
    }
    if (!route || !api_admit(api, request, route, &caller, &own))
        return;
    if (request->body_announced > API_BODY_MAX)
        api_refuse(api, request, route, &caller,
                   &(struct api_refusal){413, "body", tr("the body is too large", "请求内容过大")});
}

/* Before a body is taken in. */
static void screen(void *arg, struct http_request *request)
{
    struct api *api = arg;
    api_watch_accounts(api);
    enum lang former = lang_speak(lang_of(request));
    screen_for(api, request);
    lang_speak(former);
}

static void take_who(struct call *call, const struct caller *caller, bool own)
{
    const struct account *account = caller->account;
    char room[64];
    call->peer = arena_strdup(&call->arena, api_peer(call->api, call->request, room, sizeof room));
    call->who = arena_strdup(&call->arena, account ? account->name : "");
    call->role = account ? (int)account->role : -1;
    call->has_code = caller->has_code;
    if (own)
        call->own = arena_strdup(&call->arena, account->recipient ? account->recipient : "");
}

static void handle_for(struct api *api, struct http_request *request)
{
    struct caller caller;
    bool own;
    const struct route *route = route_or_refuse(api, request);
    if (route && route->handle == api_facts) {
        ingest_http_handle(api->ingest, request);
        return;
    }
    if (!route || !api_admit(api, request, route, &caller, &own))
        return;
    struct call *call = xcalloc(1, sizeof *call);
    call->api = api;
    call->request = request;
    call->route = route;
    call->lang = lang_of(request);
    call->zone = 8 * HOUR_MS;
    path_fits(route->path, request->path, call);
    take_who(call, &caller, own);
    api->calls++;
    route->handle(call);
}

static void handle(void *arg, struct http_request *request)
{
    enum lang former = lang_speak(lang_of(request));
    handle_for(arg, request);
    lang_speak(former);
}

/* ---- opening and closing ---------------------------------------------------------------- */

static int read_pem(struct api *api, const char *path, const char **ret_text,
                    struct findings *findings)
{
    char *text;
    size_t size;
    *ret_text = NULL;
    if (!path)
        return 0;
    int err = file_read(path, PEM_BYTES_MAX, &text, &size, findings);
    if (err < 0)
        return err;
    *ret_text = arena_strndup(&api->arena, text, size);
    explicit_bzero(text, size);
    free(text);
    return 0;
}

int api_renew(struct api *api, struct findings *findings)
{
    const char *certificate, *key, *client_ca;
    if (!api || !api->conf.cert_file)
        return 0;
    int err = read_pem(api, api->conf.cert_file, &certificate, findings);
    if (err == 0)
        err = read_pem(api, api->conf.key_file, &key, findings);
    if (err == 0)
        err = read_pem(api, api->conf.client_ca_file, &client_ca, findings);
    return err < 0 ? err : http_renew(api->http, certificate, key, client_ca, NULL, findings);
}

static int listen_(struct api *api, struct findings *findings)
{
    const struct api_conf *conf = &api->conf;
    struct http_options options = {
        .address = conf->address,
        .port = conf->port,
        .client_required = conf->client_required,
        .body_max = (size_t)conf->body_mib << 20,
        .shared = conf->proxies.count > 0,
        /* A proxy is one address for everybody. */
        .per_ip_max = conf->proxies.count > 0 ? -1 : 0,
        .per_ip_per_second = conf->proxies.count > 0 ? -1 : 0,
    };
    const struct http_handler handler = {screen, handle, api};
    int err = read_pem(api, conf->cert_file, &options.certificate, findings);
    if (err == 0)
        err = read_pem(api, conf->key_file, &options.key, findings);
    if (err == 0)
        err = read_pem(api, conf->client_ca_file, &options.client_ca, findings);
    if (err == 0)
        err = http_open(&api->http, api->host.loop, &options, &handler, findings);
    return err;
}

static struct http_asset asset_of(const char *path)
{
    const struct resource *resource = resource_find(path);
    struct http_asset asset = {.type = "text/css; charset=utf-8"};
    if (resource) {
        asset.bytes = resource->data;
        asset.size = resource->size;
        http_asset_init(&asset);
    }
    return asset;
}

static char *make_link(void *arg, const char *letter, const char *recipient)
{
    const struct api *api = arg;
    char token[RECEIPT_TOKEN_SIZE];
    (void)recipient;
    receipt_token(&api->key, letter,
                  clock_now(&api->host.clock) + api->conf.receipt_days * (span_ms)DAY_MS, token);
    return token[0] ? xasprintf("%s/r/%s", api->conf.public_url, token) : NULL;
}

static struct ingest_http *open_ingest(struct api *api)
{
    const struct api_host *host = &api->host;
    struct ingest_http_options options = {.authorise = authorise,
                                          .short_of_room = is_short_of_room,
                                          .arg = api,
                                          .metrics = host->metrics,
                                          .readers = host->readers};
    api->around = (struct surroundings){.loop = host->loop,
                                        .inbox = host->inbox,
                                        .log = host->log,
                                        .policy = host->policy,
                                        .delivery_facts_max = host->delivery_facts_max,
                                        .told = host->told};
    return ingest_http_new(&api->around, &options);
}

static int recall(void *arg, const char *name, const char *value, instant_ms changed)
{
    (void)changed;
    if (str_starts(name, LOGIN_SETTING))
        login_recall(arg, name + strlen(LOGIN_SETTING), value);
    return 0;
}

static int read_accounts(struct api *api, struct findings *findings)
{
    api->accounts = xcalloc(1, sizeof *api->accounts);
    api->login = login_new(api->accounts, &api->host.clock);
    api->accounts_looked = INSTANT_NONE;
    if (!api->conf.accounts)
        return 0;
    struct accounts probe;
    int err = api_accounts_read(api, &probe, findings);
    accounts_release(&probe);
    if (err < 0)
        return err;
    api_watch_accounts(api);
    /* A store that cannot be read ends the first turn, which says so. */
    setting_read(api->host.store, recall, api->login);
    return 0;
}

int api_open(struct api **ret_api, const struct api_host *host, struct findings *findings)
{
    struct api *api = xcalloc(1, sizeof *api);
    api->host = *host;
    *ret_api = NULL;
    int err = api_conf_read(&api->conf, &api->arena, host->conf, findings);
    if (err == 0 && !api->conf.present) {
        arena_release(&api->arena);
        free(api);
        return 0;
    }
    uv_timer_init(host->loop, &api->timer);
    api->timer.data = api;
    api->links = (struct ack_links){make_link, api};
    if (err == 0)
        err = read_accounts(api, findings);
    if (err == 0)
        err = receipt_key_read(&api->key, api->conf.receipt_key_file, host->conf->drill, findings);
    if (err == 0) {
        api->ingest = open_ingest(api);
        api->style = asset_of("core/shell/receipt.css");
        api->print_style = asset_of("core/shell/print.css");
        err = listen_(api, findings);
    }
    if (err == 0)
        log_event(host->log, LOG_INFO, "http", tr("listening on %s port %d", "监听 %s，端口 %d"),
                  api->conf.address, http_port(api->http));
    *ret_api = api; /* half open: to be closed and freed all the same */
    return err;
}

int api_port(const struct api *api)
{
    return http_port(api->http);
}

struct ack_links *api_links(struct api *api)
{
    return api->conf.public_url ? &api->links : NULL;
}

void api_change(struct api *api, const struct policy *policy)
{
    ingest_http_change(api->ingest, policy);
}

/* ingest_http answers for this route; it stands in the table for its right. */
void api_facts(struct call *call)
{
    call_refuse(call, 503, "%s", err_str(ERR_NOT_FOUND));
}

void api_close(struct api *api)
{
    if (!api || api->closing)
        return;
    api->closing = true;
    api_streams_end(api);
    if (api->ingest)
        ingest_http_stop(api->ingest);
    http_close(api->http);
    if (!uv_is_closing((uv_handle_t *)&api->timer))
        uv_close((uv_handle_t *)&api->timer, NULL);
}

void api_free(struct api *api)
{
    if (!api)
        return;
    ingest_http_free(api->ingest);
    http_asset_release(&api->style);
    http_asset_release(&api->print_style);
    login_free(api->login);
    if (api->accounts)
        accounts_release(api->accounts);
    free(api->accounts);
    explicit_bzero(&api->key, sizeof api->key);
    arena_release(&api->arena);
    free(api);
}
