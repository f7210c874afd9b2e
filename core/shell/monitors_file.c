/* The operator's file of monitors: what a policy cannot know of its loggers. */
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/yaml.h"
#include "model/policy.h"
#include "model/schema.h"
#include "shell/monitors_inner.h"
#include "shell/secret_file.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILE_BYTES = 32 << 20, MONITORS_MAX = 200000, NETWORKS_MAX = 16 };
#define HEXADECIMAL "0123456789abcdefABCDEF"

struct reading {
    struct monitors *monitors;
    struct findings *findings;
};

struct read_monitor {
    const char *mn, *subject, *password, *key_file;
    bool lenient, sealed_only;
    const struct yaml *from, *units, *points;
};
#define AT(member) offsetof(struct read_monitor, member)
static const struct field fields[] = {
    FIELD("mn", FIELD_ID, AT(mn), .required = true),
    FIELD("subject", FIELD_TEXT, AT(subject)),
    FIELD("password", FIELD_TEXT, AT(password)),
    FIELD("key_file", FIELD_TEXT, AT(key_file)),
    FIELD("sealed_only", FIELD_BOOL, AT(sealed_only)),
    FIELD("lenient", FIELD_BOOL, AT(lenient)),
    FIELD("from", FIELD_TEXTS, AT(from), .low = 1, .high = NETWORKS_MAX),
    FIELD("units", FIELD_MAP, AT(units)),
    FIELD("points", FIELD_MAP, AT(points)),
};
static const struct schema schema = {"a monitor", "监测设备", fields,
                                     sizeof fields / sizeof *fields, false};

int monitors_key_read(unsigned char ret_key[HJ212_KEY_BYTES], const char *path,
                      struct findings *findings)
{
    char *text;
    int err = secret_file_read(&text, path, findings);
    if (err < 0)
        return err;
    bool good =
        strspn(text, HEXADECIMAL) == 2 * HJ212_KEY_BYTES && strlen(text) == 2 * HJ212_KEY_BYTES;
    for (int i = 0; good && i < HJ212_KEY_BYTES; i++) {
        const char pair[3] = {text[2 * i], text[2 * i + 1], 0};
        ret_key[i] = (unsigned char)strtoul(pair, NULL, 16);
    }
    if (!good)
        findings_add(findings, SEV_ERROR, "O001", (struct place){.file = path, .line = 1},
                     tr("32 hexadecimal digits in one line", "一行 32 个十六进制数字"),
                     tr("no SM4 key", "不是 SM4 密钥"));
    secret_file_free(text);
    return good ? 0 : ERR_INVALID;
}

static void read_key(struct reading *reading, struct draft *draft, const char *path)
{
    struct arena *arena = &reading->monitors->arena;
    unsigned char *key = arena_alloc(arena, HJ212_KEY_BYTES);
    if (monitors_key_read(key, arena_strdup(arena, path), reading->findings) == 0)
        draft->monitor.source.key = key;
}

static void read_networks(struct reading *reading, struct draft *draft, const struct yaml *list)
{
    size_t count = list ? list->count : 0;
    struct address_rule *rules =
        arena_alloc(&reading->monitors->arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const char *problem = NULL;
        if (address_rule_parse(&rules[i], list->items[i]->text, &problem) < 0)
            findings_add(reading->findings, SEV_ERROR, "O002", yaml_place(list->items[i]),
                         "10.20.0.0/16", "%s", problem);
    }
    draft->monitor.from = (struct address_rules){rules, count};
}

/* `points: {d20105: {series: production_kw, subject: 210102-0001/L1}}` */
static void read_point(struct reading *reading, struct draft *draft, const struct yaml *key,
                       const struct yaml *node, const char *subject)
{
    struct monitors *monitors = reading->monitors;
    const char *name = yaml_text(node, "series"), *whose = yaml_text(node, "subject");
    int series = name ? policy_series(monitors->policy, name) : -1;
    if (series < 0 || !(whose || subject)) {
        findings_add(reading->findings, SEV_ERROR, "O003", yaml_place(node),
                     "d20105: {series: production_kw, subject: 210102-0001/L1}",
                     tr("a point names a series of the policy, and whose it is",
                        "监测点须写明政策包中的序列及其所属对象"));
        return;
    }
    struct channel_of_monitor channel = {
        .subject = whose ? whose : subject, .series = series, .times = 1, .divide = 1};
    channel.kind = monitors_kind(&monitors->arena, key->text, monitors->policy->series[series].step,
                                 &channel.code);
    draft_add(draft, channel);
}

static void read_unit(struct reading *reading, struct draft *draft, const struct yaml *key,
                      const struct yaml *node)
{
    bool used = false;
    for (size_t i = 0; i < draft->count; i++) {
        struct channel_of_monitor *channel = &draft->channels[i];
        const char *unit = reading->monitors->policy->series[channel->series].unit;
        if (!hj212_text_is(channel->code, key->text))
            continue;
        used = true;
        if (!unit || !node->text ||
            unit_convert(node->text, unit, &channel->times, &channel->divide) < 0)
            findings_add(reading->findings, SEV_ERROR, "O004", yaml_place(node),
                         tr("write a unit of the same kind", "请填写同类单位"),
                         tr("%s cannot be turned into %s", "%s 不能换算为 %s"),
                         node->text ? node->text : "?", unit ? unit : "?");
    }
    if (!used)
        findings_add(reading->findings, SEV_WARNING, "O005", yaml_place(key), NULL,
                     tr("no series is read from %s here", "没有序列读取因子 %s"), key->text);
}

static void read_monitor(struct reading *reading, const struct yaml *node, const char *path)
{
    struct monitors *monitors = reading->monitors;
    struct read_monitor read = {0};
    if (!schema_read(&schema, node, &read, reading->findings))
        return;
    struct draft *draft = monitors_draft(monitors, read.mn);
    if (draft->written)
        findings_add(reading->findings, SEV_ERROR, "O012", yaml_place(node), NULL,
                     tr("MN %s stands here twice", "MN %s 重复出现"), read.mn);
    draft->written = true;
    draft->monitor.source.password = read.password;
    draft->monitor.source.lenient = read.lenient;
    draft->monitor.source.sealed_only = read.sealed_only;
    read_networks(reading, draft, read.from);
    if (read.key_file) {
        const char *slash = strrchr(path, '/');
        int folder = slash && read.key_file[0] != '/' ? (int)(slash + 1 - path) : 0;
        read_key(reading, draft,
                 arena_printf(&monitors->arena, "%.*s%s", folder, path, read.key_file));
    }
    if (read.sealed_only && !read.key_file)
        findings_add(reading->findings, SEV_ERROR, "O013", yaml_place(node),
                     tr("add key_file", "请补充 key_file"),
                     tr("sealed_only without a key takes nothing",
                        "未配置密钥而要求加密，任何报文都无法接收"));
    if (read.subject) {
        if (!policy_knows_subject(monitors->policy, read.subject))
            findings_add(reading->findings, SEV_ERROR, "O006", yaml_place(node),
                         tr("a station, an area, ENTRY/OUTLET or ENTRY/LINE",
                            "站点、区域、企业/排口或企业/生产线编号"),
                         tr("the policy knows no %s", "政策包中没有 %s"), read.subject);
        draft_add_series(monitors, draft, read.subject);
    }
    for (size_t i = 0; read.points && i < read.points->count; i++)
        read_point(reading, draft, read.points->keys[i], read.points->items[i], read.subject);
    for (size_t i = 0; read.units && i < read.units->count; i++)
        read_unit(reading, draft, read.units->keys[i], read.units->items[i]);
}

int monitors_read_file(struct monitors *monitors, const char *path, struct findings *findings)
{
    struct reading reading = {monitors, findings};
    struct stat status;
    char *text;
    size_t size;
    if (stat(path, &status) == 0 && (status.st_mode & 077) != 0)
        findings_add(findings, SEV_ERROR, "O007", (struct place){.file = path},
                     tr("chmod 600", "请执行 chmod 600"),
                     tr("others may read the monitors' passwords", "监测设备口令可被其他用户读取"));
    int err = file_read(path, FILE_BYTES, &text, &size, findings);
    if (err < 0)
        return err;
    const char *name = arena_strdup(&monitors->arena, path);
    const struct yaml *root = yaml_read(&monitors->arena, name, text, size, findings);
    free(text);
    const struct yaml *list = yaml_get(root, "monitors");
    if (!root || !list || !schema_is_list(list, "monitors", findings))
        return ERR_INVALID;
    if (list->count > MONITORS_MAX)
        findings_add(findings, SEV_ERROR, "O011", yaml_place(list), NULL,
                     tr("more than %d monitors", "监测设备超过 %d 台"), MONITORS_MAX);
    for (size_t i = 0; i < list->count && i < MONITORS_MAX; i++)
        read_monitor(&reading, list->items[i], path);
    return 0;
}
