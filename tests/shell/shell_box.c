#include "shell_box.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "shell/conf.h"
#include "store/db.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char measures_text[] =
    "measures:\n"
    "  stop: {kind: stop, text: \"{lines}停止生产\", proof: 用电监控,"
    " reversible: true, scope: all}\n";
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
    "  measures:\n"
    "    yellow: [{do: stop, lines: [L1]}]\n"
    "    orange: [{do: stop, lines: [L1]}]\n"
    "    red: [{do: stop, lines: [L1]}]\n"
    "  contacts:\n"
    "    - {name: 值班室, phone: \"024-0000-0000\", webhook: \"https://plant.example/in\",\n"
    "       email: duty@plant.example}\n"
    "    - {name: 厂长, phone: \"024-0000-0001\", webhook: \"https://plant.example/boss\"}\n"
    "- {id: duty-1, kind: office, name: 示例区值守, district: \"210102\", role: district,\n"
    "   contacts: [{name: 值班, phone: \"024-0000-0002\", webhook: \"https://duty.example/in\"}]}\n"
    "- {id: team-1, kind: office, name: 示例执法队, district: \"210102\", role: enforcement,\n"
    "   contacts: [{name: 值班, phone: \"024-0000-0003\", webhook: "
    "\"https://team.example/in\"}]}\n";
static const char issue_text[] = "关于启动{title}的通知\n{action}\n";
static const char lift_text[] = "关于解除{title}的通知\n{action}\n";
static const char ladder_text[] =
    "return warning \"heavy-pollution\" {\n"
    "  title = \"重污染天气预警\", basis = doc \"plan\", area = \"210100\",\n"
    "  levels = {\n"
    "    { \"yellow\", issue_when = { timeline = \"aqi_day\", above = 150, lasting = \"24h\" } },\n"
    "    { \"orange\", issue_when = { timeline = \"aqi_day\", above = 200, lasting = \"48h\" } } "
    "},\n"
    "  lift_when = all { { observed = \"aqi_24h\", at_most = 150 },\n"
    "                    { forecast = \"aqi_day\", at_most = 150, lasting = \"48h\" } },\n"
    "}\n";

static const char *const bulletins[] = {"100,180,180,100,100,100", "210,220,230,100,100,100",
                                        "220,230,100,90,90,90",    "230,100,90,90,90,90",
                                        "100,90,90,90,90,90",      "90,90,90,90,90,90"};

static instant_ms at_hour(int hour)
{
    struct civil civil = {.year = 2015, .month = 11, .day = 1};
    return instant_of(&civil, 8 * HOUR_MS) + hour * (instant_ms)HOUR_MS;
}

const struct fact *shell_fact(struct shell_box *shell, const char *text)
{
    struct findings findings = {0};
    struct fact *fact = arena_alloc(&shell->arena, sizeof *fact);
    struct place place = {.file = "test"};
    int err = fact_of_text(fact, &shell->arena, text, strlen(text), 8 * HOUR_MS, place, &findings);
    cr_assert_eq(err, 0, "%s: %s", text, findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
    return fact;
}

static void add_reading(struct shell_box *shell, size_t *count, const char *station, int hour)
{
    struct buf text = {0};
    buf_printf(&text,
               "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"test\",\"id\":"
               "\"%s/%d\",\"subject\":\"%s\",\"time\":\"",
               station, hour, station);
    instant_print(&text, at_hour(hour), 8 * HOUR_MS);
    buf_printf(&text, "\",\"data\":{\"values\":{\"pm25\":%d},\"period\":\"PT1H\"}}",
               hour < 20 || hour > 50 ? 60 : 190);
    shell->facts[(*count)++] = shell_fact(shell, buf_str(&text));
    buf_release(&text);
}

static void add_bulletin(struct shell_box *shell, size_t *count, int number, int hour)
{
    struct buf text = {0};
    buf_printf(&text,
               "{\"specversion\":\"1.0\",\"type\":\"forecast\",\"source\":\"test\",\"id\":"
               "\"b%d\",\"subject\":\"210100\",\"data\":{\"series\":\"aqi_day\",\"issued\":\"",
               number);
    instant_print(&text, at_hour(hour), 8 * HOUR_MS);
    buf_puts(&text, "\",\"start\":\"");
    instant_print_short(&text, at_hour(hour / 24 * 24), 8 * HOUR_MS);
    buf_printf(&text, "\",\"step\":\"P1D\",\"values\":[%s],\"primary\":[\"pm25\"]}}",
               bulletins[number]);
    shell->facts[(*count)++] = shell_fact(shell, buf_str(&text));
    buf_release(&text);
}

static void make_facts(struct shell_box *shell)
{
    size_t count = 0;
    for (int hour = 0; hour < 72; hour++) {
        add_reading(shell, &count, "s1", hour);
        add_reading(shell, &count, "s2", hour);
        if ((hour + 1) % 24 == 8 || (hour + 1) % 24 == 16)
            add_bulletin(shell, &count, hour / 24 * 2 + ((hour + 1) % 24 == 16), hour + 1);
    }
    cr_assert_eq(count, SHELL_FACTS);
}

static void make_bundle(struct shell_box *shell, const char *rule, const char *with)
{
    const char *source = rule ? rule : ladder_text;
    struct bundle *small = box_bundle("rule.lua", source), *bundle = NULL;
    struct findings findings = {0};
    struct bundle_text texts[10] = {
        {"measures.yaml", "measures.yaml", measures_text, strlen(measures_text)},
        {"inventory.yaml", "inventory.yaml", inventory_text, strlen(inventory_text)},
        {"registry/list.yaml", "registry/list.yaml", registry_text, strlen(registry_text)},
        {"notices/public_issue.txt", "notices/public_issue.txt", issue_text, strlen(issue_text)},
        {"notices/public_lift.txt", "notices/public_lift.txt", lift_text, strlen(lift_text)},
    };
    for (size_t i = 0; i < small->text_count && i < 5; i++)
        texts[5 + i] = small->texts[i];
    int err = bundle_build(&bundle, texts, 5 + small->text_count, with, &findings);
    for (size_t i = 0; err < 0 && i < findings.count; i++)
        fprintf(stderr, "%s:%d: %s\n", findings.items[i].file, findings.items[i].line,
                findings.items[i].message);
    cr_assert_eq(err, 0);
    findings_release(&findings);
    bundle_free(small);
    shell->bundle = bundle;
}

void shell_make(struct shell_box *shell, const char *rule)
{
    shell_make_with(shell, rule, NULL);
}

void shell_make_with(struct shell_box *shell, const char *rule, const char *with)
{
    memset(shell, 0, sizeof *shell);
    box_make(&shell->box);
    make_bundle(shell, rule, with);
    make_facts(shell);
    shell->gateway = memory_gateway();
    shell->gateways = memory_gateways(&shell->gateway);
    shell->options = (struct pipeline_options){
        .effects = EFFECTS_LIVE,
        .approvals = APPROVALS_ALL,
        .timing = TIME_BY_FACTS,
        .clock = clock_fake(&shell->now),
        .with_json = with,
        .snapshot_facts = 40,
    };
    box_open(&shell->box);
    shell_route(shell, "routes: [{letters: [order, release, task], by: [memory]}]\n");
    shell_open(shell);
}

void shell_route(struct shell_box *shell, const char *yaml)
{
    struct findings findings = {0};
    struct conf conf = {.path = "test"};
    conf.root = yaml_read(&shell->routes_arena, "test", yaml, strlen(yaml), &findings);
    routing_free(shell->routing);
    cr_assert_eq(routing_read(&shell->routing, &conf, &shell->gateways, &findings), 0, "%s",
                 findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
    shell->options.routing = shell->routing;
}

void shell_open(struct shell_box *shell)
{
    shell->pipeline = pipeline_new(shell->box.store, shell->bundle, &shell->options);
}

void shell_crash(struct shell_box *shell)
{
    box_crash(&shell->box);
    pipeline_free(shell->pipeline);
    shell_open(shell);
}

void shell_remove(struct shell_box *shell)
{
    pipeline_free(shell->pipeline);
    box_remove(&shell->box);
    routing_free(shell->routing);
    arena_release(&shell->routes_arena);
    bundle_free(shell->bundle);
    arena_release(&shell->arena);
}

static void add_tally(struct tally *to, const struct tally *from)
{
    to->taken += from->taken;
    to->repeats += from->repeats;
    to->conflicts += from->conflicts;
}

int shell_turn(struct shell_box *shell, size_t first, size_t count)
{
    struct turn turn = {0};
    struct delivery delivery = {.facts = &shell->facts[first], .count = count};
    turn.deliveries = count > 0 ? &delivery : NULL;
    int err = pipeline_turn(shell->pipeline, &turn);
    for (size_t i = 0; err < 0 && i < turn.findings.count; i++)
        fprintf(stderr, "%s\n", turn.findings.items[i].message);
    for (size_t i = 0; i < turn.events.count; i++)
        shell->differs += str_equal(turn.events.items[i].name, "recovered.differs");
    if (err == 0) {
        shell->turns++;
        add_tally(&shell->tally, &delivery.tally);
        for (struct parcel *p = turn.parcels; p; p = p->next)
            shell->under_way++;
        struct turn back = {.returned = turn.parcels};
        turn.parcels = NULL;
        if (back.returned)
            err = pipeline_turn(shell->pipeline, &back);
        parcels_free(back.returned);
        turn_release(&back);
    }
    turn_release(&turn);
    return err;
}

void shell_stop(struct shell_box *shell)
{
    struct turn turn = {.last = true};
    cr_assert_eq(pipeline_turn(shell->pipeline, &turn), 0);
    turn_release(&turn);
}

static int tell_row(void *arg, const struct ledger_row *row)
{
    buf_printf(arg, "%s\n", row->line);
    return 0;
}

static int tell_order(void *arg, const struct consignment *consignment)
{
    buf_printf(arg, "%s %s %.*s", consignment->key.letter, outbox_state_name(consignment->state),
               (int)consignment->size, (const char *)consignment->bytes);
    return 0;
}

char *shell_story(struct shell_box *shell)
{
    struct buf story = {0};
    cr_assert_eq(ledger_read(shell->box.store, 0, tell_row, &story), 0);
    cr_assert_eq(outbox_read(shell->box.store, tell_order, &story), 0, "%s",
                 store_message(shell->box.store));
    return buf_detach(&story);
}

int64_t shell_count(struct shell_box *shell, const char *sql)
{
    sqlite3_stmt *statement;
    cr_assert_eq(sqlite3_prepare_v2(shell->box.store->db, sql, -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}
