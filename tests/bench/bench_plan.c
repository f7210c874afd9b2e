/* Large bundles: loading, checking and planning.
 *
 * usage: bench_plan ENTERPRISES [FOLDER [HEAVY]]
 * Makes a bundle of that many enterprises with four lines each over 13 districts (seeded, always
 * the same), loads and checks it, and builds the plan of an orange warning for all of them: orders,
 * texts, shares, hash.  With FOLDER the bundle is also written there, with HEAVY (200) as the
 * figure of the first clause, for `yujing diff`.  Prints one line of key=value words. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "engine/plan.h"
#include "model/bundle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { DISTRICTS = 13, LINES = 4, TEXTS = DISTRICTS + 6 };
static const char *const districts[DISTRICTS] = {"210102", "210103", "210104", "210105", "210106",
                                                 "210111", "210112", "210113", "210114", "210115",
                                                 "210123", "210124", "210181"};
static const char *const grades[] = {"A", "B", "B-", "C", "D"};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void enterprise(struct buf *buf, const char *district, int number)
{
    int grade = number % 5;
    buf_printf(
        buf,
        "- id: \"%s-%05d\"\n  name: 沈阳示例%d号有限公司\n  credit_code: 91210106XXXXXXXXXX\n"
        "  district: \"%s\"\n  industry: other\n  emits: [pm, nox]\n  grade: %s\n"
        "  class: normal\n  day: {so2: 0.004, nox: 0.012, pm: 0.008, vocs: 0.008}\n  lines:\n",
        district, number, number, district, grades[grade]);
    for (int line = 1; line <= LINES; line++)
        buf_printf(
            buf,
            "    - {id: L%d, name: %d#生产线, day: {so2: 0.001, nox: 0.003, pm: 0.002, vocs: "
            "0.002}}\n",
            line, line);
    buf_puts(buf, "  measures:\n");
    if (grade > 0)
        buf_puts(
            buf,
            "    yellow: [{do: stop, lines: [L1]}]\n"
            "    orange: [{do: stop, lines: [L1, L2]}, {do: limit, lines: [L3], percent: 30}]\n"
            "    red: [{do: stop, lines: [L1, L2, L3, L4]}]\n");
    else
        buf_puts(buf, "    yellow: []\n    orange: []\n    red: []\n");
    buf_puts(buf, "  contacts: [{name: 值班室, phone: \"024-00000000\"}]\n");
}

static void policy(struct buf *buf)
{
    buf_puts(buf,
             "authority: 沈阳市重污染天气应急指挥部\ncity: \"210100\"\nzone: Asia/Shanghai\n"
             "valid_from: 2013-01-01\nareas:\n"
             "  - {code: \"210100\", name: 沈阳市, stations: [taiyuanjie, xiaoheyan]}\nstations:\n"
             "  - {id: taiyuanjie, name: 太原街, district: \"210102\"}\n"
             "  - {id: xiaoheyan, name: 小河沿, district: \"210103\"}\n"
             "pollutants: [pm25]\nlevels:\n"
             "  - {name: yellow, title: 黄色, response: Ⅲ级, share: 10}\n"
             "  - {name: orange, title: 橙色, response: Ⅱ级, share: 20}\n"
             "  - {name: red, title: 红色, response: Ⅰ级, share: 30}\nrules: [ladder.lua]\n");
}

static void series(struct buf *buf)
{
    buf_puts(buf,
             "series:\n"
             "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, "
             "high: 5000, valid: N}\n"
             "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
             "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n");
}

static void rule(struct buf *buf, const char *heavy)
{
    buf_printf(
        buf,
        "return warning \"heavy-pollution\" { title = \"重污染天气预警\", area = \"210100\",\n"
        "  levels = {\n"
        "    { \"yellow\", issue_when = any {\n"
        "        { timeline = \"aqi_day\", above = %s, lasting = \"24h\" },\n"
        "        { timeline = \"aqi_day\", above = 150, lasting = \"48h\" } } },\n"
        "    { \"orange\", issue_when = any {\n"
        "        { timeline = \"aqi_day\", above = %s, lasting = \"48h\" },\n"
        "        { timeline = \"aqi_day\", above = 150, lasting = \"72h\" } } },\n"
        "    { \"red\", issue_when = all {\n"
        "        { timeline = \"aqi_day\", above = %s, lasting = \"72h\" },\n"
        "        { timeline = \"aqi_day\", above = 300, lasting = \"24h\" } } } },\n"
        "  lift_when = all { { observed = \"aqi_24h\", at_most = 150 },\n"
        "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"36h\" } } }\n",
        heavy, heavy, heavy);
}

static void measures(struct buf *buf)
{
    buf_puts(buf,
             "measures:\n"
             "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控, reversible: true, "
             "scope: all}\n"
             "  limit: {kind: limit, text: \"{lines}限产{percent}%\", proof: 用电监控, reversible: "
             "true, scope: all}\n");
}

static void inventory(struct buf *buf, int count)
{
    static const char *const sectors[] = {"industry", "mobile", "dust", "other"};
    static const int shares[] = {60, 15, 15, 10};
    buf_puts(buf, "day:\n");
    for (int i = 0; i < 4; i++)
        buf_printf(buf, "  %s: {so2: %d.%03d, nox: %d.%03d, pm: %d.%03d, vocs: %d.%03d}\n",
                   sectors[i], count * 4 * shares[i] / 60000, count * 4 * shares[i] / 60 % 1000,
                   count * 12 * shares[i] / 60000, count * 12 * shares[i] / 60 % 1000,
                   count * 8 * shares[i] / 60000, count * 8 * shares[i] / 60 % 1000,
                   count * 8 * shares[i] / 60000, count * 8 * shares[i] / 60 % 1000);
}

struct texts {
    struct buf bufs[TEXTS];
    char *names[TEXTS];
    size_t count;
};

static struct buf *next(struct texts *texts, char *name)
{
    texts->names[texts->count] = name;
    return &texts->bufs[texts->count++];
}

static void make(struct texts *texts, int count, const char *heavy)
{
    policy(next(texts, xstrdup("policy.yaml")));
    series(next(texts, xstrdup("series.yaml")));
    rule(next(texts, xstrdup("ladder.lua")), heavy);
    measures(next(texts, xstrdup("measures.yaml")));
    inventory(next(texts, xstrdup("inventory.yaml")), count);
    for (int d = 0; d < DISTRICTS; d++) {
        struct buf *buf = next(texts, xasprintf("registry/%s.yaml", districts[d]));
        for (int i = d; i < count; i += DISTRICTS)
            enterprise(buf, districts[d], i);
    }
}

static void write_all(const struct texts *texts, const char *folder)
{
    struct findings findings = {0};
    char *registry = xasprintf("%s/registry", folder);
    mkdir(folder, 0777);
    mkdir(registry, 0777);
    for (size_t i = 0; i < texts->count; i++) {
        char *path = xasprintf("%s/%s", folder, texts->names[i]);
        if (file_write_atomic(path, texts->bufs[i].data, texts->bufs[i].size, &findings) < 0)
            exit(1);
        free(path);
    }
    free(registry);
}

static void die(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        if (findings->items[i].severity == SEV_ERROR)
            fprintf(stderr, "%s:%d:%d: [%s] %s\n", findings->items[i].file, findings->items[i].line,
                    findings->items[i].col, findings->items[i].code, findings->items[i].message);
    exit(1);
}

static double plan_time(struct program *program, size_t *ret_orders)
{
    const struct policy *about = program_policy(program);
    size_t rules;
    const struct rule *warning = program_rules(program, &rules);
    struct holding *holdings = xcalloc(about->registry.count + 1, sizeof *holdings);
    struct demand demand = {.rule = warning, .level = 1, .from = 0, .to = INSTANT_NONE};
    struct plan_context context = {.rule = warning,
                                   .subject = "210100",
                                   .revision = 1,
                                   .kind = "issue",
                                   .level = 1,
                                   .from_level = -1};
    const char *failure = NULL;
    struct plan plan;
    double start = now();
    if (plan_build(&plan, program, &context, &demand, 1, holdings, &failure) < 0)
        exit(1);
    double spent = now() - start;
    *ret_orders = plan.count;
    plan_release(&plan);
    free(holdings);
    return spent;
}

int main(int argc, char **argv)
{
    struct texts texts = {0};
    struct bundle_text given[TEXTS];
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    struct program *program = NULL;
    size_t orders;
    if (argc < 2)
        return 2;
    int count = (int)strtol(argv[1], NULL, 10);
    make(&texts, count, argc > 3 ? argv[3] : "200");
    if (argc > 2)
        write_all(&texts, argv[2]);
    for (size_t i = 0; i < texts.count; i++)
        given[i] = (struct bundle_text){texts.names[i], texts.names[i], texts.bufs[i].data,
                                        texts.bufs[i].size};
    double start = now();
    if (bundle_build(&bundle, given, texts.count, NULL, &findings) < 0)
        die(&findings);
    double loaded = now();
    if (program_new(&program, bundle, &findings) < 0)
        die(&findings);
    double planned = plan_time(program, &orders);
    printf("name=bundle events=%d lines=%d orders=%zu load_s=%.4f plan_s=%.4f\n", count,
           count * LINES, orders, loaded - start, planned);
    program_free(program);
    bundle_free(bundle);
    findings_release(&findings);
    for (size_t i = 0; i < texts.count; i++) {
        buf_release(&texts.bufs[i]);
        free(texts.names[i]);
    }
    return 0;
}
