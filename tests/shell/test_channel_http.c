/* Gateways by HTTP: what they are sent, how it is signed, what their answers mean. */
#include "base/buf.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "outlet.h"
#include "peer.h"
#include "room.h"
#include "shell/metrics.h"
#include "shell/sign.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static struct outlet outlet;
static struct peer peer;
static struct message message;

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/yujing-http-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    room_write(folder, "token", "s3cr&t=\n", 0600);
    room_write(folder, "id", "AKID\n", 0600);
    room_write(folder, "key", "KEY\n", 0600);
    outlet_init(&outlet);
    peer_open(&peer, &outlet.loop, peer_http);
    message = outlet_message();
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"code\":0}";
}

static void tear_down(void)
{
    room_remove(folder);
}

TestSuite(channel_http, .init = set_up, .fini = tear_down, .timeout = 60);

static void open_http(const char *kind, const char *path, const char *more)
{
    char *yaml = xasprintf("url: http://127.0.0.1:%d%s\nsecrets: {token: %s/token}\n%s", peer.port,
                           path, folder, more);
    outlet_open(&outlet, kind, yaml);
    free(yaml);
}

static void end(void)
{
    peer_close(&peer);
    outlet_close(&outlet);
}

static const char *send_it(void)
{
    buf_clear(&peer.requested);
    outlet_send_message(&outlet, &message);
    outlet_run(&outlet, outlet.count);
    return buf_str(&peer.requested);
}

static struct sent *last(void)
{
    return &outlet.sent[outlet.count - 1];
}

Test(channel_http, a_text_cannot_break_out_of_its_quotes)
{
    struct findings findings = {0};
    open_http("http", "/", "body: '{\"to\":\"{recipient}\",\"text\":\"{text}\"}'\n");
    message.text = "停产\"},{\"to\":\"E002\n{token}\\";
    const char *request = send_it();
    const char *body = body_of(request);
    json_t *root = json_read(body, strlen(body), "body", 1, &findings);
    cr_assert_not_null(root, "%s", body);
    cr_expect_str_eq(json_string_value(json_object_get(root, "text")), message.text);
    cr_expect_eq(json_object_size(root), 2);
    cr_expect_null(strstr(body, "s3cr"), "a text fetched a secret");
    cr_expect_str_eq(header_of(request, "content-type"), "application/json; charset=utf-8");
    json_decref(root);
    end();
}

Test(channel_http, marks_in_a_text_are_blanks)
{
    open_http("http", "/", "body: '{text}'\nheaders: {Content-Type: text/plain}\n");
    message.text = "a\x02token\x03"
                   "b";
    cr_expect_str_eq(body_of(send_it()), "a token b");
    end();
}

Test(channel_http, a_form_is_encoded_and_in_order_of_its_names)
{
    open_http("sms", "/send",
              "form: {z: '{token}', mobile: '{address}', content: '{text}', "
              "p: '{\"t\":\"{subject:json}\"}'}\nsignature: 示例\n");
    message.text = "停&产=1+2";
    message.subject = "a\"b";
    const char *request = send_it();
    cr_expect_str_eq(body_of(request),
                     "content=%E3%80%90%E7%A4%BA%E4%BE%8B%E3%80%91%E5%81%9C%26%E4%BA%A7%3D1%2B2"
                     "&mobile=13800000000&p=%7B%22t%22%3A%22a%5C%22b%22%7D&z=s3cr%26t%3D");
    cr_expect_str_eq(header_of(request, "content-type"), "application/x-www-form-urlencoded");
    cr_expect(strncmp(request, "POST /send HTTP/1.1", 19) == 0);
    end();
}

Test(channel_http, a_get_carries_all_in_its_url)
{
    open_http("sms", "/send?v=1", "method: GET\nquery: {m: '{address}', c: '{subject}'}\n");
    message.subject = "a b";
    const char *request = send_it();
    cr_expect(strncmp(request, "GET /send?v=1&c=a%20b&m=13800000000 HTTP/1.1", 44) == 0, "%s",
              request);
    cr_expect_str_eq(body_of(request), "");
    end();
}

Test(channel_http, secrets_are_in_what_is_sent_and_not_in_what_is_kept)
{
    struct buf bytes = {0};
    open_http("robot", "/hook/{token}",
              "headers: {Authorization: 'Bearer {token}'}\nbody: '{\"k\":\"{token}\"}'\n");
    cr_assert_eq(channel_robot.render(outlet.gateway.conf, &message, &bytes), 0);
    cr_expect_null(strstr(buf_str(&bytes), "s3cr"));
    const char *request = send_it();
    cr_expect(strncmp(request, "POST /hook/s3cr%26t%3D HTTP", 27) == 0, "%s", request);
    cr_expect_str_eq(header_of(request, "authorization"), "Bearer s3cr&t=");
    cr_expect_str_eq(body_of(request), "{\"k\":\"s3cr&t=\"}");
    buf_release(&bytes);
    end();
}

Test(channel_http, the_address_stays_within_its_place)
{
    open_http("http", "/to/{address}", "body: '{}'\nheaders: {X-To: '{address}'}\n");
    message.address = "../../x?y\r\nEvil: 1";
    const char *request = send_it();
    cr_expect(strncmp(request, "POST /to/..%2F..%2Fx%3Fy%0D%0AEvil%3A%201 HTTP", 46) == 0, "%s",
              request);
    cr_expect_str_eq(header_of(request, "evil"), "");
    end();
}

/* ---- answers ---------------------------------------------------------------- */

static const struct {
    const char *status, *body;
    enum outcome outcome;
} verdicts[] = {
    {"200 OK", "{\"Code\":\"OK\",\"Id\":\"n7\"}", OUTCOME_DELIVERED},
    {"200 OK", "{\"Code\":\"ILLEGAL\"}", OUTCOME_REFUSED},
    {"200 OK", "{\"Code\":\"BUSY\"}", OUTCOME_RETRY},
    {"400 Bad", "{\"Code\":\"BUSY\"}", OUTCOME_RETRY},
    {"400 Bad", "{\"Code\":\"ILLEGAL\"}", OUTCOME_REFUSED},
    {"200 OK", "<html>wait</html>", OUTCOME_RETRY},
    {"200 OK", "{}", OUTCOME_RETRY},
    {"200 OK", "", OUTCOME_RETRY},
    {"200 OK", "{\"Set\":[{\"Code\":\"OK\"}]}", OUTCOME_DELIVERED},
    {"200 OK", "{\"Set\":[{\"Code\":\"ILLEGAL\"}]}", OUTCOME_REFUSED},
    {"200 OK", "{\"Set\":[]}", OUTCOME_RETRY},
    {"503 Busy", "{\"Code\":\"OK\"}", OUTCOME_RETRY},
    {"410 Gone", "{\"Code\":\"OK\"}", OUTCOME_GONE},
};

Test(channel_http, what_it_says_within_a_200_decides)
{
    open_http("sms", "/",
              "body: '{}'\nsuccess: {at: [/Code, /Set/0/Code], equals: OK, retry: [BUSY], id: "
              "/Id}\n");
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++) {
        char *script = xasprintf("HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s", verdicts[i].status,
                                 strlen(verdicts[i].body), verdicts[i].body);
        peer.script = script;
        send_it();
        cr_expect_eq(last()->outcome, verdicts[i].outcome, "%s %s: %d %s", verdicts[i].status,
                     verdicts[i].body, last()->outcome, last()->trouble);
        free(script);
    }
    end();
}

Test(channel_http, a_status_that_is_not_listed_is_none)
{
    open_http("http", "/", "body: '{}'\nsuccess: {status: [201]}\n");
    send_it();
    cr_expect_eq(last()->outcome, OUTCOME_REFUSED);
    peer.script = "HTTP/1.1 201 OK\r\nContent-Length: 0\r\n\r\n";
    send_it();
    cr_expect_eq(last()->outcome, OUTCOME_DELIVERED);
    end();
}

Test(channel_http, segments_are_counted_with_the_signature)
{
    open_http("sms", "/", "body: '{\"t\":\"{text}\"}'\nsignature: 示例市生态环境局\n");
    char text[60 * 3 + 1] = "";
    for (int i = 0; i < 60; i++)
        strcat(text, "停");
    message.text = text; /* 60 and 【8】: 70 */
    cr_expect_eq(channel_sms.units(outlet.gateway.conf, &message), 1);
    const char *request = send_it();
    cr_expect_null(strstr(request, "segments"), "%s", request);
    cr_expect_not_null(strstr(request, "【示例市生态环境局】停"));
    cr_expect_eq(metrics_value(outlet.metrics, "yujing_sms_segments_total", "gateway=\"out\""), 1);
    char longer[61 * 3 + 1];
    snprintf(longer, sizeof longer, "%s停", text);
    message.text = longer;
    cr_expect_eq(channel_sms.units(outlet.gateway.conf, &message), 2);
    send_it();
    cr_expect_eq(metrics_value(outlet.metrics, "yujing_sms_segments_total", "gateway=\"out\""), 3);
    end();
}

Test(channel_http, drills_are_known_through_the_encoding)
{
    open_http("sms", "/", "form: {c: '{text}'}\n");
    message.text = "【演练】停产";
    send_it();
    cr_expect_eq(last()->outcome, OUTCOME_REFUSED);
    cr_expect_eq(peer.requests, 0);
    end();
}

Test(channel_http, on_paper_only_drills_leave)
{
    outlet.effects = EFFECTS_PAPER;
    open_http("sms", "/", "form: {c: '{text}'}\n");
    send_it();
    cr_expect_eq(last()->outcome, OUTCOME_REFUSED);
    message.text = "【演练】停产";
    send_it();
    cr_expect_eq(last()->outcome, OUTCOME_DELIVERED, "%s", last()->trouble);
    end();
}

/* ---- signatures ---------------------------------------------------------------- */

static char *host_of_peer(void)
{
    return xasprintf("127.0.0.1:%d", peer.port);
}

Test(channel_http, aliyun_can_verify_it)
{
    char *more = xasprintf("query: {PhoneNumbers: '{address}', TemplateParam: '{\"t\":\"{text:json}"
                           "\"}'}\nsign: aliyun\naction: SendSms\nversion: 2017-05-25\n"
                           "key_id_file: %s/id\nsecret_file: %s/key\n",
                           folder, folder);
    open_http("sms", "/", more);
    const char *request = send_it();
    char *query = xstrdup(strchr(request, '?') + 1);
    query[strcspn(query, " ")] = 0;
    char *host = host_of_peer();
    struct sign_key key = {"AKID", "KEY"};
    struct sign_request expected = {.method = "POST",
                                    .host = host,
                                    .path = "/",
                                    .query = query,
                                    .body = "",
                                    .action = "SendSms",
                                    .version = "2017-05-25",
                                    .nonce = header_of(request, "x-acs-signature-nonce"),
                                    .now_s = outlet.now / 1000};
    struct sign_lines lines;
    sign_aliyun(&lines, &key, &expected);
    cr_expect_str_eq(header_of(request, "authorization"),
                     lines.items[5] + strlen("Authorization: "));
    cr_expect_eq(strlen(header_of(request, "x-acs-signature-nonce")), 32);
    cr_expect_str_eq(header_of(request, "host"), host);
    sign_lines_release(&lines);
    free(query);
    free(host);
    free(more);
    end();
}

Test(channel_http, tencent_can_verify_it)
{
    char *more =
        xasprintf("body: '{\"P\":[\"+86{address}\"],\"T\":[\"{text}\"]}'\nsign: tencent\n"
                  "service: sms\naction: SendSms\nversion: 2021-01-11\nregion: ap-beijing\n"
                  "key_id_file: %s/id\nsecret_file: %s/key\n",
                  folder, folder);
    open_http("sms", "/", more);
    const char *request = send_it();
    char *host = host_of_peer();
    struct sign_key key = {"AKID", "KEY"};
    struct sign_request expected = {.method = "POST",
                                    .host = host,
                                    .path = "/",
                                    .query = "",
                                    .content_type = header_of(request, "content-type"),
                                    .body = body_of(request),
                                    .size = strlen(body_of(request)),
                                    .action = "SendSms",
                                    .version = "2021-01-11",
                                    .region = "ap-beijing",
                                    .service = "sms",
                                    .now_s = outlet.now / 1000};
    struct sign_lines lines;
    sign_tencent(&lines, &key, &expected);
    cr_expect_str_eq(header_of(request, "authorization"),
                     lines.items[4] + strlen("Authorization: "));
    sign_lines_release(&lines);
    free(host);
    free(more);
    end();
}

Test(channel_http, dingtalk_finds_time_and_sign_in_the_url)
{
    char *more =
        xasprintf("body: '{\"c\":\"{text}\"}'\nsign: dingtalk\nsecret_file: %s/key\n", folder);
    struct buf sign = {0};
    open_http("robot", "/robot/send?access_token={token}&timestamp={timestamp}&sign={sign}", more);
    const char *request = send_it();
    sign_dingtalk(&sign, "KEY", outlet.now);
    char *plain = xstrdup(strstr(request, "&sign=") + 6), *at;
    plain[strcspn(plain, " ")] = 0;
    while ((at = strstr(plain, "%3D")) || (at = strstr(plain, "%2B")) ||
           (at = strstr(plain, "%2F"))) {
        *at = at[2] == 'D' ? '=' : at[2] == 'B' ? '+' : '/';
        memmove(at + 1, at + 3, strlen(at + 3) + 1);
    }
    cr_expect_str_eq(plain, buf_str(&sign));
    cr_expect_not_null(strstr(request, "timestamp=1764000000000&"));
    free(plain);
    free(more);
    buf_release(&sign);
    end();
}

Test(channel_http, feishu_finds_them_in_the_body_and_a_retry_is_signed_anew)
{
    char *more = xasprintf(
        "body: '{\"timestamp\":\"{timestamp}\",\"sign\":\"{sign}\",\"text\":\"{text}\"}'\n"
        "sign: feishu\nsecret_file: %s/key\n",
        folder);
    struct buf sign = {0}, expected = {0};
    open_http("robot", "/hook", more);
    for (int i = 0; i < 2; i++) {
        const char *request = send_it();
        buf_clear(&sign);
        buf_clear(&expected);
        sign_feishu(&sign, "KEY", outlet.now / 1000);
        buf_printf(&expected, "{\"timestamp\":\"%lld\",\"sign\":\"%s\",",
                   (long long)outlet.now / 1000, buf_str(&sign));
        cr_expect(strncmp(body_of(request), buf_str(&expected), expected.size) == 0, "%s",
                  body_of(request));
        cr_expect_str_eq(outlet.sent[0].parcel->bytes, last()->parcel->bytes);
        outlet.now += MINUTE_MS;
    }
    buf_release(&sign);
    buf_release(&expected);
    free(more);
    end();
}

/* ---- configuration ----------------------------------------------------------- */

static void expect_code(const char *yaml, const char *code)
{
    cr_expect_not(outlet_read(&outlet, "sms", yaml), "%s", yaml);
    bool found = false;
    for (size_t i = 0; i < outlet.findings.count; i++)
        found |= strcmp(outlet.findings.items[i].code, code) == 0;
    cr_expect(found, "%s instead of %s for %s", outlet.findings.items[0].code, code, yaml);
    findings_release(&outlet.findings);
    outlet.findings = (struct findings){0};
}

Test(channel_http, what_cannot_be_meant_is_told)
{
    expect_code("url: ftp://a.cn/\nbody: x\n", "D056");
    expect_code("url: 'https://{address}/'\nbody: x\n", "D056");
    expect_code("url: 'https://user@a.cn/'\nbody: x\n", "D056");
    expect_code("url: https://a.cn/\n", "D057");
    expect_code("url: https://a.cn/\nbody: x\nform: {a: b}\n", "D057");
    expect_code("url: https://a.cn/\nbody: '{txet}'\n", "Q003");
    expect_code("url: 'https://a.cn/{text}'\nbody: x\n", "Q003");
    expect_code("url: https://a.cn/\nbody: x\nheaders: {'a b': c}\n", "D058");
    expect_code("url: https://a.cn/\nbody: x\nsign: aliyun\n", "D059");
    expect_code("url: https://a.cn/\nbody: x\nsign: feishu\n", "D059");
    expect_code("url: https://a.cn/\nbody: x\nsuccess: {at: [Code], equals: OK}\n", "D060");
    expect_code("url: https://a.cn/\nbody: x\nsuccess: {at: [/Code]}\n", "D060");
    expect_code("url: https://a.cn/\nbody: x\nsecrets: {text: f}\n", "D057");
    outlet.gateway.channel = NULL;
    end();
}

static int load_example(const char *path)
{
    char *text;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 16, &text, &size, &outlet.findings), 0, "%s", path);
    const struct yaml *root = yaml_read(&outlet.arena, path, text, size, &outlet.findings);
    const struct yaml *map = yaml_get(root, "gateways");
    cr_assert_not_null(map, "%s", path);
    for (size_t i = 0; i < map->count; i++) {
        struct buf bytes = {0};
        void *conf;
        const struct channel *channel = channel_of(yaml_text(map->items[i], "kind"));
        cr_assert_not_null(channel);
        cr_expect_eq(channel->read(&conf, &outlet.arena, map->items[i], path, &outlet.findings), 0);
        cr_expect_eq(channel->render(conf, &message, &bytes), 0);
        cr_expect_gt(bytes.size, 0);
        buf_release(&bytes);
    }
    for (size_t i = 0; i < outlet.findings.count; i++)
        cr_expect(false, "%s:%d: %s", path, outlet.findings.items[i].line,
                  outlet.findings.items[i].message);
    free(text);
    return (int)map->count;
}

Test(channel_http, examples_load)
{
    DIR *all = opendir("examples/gateways");
    int count = 0;
    cr_assert_not_null(all);
    for (struct dirent *entry; (entry = readdir(all));) {
        char path[512];
        if (!strstr(entry->d_name, ".yaml"))
            continue;
        snprintf(path, sizeof path, "examples/gateways/%s", entry->d_name);
        count += load_example(path);
    }
    closedir(all);
    cr_expect_geq(count, 6);
    outlet.gateway.channel = NULL;
    end();
}
