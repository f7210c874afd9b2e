/* Watching all parts being read, and printing what was seen. */
#include "shell/effective.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/webhook.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/bundle.h"
#include "model/schema.h"
#include "shell/accounts.h"
#include "shell/api_conf.h"
#include "shell/drill_words.h"
#include "shell/ingest_hj212.h"
#include "shell/ingest_mqtt.h"
#include "shell/monitors.h"
#include "shell/redact.h"
#include "shell/routing.h"
#include "shell/upkeep_conf.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_BYTES_MAX = 65536, FINGERPRINT_DIGITS = 6 };

/* ---- secrets --------------------------------------------------------------- */

/* A key that names a file with something in it that nobody else may know. */
static bool is_secret(const char *key)
{
    static const char *const words[] = {"secret", "password", "token", "key", "url"};
    bool file = str_ends(key, "_file") || str_ends(key, "_files");
    for (size_t i = 0; file && i < sizeof words / sizeof *words; i++)
        if (strstr(key, words[i]))
            return true;
    return false;
}

/* A key that names a file which must be there before we start. */
static bool is_file(const char *key)
{
    return is_secret(key) || str_ends(key, "ca_file") || str_ends(key, "cert_file");
}

static void check_stranger(const char *path, const struct yaml *node, struct findings *findings)
{
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP)))
        findings_add(findings, SEV_ERROR, "D082", yaml_place(node), "chmod 600",
                     tr("%s can be read or changed by others", "%s 可被他人读取或改写"), path);
}

static void check_webhook_secret(const char *path, char *text, const struct yaml *node,
                                 struct findings *findings)
{
    struct webhook_secret secret;
    text[strcspn(text, " \t\r\n")] = 0;
    if (webhook_secret_read(&secret, text) < 0)
        findings_add(
            findings, SEV_ERROR, "D051", yaml_place(node),
            tr("whsec_ and base64 of 24 to 64 bytes", "应为 whsec_ 加 24 至 64 字节的 base64"),
            tr("%s is no webhook secret", "%s 不是有效的 webhook 密钥"), path);
    OPENSSL_cleanse(&secret, sizeof secret);
}

static void check_file(struct arena *arena, const char *conf_path, const char *key,
                       const struct yaml *node, struct findings *findings)
{
    const char *path = conf_beside(arena, conf_path, node->text);
    struct findings own = {0};
    char *text;
    size_t size;
    if (file_read(path, SECRET_BYTES_MAX, &text, &size, &own) < 0) {
        findings_add(findings, SEV_ERROR, "D082", yaml_place(node), NULL, "%s: %s", path,
                     own.count > 0 ? own.items[0].message : err_str(ERR_IO));
    } else {
        if (is_secret(key))
            check_stranger(path, node, findings);
        if (str_equal(key, "secret_files"))
            check_webhook_secret(path, text, node, findings);
        OPENSSL_cleanse(text, size);
        free(text);
    }
    findings_release(&own);
}

/* NAME: FILE */
static void check_secrets(struct arena *arena, const char *conf_path, const struct yaml *map,
                          struct findings *findings)
{
    for (size_t i = 0; i < map->count; i++)
        if (map->items[i]->kind == YAML_SCALAR)
            check_file(arena, conf_path, "secret_file", map->items[i], findings);
}

static void check_files(struct arena *arena, const char *conf_path, const struct yaml *node,
                        struct findings *findings)
{
    for (size_t i = 0; node->kind != YAML_SCALAR && i < node->count; i++) {
        const char *key = node->kind == YAML_MAP ? node->keys[i]->text : "";
        const struct yaml *value = node->items[i];
        if (str_equal(key, "secrets") && value->kind == YAML_MAP)
            check_secrets(arena, conf_path, value, findings);
        else if (!is_file(key))
            check_files(arena, conf_path, value, findings);
        else if (value->kind == YAML_SCALAR)
            check_file(arena, conf_path, key, value, findings);
        else
            for (size_t j = 0; j < value->count; j++)
                if (value->items[j]->kind == YAML_SCALAR)
                    check_file(arena, conf_path, key, value->items[j], findings);
    }
}

/* ---- every part ------------------------------------------------------------ */

static void check_gateways(const struct conf *conf, struct findings *findings)
{
    struct gateways gateways = {0};
    struct routing *routing = NULL;
    if (gateways_read(&gateways, conf, findings) == 0)
        routing_read(&routing, conf, &gateways, findings);
    for (size_t i = 0; i < gateways.count; i++) {
        const struct gateway *gateway = &gateways.items[i];
        if (gateway->channel->check)
            gateway->channel->check(gateway->conf, gateway->node, findings);
    }
    routing_free(routing);
    gateways_release(&gateways);
}

/* False when there are none, or not yet. */
static bool check_accounts(struct arena *arena, const struct conf *conf, struct findings *findings)
{
    const struct yaml *node = conf_part(conf, "accounts");
    const char *path = node ? conf_beside(arena, conf->path, node->text) : NULL;
    if (!path || access(path, F_OK) == 0)
        return path != NULL;
    findings_add(findings, SEV_ERROR, "D082", yaml_place(node),
                 arena_printf(arena,
                              tr("yujing account add %s NAME --role ROLE makes it",
                                 "请以 yujing account add %s 账号 --role 角色 建立"),
                              path),
                 tr("there is no file %s", "没有文件 %s"), path);
    return false;
}

static void check_api(const struct conf *conf, struct findings *findings)
{
    struct arena arena = {0};
    struct api_conf api;
    struct accounts accounts = {0};
    api_conf_read(&api, &arena, conf, findings);
    if (check_accounts(&arena, conf, findings))
        accounts_read(&accounts, conf_beside(&arena, conf->path, yaml_text(conf->root, "accounts")),
                      findings);
    accounts_release(&accounts);
    arena_release(&arena);
}

/* Of what the policy says of loggers, so only with a policy. */
static void check_monitors(const struct conf *conf, const struct bundle *bundle,
                           struct findings *findings)
{
    struct hj212_conf hj212;
    struct monitors *monitors = NULL;
    struct findings told = {0}; /* in effective_check */
    if (hj212_conf_read(&hj212, conf, &told) && told.errors == 0)
        monitors_read(&monitors, hj212.monitors, &bundle->policy, findings);
    monitors_free(monitors);
    findings_release(&told);
}

static void check_level(const struct yaml *word, const struct policy *policy,
                        struct findings *findings)
{
    const char *names[LEVELS_MAX];
    size_t count = 0;
    if (word->kind != YAML_SCALAR || policy_level(policy, word->text) >= 0)
        return;
    while (count < policy->level_count) {
        names[count] = policy->levels[count].name;
        count++;
    }
    char *known = str_join(names, count, tr(", ", "、"));
    char *hint = xasprintf(tr("its levels: %s", "预案的级别：%s"), known);
    findings_add(findings, SEV_ERROR, "D066", yaml_place(word), hint,
                 tr("the policy has no level “%s”", "预案没有级别“%s”"), word->text);
    free(hint);
    free(known);
}

/* Of a route, and of the words of public warnings: a level misspelt here is missed at night. */
static void check_levels(const struct conf *conf, const struct policy *policy,
                         struct findings *findings)
{
    const struct yaml *gateways = conf_part(conf, "gateways"), *routes = conf_part(conf, "routes");
    for (size_t i = 0; gateways && i < gateways->count; i++) {
        const struct yaml *gateway = gateways->items[i], *levels = yaml_get(gateway, "levels");
        bool cap = str_equal(yaml_text(gateway, "kind"), channel_cap.kind);
        for (size_t j = 0; cap && levels && levels->kind == YAML_MAP && j < levels->count; j++)
            check_level(levels->keys[j], policy, findings);
    }
    for (size_t i = 0; routes && i < routes->count; i++) {
        const struct yaml *levels = yaml_get(routes->items[i], "levels");
        for (size_t j = 0; levels && levels->kind == YAML_LIST && j < levels->count; j++)
            check_level(levels->items[j], policy, findings);
    }
}

bool effective_has_policy(const struct conf *conf, struct findings *findings)
{
    char *path = xasprintf("%s/policy.yaml", conf->policies);
    bool found = access(path, F_OK) == 0;
    if (!found)
        findings_add(findings, SEV_ERROR, "B001", yaml_place(yaml_get(conf->root, "policies")),
                     tr("the folder of a policy, with policy.yaml in it; relative to this file",
                        "应为含 policy.yaml 的预案文件夹，相对路径以本文件为准"),
                     tr("there is no file %s", "没有文件 %s"), path);
    free(path);
    return found;
}

static void check_policy(const struct conf *conf, struct findings *findings)
{
    struct bundle *bundle = NULL;
    struct findings own = {0};
    if (bundle_load(&bundle, conf->policies, conf->with, &own) == 0) {
        if (conf->drill)
            drill_words_check(bundle, &own);
        check_monitors(conf, bundle, &own);
        check_levels(conf, &bundle->policy, &own);
    }
    bundle_free(bundle);
    if (own.errors > 0) /* mere warnings are `yujing check`'s to list */
        findings_join(findings, &own);
    findings_release(&own);
}

/* What a start makes itself needs a folder above it; a store's is not made, for on a disk that is
 * not mounted it would be another store. */
static void check_above(const char *path, const struct yaml *node, struct findings *findings)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    struct stat status;
    if (!slash || slash == path || !node)
        return;
    char *above = xasprintf("%.*s", (int)(slash - path), path);
    if (stat(above, &status) < 0 || !S_ISDIR(status.st_mode))
        findings_add(findings, SEV_ERROR, "D022", yaml_place(node),
                     tr("mkdir, as the user the daemon runs as; or is a disk not mounted?",
                        "请以守护进程的用户 mkdir 建立；或检查磁盘是否未挂载"),
                     tr("there is no folder %s", "没有文件夹 %s"), above);
    free(above);
}

static void check_folders(const struct conf *conf, struct findings *findings)
{
    const struct yaml *store = yaml_get(conf->root, "store");
    struct stat status;
    check_above(conf->store, store, findings);
    check_above(conf->watch, yaml_get(yaml_get(conf->root, "watch"), "folder"), findings);
    if (conf->store && store && stat(conf->store, &status) == 0 && S_ISDIR(status.st_mode))
        findings_add(
            findings, SEV_ERROR, "D022", yaml_place(store),
            tr("name a file in it, as var/yujing.db", "应为其中的文件，如 var/yujing.db"),
            tr("the store is one file, and %s is a folder", "存储应为文件，而 %s 是文件夹"),
            conf->store);
}

void effective_check(const struct conf *conf, struct findings *findings)
{
    struct upkeep_conf upkeep;
    struct mqtt_conf mqtt;
    struct hj212_conf hj212;
    struct arena arena = {0};
    if (!conf->root)
        return;
    check_folders(conf, findings);
    check_gateways(conf, findings);
    check_api(conf, findings);
    mqtt_conf_read(&mqtt, conf, findings);
    hj212_conf_read(&hj212, conf, findings);
    upkeep_conf_read(&upkeep, conf, findings);
    upkeep_conf_release(&upkeep);
    check_files(&arena, conf->path, conf->root, findings);
    if (conf->policies && effective_has_policy(conf, findings))
        check_policy(conf, findings);
    arena_release(&arena);
}

/* ---- watching -------------------------------------------------------------- */

static char **print_fields(const struct schema *schema, const void *target)
{
    char **values = xcalloc(schema->count + 1, sizeof *values);
    for (size_t i = 0; i < schema->count; i++) {
        struct buf value = {0};
        if (schema_print(&value, &schema->fields[i], target))
            values[i] = xstrdup(buf_str(&value));
        buf_release(&value);
    }
    return values;
}

/* Maps of a policy's own files are read on the way too; only ours count. */
static void seen(void *arg, const struct schema *schema, const struct yaml *node,
                 const void *target, bool after)
{
    struct effective *effective = arg;
    if (!effective->conf.path || !str_equal(node->file, effective->conf.path))
        return;
    if (after) {
        for (size_t i = effective->count; i-- > 0;)
            if (effective->items[i].node == node && effective->items[i].schema == schema &&
                !effective->items[i].values) {
                effective->items[i].values = print_fields(schema, target);
                return;
            }
        return;
    }
    void *items = effective->items;
    xgrow(&items, effective->count, &effective->capacity, sizeof *effective->items);
    effective->items = items;
    effective->items[effective->count++] = (struct effective_seen){
        .schema = schema, .node = node, .defaults = print_fields(schema, target)};
}

void effective_read(struct effective *ret_effective, const char *path, bool live,
                    struct findings *findings)
{
    struct schema_watch watch = {seen, ret_effective};
    *ret_effective = (struct effective){0};
    schema_watch(&watch);
    if (conf_read(&ret_effective->conf, path, live, findings) == 0 || ret_effective->conf.root)
        effective_check(&ret_effective->conf, findings);
    schema_watch(NULL);
    findings_sort(findings);
}

static void free_values(char **values, size_t count)
{
    for (size_t i = 0; values && i < count; i++)
        free(values[i]);
    free(values);
}

void effective_release(struct effective *effective)
{
    for (size_t i = 0; i < effective->count; i++) {
        free_values(effective->items[i].defaults, effective->items[i].schema->count);
        free_values(effective->items[i].values, effective->items[i].schema->count);
    }
    free(effective->items);
    conf_release(&effective->conf);
}

/* ---- printing -------------------------------------------------------------- */

struct printing {
    struct buf *out;
    const struct effective *effective;
    struct arena arena;
};

static void indent(struct printing *printing, int depth)
{
    for (int i = 0; i < depth; i++)
        buf_puts(printing->out, "  ");
}

/* Quoted whenever plain YAML might read it otherwise. */
static void put_scalar(struct printing *printing, const char *text)
{
    struct buf safe = {0};
    redact(&safe, text, 0);
    const char *value = buf_str(&safe);
    const char *scheme = strstr(value, "://");
    size_t host = scheme ? (size_t)(scheme + 3 - value) + strcspn(scheme + 3, "/?#") : 0;
    bool web = str_starts(value, "http://") || str_starts(value, "https://");
    if (web && value[host] && value[host + 1])
        buf_printf(printing->out, "\"%.*s/***\"", (int)host, value);
    else if (value[0] && strcspn(value, ":#{}[],&*!|>'\"%@` \t") == strlen(value) &&
             value[0] != '-' && value[0] != '?' && value[0] != '~')
        buf_puts(printing->out, value);
    else
        json_quote(printing->out, value);
    buf_release(&safe);
}

static void put_fingerprint(struct printing *printing, const char *key, const char *path)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX], *text;
    size_t size;
    struct findings findings = {0};
    path = conf_beside(&printing->arena, printing->effective->conf.path, path);
    if (file_read(path, SECRET_BYTES_MAX, &text, &size, &findings) == 0) {
        hash_of(text, size, hash);
        hash_hex(hash, hex);
        OPENSSL_cleanse(text, size);
        free(text);
        buf_printf(printing->out, " # %s %.*s", is_secret(key) ? "***" : "sha256",
                   FINGERPRINT_DIGITS, hex);
    } else {
        buf_puts(printing->out, tr(" # cannot be read", " # 无法读取"));
    }
    findings_release(&findings);
}

static void put_node(struct printing *printing, const char *key, const struct yaml *node,
                     int depth);

static bool has_key(const struct yaml *node, const char *key)
{
    return yaml_get(node, key) != NULL;
}

/* What holds where nothing was written. */
static void put_defaults(struct printing *printing, const struct yaml *node, int depth)
{
    const struct effective *effective = printing->effective;
    for (size_t i = 0; i < effective->count; i++) {
        const struct effective_seen *item = &effective->items[i];
        for (size_t j = 0; item->node == node && item->values && j < item->schema->count; j++) {
            const char *key = item->schema->fields[j].key;
            if (has_key(node, key) || !item->values[j])
                continue;
            indent(printing, depth);
            buf_printf(printing->out, "%s: ", key);
            put_scalar(printing, item->values[j]);
            buf_puts(printing->out, tr(" # default\n", " # 默认值\n"));
        }
    }
}

static void put_map(struct printing *printing, const struct yaml *node, int depth)
{
    for (size_t i = 0; i < node->count; i++) {
        indent(printing, depth);
        buf_printf(printing->out, "%s:", node->keys[i]->text);
        put_node(printing, node->keys[i]->text, node->items[i], depth + 1);
    }
    put_defaults(printing, node, depth);
}

static void put_list(struct printing *printing, const char *key, const struct yaml *node, int depth)
{
    for (size_t i = 0; i < node->count; i++) {
        indent(printing, depth);
        buf_putc(printing->out, '-');
        put_node(printing, key, node->items[i], depth + 1);
    }
}

static void put_node(struct printing *printing, const char *key, const struct yaml *node, int depth)
{
    bool empty = node->kind != YAML_SCALAR && node->count == 0;
    if (empty && node->kind == YAML_LIST) {
        buf_puts(printing->out, " []\n");
    } else if (node->kind == YAML_SCALAR) {
        buf_putc(printing->out, ' ');
        put_scalar(printing, node->text);
        if (is_file(key))
            put_fingerprint(printing, key, node->text);
        buf_putc(printing->out, '\n');
    } else {
        buf_putc(printing->out, '\n');
        if (node->kind == YAML_MAP)
            put_map(printing, node, depth);
        else
            put_list(printing, key, node, depth);
    }
}

/* They hold also where nothing is written of them. */
static void put_limits(struct printing *printing)
{
    const struct effective *effective = printing->effective;
    const struct yaml *nothing = &effective->conf.nothing;
    if (yaml_get(effective->conf.root, "limits"))
        return;
    buf_puts(printing->out, "limits:\n");
    put_defaults(printing, nothing, 1);
}

void effective_print(struct buf *ret_yaml, const char *path, bool live, struct findings *findings)
{
    struct effective effective;
    effective_read(&effective, path, live, findings);
    struct printing printing = {.out = ret_yaml, .effective = &effective};
    if (effective.conf.root) {
        put_map(&printing, effective.conf.root, 0);
        put_limits(&printing);
    }
    arena_release(&printing.arena);
    effective_release(&effective);
}
