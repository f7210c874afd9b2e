#include "store_box.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "store/guard.h"
#include <criterion/criterion.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void box_make(struct store_box *box)
{
    memset(box, 0, sizeof *box);
    strcpy(box->folder, "/tmp/yujing-store-XXXXXX");
    cr_assert_not_null(mkdtemp(box->folder));
    box->path = xasprintf("%s/store.db", box->folder);
}

void box_open(struct store_box *box)
{
    struct store_options options = {.mode = "live by_fact"};
    int err = store_open(&box->store, box->path, &options, &box->trouble, &box->findings);
    cr_assert_eq(err, 0, "%s", box->findings.count ? box->findings.items[0].message : "?");
}

void box_close(struct store_box *box)
{
    store_close(box->store);
    box->store = NULL;
}

static void run(const char *format, const char *a, const char *b)
{
    char *command = xasprintf(format, a, b);
    cr_assert_eq(system(command), 0, "%s", command);
    free(command);
}

void box_crash(struct store_box *box)
{
    char *after = xasprintf("%s.x", box->path);
    run("cp %s %s", box->path, after);
    run("cp %s-wal %s-wal", box->path, after);
    box_close(box);
    free(box->path);
    box->path = after;
    box_open(box);
}

void box_remove(struct store_box *box)
{
    box_close(box);
    run("rm -rf %s%s", box->folder, "");
    findings_release(&box->findings);
    free(box->path);
}

unsigned box_mode(const char *path, const char *suffix)
{
    struct stat info;
    char *name = xasprintf("%s%s", path, suffix ? suffix : "");
    unsigned mode = stat(name, &info) == 0 ? info.st_mode & 07777 : 0;
    free(name);
    return mode;
}

void box_meddle(struct store_box *box, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    struct guard *guard = guard_new(&(struct guard_options){0});
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    cr_assert_eq(sqlite3_open_v2(box->path, &db, flags, guard_vfs(guard)), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_OK, "%s", why);
    sqlite3_close(db);
    guard_free(guard);
}

const char *box_refusal(struct store_box *box, const char *sql)
{
    static char reason[256];
    sqlite3 *db;
    char *why = NULL;
    cr_assert_eq(sqlite3_open(box->path, &db), SQLITE_OK);
    cr_assert_neq(sqlite3_exec(db, sql, NULL, NULL, &why), SQLITE_OK);
    snprintf(reason, sizeof reason, "%s", why);
    sqlite3_free(why);
    sqlite3_close(db);
    return reason;
}

struct store_tx *box_begin(struct store_box *box)
{
    struct store_tx *tx = NULL;
    cr_assert_eq(store_begin(box->store, 1, &tx), 0, "%s", store_message(box->store));
    return tx;
}

void box_commit(struct store_tx *tx)
{
    cr_assert_eq(store_commit(tx), 0);
}

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
    "  - {id: s1, name: 一号站, district: \"210102\"}\n"
    "  - {id: s2, name: 二号站, district: \"210103\"}\n"
    "pollutants: [pm25]\n"
    "levels:\n"
    "  - {name: yellow, title: 黄色, response: Ⅲ级}\n"
    "  - {name: orange, title: 橙色, response: Ⅱ级}\n"
    "  - {name: red, title: 红色, response: Ⅰ级}\n";
static const char series_text[] =
    "series:\n"
    "  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, high: 5000,"
    " valid: N}\n"
    "  production_kw: {kind: measured, step: 1m, span: 1m, unit: kW, low: 0, high: 100000,"
    " valid: N}\n"
    "  aqi_hour: {kind: aqi, step: 1h, span: 1h}\n"
    "  aqi_24h: {kind: aqi, step: 1h, span: 24h}\n"
    "  aqi_day: {kind: aqi, step: 24h, span: 24h}\n";

struct bundle *box_bundle(const char *script, const char *source)
{
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    char *policy = xasprintf("%srules: [%s]\n", policy_text, script);
    struct bundle_text texts[] = {
        {"policy.yaml", "policy.yaml", policy, strlen(policy)},
        {"series.yaml", "series.yaml", series_text, strlen(series_text)},
        {script, script, source, strlen(source)},
    };
    int err = bundle_build(&bundle, texts, 3, NULL, &findings);
    cr_assert_eq(err, 0, "%s", findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
    free(policy);
    return bundle;
}

struct fact box_reading(const char *id, instant_ms arrival, micro value)
{
    static struct reading_value values[64];
    static int used;
    struct reading_value *one = &values[used++ % 64];
    *one = (struct reading_value){.series = "pm25", .value = value};
    return (struct fact){
        .kind = FACT_READING,
        .time = arrival - HOUR_MS,
        .arrival = arrival,
        .source = "test",
        .id = id,
        .subject = "s1",
        .reading = {.values = one, .count = 1, .period = HOUR_MS},
    };
}
