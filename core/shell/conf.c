/* The configuration's schema, its defaults, and what must fit together. */
#include "shell/conf.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/scenario_data.h"
#include <stdlib.h>
#include <string.h>

static const char *const approvals_words[] = {"all", "by_fact", NULL}; /* as enum approvals */
static const char *const timing_words[] = {"wall", "facts", NULL};     /* as enum timing */
static const char *const at_end_words[] = {"stay", "stop", NULL};      /* as enum at_end */

#define AT(member) offsetof(struct conf, member)

static const struct field top_fields[] = {
    FIELD("policies", FIELD_TEXT, AT(policies), .required = true),
    FIELD("with", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("store", FIELD_TEXT, AT(store), .required = true),
    FIELD("drill", FIELD_BOOL, AT(drill)),
    FIELD("approvals", FIELD_WORD, AT(approvals), .words = approvals_words),
    FIELD("clock", FIELD_WORD, AT(timing), .words = timing_words),
    FIELD("rehearsal", FIELD_BOOL, AT(rehearsal)),
    FIELD("stdin", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("watch", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("spool", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("limits", FIELD_MAP, FIELD_NOT_STORED),
    /* Each is read by the module that knows it. */
    FIELD("gateways", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("routes", FIELD_LIST, FIELD_NOT_STORED),
    FIELD("duty", FIELD_LIST, FIELD_NOT_STORED),
    FIELD("http", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("accounts", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("hj212", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("mqtt", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("self_check", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("dead_man", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("log", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("backup", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("retention", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("anchors", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct field stdin_fields[] = {
    FIELD("read", FIELD_BOOL, AT(stdin_.read)),
    FIELD("ack", FIELD_BOOL, AT(stdin_.ack)),
    FIELD("at_end", FIELD_WORD, AT(stdin_.at_end), .words = at_end_words),
};
static const struct field watch_fields[] = {
    FIELD("folder", FIELD_TEXT, AT(watch), .required = true),
};
static const struct field spool_fields[] = {
    FIELD("folder", FIELD_TEXT, AT(spool), .required = true),
};
static const struct field limits_fields[] = {
    FIELD("batch_facts", FIELD_INT, AT(limits.batch_facts), .low = 1, .high = 100000),
    FIELD("inbox_facts", FIELD_INT, AT(limits.inbox_facts), .low = 1, .high = 1000000),
    FIELD("snapshot_facts", FIELD_INT, AT(limits.snapshot_facts), .low = 1, .high = 10000000),
    FIELD("in_flight", FIELD_INT, AT(limits.in_flight), .low = 1, .high = 1000),
    FIELD("store_mib_max", FIELD_INT, AT(limits.store_mib_max), .low = 1, .high = 1 << 24),
    FIELD("low_water_mib", FIELD_INT, AT(limits.low_water_mib), .low = 1, .high = 1 << 20),
    FIELD("file_mib_max", FIELD_INT, AT(limits.file_mib_max), .low = 1, .high = 1024),
};
#define SCHEMA(english_, chinese_, fields_)                          \
    {                                                                \
        .english = english_, .chinese = chinese_, .fields = fields_, \
        .count = sizeof(fields_) / sizeof *(fields_)                 \
    }
static const struct schema top_schema = SCHEMA("the configuration", "配置", top_fields);
static const struct {
    const char *key;
    struct schema schema;
} part_schemas[] = {
    {"stdin", SCHEMA("stdin", "stdin", stdin_fields)},
    {"watch", SCHEMA("watch", "watch", watch_fields)},
    {"spool", SCHEMA("spool", "spool", spool_fields)},
    {"limits", SCHEMA("limits", "limits", limits_fields)},
};

static void set_defaults(struct conf *conf)
{
    conf->approvals = APPROVALS_BY_FACT;
    conf->timing = TIME_BY_CLOCK;
    conf->limits.batch_facts = 512;
    conf->limits.inbox_facts = 8192;
    conf->limits.snapshot_facts = 10000;
    conf->limits.in_flight = 64;
    conf->limits.low_water_mib = 64;
    conf->limits.file_mib_max = 64;
}

/* By the facts' clock time stands still while nothing comes in, so nobody is reminded, nothing
 * expires and no silence is an alarm; and whoever may send a fact sets the time.  A rehearsal plays
 * the past through a living daemon all the same, and reaches nobody. */
static void check_clock(const struct conf *conf, const struct yaml *root, struct findings *findings)
{
    if (conf->timing == TIME_BY_FACTS && !conf->rehearsal)
        findings_add(findings, SEV_ERROR, "D039", yaml_place(yaml_get(root, "clock")),
                     tr("write `clock: wall`; to play facts of the past, run in shadow or as a "
                        "drill, or write `rehearsal: true` where only a spool folder is configured",
                        "请改为 clock: wall；回放历史数据请以影子或演练方式运行，或在仅配置 spool "
                        "目录时写 rehearsal: true"),
                     tr("`clock: facts` is not for --live: time stands still while no fact comes "
                        "in, so reminders, deadlines and alarms of silence do not come due",
                        "clock: facts 不得用于 --live：无数据时时间停滞，催办、时限和断数报警"
                        "均不会触发"));
    if (conf->rehearsal && yaml_get(root, "gateways"))
        findings_add(findings, SEV_ERROR, "D029", yaml_place(yaml_get(root, "rehearsal")),
                     tr("leave `gateways` out: a rehearsal has `spool: {folder: …}` alone",
                        "请去掉 gateways：预演仅可配置 spool: {folder: …}"),
                     tr("a rehearsal reaches nobody, and gateways are configured",
                        "预演不得对外发送，但配置了网关"));
}

/* A section that is there but broken is told as what it is, and not as missing. */
static bool names_source(const struct conf *conf, const struct yaml *root, bool stdin_is_good)
{
    static const char *const sections[] = {"watch", "http", "hj212", "mqtt"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (yaml_get(root, sections[i]))
            return true;
    return conf->stdin_.read || !stdin_is_good;
}

static void check_together(const struct conf *conf, const struct yaml *root, bool live,
                           struct findings *findings)
{
    const struct yaml *approvals = yaml_get(root, "approvals"), *drill = yaml_get(root, "drill");
    if (live && conf->approvals == APPROVALS_ALL)
        findings_add(findings, SEV_ERROR, "D030", yaml_place(approvals),
                     tr("write `by_fact`, or run in shadow", "请改为 by_fact，或以影子方式运行"),
                     tr("`approvals: all` approves by itself; that is not for --live",
                        "approvals: all 会自动批准，不得用于 --live"));
    if (live && conf->drill)
        findings_add(findings, SEV_ERROR, "D031", yaml_place(drill),
                     tr("a drill has a configuration, a store and a process of its own",
                        "演练应使用独立的配置、存储和进程"),
                     tr("a drill never runs --live", "演练不得以 --live 运行"));
    if (live)
        check_clock(conf, root, findings);
    if ((live || conf->drill) && !conf->spool && !yaml_get(root, "gateways"))
        findings_add(findings, SEV_ERROR, "D032", yaml_place(root),
                     tr("add `gateways: …`, or `spool: {folder: …}`",
                        "请添加 gateways: …，或 spool: {folder: …}"),
                     tr("there is no channel for the orders to leave by", "未配置任何发送渠道"));
}

static void check_sources(const struct conf *conf, const struct yaml *root, bool stdin_is_good,
                          struct findings *findings)
{
    if (!names_source(conf, root, stdin_is_good))
        findings_add(findings, SEV_WARNING, "D033", yaml_place(root),
                     tr("add `watch: {folder: …}` or `stdin: {read: true}`",
                        "请添加 watch: {folder: …} 或 stdin: {read: true}"),
                     tr("no source is configured: only time will pass", "未配置任何数据来源"));
}

/* "a/b" beside "/etc/yujing.yaml" is "/etc/a/b". */
const char *conf_beside(struct arena *arena, const char *conf_path, const char *path)
{
    const char *slash = strrchr(conf_path, '/');
    if (!path || path[0] == '/' || !slash)
        return path;
    return arena_printf(arena, "%.*s/%s", (int)(slash - conf_path), conf_path, path);
}

const struct yaml *conf_part(const struct conf *conf, const char *key)
{
    return yaml_get(conf->root, key);
}

static void read_overrides(struct conf *conf, const struct yaml *with)
{
    struct buf text = {0};
    if (!with)
        return;
    json_t *json = json_of_yaml(with);
    json_canonical(&text, json);
    json_decref(json);
    conf->with = arena_strdup(&conf->arena, buf_str(&text));
    buf_release(&text);
}

static int read_tree(struct conf *conf, const char *path, bool live, struct findings *findings)
{
    char *text;
    size_t size;
    int err = file_read(path, FILE_BYTES_MAX, &text, &size, findings);
    if (err < 0)
        return err;
    const struct yaml *root = yaml_read(&conf->arena, path, text, size, findings);
    free(text);
    if (!root)
        return ERR_SYNTAX;
    conf->root = root;
    conf->nothing = (struct yaml){.kind = YAML_MAP, .file = path};
    if (schema_read(&top_schema, root, conf, findings)) {
        bool stdin_is_good = true;
        for (size_t i = 0; i < sizeof part_schemas / sizeof *part_schemas; i++) {
            const char *key = part_schemas[i].key;
            const struct yaml *part = yaml_get(root, key);
            if (!part && strcmp(key, "limits") == 0)
                part = &conf->nothing;
            if (part && !schema_read(&part_schemas[i].schema, part, conf, findings) &&
                strcmp(key, "stdin") == 0)
                stdin_is_good = false;
        }
        read_overrides(conf, yaml_get(root, "with"));
        check_together(conf, root, live, findings);
        check_sources(conf, root, stdin_is_good, findings);
    }
    return findings->errors > 0 ? ERR_INVALID : 0;
}

int conf_read(struct conf *ret_conf, const char *path, bool live, struct findings *findings)
{
    memset(ret_conf, 0, sizeof *ret_conf);
    set_defaults(ret_conf);
    const char *kept = arena_strdup(&ret_conf->arena, path);
    ret_conf->path = kept;
    int err = read_tree(ret_conf, kept, live, findings);
    findings_sort(findings);
    ret_conf->policies = conf_beside(&ret_conf->arena, kept, ret_conf->policies);
    ret_conf->store = conf_beside(&ret_conf->arena, kept, ret_conf->store);
    ret_conf->watch = conf_beside(&ret_conf->arena, kept, ret_conf->watch);
    ret_conf->spool = conf_beside(&ret_conf->arena, kept, ret_conf->spool);
    return err;
}

/* Approval is an input of the engine that is no fact; so a store is bound to it, or it would not
 * replay. */
const char *conf_mode(const struct conf *conf)
{
    if (conf->drill)
        return conf->approvals == APPROVALS_ALL ? "drill all" : "drill by_fact";
    return conf->approvals == APPROVALS_ALL ? "live all" : "live by_fact";
}

void conf_release(struct conf *conf)
{
    arena_release(&conf->arena);
}
