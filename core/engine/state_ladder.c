/* Warnings as bytes: the ladders, what waits for people, and what they have done. */
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "engine/state.h"
#include "engine/warning.h"
#include <stdlib.h>
#include <string.h>

/* ---- saving ---- */

static void save_summary(const struct plan_summary *summary, struct buf *buf)
{
    buf_u32(buf, summary->orders);
    buf_u32(buf, summary->bound);
    buf_u32(buf, summary->untouched);
    buf_text(buf, summary->notice);
    for (int e = 0; e < EMISSIONS; e++) {
        buf_i64(buf, summary->shares[e].cut);
        buf_i64(buf, summary->shares[e].total);
        buf_u32(buf, (uint32_t)summary->shares[e].required_percent);
    }
}

static void save_proposal(const struct proposal *proposal, const struct rule *rule, struct buf *buf)
{
    buf_u8(buf, (uint8_t)proposal->state);
    if (proposal->state == PROPOSAL_NONE)
        return;
    buf_text(buf, proposal->own < 0 ? NULL : rule->levels[proposal->own].name);
    buf_text(buf, proposal->level < 0 ? NULL : rule->levels[proposal->level].name);
    buf_i64(buf, proposal->begin);
    buf_i64(buf, proposal->made);
    buf_i64(buf, proposal->until);
    buf_u8(buf, (uint8_t)proposal->reminded);
    buf_text(buf, proposal->first_by);
    buf_text(buf, proposal->held_by);
    buf_u32(buf, (uint32_t)proposal->kind);
    buf_u8(buf, proposal->oversize);
    save_summary(&proposal->summary, buf);
    buf_text(buf, proposal->hash);
    buf_text(buf, proposal->trace);
    buf_u32(buf, (uint32_t)proposal->because_count);
    for (int i = 0; i < proposal->because_count; i++)
        buf_text(buf, proposal->because[i]);
}

/* Who released last, who has signed first, how large plans are. */
static void save_people(const struct ladder *ladder, struct buf *buf)
{
    buf_text(buf, ladder->released.by);
    buf_i64(buf, ladder->released.at);
    buf_text(buf, ladder->released.hash);
    save_proposal(&ladder->hand, ladder->rule, buf);
    buf_u32(buf, (uint32_t)ladder->usual.count);
    for (int i = 0; i < ladder->usual.count; i++)
        buf_u32(buf, ladder->usual.sizes[i]);
}

void state_save_ladder(const struct ladder *ladder, struct buf *buf)
{
    const struct rule *rule = ladder->rule;
    buf_text(buf, rule->name);
    buf_text(buf, state_level_name(rule, ladder->level));
    buf_text(buf, state_level_name(rule, ladder->own));
    buf_text(buf, state_level_name(rule, ladder->peak));
    buf_text(buf, state_level_name(rule, ladder->floor));
    buf_i64(buf, ladder->begin);
    buf_u8(buf, ladder->under_way);
    buf_i64(buf, ladder->start);
    buf_u32(buf, (uint32_t)ladder->revision);
    buf_i64(buf, ladder->last_lift);
    buf_u32(buf, (uint32_t)ladder->directive_count);
    for (size_t i = 0; i < ladder->directive_count; i++) {
        buf_text(buf, state_level_name(rule, ladder->directives[i].level));
        buf_i64(buf, ladder->directives[i].from);
        buf_i64(buf, ladder->directives[i].to);
        buf_text(buf, ladder->directives[i].number);
    }
    save_proposal(&ladder->proposal, rule, buf);
    save_people(ladder, buf);
    buf_u32(buf, (uint32_t)rule->condition_count);
    for (int i = 0; i < rule->condition_count; i++)
        buf_u8(buf, ladder->told[i]);
}

/* ---- loading ---- */

static void load_directives(struct loading *loading, struct ladder *ladder)
{
    uint32_t count = read_u32(&loading->reader);
    for (uint32_t i = 0; i < count && !loading->reader.bad; i++) {
        struct order_from directive = {.level = state_level(loading, ladder->rule)};
        directive.from = read_i64(&loading->reader);
        directive.to = read_i64(&loading->reader);
        directive.number = read_text(&loading->reader);
        xgrow((void **)&ladder->directives, ladder->directive_count, &ladder->directive_capacity,
              sizeof *ladder->directives);
        ladder->directives[ladder->directive_count++] = directive;
    }
}

static void load_hash(struct loading *loading, char ret[HASH_HEX])
{
    char *hash = read_text(&loading->reader);
    if (hash)
        memcpy(ret, hash, strnlen(hash, HASH_HEX - 1));
    free(hash);
}

static void load_summary(struct loading *loading, struct plan_summary *summary)
{
    summary->orders = read_u32(&loading->reader);
    summary->bound = read_u32(&loading->reader);
    summary->untouched = read_u32(&loading->reader);
    state_name(loading, &summary->notice);
    for (int e = 0; e < EMISSIONS; e++) {
        summary->shares[e].cut = read_i64(&loading->reader);
        summary->shares[e].total = read_i64(&loading->reader);
        summary->shares[e].required_percent = (int)read_u32(&loading->reader);
    }
}

static void load_proposal(struct loading *loading, const struct rule *rule,
                          struct proposal *proposal)
{
    proposal->state = (enum proposal_state)read_u8(&loading->reader);
    if (proposal->state == PROPOSAL_NONE)
        return;
    proposal->own = state_level(loading, rule);
    proposal->level = state_level(loading, rule);
    proposal->begin = read_i64(&loading->reader);
    proposal->made = read_i64(&loading->reader);
    proposal->until = read_i64(&loading->reader);
    proposal->reminded = read_u8(&loading->reader);
    state_name(loading, &proposal->first_by);
    state_name(loading, &proposal->held_by);
    proposal->kind = (int)read_u32(&loading->reader);
    proposal->oversize = read_u8(&loading->reader);
    load_summary(loading, &proposal->summary);
    load_hash(loading, proposal->hash);
    state_name(loading, &proposal->trace);
    uint32_t count = read_u32(&loading->reader);
    if (count > FINDINGS_MAX) {
        loading->reader.bad = 1;
        return;
    }
    proposal->because = xcalloc(count + 1, sizeof *proposal->because);
    for (uint32_t i = 0; i < count; i++) {
        char *words = read_text(&loading->reader);
        proposal->because[proposal->because_count++] = words ? words : xstrdup("");
    }
}

/* A first signature without its plan, as version 2 kept it: the same order by a second person
 * completes it, as it did then. */
static void load_bare_hand(const struct engine *engine, struct loading *loading,
                           struct ladder *ladder)
{
    struct proposal hand = {.state = PROPOSAL_PENDING, .begin = engine->now, .made = engine->now};
    state_name(loading, &hand.first_by);
    hand.own = hand.level = state_level(loading, ladder->rule);
    hand.kind = ladder->rule ? transition(ladder, hand.level, false) : -1;
    int revision = (int)read_u32(&loading->reader);
    if (hand.first_by && revision == ladder->revision)
        ladder->hand = hand;
    else
        free(hand.first_by);
}

static void load_hand(const struct engine *engine, struct loading *loading, struct ladder *ladder)
{
    if (loading->version >= 3)
        load_proposal(loading, ladder->rule, &ladder->hand);
    else
        load_bare_hand(engine, loading, ladder);
    ladder->hand.by_hand = ladder->hand.state != PROPOSAL_NONE;
}

static void load_people(const struct engine *engine, struct loading *loading, struct ladder *ladder)
{
    state_name(loading, &ladder->released.by);
    ladder->released.at = read_i64(&loading->reader);
    load_hash(loading, ladder->released.hash);
    load_hand(engine, loading, ladder);
    uint32_t count = read_u32(&loading->reader);
    if (count > USUAL_KEPT) {
        loading->reader.bad = 1;
        return;
    }
    ladder->usual.count = (int)count;
    for (uint32_t i = 0; i < count; i++)
        ladder->usual.sizes[i] = read_u32(&loading->reader);
}

void state_load_ladder(struct engine *engine, struct loading *loading)
{
    char *name = read_text(&loading->reader);
    int number = state_rule(engine, name, RULE_WARNING);
    struct ladder nobody = {0};
    struct ladder *ladder = number >= 0 ? &engine->ladders[number] : &nobody;
    if (number < 0 && name)
        state_drop(loading, tr("warning", "预警规则"), name);
    ladder->level = state_level(loading, ladder->rule);
    ladder->own = state_level(loading, ladder->rule);
    ladder->peak = state_level(loading, ladder->rule);
    ladder->floor = state_level(loading, ladder->rule);
    ladder->begin = read_i64(&loading->reader);
    ladder->under_way = read_u8(&loading->reader);
    ladder->start = read_i64(&loading->reader);
    ladder->revision = (int)read_u32(&loading->reader);
    ladder->last_lift = read_i64(&loading->reader);
    load_directives(loading, ladder);
    load_proposal(loading, ladder->rule, &ladder->proposal);
    load_people(engine, loading, ladder);
    uint32_t count = read_u32(&loading->reader);
    for (uint32_t i = 0; i < count && !loading->reader.bad; i++) {
        bool told = read_u8(&loading->reader);
        if (number >= 0 && (int)i < ladder->rule->condition_count)
            ladder->told[i] = told;
    }
    if (number < 0)
        ladder_release(&nobody);
    free(name);
}
