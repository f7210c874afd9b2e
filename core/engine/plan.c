/* See plan.h.
 *
 * For each recipient: unite what the demands ask of it, settle, print, hash, compare with what it
 * was last told. Only a difference becomes an order.  What it held before is not kept as such: the
 * demands before the change are put together again from the context, and their hash says whether
 * that is indeed what the recipient was told; so a holding stays 24 bytes, and the text can still
 * say what is new, stricter, looser or dropped. */
#include "engine/plan.h"

#include "base/buf.h"
#include "base/shelf.h"
#include "base/xalloc.h"
#include "engine/causes.h"
#include "engine/order_text.h"
#include "engine/phases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    const struct policy *policy;
    const struct plan_context *context;
    struct plan *plan;
    struct causes causes;
    struct order_words words;
    struct order_parts parts;
    size_t order_capacity;
    instant_ms at; /* what has begun by then binds now */
    struct phases phases;
    struct obligations before;
    struct buf measures, text;
    struct shelf shelf; /* in the plan's arena: many are told the same */
};
enum { HALF = 8 }; /* bytes of a holding's hash for each of the two phases */

static const struct recipient *recipient_at(const struct builder *builder, size_t position)
{
    return &builder->policy->registry.recipients[position];
}

static void hash_measures(struct builder *builder, size_t position, const struct obligations *set,
                          unsigned char ret[HALF])
{
    unsigned char hash[HASH_BYTES];
    const struct listing list = {recipient_at(builder, position), set, builder->policy->zone};

    buf_clear(&builder->measures);
    listing_json(&builder->measures, &list);
    hash_of(buf_str(&builder->measures), builder->measures.size, hash);
    memcpy(ret, hash, HALF);
}

static struct holding holding_of(struct builder *builder, size_t position)
{
    const struct phases *phases = &builder->phases;
    struct holding holding = {.from = phases->from};

    hash_measures(builder, position, &phases->all, holding.hash);
    hash_measures(builder, position, phases->from != 0 ? &phases->now : &phases->all,
                  holding.hash + HALF);
    return holding;
}

static bool holds_nothing(const struct holding *holding)
{
    static const unsigned char nothing[2 * HALF];

    return memcmp(holding->hash, nothing, sizeof(nothing)) == 0;
}

static bool tells_the_same(const struct builder *builder, const struct holding *held,
                           const struct holding *now)
{
    if (memcmp(held->hash, now->hash, HALF) != 0)
        return false;
    if (held->from <= builder->at && now->from <= builder->at)
        return true;
    return held->from == now->from && memcmp(held->hash, now->hash, sizeof(held->hash)) == 0;
}

/* What the recipient held, put together again; NULL when it was told something else. */
static const struct obligations *known_before(struct builder *builder, size_t position,
                                              const struct holding *held)
{
    unsigned char hash[HALF];

    causes_collect(&builder->causes, &builder->causes.before, position, INT64_MAX,
                   &builder->before);
    hash_measures(builder, position, &builder->before, hash);
    return memcmp(hash, held->hash, HALF) == 0 ? &builder->before : NULL;
}

static void set_order_id(struct order *order, const struct builder *builder,
                         const struct recipient *recipient)
{
    const struct plan_context *context = builder->context;
    struct hasher *hasher = hasher_new();
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX], number[64];

    snprintf(number, sizeof(number), "%lld/%d", (long long)context->start, context->revision);
    hasher_add_text(hasher, context->rule->name);
    hasher_add_text(hasher, context->subject ? context->subject : "");
    hasher_add_text(hasher, recipient->id);
    hasher_add_text(hasher, number);
    hasher_done(hasher, hash);
    hash_hex(hash, hex);
    memcpy(order->id, hex, sizeof(order->id) - 1);
}

static void add_order(struct builder *builder, size_t position, enum order_change change,
                      const struct holding *now, const struct obligations *before)
{
    const struct recipient *recipient = recipient_at(builder, position);
    const struct listing list = {recipient, &builder->phases.shown, builder->policy->zone};
    struct plan *plan = builder->plan;
    struct order *order;

    xgrow((void **)&plan->orders, plan->count, &builder->order_capacity, sizeof(*plan->orders));
    order = &plan->orders[plan->count++];
    *order = (struct order){.recipient = (int)position, .change = change, .now = *now};
    set_order_id(order, builder, recipient);
    phases_show(&builder->phases, &builder->causes, position, builder->words.effective);
    order->ask_count = builder->phases.shown.count;
    order->asks = shelf_put(&builder->shelf, builder->phases.shown.items,
                            order->ask_count * sizeof(*order->asks));
    buf_clear(&builder->measures);
    listing_json(&builder->measures, &list);
    order->measures =
        shelf_text(&builder->shelf, buf_str(&builder->measures), builder->measures.size);
    buf_clear(&builder->text);
    order_text(&builder->text, &builder->parts, &builder->words, &list, order, before);
    order->text = shelf_text(&builder->shelf, buf_str(&builder->text), builder->text.size);
}

static void add_shares(struct plan *plan, const struct obligations *set,
                       const struct recipient *recipient)
{
    micro cut[EMISSIONS];

    unite_cut(set, recipient, cut);
    for (int e = 0; e < EMISSIONS; e++)
        plan->shares[e].cut += cut[e];
}

static void build_recipient(struct builder *builder, size_t position, const struct holding *held)
{
    const struct obligations *all = &builder->phases.all;
    struct holding now = {0};

    phases_collect(&builder->phases, &builder->causes, position, builder->at);
    if (all->count == 0) {
        if (!holds_nothing(held))
            add_order(builder, position, ORDER_RELEASED, &now, NULL);
        return;
    }
    builder->plan->bound++;
    add_shares(builder->plan, all, recipient_at(builder, position));
    now = holding_of(builder, position);
    if (holds_nothing(held))
        add_order(builder, position, ORDER_NEW, &now, NULL);
    else if (!tells_the_same(builder, held, &now))
        add_order(builder, position, ORDER_CHANGED, &now, known_before(builder, position, held));
    else
        builder->plan->untouched++;
}

static void set_required(const struct policy *policy, const struct demand *demands, size_t count,
                         struct share shares[EMISSIONS])
{
    int percent = 0;

    for (size_t i = 0; i < count; i++)
        if (!demands[i].rota && demands[i].level >= 0 &&
            policy->levels[demands[i].level].share_percent > percent)
            percent = policy->levels[demands[i].level].share_percent;
    for (int e = 0; e < EMISSIONS; e++) {
        shares[e].total = policy->inventory.total[e];
        shares[e].required_percent = percent;
    }
}

static void hash_plan(struct plan *plan, const struct policy *policy,
                      const struct plan_context *context)
{
    struct hasher *hasher = hasher_new();
    unsigned char hash[HASH_BYTES];
    char begin[32];

    snprintf(begin, sizeof(begin), "%lld", (long long)context->begin);
    hasher_add_text(hasher, context->rule->name);
    hasher_add_text(hasher, context->subject ? context->subject : "");
    hasher_add_text(hasher, context->level >= 0 ? policy->levels[context->level].name : "");
    hasher_add_text(hasher, begin);
    hasher_add_text(hasher, plan->notice ? plan->notice : "");
    for (size_t i = 0; i < plan->count; i++) {
        hasher_add_text(hasher, policy->registry.recipients[plan->orders[i].recipient].id);
        hasher_add_text(hasher, plan->orders[i].measures);
        hasher_add_text(hasher, plan->orders[i].text);
    }
    hasher_done(hasher, hash);
    hash_hex(hash, plan->hash);
}

static void builder_release(struct builder *builder)
{
    causes_release(&builder->causes);
    phases_release(&builder->phases);
    obligations_release(&builder->before);
    order_parts_release(&builder->parts);
    buf_release(&builder->measures);
    buf_release(&builder->text);
    shelf_release(&builder->shelf);
}

int plan_build(struct plan *ret_plan, struct program *program, const struct plan_context *context,
               const struct demand *demands, size_t demand_count, const struct holding *holdings,
               const char **reterr)
{
    const struct policy *policy = program_policy(program);
    struct plan plan = {0};
    struct builder builder = {
        .policy = policy, .context = context, .plan = &plan, .at = context->at};
    int err = causes_init(&builder.causes, program, context, demands, demand_count, reterr);

    if (err < 0)
        goto out;
    shelf_init(&builder.shelf, &plan.arena);
    order_words_init(&builder.words, &plan.arena, policy, context);
    for (size_t i = 0; i < policy->registry.count; i++)
        build_recipient(&builder, i, &holdings[i]);
    set_required(policy, demands, demand_count, plan.shares);
    plan.notice = public_text(&plan.arena, &builder.words, context, &plan);
    hash_plan(&plan, policy, context);
    *ret_plan = plan;
out:
    builder_release(&builder);
    return err;
}

void plan_release(struct plan *plan)
{
    free(plan->orders);
    arena_release(&plan->arena);
    *plan = (struct plan){0};
}

void plan_shares(const struct policy *policy, int level, struct share ret[EMISSIONS])
{
    const struct demand demand = {.level = level};
    struct plan plan = {0};
    struct obligations set = {0};

    for (size_t i = 0; i < policy->registry.count; i++) {
        const struct recipient *recipient = &policy->registry.recipients[i];

        obligations_clear(&set);
        collect_list(&set, policy, recipient, level);
        unite_settle(&set, recipient);
        add_shares(&plan, &set, recipient);
    }
    obligations_release(&set);
    set_required(policy, &demand, 1, plan.shares);
    memcpy(ret, plan.shares, sizeof(plan.shares));
}

bool share_reached(const struct share *share)
{
    return (wide)share->cut * 100 >= (wide)share->total * share->required_percent;
}

int64_t share_tenths(const struct share *share)
{
    return share->total > 0 ? (int64_t)((wide)share->cut * 1000 / share->total) : 0;
}

void share_print(struct buf *buf, const struct share *share)
{
    int64_t tenths = share_tenths(share);

    buf_printf(buf, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}
