/* Requests over libcurl. */
#include "cli/ctl.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "shell/clock.h"
#include "shell/secret.h"
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CONNECT_SECONDS = 5,
    ANSWER_SECONDS = 120, /* a policy of 15,000 enterprises takes a while to load */
    SILENCE_SECONDS = 60, /* of a stream whose heart beats every 15 (HTTP_HEARTBEAT_MS) */
    TRIES = 3,
    ANSWER_BYTES_MAX = 256 << 20,
};
static const char settings_path[] = "/etc/yujing/ctl.yaml";
static const char default_url[] = "http://127.0.0.1:8452";

/* ---- settings ---------------------------------------------------------------- */

static char *default_token_file(void)
{
    const char *base = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (base && base[0] == '/')
        return xasprintf("%s/yujing/token", base);
    return xasprintf("%s/.config/yujing/token", home ? home : "/tmp");
}

static char *choose(const struct options *options, const char *option, const struct yaml *settings,
                    const char *key)
{
    const char *text = option ? option_value(options, option) : NULL;
    text = text ? text : yaml_text(settings, key);
    return text ? xstrdup(text) : NULL;
}

static bool read_settings(struct ctl *ctl, const struct options *options)
{
    struct arena arena = {0};
    struct findings findings = {0};
    const struct yaml *settings = NULL;
    char *text = NULL;
    size_t size;
    if (access(settings_path, R_OK) == 0 &&
        file_read(settings_path, 1 << 16, &text, &size, &findings) == 0)
        settings = yaml_read(&arena, settings_path, text, size, &findings);
    bool good = findings.errors == 0;
    findings_tell(&findings);
    ctl->url = choose(options, "url", settings, "url");
    ctl->token_file = choose(options, "token-file", settings, "token_file");
    ctl->ca_file = choose(options, NULL, settings, "ca_file");
    free(text);
    findings_release(&findings);
    arena_release(&arena);
    return good;
}

static void read_token(struct ctl *ctl)
{
    struct findings findings = {0};
    size_t size;
    if (access(ctl->token_file, R_OK) == 0 &&
        file_read(ctl->token_file, 4096, &ctl->token, &size, &findings) == 0)
        ctl->token[strcspn(ctl->token, "\r\n")] = 0;
    findings_release(&findings);
}

bool ctl_open(struct ctl *ret_ctl, const struct options *options)
{
    *ret_ctl = (struct ctl){.options = options, .json = options_form(options) != FORM_TEXT};
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (!read_settings(ret_ctl, options))
        return false;
    if (!ret_ctl->url)
        ret_ctl->url = xstrdup(default_url);
    if (!ret_ctl->token_file)
        ret_ctl->token_file = default_token_file();
    for (size_t size = strlen(ret_ctl->url); size > 0 && ret_ctl->url[size - 1] == '/'; size--)
        ret_ctl->url[size - 1] = 0;
    read_token(ret_ctl);
    return true;
}

void ctl_close(struct ctl *ctl)
{
    if (ctl->token)
        explicit_bzero(ctl->token, strlen(ctl->token));
    free(ctl->token);
    free(ctl->url);
    free(ctl->token_file);
    free(ctl->ca_file);
    curl_global_cleanup();
}

static void make_folder_of(const char *path)
{
    char *folder = xstrdup(path), *slash = strrchr(folder, '/');
    if (slash && slash != folder) {
        *slash = 0;
        char *above = strrchr(folder, '/');
        if (above && above != folder) {
            *above = 0;
            mkdir(folder, 0700);
            *above = '/';
        }
        mkdir(folder, 0700);
    }
    free(folder);
}

int ctl_keep_token(const struct ctl *ctl, const char *token)
{
    make_folder_of(ctl->token_file);
    int fd = open(ctl->token_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    size_t size = strlen(token);
    bool kept = fd >= 0 && fchmod(fd, 0600) == 0 && write(fd, token, size) == (ssize_t)size &&
                write(fd, "\n", 1) == 1;
    if (!kept)
        verb_complain(&verb_ctl, tr("%s cannot be written: %s", "无法写入 %s：%s"), ctl->token_file,
                      file_trouble(errno));
    if (fd >= 0)
        close(fd);
    return kept ? EXIT_OK : EXIT_RUNTIME;
}

/* ---- one request ------------------------------------------------------------------ */

struct request {
    CURL *curl;
    struct curl_slist *headers;
    struct buf answer;
    char error[CURL_ERROR_SIZE];
};

static size_t take(char *bytes, size_t one, size_t count, void *arg)
{
    struct request *request = arg;
    if (request->answer.size + count > ANSWER_BYTES_MAX)
        return 0;
    buf_add(&request->answer, bytes, one * count);
    return one * count;
}

static void add_header(struct request *request, const char *name, const char *value)
{
    char *line = xasprintf("%s: %s", name, value);
    request->headers = curl_slist_append(request->headers, line);
    free(line);
}

static void begin(const struct ctl *ctl, struct request *request, const char *path)
{
    char *url = xasprintf("%s/api/v1/%s", ctl->url, path);
    request->curl = curl_easy_init();
    CURL *curl = request->curl;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, ""); /* a daemon is near */
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, request->error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, request);
    if (ctl->ca_file)
        curl_easy_setopt(curl, CURLOPT_CAINFO, ctl->ca_file);
    add_header(request, "Accept-Language", lang_get() == LANG_ZH ? "zh-CN" : "en");
    if (ctl->token) {
        char *bearer = xasprintf("Bearer %s", ctl->token);
        add_header(request, "Authorization", bearer);
        explicit_bzero(bearer, strlen(bearer));
        free(bearer);
    }
    free(url);
}

static void end(struct request *request)
{
    curl_slist_free_all(request->headers);
    curl_easy_cleanup(request->curl);
    buf_release(&request->answer);
}

static long perform(struct request *request)
{
    long status = 0;
    curl_easy_setopt(request->curl, CURLOPT_HTTPHEADER, request->headers);
    request->error[0] = 0;
    CURLcode code = curl_easy_perform(request->curl);
    if (code == CURLE_OK)
        curl_easy_getinfo(request->curl, CURLINFO_RESPONSE_CODE, &status);
    else if (!request->error[0])
        snprintf(request->error, sizeof request->error, "%s", curl_easy_strerror(code));
    return status;
}

/* ---- what came of it ------------------------------------------------------------------ */

static int exit_of(long status)
{
    if (status == 400 || status == 413)
        return EXIT_MISUSE;
    return status >= 500 || status == 429 ? EXIT_RUNTIME : EXIT_FOUND;
}

static void tell_findings(const json_t *problem)
{
    const json_t *findings = json_object_get(problem, "findings");
    size_t i;
    json_t *finding;
    json_array_foreach(findings, i, finding)
    {
        struct buf line = {0};
        buf_printf(&line, "%s:%lld:%lld: %s[%s]: %s", ctl_text(finding, "file"),
                   (long long)ctl_int(finding, "line"), (long long)ctl_int(finding, "col"),
                   ctl_text(finding, "severity"), ctl_text(finding, "code"),
                   ctl_text(finding, "message"));
        print_harmless(stderr, buf_str(&line));
        putc('\n', stderr);
        if (*ctl_text(finding, "hint")) {
            fputs("  ", stderr);
            print_harmless(stderr, ctl_text(finding, "hint"));
            putc('\n', stderr);
        }
        buf_release(&line);
    }
}

static int tell_refusal(const struct ctl *ctl, const struct request *request, long status)
{
    json_t *problem = json_loads(buf_str(&request->answer), 0, NULL);
    const char *detail = ctl_text(problem, "detail");
    tell_findings(problem);
    verb_complain(&verb_ctl, "%s", *detail ? detail : tr("it refuses", "被拒绝"));
    if (status == 401)
        fprintf(stderr, "  %s\n",
                ctl->token ? tr("`yujing ctl login NAME` logs in again",
                                "请用 yujing ctl login 账号 重新登录")
                : str_equal(ctl->options->action, "login")
                    ? tr("a one-time code counts once and for half a minute: wait for the next; "
                         "if it is wrong still, compare the clocks of the telephone and the server",
                         "动态口令半分钟一换、只能使用一次，请等待下一个再试；仍不正确，请核对手机"
                         "与服务器的时间")
                    : tr("`yujing ctl login NAME` logs in", "请用 yujing ctl login 账号 登录"));
    if (ctl->json && problem)
        ctl_print_json(problem);
    json_decref(problem);
    return exit_of(status);
}

static int tell_unreachable(const struct ctl *ctl, const struct request *request)
{
    verb_complain(&verb_ctl, tr("%s cannot be reached: %s", "无法连接 %s：%s"), ctl->url,
                  request->error);
    return EXIT_RUNTIME;
}

static int conclude(const struct ctl *ctl, struct request *request, long status, json_t **ret_json)
{
    int exit_code = EXIT_OK;
    if (status == 0)
        exit_code = tell_unreachable(ctl, request);
    else if (status >= 300)
        exit_code = tell_refusal(ctl, request, status);
    else if (!(*ret_json = json_loads(buf_str(&request->answer), 0, NULL))) {
        verb_complain(&verb_ctl, "%s",
                      tr("the answer is no JSON: is it yujing that listens there?",
                         "应答不是 JSON：该地址是 yujing 吗？"));
        exit_code = EXIT_RUNTIME;
    }
    end(request);
    return exit_code;
}

int ctl_get(const struct ctl *ctl, json_t **ret_json, const char *path, ...)
{
    struct request request = {0};
    char written[4096];
    va_list args;
    va_start(args, path);
    vsnprintf(written, sizeof written, path, args);
    va_end(args);
    *ret_json = NULL;
    begin(ctl, &request, written);
    return conclude(ctl, &request, perform(&request), ret_json);
}

int ctl_post(const struct ctl *ctl, json_t **ret_json, json_t *body, const char *path, ...)
{
    struct request request = {0};
    char written[4096], key[TOKEN_SIZE];
    long status = 0;
    va_list args;
    va_start(args, path);
    vsnprintf(written, sizeof written, path, args);
    va_end(args);
    *ret_json = NULL;
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    secret_token(key);
    begin(ctl, &request, written);
    add_header(&request, "Content-Type", "application/json");
    add_header(&request, "Idempotency-Key", key + 3);
    curl_easy_setopt(request.curl, CURLOPT_POSTFIELDS, text);
    for (int i = 0; i < TRIES && status == 0; i++) { /* the same key: done once all the same */
        buf_clear(&request.answer);
        status = perform(&request);
    }
    explicit_bzero(text, strlen(text));
    free(text);
    return conclude(ctl, &request, status, ret_json);
}

int ctl_print(const struct ctl *ctl, const char *path)
{
    struct request request = {0};
    begin(ctl, &request, path);
    long status = perform(&request);
    int exit_code = EXIT_OK;
    if (status == 0)
        exit_code = tell_unreachable(ctl, &request);
    else if (status >= 300)
        exit_code = tell_refusal(ctl, &request, status);
    else
        fwrite(buf_str(&request.answer), 1, request.answer.size, stdout);
    end(&request);
    return exit_code;
}

/* ---- a stream ------------------------------------------------------------------------- */

struct following {
    struct request request;
    struct buf event, id, data;
    struct clock clock;
    instant_ms heard_at; /* steady */
    bool silent;
    void (*each)(void *arg, const char *event, const char *id, const char *data);
    void *arg;
};

static void take_line(struct following *following, const char *line)
{
    if (!*line) {
        if (following->data.size > 0)
            following->each(following->arg, buf_str(&following->event),
                            following->id.size > 0 ? buf_str(&following->id) : NULL,
                            buf_str(&following->data));
        buf_clear(&following->event);
        buf_clear(&following->id);
        buf_clear(&following->data);
    } else if (str_starts(line, "event: ")) {
        buf_puts(&following->event, line + 7);
    } else if (str_starts(line, "id: ")) {
        buf_puts(&following->id, line + 4);
    } else if (str_starts(line, "data: ")) {
        buf_puts(&following->data, line + 6);
    }
}

static size_t take_stream(char *bytes, size_t one, size_t count, void *arg)
{
    struct following *following = arg;
    struct buf *held = &following->request.answer;
    following->heard_at = clock_steady(&following->clock);
    buf_add(held, bytes, one * count);
    char *end, *at = held->data;
    for (; (end = memchr(at, '\n', held->size - (size_t)(at - held->data))); at = end + 1) {
        *end = 0;
        if (end > at && end[-1] == '\r')
            end[-1] = 0;
        take_line(following, at);
    }
    size_t rest = held->size - (size_t)(at - held->data);
    memmove(held->data, at, rest);
    held->size = rest;
    return one * count;
}

/* curl's own bound is bytes a second, and a heart that beats every quarter of a minute is below it.
 */
static int watch_silence(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct following *following = arg;
    (void)a, (void)b, (void)c, (void)d;
    following->silent =
        clock_steady(&following->clock) - following->heard_at > SILENCE_SECONDS * SECOND_MS;
    return following->silent;
}

int ctl_follow(const struct ctl *ctl, int64_t after,
               void (*each)(void *arg, const char *event, const char *id, const char *data),
               void *arg)
{
    struct following following = {.each = each, .arg = arg, .clock = clock_wall()};
    following.heard_at = clock_steady(&following.clock);
    char text[24];
    begin(ctl, &following.request, "events");
    curl_easy_setopt(following.request.curl, CURLOPT_TIMEOUT, 0L);
    curl_easy_setopt(following.request.curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(following.request.curl, CURLOPT_XFERINFOFUNCTION, watch_silence);
    curl_easy_setopt(following.request.curl, CURLOPT_XFERINFODATA, &following);
    curl_easy_setopt(following.request.curl, CURLOPT_WRITEFUNCTION, take_stream);
    curl_easy_setopt(following.request.curl, CURLOPT_WRITEDATA, &following);
    snprintf(text, sizeof text, "%lld", (long long)after);
    if (after >= 0)
        add_header(&following.request, "Last-Event-ID", text);
    long status = perform(&following.request);
    if (following.silent)
        snprintf(following.request.error, sizeof following.request.error,
                 tr("not heard of for %d seconds", "已 %d 秒没有任何数据"), SILENCE_SECONDS);
    int exit_code = status == 0     ? tell_unreachable(ctl, &following.request)
                    : status >= 300 ? tell_refusal(ctl, &following.request, status)
                                    : EXIT_OK;
    buf_release(&following.event);
    buf_release(&following.id);
    buf_release(&following.data);
    end(&following.request);
    return exit_code;
}

/* ---- small things ------------------------------------------------------------------------ */

char *ctl_segment(const char *text)
{
    char *escaped = curl_easy_escape(NULL, text, 0), *copy = xstrdup(escaped ? escaped : "");
    curl_free(escaped);
    return copy;
}

void ctl_print_json(const json_t *json)
{
    struct buf line = {0}, value = {0};
    struct json_writer writer = {.buf = &line};
    json_t *walk = (json_t *)(uintptr_t)json; /* jansson's iterators take no const */
    jw_begin(&writer, '{');
    jw_key(&writer, "schema_version");
    jw_int(&writer, 1);
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        buf_clear(&value);
        json_canonical(&value, json_object_iter_value(at));
        jw_key(&writer, json_object_iter_key(at));
        jw_raw(&writer, buf_str(&value));
    }
    jw_end(&writer, '}');
    puts(buf_str(&line));
    buf_release(&value);
    buf_release(&line);
}

const char *ctl_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

int64_t ctl_int(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

const char *ctl_time(const json_t *object, const char *key)
{
    static char shown[4][24];
    static int turn;
    const char *text = ctl_text(object, key); /* 2015-11-08T16:00:00+08:00 */
    char *room = shown[turn++ & 3];
    if (strlen(text) < 16)
        return "";
    snprintf(room, sizeof shown[0], "%.5s %.5s", text + 5, text + 11);
    return room;
}
