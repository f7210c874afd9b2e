/* Injects: what is played in, and when it begins.
 *
 * An inject has one beginning (at, after, when) and one kind (data, fault, role).  `after` must not
 * lead round in a circle: nothing in a circle would ever begin. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/names.h"
#include "model/schema.h"
#include "shell/scenario_data.h"
#include "shell/scenario_inner.h"
#include <stdlib.h>
#include <string.h>

struct inject_nodes {
    const struct yaml *at, *after, *when, *delay, *fault, *role;
};
#define ANY(name)                                                    \
    {                                                                \
#name, FIELD_NODE, FIELD_NOT_STORED, false, 0, 0, NULL, NULL \
    }
#define NODE(name)                                                                      \
    {                                                                                   \
#name, FIELD_NODE, offsetof(struct inject_nodes, name), false, 0, 0, NULL, NULL \
    }
static const struct field inject_fields[] = {
    {"id", FIELD_ID, FIELD_NOT_STORED, true, 0, 0, NULL, NULL},
    {"title", FIELD_TEXT, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    {"text", FIELD_TEXT, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    NODE(at),
    NODE(after),
    NODE(when),
    {"delay", FIELD_SPAN, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    {"fault", FIELD_MAP, offsetof(struct inject_nodes, fault), false, 0, 0, NULL, NULL},
    {"role", FIELD_MAP, offsetof(struct inject_nodes, role), false, 0, 0, NULL, NULL},
    ANY(forecast),
    ANY(readings),
    ANY(directive),
    ANY(incident),
    ANY(decision),
    ANY(receipt),
};
static const struct schema inject_schema = {
    .english = "an inject",
    .chinese = "情景注入",
    .fields = inject_fields,
    .count = sizeof inject_fields / sizeof *inject_fields,
};

/* ---- kinds ---- */

static const char *const fault_words[] = {"silent", "invalid", NULL};
struct fault_nodes {
    const struct yaml *of;
    int kind;
    span_ms lasting;
};
static const struct field fault_fields[] = {
    {"of", FIELD_NODE, offsetof(struct fault_nodes, of), true, 0, 0, NULL, NULL},
    {"kind", FIELD_WORD, offsetof(struct fault_nodes, kind), false, 0, 0, fault_words, NULL},
    {"for", FIELD_SPAN, offsetof(struct fault_nodes, lasting), true, 0, 0, NULL, NULL},
};
static const struct schema fault_schema = {"a fault", "故障", fault_fields, 3, false};

static void read_fault(struct inject *inject, struct arena *arena, const struct yaml *node,
                       struct findings *findings)
{
    struct fault_nodes nodes = {0};
    schema_read(&fault_schema, node, &nodes, findings);
    inject->kind = INJECT_FAULT;
    inject->fault.kind = nodes.kind;
    inject->fault.lasting = nodes.lasting;
    if (!nodes.of)
        return;
    size_t count = nodes.of->kind == YAML_LIST ? nodes.of->count : 1;
    const char **items = arena_alloc(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        const struct yaml *item = nodes.of->kind == YAML_LIST ? nodes.of->items[i] : nodes.of;
        if ((items[i] = schema_text(item, "of", findings)) == NULL)
            return;
    }
    inject->fault.of = (struct who_list){items, (int)count};
}

static const struct field role_fields[] = {
    {"from", FIELD_TEXT, offsetof(struct inject, from), false, 0, 0, NULL, NULL},
    {"to", FIELD_TEXT, offsetof(struct inject, to), true, 0, 0, NULL, NULL},
    {"by", FIELD_TEXT, offsetof(struct inject, by), false, 0, 0, NULL, NULL},
};
static const struct schema role_schema = {"a role inject", "角色注入", role_fields, 3, false};

static void read_kind(struct inject *inject, struct arena *arena, const struct inject_nodes *nodes,
                      struct findings *findings)
{
    bool data = false;
    for (size_t i = 0; i < inject->node->count; i++)
        data |= data_is_key(inject->node->keys[i]->text);
    int kinds = data + (nodes->fault != NULL) + (nodes->role != NULL);
    inject->kind = INJECT_DATA;
    if (kinds != 1)
        findings_add(findings, SEV_ERROR, "C081", yaml_place(inject->node),
                     tr("data is: forecast, readings, directive, incident, decision, receipt",
                        "数据包括：forecast、readings、directive、incident、decision、receipt"),
                     kinds ? tr("an inject is either data, or a fault, or a role",
                                "一个情景只能是数据、故障、角色三者之一")
                           : tr("the inject brings nothing: no data, no fault, no role",
                                "该情景没有内容：无数据、无故障、无角色"));
    if (nodes->fault)
        read_fault(inject, arena, nodes->fault, findings);
    if (!nodes->role)
        return;
    inject->kind = INJECT_ROLE;
    schema_read(&role_schema, nodes->role, inject, findings);
    if (!inject->text)
        findings_add(findings, SEV_ERROR, "C082", yaml_place(inject->node), NULL,
                     tr("a role inject needs “text”: what is said", "角色注入须写 text：说了什么"));
}

/* ---- beginnings ---- */

/* "r1", "r1 +20m", "r1 + 20m" */
static void read_after(struct inject *inject, const struct yaml *node, struct findings *findings)
{
    const char *text = schema_text(node, "after", findings);
    const char *plus = text ? strchr(text, '+') : NULL;
    if (!plus)
        return;
    const char *span = plus + 1 + strspn(plus + 1, " ");
    if (yaml_get(inject->node, "delay") || span_parse(span, &inject->delay) < 0)
        findings_add(findings, SEV_ERROR, "C083", yaml_place(node),
                     tr("write “after: r1 +20m”, or “after: r1” and “delay: 20m”",
                        "请写 after: r1 +20m，或 after: r1 与 delay: 20m"),
                     tr("cannot read “%s”", "无法读懂 “%s”"), text);
}

static void read_beginning(struct inject *inject, const struct inject_nodes *nodes,
                           struct findings *findings)
{
    int ways = (nodes->at != NULL) + (nodes->after != NULL) + (nodes->when != NULL);
    const char *delay = yaml_text(inject->node, "delay");
    if (ways != 1)
        findings_add(findings, SEV_ERROR, "C084", yaml_place(inject->node), NULL,
                     tr("an inject begins by one of “at”, “after”, “when”",
                        "情景须以 at、after、when 之一起始"));
    if (delay)
        span_parse(delay, &inject->delay);
    if (delay && nodes->at)
        findings_add(findings, SEV_ERROR, "C034", yaml_place(nodes->at), NULL,
                     tr("“%s” and “%s” cannot stand together", "“%s” 与 “%s” 不能并用"), "at",
                     "delay");
    inject->trigger = nodes->after ? TRIGGER_AFTER : nodes->when ? TRIGGER_WHEN : TRIGGER_AT;
    if (nodes->at)
        moment_read(nodes->at, "at", &inject->at, findings);
    if (nodes->after)
        read_after(inject, nodes->after, findings);
}

static void inject_read(struct inject *inject, struct arena *arena, const struct yaml *node,
                        struct findings *findings)
{
    struct inject_nodes nodes = {0};
    *inject = (struct inject){.node = node, .after = -1, .when = {.kind = -1, .expect = -1}};
    schema_read(&inject_schema, node, &nodes, findings);
    if (node->kind != YAML_MAP)
        return;
    inject->id = yaml_text(node, "id");
    inject->title = yaml_text(node, "title");
    inject->text = yaml_text(node, "text");
    read_beginning(inject, &nodes, findings);
    read_kind(inject, arena, &nodes, findings);
}

bool injects_read(struct scenario *scenario, const struct yaml *node, struct findings *findings)
{
    size_t errors = findings->errors;
    scenario->injects =
        arena_alloc(&scenario->arena, (node->count + 1) * sizeof *scenario->injects);
    scenario->inject_count = node->count;
    for (size_t i = 0; i < node->count; i++)
        inject_read(&scenario->injects[i], &scenario->arena, node->items[i], findings);
    return findings->errors == errors;
}

/* ---- references ---- */

static const char *const is_words[] = {"met", "failed", NULL};
static const struct field when_fields[] = {
    {"level", FIELD_TEXT, offsetof(struct inject_when, level), false, 0, 0, NULL, NULL},
    {"kind", FIELD_TEXT, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    {"rule", FIELD_TEXT, offsetof(struct inject_when, rule), false, 0, 0, NULL, NULL},
    {"to", FIELD_TEXT, offsetof(struct inject_when, to), false, 0, 0, NULL, NULL},
    {"expect", FIELD_TEXT, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    {"is", FIELD_WORD, FIELD_NOT_STORED, false, 0, 0, is_words, NULL},
};
static const struct schema when_schema = {"a condition", "条件", when_fields, 6, false};

static int refer(struct names *names, const char *name, const struct yaml *at,
                 struct findings *findings)
{
    return name ? names_refer(names, name, at, findings) : -1;
}

static void link_when(struct inject *inject, struct names *expects, struct findings *findings)
{
    const struct yaml *node = yaml_get(inject->node, "when");
    const char *kind = yaml_text(node, "kind"), *is = yaml_text(node, "is");
    if (!node || !schema_read(&when_schema, node, &inject->when, findings))
        return;
    const struct yaml *expect = yaml_get(node, "expect");
    inject->when.expect = refer(expects, yaml_text(node, "expect"), expect, findings);
    inject->when.failed = str_equal(is, "failed");
    if (kind && (inject->when.kind = decision_kind_of(kind)) < 0)
        findings_add(findings, SEV_ERROR, "C031", yaml_place(yaml_get(node, "kind")), NULL,
                     tr("there is no kind of decision “%s”", "没有 “%s” 这种决定"), kind);
    if (node->count == 0 || (expect && node->count > 1u + (is != NULL)) || (is && !expect))
        findings_add(findings, SEV_ERROR, "C085", yaml_place(node),
                     tr("e.g. {level: orange} or {expect: x3, is: failed}",
                        "如 {level: orange} 或 {expect: x3, is: failed}"),
                     tr("“when” is either a decision, or an expectation and what became of it",
                        "when 须写一个决定，或一个预期及其结果"));
}

static void link_after(struct inject *inject, struct names *injects, struct findings *findings)
{
    const struct yaml *node = yaml_get(inject->node, "after");
    if (inject->trigger != TRIGGER_AFTER || !node || node->kind != YAML_SCALAR)
        return;
    size_t size = strcspn(node->text, "+");
    while (size > 0 && node->text[size - 1] == ' ')
        size--;
    char *id = xstrndup(node->text, size);
    inject->after = refer(injects, id, node, findings);
    free(id);
}

static void link_role(const struct scenario *scenario, const struct inject *inject,
                      struct names *roles, struct findings *findings)
{
    if (inject->kind == INJECT_ROLE && scenario->role_count > 0 && inject->to)
        refer(roles, inject->to, yaml_get(yaml_get(inject->node, "role"), "to"), findings);
}

/* Follows `after` as often as there are injects: who has not come to an end by then goes round. */
static bool goes_round(const struct scenario *scenario, int inject)
{
    int at = inject;
    for (size_t i = 0; i <= scenario->inject_count && at >= 0; i++)
        at = scenario->injects[at].after;
    return at >= 0;
}

static void find_circles(const struct scenario *scenario, struct findings *findings)
{
    for (size_t i = 0; i < scenario->inject_count; i++) {
        const struct inject *inject = &scenario->injects[i];
        if (!goes_round(scenario, (int)i))
            continue;
        findings_add(
            findings, SEV_ERROR, "C086", yaml_place(yaml_get(inject->node, "after")),
            tr("let one of them begin by “at” or “when”", "请让其中之一以 at 或 when 起始"),
            tr("“%s” waits for itself: “after” goes round in a circle",
               "“%s” 的 after 循环相等，永不起始"),
            inject->id ? inject->id : "?");
    }
}

/* An entry without an id has its finding already; a name nobody writes keeps the numbers in step.
 */
static void declare(struct scenario *scenario, struct names *names, const char *id,
                    const struct yaml *node, size_t number, struct findings *findings)
{
    if (!id)
        id = arena_printf(&scenario->arena, "\n%zu", number);
    names_declare(names, id, yaml_get(node, "id"), findings);
}

void injects_link(struct scenario *scenario, struct findings *findings)
{
    struct names injects = {.english = "inject", .chinese = "情景"};
    struct names expects = {.english = "expectation", .chinese = "预期"};
    struct names roles = {.english = "role", .chinese = "角色"};
    for (size_t i = 0; i < scenario->inject_count; i++)
        declare(scenario, &injects, scenario->injects[i].id, scenario->injects[i].node, i,
                findings);
    for (size_t i = 0; i < scenario->expect_count; i++)
        declare(scenario, &expects, scenario->expects[i].id, scenario->expects[i].node, i,
                findings);
    for (size_t i = 0; i < scenario->role_count; i++)
        names_declare(&roles, scenario->roles[i].name, NULL, findings);
    for (size_t i = 0; i < scenario->inject_count; i++) {
        link_after(&scenario->injects[i], &injects, findings);
        link_when(&scenario->injects[i], &expects, findings);
        link_role(scenario, &scenario->injects[i], &roles, findings);
    }
    struct names *all[] = {&injects, &expects, &roles};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        names_tell(all[i], findings);
        names_release(all[i]);
    }
    find_circles(scenario, findings);
}
