/* Expectations: reading and checking them.  expect_judge.c judges.
 *
 * One table names all keys; a second says which of them mean something for which kind, so that a
 * key that would be ignored is a finding and not a false comfort. */
#include "shell/expect.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "engine/engine.h"
#include "model/schema.h"
#include "shell/scenario.h"
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {"level",   "sequence", "decision", "orders", "task",
                                         "alarm",   "ack",      "evidence", "shares", "text",
                                         "absence", "manual",   NULL};

const char *expect_kind_word(enum expect_kind kind)
{
    return kind_words[kind];
}

/* Keys that mean something for a kind, beside those of all kinds. */
#define WINDOW "at by not_before after within "
#define COUNTS "count at_least at_most "
static const char *const keys_of_all = "id kind text score objective ";
static const char *const keys_of[EXPECT_KINDS] = {
    [EXPECT_LEVEL] = WINDOW "is rule throughout ",
    [EXPECT_SEQUENCE] = "is rule ",
    [EXPECT_DECISION] = WINDOW COUNTS "is level from rule to because has ",
    [EXPECT_ORDERS] = WINDOW COUNTS "is level rule to where measure has lacks ",
    [EXPECT_TASK] = WINDOW COUNTS "rule to where has ",
    [EXPECT_ALARM] = WINDOW COUNTS "rule has ",
    [EXPECT_ACK] = "of where share by at after within ",
    [EXPECT_EVIDENCE] = "of where share by at after within ",
    [EXPECT_SHARES] = WINDOW "level rule at_least ",
    [EXPECT_TEXT] = WINDOW COUNTS "is level rule to where has lacks ",
    [EXPECT_ABSENCE] = WINDOW "is level from rule to where measure has ",
    [EXPECT_MANUAL] = "who by ",
};

struct expect_nodes {
    int kind;
    const struct yaml *is, *at, *by, *not_before, *throughout, *at_least, *where, *has, *lacks,
        *because;
    int count, at_most, score;
};
#define TEXT_FIELD(name)                                             \
    {                                                                \
#name, FIELD_TEXT, FIELD_NOT_STORED, false, 0, 0, NULL, NULL \
    }
#define NODE_FIELD(name)                                                                \
    {                                                                                   \
#name, FIELD_NODE, offsetof(struct expect_nodes, name), false, 0, 0, NULL, NULL \
    }
#define INT_FIELD(name, low, high)                                                          \
    {                                                                                       \
#name, FIELD_INT, offsetof(struct expect_nodes, name), false, low, high, NULL, NULL \
    }

/* Plain texts are only checked here and taken from the map by read_texts. */
static const struct field all_fields[] = {
    {"id", FIELD_ID, FIELD_NOT_STORED, true, 0, 0, NULL, NULL},
    {"kind", FIELD_WORD, offsetof(struct expect_nodes, kind), true, 0, 0, kind_words, NULL},
    NODE_FIELD(is),
    NODE_FIELD(at),
    NODE_FIELD(by),
    NODE_FIELD(not_before),
    NODE_FIELD(throughout),
    NODE_FIELD(at_least),
    NODE_FIELD(where),
    NODE_FIELD(has),
    NODE_FIELD(lacks),
    NODE_FIELD(because),
    INT_FIELD(count, 0, 1000000),
    INT_FIELD(at_most, 0, 1000000),
    INT_FIELD(score, 0, 1000),
    {"share", FIELD_NODE, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
    TEXT_FIELD(text),
    TEXT_FIELD(level),
    TEXT_FIELD(from),
    TEXT_FIELD(rule),
    TEXT_FIELD(to),
    TEXT_FIELD(measure),
    TEXT_FIELD(who),
    TEXT_FIELD(of),
    TEXT_FIELD(after),
    TEXT_FIELD(objective),
    {"within", FIELD_SPAN, FIELD_NOT_STORED, false, 0, 0, NULL, NULL},
};
static const struct schema expect_schema = {
    .english = "an expectation",
    .chinese = "预期",
    .fields = all_fields,
    .count = sizeof all_fields / sizeof *all_fields,
};

static bool key_means(enum expect_kind kind, const char *key)
{
    char *word = xasprintf(" %s ", key), *all = xasprintf(" %s%s", keys_of_all, keys_of[kind]);
    bool means = strstr(all, word) != NULL;
    free(all);
    free(word);
    return means;
}

static void check_keys(enum expect_kind kind, const struct yaml *node, struct findings *findings)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml *key = node->keys[i];
        bool known = false;
        for (size_t k = 0; k < expect_schema.count; k++)
            known |= str_equal(all_fields[k].key, key->text);
        if (!known || key_means(kind, key->text))
            continue;
        char *hint = xasprintf(tr("it takes: %s%s", "可用：%s%s"), keys_of_all, keys_of[kind]);
        findings_add(
            findings, SEV_ERROR, "C030", yaml_place(key), hint,
            tr("“%s” means nothing for an expectation of kind “%s”", "“%s” 对 “%s” 类预期没有意义"),
            key->text, kind_words[kind]);
        free(hint);
    }
}

/* ---- values ---- */

static bool list_of(struct who_list *ret, struct arena *arena, const struct yaml *node,
                    const char *what, struct findings *findings)
{
    if (!node)
        return true;
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    const char **items = arena_alloc(arena, (count + 1) * sizeof *items);
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        items[i] = schema_text(node->kind == YAML_LIST ? node->items[i] : node, what, findings);
        good &= items[i] != NULL;
    }
    if (good)
        *ret = (struct who_list){items, (int)count};
    return good;
}

static bool read_decision(int *ret, const struct yaml *node, struct findings *findings)
{
    const char *known[DECISION_KINDS_ALL];
    for (int i = 0; i < DECISION_KINDS_ALL; i++)
        known[i] = decision_kind_name((enum decision_kind)i);
    const char *text = schema_text(node, "is", findings);
    for (int i = 0; text && i < DECISION_KINDS_ALL; i++) {
        if (str_equal(known[i], text)) {
            *ret = i;
            return true;
        }
    }
    if (text) {
        const char *near = str_nearest(text, known, DECISION_KINDS_ALL);
        char *all = str_join(known, DECISION_KINDS_ALL, ", ");
        char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near)
                          : xasprintf(tr("known here: %s", "此处可用：%s"), all);
        findings_add(findings, SEV_ERROR, "C031", yaml_place(node), hint,
                     tr("there is no kind of decision “%s”", "没有 “%s” 这种决定"), text);
        free(hint);
        free(all);
    }
    return false;
}

/* "T+16h issue orange": a moment, a kind, a level, in any order; kind alone must be there. */
static bool read_step(struct expect_step *step, struct arena *arena, const struct yaml *node,
                      struct findings *findings)
{
    const char *text = schema_text(node, "is", findings);
    *step = (struct expect_step){.kind = -1, .at = MOMENT_NONE};
    if (!text)
        return false;
    char *copy = arena_strdup(arena, text), *word;
    while ((word = strsep(&copy, " ")) != NULL) {
        struct moment moment;
        int kind = decision_kind_of(word);
        if (!*word)
            continue;
        if (moment_parse(word, &moment) == 0 && !moment.from_inject)
            step->at = moment.offset;
        else if (kind >= 0 && step->kind < 0)
            step->kind = kind;
        else if (!step->level)
            step->level = word;
        else
            step->kind = -1, copy = NULL;
    }
    if (step->kind >= 0)
        return true;
    findings_add(
        findings, SEV_ERROR, "C032", yaml_place(node),
        tr("write e.g. “T+16h issue orange” or “lift”", "请写成 T+16h issue orange 或 lift"),
        tr("cannot read the transition “%s”", "无法读懂变化 “%s”"), text);
    return false;
}

static bool read_sequence(struct expect *expect, struct arena *arena, const struct yaml *node,
                          struct findings *findings)
{
    bool good = schema_is_list(node, "is", findings);
    if (!good)
        return false;
    expect->steps = arena_alloc(arena, (node->count + 1) * sizeof *expect->steps);
    expect->step_count = (int)node->count;
    for (size_t i = 0; i < node->count; i++)
        good &= read_step(&expect->steps[i], arena, node->items[i], findings);
    return good;
}

/* What `is` says depends on the kind. */
static void read_is(struct expect *expect, struct arena *arena, const struct yaml *node,
                    struct findings *findings)
{
    bool needs = expect->kind == EXPECT_LEVEL || expect->kind == EXPECT_SEQUENCE ||
                 expect->kind == EXPECT_DECISION;
    if (!node) {
        if (needs)
            findings_add(findings, SEV_ERROR, "C033", yaml_place(expect->node), NULL,
                         tr("an expectation of kind “%s” needs “is”", "“%s” 类预期须写 “is”"),
                         kind_words[expect->kind]);
        return;
    }
    if (expect->kind == EXPECT_LEVEL)
        expect->level = schema_text(node, "is", findings);
    else if (expect->kind == EXPECT_SEQUENCE)
        read_sequence(expect, arena, node, findings);
    else
        read_decision(&expect->decision, node, findings);
}

/* `share: 0.95` */
static void read_share(struct expect *expect, const struct yaml *node, struct findings *findings)
{
    int64_t share = MICRO;
    if (node && schema_micro(node, "share", 0, MICRO, NULL, &share, findings))
        expect->share_per_mille = (int)(share / (MICRO / 1000));
}

/* A number, or a map by pollutant (shares). */
static void read_at_least(struct expect *expect, const struct yaml *node, struct findings *findings)
{
    int64_t value = 0;
    if (!node)
        return;
    if (expect->kind != EXPECT_SHARES) {
        if (schema_micro(node, "at_least", 0, (int64_t)1000000 * MICRO, NULL, &value, findings))
            expect->at_least = (int)(value / MICRO);
        return;
    }
    if (node->kind == YAML_SCALAR) {
        if (schema_micro(node, "at_least", 0, 100 * MICRO, "%", &value, findings))
            for (int e = 0; e < EMISSIONS; e++)
                expect->percent[e] = (int)(value / MICRO);
        return;
    }
    struct field fields[EMISSIONS];
    for (int e = 0; e < EMISSIONS; e++)
        fields[e] = (struct field){emission_key((enum emission)e),
                                   FIELD_INT,
                                   (size_t)e * sizeof(int),
                                   false,
                                   0,
                                   100,
                                   NULL,
                                   "%"};
    struct schema schema = {"a map of shares", "比例", fields, EMISSIONS, false};
    schema_read(&schema, node, expect->percent, findings);
}

/* ---- windows ---- */

static void window_conflict(const struct yaml *node, const char *a, const char *b,
                            struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "C034", yaml_place(node), NULL,
                 tr("“%s” and “%s” cannot stand together", "“%s” 与 “%s” 不能并用"), a, b);
}

static void read_throughout(struct expect *expect, const struct yaml *node,
                            struct findings *findings)
{
    if (node->kind != YAML_LIST || node->count != 2) {
        findings_add(findings, SEV_ERROR, "C035", yaml_place(node),
                     tr("write [T+1h, T+2d]", "请写成 [T+1h, T+2d]"),
                     tr("“throughout” must be two moments", "“throughout” 应为两个时刻"));
        return;
    }
    bool from = moment_read(node->items[0], "throughout", &expect->not_before, findings);
    bool to = moment_read(node->items[1], "throughout", &expect->by, findings);
    expect->throughout = from && to;
}

static void read_window(struct expect *expect, const struct expect_nodes *nodes,
                        struct findings *findings)
{
    if (nodes->at && (nodes->by || nodes->not_before))
        window_conflict(nodes->at, "at", nodes->by ? "by" : "not_before", findings);
    if (nodes->throughout && (nodes->at || nodes->by || nodes->not_before))
        window_conflict(nodes->throughout, "throughout", nodes->at ? "at" : "by", findings);
    if (nodes->by)
        moment_read(nodes->by, "by", &expect->by, findings);
    if (nodes->not_before)
        moment_read(nodes->not_before, "not_before", &expect->not_before, findings);
    if (nodes->at && moment_read(nodes->at, "at", &expect->by, findings)) {
        expect->not_before = expect->by;
        expect->exact = true;
    }
    if (nodes->throughout)
        read_throughout(expect, nodes->throughout, findings);
    if (expect->by != MOMENT_NONE && expect->not_before != MOMENT_NONE &&
        expect->by < expect->not_before)
        findings_add(findings, SEV_ERROR, "C036", yaml_place(expect->node), NULL,
                     tr("the window ends before it begins", "时间窗的终点早于起点"));
}

/* Plain texts straight from the map; their types were checked by the schema. */
static void read_texts(struct expect *expect, const struct yaml *node)
{
    expect->id = yaml_text(node, "id");
    expect->text = yaml_text(node, "text");
    expect->from = yaml_text(node, "from");
    expect->rule = yaml_text(node, "rule");
    expect->to = yaml_text(node, "to");
    expect->measure = yaml_text(node, "measure");
    expect->who = yaml_text(node, "who");
    if (expect->kind != EXPECT_LEVEL)
        expect->level = yaml_text(node, "level");
    const char *within = yaml_text(node, "within");
    if (within)
        span_parse(within, &expect->within);
}

static void expect_init(struct expect *expect, const struct yaml *node)
{
    *expect = (struct expect){.node = node,
                              .kind = EXPECT_MANUAL,
                              .decision = -1,
                              .of = -1,
                              .count = -1,
                              .at_least = -1,
                              .at_most = -1,
                              .share_per_mille = 1000,
                              .not_before = MOMENT_NONE,
                              .by = MOMENT_NONE,
                              .after = -1,
                              .within = -1,
                              .score = 1,
                              .objective = -1};
    for (int e = 0; e < EMISSIONS; e++)
        expect->percent[e] = -1;
}

bool expect_read(struct expect *ret_expect, struct arena *arena, const struct yaml *node,
                 struct findings *findings)
{
    struct expect *expect = ret_expect;
    struct expect_nodes nodes = {.kind = -1, .count = -1, .at_most = -1, .score = 1};
    size_t errors = findings->errors;
    expect_init(expect, node);
    schema_read(&expect_schema, node, &nodes, findings);
    if (node->kind != YAML_MAP || nodes.kind < 0)
        return false;
    expect->kind = (enum expect_kind)nodes.kind;
    check_keys(expect->kind, node, findings);
    read_texts(expect, node);
    expect->count = nodes.count;
    expect->at_most = nodes.at_most;
    expect->score = nodes.score;
    read_is(expect, arena, nodes.is, findings);
    read_at_least(expect, nodes.at_least, findings);
    read_share(expect, yaml_get(node, "share"), findings);
    read_window(expect, &nodes, findings);
    who_read(&expect->where, arena, nodes.where, findings);
    list_of(&expect->has, arena, nodes.has, "has", findings);
    list_of(&expect->lacks, arena, nodes.lacks, "lacks", findings);
    list_of(&expect->because, arena, nodes.because, "because", findings);
    return findings->errors == errors;
}
