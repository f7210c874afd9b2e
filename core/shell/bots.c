/* Bots: how simulated recipients answer the orders they are sent. */
#include "shell/bots.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include <string.h>

/* ---- reading ---- */

struct habit_nodes {
    micro p;
    const struct yaml *delay;
    const char *reason;
};
static const struct field habit_fields[] = {
    {"p", FIELD_MICRO, offsetof(struct habit_nodes, p), false, 0, MICRO, NULL, NULL},
    {"delay", FIELD_NODE, offsetof(struct habit_nodes, delay), false, 0, 0, NULL, NULL},
    {"reason", FIELD_TEXT, offsetof(struct habit_nodes, reason), false, 0, 0, NULL, NULL},
};
static const struct schema habit_schema = {
    .english = "a bot's habit",
    .chinese = "模拟应答",
    .fields = habit_fields,
    .count = sizeof habit_fields / sizeof *habit_fields,
};

struct bot_nodes {
    const struct yaml *match, *ids, *deliver, *ack, *refuse, *obey;
};
#define BOT_FIELD(name)                                                              \
    {                                                                                \
#name, FIELD_NODE, offsetof(struct bot_nodes, name), false, 0, 0, NULL, NULL \
    }
static const struct field bot_fields[] = {
    {"match", FIELD_MAP, offsetof(struct bot_nodes, match), false, 0, 0, NULL, NULL},
    BOT_FIELD(ids),
    BOT_FIELD(deliver),
    BOT_FIELD(ack),
    BOT_FIELD(refuse),
    BOT_FIELD(obey),
};
static const struct schema bot_schema = {
    .english = "a bot",
    .chinese = "模拟企业",
    .fields = bot_fields,
    .count = sizeof bot_fields / sizeof *bot_fields,
};

/* `never`, or a map.  A habit that is written happens always, unless `p` says otherwise. */
static bool read_habit(struct bot_habit *habit, const char **reason, const struct yaml *node,
                       const char *what, struct findings *findings)
{
    if (!node)
        return true;
    if (node->kind == YAML_SCALAR && str_equal(node->text, "never")) {
        habit->per_mille = 0;
        return true;
    }
    if (node->kind != YAML_MAP) {
        findings_add(findings, SEV_ERROR, "C020", yaml_place(node),
                     tr("write “never”, or {p: 0.9, delay: 5m..40m}",
                        "请写 never 或 {p: 0.9, delay: 5m..40m}"),
                     tr("“%s” does not say how often and when", "“%s” 未写明比例与时延"), what);
        return false;
    }
    struct habit_nodes nodes = {.p = MICRO};
    bool good = schema_read(&habit_schema, node, &nodes, findings);
    if (nodes.delay)
        good &= span_range_read(nodes.delay, "delay", &habit->delay, findings);
    habit->per_mille = (int)(nodes.p / (MICRO / 1000));
    if (nodes.reason)
        *reason = nodes.reason;
    return good;
}

static bool read_bot(struct bot *bot, struct arena *arena, const struct yaml *node,
                     struct findings *findings)
{
    struct bot_nodes nodes = {0};
    *bot = (struct bot){
        .deliver = {1000, {5 * SECOND_MS, MINUTE_MS}},
        .ack = {0, {5 * MINUTE_MS, 30 * MINUTE_MS}},
        .refuse = {0, {5 * MINUTE_MS, 30 * MINUTE_MS}},
        .obey = {0, {30 * MINUTE_MS, 2 * (span_ms)HOUR_MS}},
        .node = node,
    };
    bool good = schema_read(&bot_schema, node, &nodes, findings);
    if (nodes.match && nodes.ids) {
        findings_add(findings, SEV_ERROR, "C021", yaml_place(nodes.ids), NULL,
                     tr("a bot has either “match” or “ids”", "模拟企业只能写 match 或 ids 之一"));
        good = false;
    }
    /* `ids` beside the habits is short for match: {ids: …}; the node itself then holds the key. */
    if (nodes.match)
        good &= who_read(&bot->who, arena, nodes.match, findings);
    else if (nodes.ids)
        good &= who_read_ids(&bot->who, arena, node, findings);
    good &= read_habit(&bot->deliver, &bot->reason, nodes.deliver, "deliver", findings);
    good &= read_habit(&bot->ack, &bot->reason, nodes.ack, "ack", findings);
    good &= read_habit(&bot->refuse, &bot->reason, nodes.refuse, "refuse", findings);
    good &= read_habit(&bot->obey, &bot->reason, nodes.obey, "obey", findings);
    return good;
}

bool bots_read(struct bots *ret_bots, struct arena *arena, const struct yaml *node,
               struct findings *findings)
{
    bool good = true;
    if (!node)
        return true;
    if (!schema_is_list(node, "bots", findings))
        return false;
    ret_bots->items = arena_alloc(arena, (node->count + 1) * sizeof *ret_bots->items);
    ret_bots->count = node->count;
    for (size_t i = 0; i < node->count; i++)
        good &= read_bot(&ret_bots->items[i], arena, node->items[i], findings);
    return good;
}

void bots_check(const struct bots *bots, const struct registry *registry, struct findings *findings)
{
    for (size_t i = 0; i < bots->count; i++)
        who_check(&bots->items[i].who, registry, findings);
}

/* ---- answering ---- */

/* xorshift64* over the seed, the order and the purpose; the first rounds mix what was similar. */
static uint64_t draw(uint64_t seed, const char *order, const char *purpose)
{
    uint64_t x = seed * UINT64_C(0x9E3779B97F4A7C15) ^ str_hash(order, strlen(order)) ^
                 str_hash(purpose, strlen(purpose)) << 17;
    if (x == 0)
        x = 1;
    for (int round = 0; round < 8; round++) {
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
    }
    return x * UINT64_C(2685821657736338717);
}

static bool happens(const struct bot_habit *habit, uint64_t number)
{
    return (int)((number >> 32) % 1000) < habit->per_mille;
}

/* A delay in the range, whole seconds apart, small ones more often. */
static span_ms delay_of(const struct bot_habit *habit, uint64_t number)
{
    uint64_t even = number >> 32;       /* 0 … 2^32-1 */
    uint64_t early = even * even >> 32; /* the square of it */
    uint64_t width = (uint64_t)(habit->delay.high - habit->delay.low) / SECOND_MS;
    return habit->delay.low + (span_ms)((early * (width + 1)) >> 32) * SECOND_MS;
}

static bool answer_one(const struct bot_habit *habit, uint64_t seed, const char *order,
                       const char *whether, const char *when, instant_ms from, instant_ms *ret)
{
    if (!happens(habit, draw(seed, order, whether)))
        return false;
    *ret = from + delay_of(habit, draw(seed, order, when));
    return true;
}

struct bot_answer bots_answer(const struct bots *bots, uint64_t seed, const char *order,
                              const struct recipient *recipient, instant_ms at)
{
    struct bot_answer answer = {NULL, INSTANT_NONE, INSTANT_NONE, INSTANT_NONE, INSTANT_NONE};
    size_t i = 0;
    while (i < bots->count && !who_has(&bots->items[i].who, recipient))
        i++;
    if (i == bots->count)
        return answer;
    const struct bot *bot = answer.bot = &bots->items[i];
    if (!answer_one(&bot->deliver, seed, order, "deliver?", "deliver", at, &answer.delivered))
        return answer;
    if (answer_one(&bot->refuse, seed, order, "refuse?", "refuse", answer.delivered,
                   &answer.refused))
        return answer;
    if (answer_one(&bot->ack, seed, order, "ack?", "ack", answer.delivered, &answer.acknowledged))
        answer_one(&bot->obey, seed, order, "obey?", "obey", answer.acknowledged, &answer.done);
    return answer;
}
