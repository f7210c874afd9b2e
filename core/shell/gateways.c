/* Reading `gateways:`. */
#include "shell/gateways.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/conf.h"
#include <stdlib.h>

/* What every kind has.  Twelve attempts with the pauses of pace.h span more than six hours. */
static const struct gateway defaults = {
    .concurrency = 64, .per_host = 2, .attempts_max = 12, .timeout = 30 * SECOND_MS};

struct common {
    const char *kind;
    micro rate;
    int burst, concurrency, per_host, attempts_max;
    span_ms timeout;
};
static const struct field common_fields[] = {
    FIELD("kind", FIELD_TEXT, offsetof(struct common, kind), .required = true),
    FIELD("rate", FIELD_MICRO, offsetof(struct common, rate), .low = MICRO / 1000,
          .high = 100000 * (int64_t)MICRO, .unit = "/s"),
    FIELD("burst", FIELD_INT, offsetof(struct common, burst), .low = 1, .high = 100000),
    FIELD("concurrency", FIELD_INT, offsetof(struct common, concurrency), .low = 1, .high = 4096),
    FIELD("per_host", FIELD_INT, offsetof(struct common, per_host), .low = 1, .high = 4096),
    FIELD("attempts_max", FIELD_INT, offsetof(struct common, attempts_max), .low = 1, .high = 1000),
    FIELD("timeout", FIELD_SPAN, offsetof(struct common, timeout), .low = SECOND_MS / 10,
          .high = 10 * MINUTE_MS),
};
static const struct schema common_schema = {"a gateway", "发送网关", common_fields,
                                            sizeof common_fields / sizeof *common_fields, true};

struct gateways_reading {
    struct gateways *gateways;
    const struct conf *conf;
    struct findings *findings;
};

static const struct channel *channel_named(struct gateways_reading *reading,
                                           const struct yaml *node, const char *kind)
{
    const struct channel *channel = channel_of(kind);
    if (channel)
        return channel;
    size_t count = 0;
    while (channel_kinds()[count])
        count++;
    char *known = str_join(channel_kinds(), count, tr(", ", "、"));
    const char *hint = arena_printf(&reading->gateways->arena, tr("known: %s", "可用：%s"), known);
    free(known);
    findings_add(reading->findings, SEV_ERROR, "D034", yaml_place(yaml_get(node, "kind")), hint,
                 tr("there is no channel of kind “%s”", "没有“%s”这种发送渠道"), kind);
    return NULL;
}

/* `kind` is given for the older form, whose node does not say it. */
static void read_one(struct gateways_reading *reading, const char *name, const struct yaml *node,
                     const char *kind)
{
    struct common common = {
        .kind = kind,
        .concurrency = reading->conf->limits.in_flight,
        .per_host = defaults.per_host,
        .attempts_max = defaults.attempts_max,
        .timeout = defaults.timeout,
    };
    if (!kind && !schema_read(&common_schema, node, &common, reading->findings))
        return;
    const struct channel *channel = channel_named(reading, node, common.kind);
    void *own = NULL;
    if (!channel || channel->read(&own, &reading->gateways->arena, node, reading->conf->path,
                                  reading->findings) < 0)
        return;
    int burst = common.burst > 0 ? common.burst : (int)(common.rate / MICRO);
    reading->gateways->items[reading->gateways->count++] = (struct gateway){
        .name = name,
        .channel = channel,
        .conf = own,
        .rate = common.rate,
        .burst = burst > 0 ? burst : 1,
        .concurrency = common.concurrency,
        .per_host = common.per_host,
        .attempts_max = common.attempts_max,
        .timeout = common.timeout,
        .node = node,
    };
}

int gateways_read(struct gateways *ret_gateways, const struct conf *conf, struct findings *findings)
{
    const struct yaml *map = conf_part(conf, "gateways"), *spool = conf_part(conf, "spool");
    struct gateways_reading reading = {ret_gateways, conf, findings};
    size_t errors = findings->errors;
    *ret_gateways = (struct gateways){0};
    ret_gateways->items =
        arena_alloc(&ret_gateways->arena, (GATEWAYS_MAX + 1) * sizeof *ret_gateways->items);
    if (map && map->count > GATEWAYS_MAX)
        findings_add(findings, SEV_ERROR, "D035", yaml_place(map), NULL,
                     tr("more than %d gateways", "发送网关超过 %d 个"), GATEWAYS_MAX);
    for (size_t i = 0; map && i < map->count && i < GATEWAYS_MAX; i++)
        if (schema_is_map(map->items[i], map->keys[i]->text, findings))
            read_one(&reading, map->keys[i]->text, map->items[i], NULL);
    if (spool && spool->kind == YAML_MAP && gateways_find(ret_gateways, "spool") < 0)
        read_one(&reading, "spool", spool, "spool");
    return findings->errors > errors ? ERR_INVALID : 0;
}

int gateways_find(const struct gateways *gateways, const char *name)
{
    for (size_t i = 0; i < gateways->count; i++)
        if (str_equal(gateways->items[i].name, name))
            return (int)i;
    return -1;
}

void gateways_release(struct gateways *gateways)
{
    arena_release(&gateways->arena);
    *gateways = (struct gateways){0};
}
