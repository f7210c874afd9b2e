/* Scenarios: reading the file.
 *
 * Each block of the file has its reader; the references between blocks (after, of, objective,
 * roles) are resolved when all blocks are there.  Nothing here needs the bundle: scenario_bind.c
 * does that half. */
#include "shell/scenario.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/names.h"
#include "model/schema.h"
#include "shell/scenario_data.h"
#include "shell/scenario_inner.h"
#include <stdlib.h>
#include <string.h>

enum { ZONE_FIRST = 8 * HOUR_MS, SPEED_MAX = 1000000, YEAR_MIN = 1990, YEAR_MAX = 2200 };

struct scenario_nodes {
    const struct yaml *start, *with, *clock, *feed, *roles, *bots, *objectives, *history, *injects,
        *expect, *report;
    const char *bundle, *banner;
    int approvals, seed;
};
static const char *const approval_words[] = {"all", "by_fact", NULL};
#define OF(name, type)                                                              \
    {                                                                               \
#name, type, offsetof(struct scenario_nodes, name), false, 0, 0, NULL, NULL \
    }
static const struct field scenario_fields[] = {
    {"title", FIELD_TEXT, FIELD_NOT_STORED, true, 0, 0, NULL, NULL},
    {"start", FIELD_NODE, offsetof(struct scenario_nodes, start), true, 0, 0, NULL, NULL},
    OF(bundle, FIELD_TEXT),
    OF(with, FIELD_MAP),
    OF(seed, FIELD_INT),
    OF(clock, FIELD_MAP),
    OF(banner, FIELD_TEXT),
    {"approvals", FIELD_WORD, offsetof(struct scenario_nodes, approvals), false, 0, 0,
     approval_words, NULL},
    OF(feed, FIELD_LIST),
    {"forecast", FIELD_NODE, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    {"readings", FIELD_NODE, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    OF(roles, FIELD_MAP),
    OF(bots, FIELD_LIST),
    OF(objectives, FIELD_LIST),
    OF(history, FIELD_LIST),
    OF(injects, FIELD_LIST),
    OF(expect, FIELD_LIST),
    OF(report, FIELD_MAP),
};
static const struct schema scenario_schema = {
    .english = "a scenario",
    .chinese = "情景文件",
    .fields = scenario_fields,
    .count = sizeof scenario_fields / sizeof *scenario_fields,
};

/* The length of `folder` without its last part; 0 when it has only one.  A part `..` cannot be
 * taken away. */
static bool step_up(const char *folder, size_t *size)
{
    size_t at = *size;
    while (at > 0 && folder[at - 1] != '/')
        at--;
    if (*size == 0 || (*size - at == 2 && folder[at] == '.' && folder[at + 1] == '.'))
        return false;
    *size = at > 1 ? at - 1 : at;
    return true;
}

/* A file named in the scenario, from where the scenario lies; short, because findings show it. */
static const char *beside(struct scenario *scenario, const char *name)
{
    const char *slash = strrchr(scenario->path, '/');
    size_t size = slash ? (size_t)(slash - scenario->path) : 0;
    if (name[0] == '/')
        return name;
    while (str_starts(name, "../") && step_up(scenario->path, &size))
        name += 3;
    if (str_equal(name, "..") && step_up(scenario->path, &size))
        return size ? arena_strndup(&scenario->arena, scenario->path, size) : ".";
    return size ? arena_printf(&scenario->arena, "%.*s/%s", (int)size, scenario->path, name) : name;
}

/* ---- blocks ---- */

static void read_start(struct scenario *scenario, const struct yaml *node,
                       struct findings *findings)
{
    const char *text = schema_text(node, "start", findings);
    if (!text)
        return;
    scenario->start_text = text;
    bool bad = instant_parse(text, ZONE_FIRST, &scenario->start) < 0;
    int year = bad ? 0 : civil_of(scenario->start, ZONE_FIRST).year;
    if (bad || year < YEAR_MIN || year > YEAR_MAX)
        findings_add(findings, SEV_ERROR, "C090", yaml_place(node),
                     tr("write e.g. 2026-12-08 08:00", "请写成如 2026-12-08 08:00"),
                     tr("“start” is no instant: “%s”", "“start” 不是时刻：“%s”"), text);
}

/* A case lies in the folder `cases` of its bundle. */
static void read_bundle(struct scenario *scenario, const char *bundle, struct findings *findings)
{
    const char *slash = strrchr(scenario->path, '/');
    size_t folder = slash ? (size_t)(slash - scenario->path) : 0;
    bool in_cases = folder >= 5 && strncmp(scenario->path + folder - 5, "cases", 5) == 0 &&
                    (folder == 5 || scenario->path[folder - 6] == '/');
    if (bundle)
        scenario->bundle = beside(scenario, bundle);
    else if (in_cases)
        scenario->bundle = beside(scenario, "..");
    else
        findings_add(findings, SEV_ERROR, "C091", yaml_place(scenario->root),
                     tr("write “bundle: ../../policies/shenyang”, from this file's folder",
                        "请写 bundle: ../../policies/shenyang（相对本文件所在文件夹）"),
                     tr("the scenario names no bundle, and does not lie in the folder cases of one",
                        "情景未写明政策包，也不在政策包的 cases 文件夹内"));
}

static void read_clock(struct scenario *scenario, const struct yaml *node,
                       struct findings *findings)
{
    struct {
        const struct yaml *speed, *stop_at;
    } nodes = {0};
    const struct field fields[] = {
        {"speed", FIELD_NODE, 0, false, 0, 0, NULL, NULL},
        {"stop_at", FIELD_NODE, sizeof nodes.speed, false, 0, 0, NULL, NULL},
    };
    const struct schema schema = {"a clock", "时钟", fields, 2, false};
    int64_t speed = 0;
    if (!node)
        return;
    schema_read(&schema, node, &nodes, findings);
    if (nodes.stop_at)
        moment_read(nodes.stop_at, "stop_at", &scenario->stop_at, findings);
    bool fastest =
        nodes.speed && nodes.speed->kind == YAML_SCALAR && str_equal(nodes.speed->text, "max");
    if (nodes.speed && !fastest && yaml_int(nodes.speed, 1, SPEED_MAX, &speed, findings))
        scenario->speed = (int)speed;
}

/* Whoever reads a drill's report must see that it is one, whatever its author writes. */
static void read_banner(struct scenario *scenario, const char *banner, struct findings *findings)
{
    scenario->banner = banner ? banner : "【演练】";
    bool denies = strstr(scenario->banner, "非演练") || strstr(scenario->banner, "不是演练") ||
                  strstr(scenario->banner, "并非演");
    if (!strstr(scenario->banner, "演练") || denies)
        findings_add(findings, SEV_ERROR, "C092", yaml_place(yaml_get(scenario->root, "banner")),
                     "【演练】", tr("a banner must say 演练", "标识须含“演练”"));
}

static void read_feed(struct scenario *scenario, const struct yaml *node, struct findings *findings)
{
    struct {
        const char *file, *rebase;
        const struct yaml *offset;
    } nodes;
    const struct field fields[] = {
        {"file", FIELD_TEXT, 0, true, 0, 0, NULL, NULL},
        {"rebase", FIELD_TEXT, sizeof(char *), false, 0, 0, NULL, NULL},
        {"offset", FIELD_NODE, 2 * sizeof(char *), false, 0, 0, NULL, NULL},
    };
    const struct schema schema = {"a file of facts", "事实文件", fields, 3, false};
    scenario->feeds = arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->feeds);
    for (size_t i = 0; i < node->count; i++) {
        struct scenario_feed *feed = &scenario->feeds[scenario->feed_count++];
        memset(&nodes, 0, sizeof nodes);
        *feed = (struct scenario_feed){.node = node->items[i]};
        if (!schema_read(&schema, node->items[i], &nodes, findings) || !nodes.file)
            continue;
        feed->path = beside(scenario, nodes.file);
        feed->rebase = nodes.rebase;
        instant_ms unused;
        if (nodes.rebase && instant_parse(nodes.rebase, ZONE_FIRST, &unused) < 0)
            findings_add(
                findings, SEV_ERROR, "C093", yaml_place(yaml_get(feed->node, "rebase")),
                tr("write the instant of the file that becomes T", "请写文件中哪一时刻对应 T"),
                tr("“rebase” is no instant: “%s”", "“rebase” 不是时刻：“%s”"), nodes.rebase);
        if (nodes.offset && nodes.offset->kind == YAML_SCALAR) {
            const char *text = nodes.offset->text;
            if (span_parse(text + (*text == '-'), &feed->offset) < 0)
                findings_add(findings, SEV_ERROR, "C094", yaml_place(nodes.offset), "24h, -30d",
                             tr("“offset” is no span: “%s”", "“offset” 不是时长：“%s”"), text);
            if (*text == '-')
                feed->offset = -feed->offset;
        }
    }
}

static void read_roles(struct scenario *scenario, const struct yaml *node,
                       struct findings *findings)
{
    scenario->roles = arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->roles);
    for (size_t i = 0; i < node->count; i++) {
        const char *who = schema_text(node->items[i], node->keys[i]->text, findings);
        scenario->roles[scenario->role_count++] =
            (struct scenario_role){node->keys[i]->text, who ? who : ""};
    }
}

static const struct field objective_fields[] = {
    {"id", FIELD_ID, offsetof(struct objective, id), true, 0, 0, NULL, NULL},
    {"text", FIELD_TEXT, offsetof(struct objective, text), true, 0, 0, NULL, NULL},
    {"clause", FIELD_TEXT, offsetof(struct objective, clause), false, 0, 0, NULL, NULL},
    {"weight", FIELD_INT, offsetof(struct objective, weight), false, 1, 100, NULL, NULL},
};
static const struct schema objective_schema = {"an objective", "演练目标", objective_fields, 4,
                                               false};

static void read_objectives(struct scenario *scenario, const struct yaml *node,
                            struct findings *findings)
{
    struct names ids = {.english = "objective", .chinese = "演练目标"};
    scenario->objectives =
        arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->objectives);
    for (size_t i = 0; i < node->count; i++) {
        struct objective *objective = &scenario->objectives[scenario->objective_count++];
        *objective = (struct objective){.id = "", .text = "", .weight = 1};
        if (schema_read(&objective_schema, node->items[i], objective, findings))
            names_declare(&ids, objective->id, yaml_get(node->items[i], "id"), findings);
    }
    names_release(&ids);
}

struct history_nodes {
    const struct yaml *at;
    struct history history;
};
static const struct field history_fields[] = {
    {"at", FIELD_NODE, offsetof(struct history_nodes, at), true, 0, 0, NULL, NULL},
    {"level", FIELD_TEXT, offsetof(struct history_nodes, history.level), false, 0, 0, NULL, NULL},
    {"text", FIELD_TEXT, offsetof(struct history_nodes, history.text), true, 0, 0, NULL, NULL},
    {"source", FIELD_TEXT, offsetof(struct history_nodes, history.source), false, 0, 0, NULL, NULL},
};
static const struct schema history_schema = {"an entry of history", "史实", history_fields, 4,
                                             false};

static void read_history(struct scenario *scenario, const struct yaml *node,
                         struct findings *findings)
{
    scenario->history =
        arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->history);
    for (size_t i = 0; i < node->count; i++) {
        struct history_nodes nodes = {.history = {.at = MOMENT_NONE, .text = ""}};
        schema_read(&history_schema, node->items[i], &nodes, findings);
        if (nodes.at)
            moment_read(nodes.at, "at", &nodes.history.at, findings);
        scenario->history[scenario->history_count++] = nodes.history;
    }
}

static void read_report(struct scenario *scenario, const struct yaml *node,
                        struct findings *findings)
{
    struct {
        const char *title;
        const struct yaml *notes;
    } nodes = {0};
    const struct field fields[] = {
        {"title", FIELD_TEXT, 0, false, 0, 0, NULL, NULL},
        {"notes", FIELD_TEXTS, sizeof nodes.title, false, 0, 0, NULL, NULL},
    };
    const struct schema schema = {"a report", "报告", fields, 2, false};
    const char *const *notes;
    int count;
    schema_read(&schema, node, &nodes, findings);
    scenario->report_title = nodes.title;
    schema_texts(&scenario->arena, nodes.notes, &notes, &count);
    scenario->report_notes = notes;
    scenario->report_note_count = (size_t)count;
}

static void read_expects(struct scenario *scenario, const struct yaml *node,
                         struct findings *findings)
{
    scenario->expects =
        arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->expects);
    scenario->expect_count = node->count;
    for (size_t i = 0; i < node->count; i++)
        expect_read(&scenario->expects[i], &scenario->arena, node->items[i], findings);
}

/* ---- the whole ---- */

static void read_with(struct scenario *scenario, const struct yaml *node)
{
    struct buf buf = {0};
    json_t *json = json_of_yaml(node);
    json_canonical(&buf, json);
    json_decref(json);
    scenario->with_json = buf_detach(&buf);
}

static void read_blocks(struct scenario *scenario, const struct scenario_nodes *nodes,
                        struct findings *findings)
{
    if (nodes->start)
        read_start(scenario, nodes->start, findings);
    read_bundle(scenario, nodes->bundle, findings);
    read_clock(scenario, nodes->clock, findings);
    read_banner(scenario, nodes->banner, findings);
    if (nodes->with)
        read_with(scenario, nodes->with);
    if (nodes->feed)
        read_feed(scenario, nodes->feed, findings);
    if (nodes->roles)
        read_roles(scenario, nodes->roles, findings);
    bots_read(&scenario->bots, &scenario->arena, nodes->bots, findings);
    if (nodes->objectives)
        read_objectives(scenario, nodes->objectives, findings);
    if (nodes->history)
        read_history(scenario, nodes->history, findings);
    if (nodes->report)
        read_report(scenario, nodes->report, findings);
    if (nodes->expect)
        read_expects(scenario, nodes->expect, findings);
    if (nodes->injects)
        injects_read(scenario, nodes->injects, findings);
}

static void link_blocks(struct scenario *scenario, struct findings *findings)
{
    injects_link(scenario, findings);
    for (size_t i = 0; i < scenario->expect_count; i++)
        expect_link(&scenario->expects[i], scenario, findings);
    if (scenario->expect_count == 0 && !scenario_is_drill(scenario) && scenario->history_count == 0)
        findings_add(findings, SEV_WARNING, "C095", yaml_place(scenario->root), NULL,
                     tr("nothing is expected, so nothing can fail", "没有写预期，无从判定"));
}

static void read_root(struct scenario *scenario, struct findings *findings)
{
    struct scenario_nodes nodes = {0};
    schema_read(&scenario_schema, scenario->root, &nodes, findings);
    if (scenario->root->kind != YAML_MAP)
        return;
    const char *title = yaml_text(scenario->root, "title");
    scenario->title = title ? title : scenario->title;
    scenario->seed = (uint64_t)nodes.seed;
    scenario->approvals = nodes.approvals == 1 ? APPROVALS_BY_FACT : APPROVALS_ALL;
    read_blocks(scenario, &nodes, findings);
    link_blocks(scenario, findings);
}

int scenario_read_text(struct scenario **ret_scenario, const char *path, const char *text,
                       size_t size, const struct scenario_set *sets, size_t set_count,
                       struct findings *findings)
{
    struct scenario *scenario = xcalloc(1, sizeof *scenario);
    size_t errors = findings->errors;
    scenario->path = arena_strdup(&scenario->arena, path);
    scenario->title = "";
    scenario->stop_at = MOMENT_NONE;
    *ret_scenario = scenario;
    struct yaml *root = yaml_read(&scenario->arena, scenario->path, text, size, findings);
    for (size_t i = 0; root && i < set_count; i++)
        scenario_apply(&scenario->arena, root, &sets[i], findings);
    scenario->root = root;
    if (root)
        read_root(scenario, findings);
    return root && findings->errors == errors ? 0 : ERR_INVALID;
}

int scenario_read(struct scenario **ret_scenario, const char *path, const struct scenario_set *sets,
                  size_t set_count, struct findings *findings)
{
    char *text;
    size_t size;
    *ret_scenario = NULL;
    int err = file_read(path, FILE_BYTES_MAX, &text, &size, findings);
    if (err < 0)
        return err;
    err = scenario_read_text(ret_scenario, path, text, size, sets, set_count, findings);
    free(text);
    return err;
}

void scenario_free(struct scenario *scenario)
{
    if (!scenario)
        return;
    feed_free(scenario->feed);
    free(scenario->with_json);
    arena_release(&scenario->arena);
    free(scenario);
}

bool scenario_is_drill(const struct scenario *scenario)
{
    return scenario->role_count > 0 || scenario->bots.count > 0;
}

void scenario_print_offset(struct buf *buf, const struct scenario *scenario, instant_ms instant)
{
    span_ms offset = instant - scenario->start;
    buf_puts(buf, offset < 0 ? "T-" : "T+");
    if (offset < 0)
        offset = -offset;
    span_ms days = offset / DAY_MS, hours = offset % DAY_MS / HOUR_MS;
    span_ms minutes = offset % HOUR_MS / MINUTE_MS, seconds = offset % MINUTE_MS / SECOND_MS;
    if (days)
        buf_printf(buf, "%lldd", (long long)days);
    if (hours || offset < MINUTE_MS)
        buf_printf(buf, "%lldh", (long long)hours);
    if (minutes)
        buf_printf(buf, "%lldm", (long long)minutes);
    if (seconds)
        buf_printf(buf, "%llds", (long long)seconds);
}

int scenario_expect(const struct scenario *scenario, const char *id)
{
    for (size_t i = 0; i < scenario->expect_count; i++)
        if (str_equal(scenario->expects[i].id, id))
            return (int)i;
    return -1;
}
