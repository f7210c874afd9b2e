/* Schemas and defaults of the parts. */
#include "shell/upkeep_conf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/url.h"
#include "base/yaml.h"
#include "model/records.h"
#include "model/schema.h"
#include "shell/conf.h"

static const char *const format_words[] = {"text", "json", NULL}; /* as enum log_format */

#define AT(member) offsetof(struct upkeep_conf, member)
static const struct field log_fields[] = {
    FIELD("format", FIELD_WORD, AT(log.format), .words = format_words),
    FIELD("lines_a_minute", FIELD_INT, AT(log.lines_a_minute), .low = 1, .high = 1000000),
};
static const struct field backup_fields[] = {
    FIELD("folder", FIELD_TEXT, AT(backup.folder), .required = true),
    FIELD("every", FIELD_SPAN, AT(backup.every), .low = MINUTE_MS, .high = 31 * (int64_t)DAY_MS),
    FIELD("keep", FIELD_INT, AT(backup.keep), .low = 1, .high = 1000),
};
static const struct field retention_fields[] = {
    FIELD("folder", FIELD_TEXT, AT(retention.folder), .required = true),
    FIELD("days", FIELD_INT, AT(retention.days), .low = 1, .high = 36500),
};
static const struct field self_check_fields[] = {
    FIELD("every", FIELD_SPAN, AT(self_check.every), .low = MINUTE_MS,
          .high = 366 * (int64_t)DAY_MS),
    FIELD("within", FIELD_SPAN, AT(self_check.within), .low = SECOND_MS, .high = DAY_MS),
};
struct read_dead_man {
    struct dead_man_conf conf;
    const struct yaml *allow;
};
static const struct field dead_man_fields[] = {
    FIELD("url", FIELD_TEXT, offsetof(struct read_dead_man, conf.url)),
    FIELD("url_file", FIELD_TEXT, offsetof(struct read_dead_man, conf.url_file)),
    FIELD("every", FIELD_SPAN, offsetof(struct read_dead_man, conf.every), .low = SECOND_MS,
          .high = DAY_MS),
    FIELD("timeout", FIELD_SPAN, offsetof(struct read_dead_man, conf.timeout), .low = 100,
          .high = MINUTE_MS),
    FIELD("allow", FIELD_TEXTS, offsetof(struct read_dead_man, allow), .low = 0, .high = 64),
    FIELD("ca_file", FIELD_TEXT, offsetof(struct read_dead_man, conf.ca_file)),
};
#define SCHEMA(english_, chinese_, fields_)                          \
    {                                                                \
        .english = english_, .chinese = chinese_, .fields = fields_, \
        .count = sizeof(fields_) / sizeof *(fields_)                 \
    }
static const struct schema log_schema = SCHEMA("the log", "日志配置", log_fields);
static const struct schema backup_schema = SCHEMA("the backup", "备份配置", backup_fields);
static const struct schema retention_schema = SCHEMA("the retention", "留存配置", retention_fields);
static const struct schema self_check_schema =
    SCHEMA("the self-check", "自检配置", self_check_fields);
static const struct schema dead_man_schema =
    SCHEMA("the dead man's switch", "外部看门狗配置", dead_man_fields);

/* ---- retention ------------------------------------------------------------ */

static void check_retention(struct upkeep_conf *upkeep, const struct yaml *part,
                            struct findings *findings)
{
    int64_t least = records_days_min();
    if (upkeep->retention.days >= least)
        return;
    findings_add(findings, SEV_ERROR, "D080", yaml_place(yaml_get(part, "days")), RECORDS_FILE,
                 tr("records must be kept for at least %lld days", "记录至少须留存 %lld 天"),
                 (long long)least);
}

/* ---- the dead man's switch ------------------------------------------------ */

static void read_rules(struct upkeep_conf *upkeep, const struct yaml *allow,
                       struct findings *findings)
{
    size_t count = allow ? allow->count : 0;
    struct address_rule *rules = arena_alloc(&upkeep->arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const char *problem = NULL;
        if (address_rule_parse(&rules[i], allow->items[i]->text, &problem) < 0)
            findings_add(findings, SEV_ERROR, "D050", yaml_place(allow->items[i]),
                         tr("10.20.0.0/16, 10.20.3.4:8443 or [fd00::/8]:443",
                            "例如 10.20.0.0/16、10.20.3.4:8443 或 [fd00::/8]:443"),
                         "%s", problem);
    }
    upkeep->dead_man.allowed = (struct address_rules){rules, count};
}

int dead_man_url_check(const struct dead_man_conf *conf, const char *text, struct place place,
                       struct findings *findings)
{
    struct url url;
    const char *problem = NULL;
    if (url_read(&url, text, &problem) == 0 && url_check(&url, &conf->allowed, &problem) == 0)
        return 0;
    findings_add(findings, SEV_ERROR, "D081", place,
                 tr("write a public address with https, or list it: dead_man: {allow: "
                    "[\"10.20.3.4:8443\"]}",
                    "请写公网 https 地址，或将该地址列入 dead_man: {allow: [\"10.20.3.4:8443\"]}"),
                 tr("the dead man's switch cannot be called at this URL: %s",
                    "外部看门狗不能使用此 URL：%s"),
                 problem);
    return ERR_INVALID;
}

static void check_url(const struct upkeep_conf *upkeep, const struct yaml *part,
                      struct findings *findings)
{
    const struct dead_man_conf *conf = &upkeep->dead_man;
    if (!conf->url == !conf->url_file)
        findings_add(
            findings, SEV_ERROR, "D081", yaml_place(part), NULL, "%s",
            tr("write `url` or `url_file`, one of them", "url 与 url_file 须且只能写一个"));
    else if (conf->url)
        (void)dead_man_url_check(conf, conf->url, yaml_place(yaml_get(part, "url")), findings);
}

static void read_dead_man(struct upkeep_conf *upkeep, const struct yaml *part,
                          const char *conf_path, struct findings *findings)
{
    struct read_dead_man read = {.conf = upkeep->dead_man};
    if (!schema_read(&dead_man_schema, part, &read, findings))
        return;
    upkeep->dead_man = read.conf;
    struct dead_man_conf *conf = &upkeep->dead_man;
    conf->url_file = conf_beside(&upkeep->arena, conf_path, conf->url_file);
    conf->ca_file = conf_beside(&upkeep->arena, conf_path, conf->ca_file);
    read_rules(upkeep, read.allow, findings);
    check_url(upkeep, part, findings);
}

/* ---- all ------------------------------------------------------------------ */

static void set_defaults(struct upkeep_conf *upkeep)
{
    upkeep->log.lines_a_minute = 200;
    upkeep->backup.every = DAY_MS;
    upkeep->backup.keep = 7;
    upkeep->retention.days = 1095;
    upkeep->self_check.every = 7 * (span_ms)DAY_MS;
    upkeep->self_check.within = HOUR_MS;
    upkeep->dead_man.every = 5 * MINUTE_MS;
    upkeep->dead_man.timeout = 10 * SECOND_MS;
}

static void read_parts(struct upkeep_conf *upkeep, const struct conf *conf,
                       struct findings *findings)
{
    const struct yaml *part;
    if ((part = conf_part(conf, "log")))
        schema_read(&log_schema, part, upkeep, findings);
    if ((part = conf_part(conf, "backup")))
        schema_read(&backup_schema, part, upkeep, findings);
    if ((part = conf_part(conf, "retention")) &&
        schema_read(&retention_schema, part, upkeep, findings))
        check_retention(upkeep, part, findings);
    if ((part = conf_part(conf, "self_check")))
        schema_read(&self_check_schema, part, upkeep, findings);
    else
        upkeep->self_check.every = 0;
    if ((part = conf_part(conf, "dead_man")))
        read_dead_man(upkeep, part, conf->path, findings);
    upkeep->anchors = yaml_text(conf->root, "anchors");
}

int upkeep_conf_read(struct upkeep_conf *ret_upkeep, const struct conf *conf,
                     struct findings *findings)
{
    size_t errors = findings->errors;
    *ret_upkeep = (struct upkeep_conf){0};
    set_defaults(ret_upkeep);
    read_parts(ret_upkeep, conf, findings);
    struct arena *arena = &ret_upkeep->arena;
    ret_upkeep->backup.folder = conf_beside(arena, conf->path, ret_upkeep->backup.folder);
    ret_upkeep->retention.folder = conf_beside(arena, conf->path, ret_upkeep->retention.folder);
    ret_upkeep->anchors = conf_beside(arena, conf->path, ret_upkeep->anchors);
    return findings->errors > errors ? ERR_INVALID : 0;
}

void upkeep_conf_release(struct upkeep_conf *upkeep)
{
    arena_release(&upkeep->arena);
}
