/* Reading `http:`.
 *
 * Passwords and orders must not cross a network in the clear: without a certificate only this
 * machine is listened to, where a proxy may stand that has one. */
#include "shell/api_conf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/conf.h"
#include <string.h>

struct read {
    struct api_conf conf;
    const char *listen;
    const struct yaml *proxies, *sms;
};
#define AT(member) offsetof(struct read, member)
static const struct field fields[] = {
    FIELD("listen", FIELD_TEXT, AT(listen)),
    FIELD("tls_cert_file", FIELD_TEXT, AT(conf.cert_file)),
    FIELD("tls_key_file", FIELD_TEXT, AT(conf.key_file)),
    FIELD("client_ca_file", FIELD_TEXT, AT(conf.client_ca_file)),
    FIELD("client_required", FIELD_BOOL, AT(conf.client_required)),
    FIELD("public_url", FIELD_TEXT, AT(conf.public_url)),
    FIELD("receipt_key_file", FIELD_TEXT, AT(conf.receipt_key_file)),
    FIELD("receipt_days", FIELD_INT, AT(conf.receipt_days), .low = 1, .high = 366),
    FIELD("body_mib", FIELD_INT, AT(conf.body_mib), .low = 1, .high = 1024),
    FIELD("trusted_proxies", FIELD_TEXTS, AT(proxies), .low = 1, .high = API_PROXIES_MAX),
    FIELD("sms_reply", FIELD_MAP, AT(sms)),
};
static const struct field sms_fields[] = {
    FIELD("phone", FIELD_TEXT, AT(conf.sms.phone)),
    FIELD("text", FIELD_TEXT, AT(conf.sms.text)),
};
#define SCHEMA(english_, chinese_, fields_)                          \
    {                                                                \
        .english = english_, .chinese = chinese_, .fields = fields_, \
        .count = sizeof(fields_) / sizeof *(fields_)                 \
    }
static const struct schema schema = SCHEMA("http", "http", fields);
static const struct schema sms_schema = SCHEMA("sms_reply", "sms_reply", sms_fields);

static bool read_listen(struct api_conf *conf, struct arena *arena, const char *text)
{
    struct address address;
    char host[ADDRESS_TEXT];
    if (address_listen_parse(&address, text) < 0)
        return false;
    address_print(&address, host);
    conf->address = arena_strdup(arena, host);
    conf->port = address.port;
    return true;
}

static bool is_of_this_machine(const char *address)
{
    return str_starts(address, "127.") || str_equal(address, "::1");
}

static void check(const struct api_conf *conf, const struct yaml *node, struct findings *findings)
{
    bool tls = conf->cert_file && conf->key_file;
    if (!conf->cert_file != !conf->key_file)
        findings_add(
            findings, SEV_ERROR, "U022", yaml_place(node),
            tr("write both files", "两个文件须同时配置"),
            tr("a certificate needs its key, and a key its certificate", "证书与私钥必须成对配置"));
    if (!tls && !is_of_this_machine(conf->address))
        findings_add(
            findings, SEV_ERROR, "U023", yaml_place(node),
            tr("add tls_cert_file and tls_key_file, or listen on 127.0.0.1 behind a proxy",
               "请配置 tls_cert_file 与 tls_key_file，或仅监听 127.0.0.1 并由前置代理转发"),
            tr("passwords and orders would cross the network in the clear",
               "口令和指令将以明文经过网络"));
    if (conf->client_ca_file && !tls)
        findings_add(findings, SEV_ERROR, "U022", yaml_place(node), NULL,
                     tr("client certificates need TLS", "客户端证书须与 TLS 同时启用"));
    if (conf->public_url && !str_starts(conf->public_url, "https://") &&
        !str_starts(conf->public_url, "http://127.0.0.1"))
        findings_add(findings, SEV_ERROR, "U024", yaml_place(yaml_get(node, "public_url")),
                     tr("how enterprises reach us: https://…", "企业访问的地址，形如 https://…"),
                     tr("the public address must be https", "public_url 必须为 https 地址"));
    if (!conf->accounts)
        findings_add(findings, SEV_WARNING, "U025", yaml_place(node),
                     tr("`yujing account add FILE NAME --role R` makes one",
                        "可用 yujing account add 文件 名称 --role 角色 建立"),
                     tr("no `accounts:`: nobody can log in", "未配置 accounts：无人可以登录"));
}

static void read_proxies(struct api_conf *conf, struct arena *arena, const struct yaml *list,
                         struct findings *findings)
{
    size_t count = list ? list->count : 0;
    struct address_rule *rules = arena_alloc(arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const char *problem;
        if (address_rule_parse(&rules[i], list->items[i]->text, &problem) < 0)
            findings_add(findings, SEV_ERROR, "U026", yaml_place(list->items[i]),
                         tr("as 127.0.0.1 or 10.20.0.0/16", "形如 127.0.0.1 或 10.20.0.0/16"), "%s",
                         problem);
    }
    conf->proxies = (struct address_rules){rules, count};
}

static void set_defaults(struct read *read)
{
    read->conf = (struct api_conf){
        .present = true,
        .receipt_days = 30,
        .body_mib = 16,
        .sms = {"phone_number", "content"},
    };
    read->listen = "127.0.0.1:8452";
}

/* An address that ends in '/' would give "//r/…". */
static const char *without_slash(struct arena *arena, const char *url)
{
    size_t size = url ? strlen(url) : 0;
    while (size > 0 && url[size - 1] == '/')
        size--;
    return url ? arena_strndup(arena, url, size) : NULL;
}

static void place_files(struct api_conf *api, struct arena *arena, const struct conf *conf)
{
    const char **const files[] = {&api->cert_file, &api->key_file, &api->client_ca_file,
                                  &api->accounts, &api->receipt_key_file};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        *files[i] = conf_beside(arena, conf->path, *files[i]);
    if (!api->receipt_key_file) /* conf->store is placed already */
        api->receipt_key_file = arena_printf(arena, "%s.receipt-key", conf->store);
}

int api_conf_read(struct api_conf *ret_conf, struct arena *arena, const struct conf *conf,
                  struct findings *findings)
{
    const struct yaml *node = conf_part(conf, "http");
    struct read read = {0};
    *ret_conf = (struct api_conf){0};
    if (!node)
        return 0;
    set_defaults(&read);
    bool good = schema_read(&schema, node, &read, findings);
    if (good && read.sms)
        good = schema_read(&sms_schema, read.sms, &read, findings);
    if (!good)
        return ERR_INVALID;
    read.conf.accounts = yaml_text(conf->root, "accounts");
    read_proxies(&read.conf, arena, read.proxies, findings);
    read.conf.public_url = without_slash(arena, read.conf.public_url);
    if (!read_listen(&read.conf, arena, read.listen))
        findings_add(
            findings, SEV_ERROR, "U021", yaml_place(node),
            tr("as 127.0.0.1:8452 or [::1]:8452", "形如 127.0.0.1:8452 或 [::1]:8452"),
            tr("`listen` is no numeric address with a port", "listen 不是“数字地址:端口”"));
    else
        check(&read.conf, node, findings);
    place_files(&read.conf, arena, conf);
    *ret_conf = read.conf;
    return findings->errors > 0 ? ERR_INVALID : 0;
}
