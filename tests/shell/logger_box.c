#include "shell/logger_box.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "room.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char policy_text[] =
    "authority: 示例市重污染天气应急指挥部\n"
    "city: \"210100\"\n"
    "zone: Asia/Shanghai\n"
    "valid_from: 2013-01-01\n"
    "documents:\n"
    "  plan: {title: 示例预案, number: 示例〔2024〕1号, date: 2024-01-01}\n"
    "areas:\n"
    "  - {code: \"210100\", name: 示例市, stations: [s1, s2]}\n"
    "stations:\n"
    "  - {id: s1, name: 一号站, district: \"210102\", mn: MN-S1}\n"
    "  - {id: s2, name: 二号站, district: \"210103\"}\n"
    "pollutants: [pm25]\n"
    "levels:\n"
    "  - {name: yellow, title: 黄色, response: Ⅲ级}\n"
    "evidence:\n"
    "  within: 2h\n"
    "  series: {power: production_kw}\n"
    "rules: [rule.lua]\n";
static const char series_text[] =
    "series:\n"
    "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 5000,"
    " codes: [a34004], valid: N}\n"
    "  nox_zs: {kind: measured, step: 1h, span: 1h, unit: mg/m³, low: 0, high: 10000,"
    " codes: [a21002-ZsAvg], valid: N, stopped: F}\n"
    "  production_kw: {kind: measured, step: 1m, span: 1m, unit: kW, low: 0, high: 100000,"
    " valid: N}\n"
    "  smoke: {kind: measured, step: 1m, span: 1m, unit: mg/m³, low: 0, high: 10000,"
    " codes: [a34013], valid: N}\n"
    "  mark: {kind: state, step: 1h, span: 1h, states: [N, F], codes: [p99101]}\n"
    "  aqi_hour: {kind: aqi, step: 1h, span: 1h}\n"
    "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
    "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n";
static const char measures_text[] =
    "measures:\n"
    "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控, reversible: true, scope: "
    "all}\n";
static const char inventory_text[] = "day:\n"
                                     "  industry: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                                     "  mobile: {so2: 1, nox: 1, pm: 1, vocs: 1}\n"
                                     "  dust: {so2: 0, nox: 0, pm: 1, vocs: 0}\n"
                                     "  other: {so2: 1, nox: 1, pm: 1, vocs: 1}\n";
static const char registry_text[] =
    "- id: \"210102-0001\"\n"
    "  name: 示例铸造有限公司\n"
    "  district: \"210102\"\n"
    "  industry: foundry\n"
    "  emits: [pm]\n"
    "  grade: C\n"
    "  day: {so2: 0.01, nox: 0.01, pm: 0.1, vocs: 0.01}\n"
    "  lines:\n"
    "    - {id: L1, name: 1号线, day: {so2: 0.01, nox: 0.01, pm: 0.1, vocs: 0.01},\n"
    "       proof: {power: {mn: MN-P1, point: d20105, stopped_below_kw: 18}}}\n"
    "  outlets:\n"
    "    - {id: DA001, kind: furnace, mn: MN-DA1, limits: {nox: 200}}\n"
    "  measures:\n"
    "    yellow: [{do: stop, lines: [L1]}]\n"
    "  contacts: [{name: 值班室, phone: \"024-0000-0000\"}]\n"
    "- {id: duty-1, kind: office, name: 示例区值守, district: \"210102\", role: district,\n"
    "   contacts: [{name: 值班, phone: \"024-0000-0002\"}]}\n";

struct bundle *logger_bundle(void)
{
    static const char rule[] = "return nil\n";
    const struct bundle_text texts[] = {
        {"policy.yaml", "policy.yaml", policy_text, strlen(policy_text)},
        {"series.yaml", "series.yaml", series_text, strlen(series_text)},
        {"measures.yaml", "measures.yaml", measures_text, strlen(measures_text)},
        {"inventory.yaml", "inventory.yaml", inventory_text, strlen(inventory_text)},
        {"registry/list.yaml", "registry/list.yaml", registry_text, strlen(registry_text)},
        {"rule.lua", "rule.lua", rule, strlen(rule)},
    };
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    int err = bundle_build(&bundle, texts, sizeof texts / sizeof *texts, NULL, &findings);
    for (size_t i = 0; err < 0 && i < findings.count; i++)
        fprintf(stderr, "%s:%d: %s\n", findings.items[i].file, findings.items[i].line,
                findings.items[i].message);
    cr_assert_eq(err, 0);
    findings_release(&findings);
    return bundle;
}

static char folder[] = "/tmp/yujing-loggers-XXXXXX";
static char path[sizeof folder + 32];

const char *logger_file(const char *text)
{
    if (strstr(folder, "XXXXXX"))
        cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/monitors.yaml", folder);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fprintf(file, "monitors:\n%s", text);
    fclose(file);
    chmod(path, 0600);
    return path;
}

void logger_remove(void)
{
    if (!strstr(folder, "XXXXXX"))
        room_remove(folder);
}

void logger_box_packet(struct buf *packets, const char *segment)
{
    buf_printf(packets, "##%04zu%s%04X\r\n", strlen(segment), segment,
               hj212_crc(segment, strlen(segment)));
}

void logger_hour(struct buf *packets, const char *mn, int number, int hour, int value)
{
    char *segment = xasprintf("QN=20261124%09d;ST=22;CN=2061;PW=123456;MN=%s;Flag=5;CP=&&DataTime="
                              "20261124%02d0000;a34004-Avg=%d,a34004-Flag=N&&",
                              number, mn, hour, value);
    logger_box_packet(packets, segment);
    free(segment);
}
