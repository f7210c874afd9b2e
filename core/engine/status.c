/* The state for people: what is open, what waits, what is held. */
#include "base/buf.h"
#include "base/json.h"
#include "engine/evidence.h"
#include "engine/inner.h"

static void key_instant(struct json_writer *writer, const char *key, instant_ms instant,
                        span_ms zone)
{
    jw_key(writer, key);
    if (instant == INSTANT_NONE)
        jw_null(writer);
    else
        jw_instant(writer, instant, zone);
}

static void print_proposal(struct json_writer *writer, const char *key, const struct ladder *ladder,
                           const struct proposal *proposal, span_ms zone)
{
    static const char *const states[] = {"none", "pending", "held", "filed"};
    if (proposal->state == PROPOSAL_NONE)
        return;
    jw_key(writer, key);
    jw_begin(writer, '{');
    jw_key(writer, "state");
    jw_text(writer, states[proposal->state]);
    jw_key(writer, "level");
    jw_text(writer, proposal->level < 0 ? NULL : ladder->rule->levels[proposal->level].name);
    key_instant(writer, "begin", proposal->begin, zone);
    key_instant(writer, "made", proposal->made, zone);
    jw_key(writer, "plan");
    jw_text(writer, proposal->hash);
    jw_end(writer, '}');
}

static void print_ladder(struct engine *engine, struct json_writer *writer,
                         const struct ladder *ladder)
{
    const struct rule *rule = ladder->rule;
    span_ms zone = engine->policy->zone;
    const char *code = engine->policy->areas[rule->area].code;
    jw_begin(writer, '{');
    jw_key(writer, "rule");
    jw_text(writer, rule->name);
    jw_key(writer, "title");
    jw_text(writer, rule->title);
    jw_key(writer, "area");
    jw_text(writer, code);
    jw_key(writer, "level");
    jw_text(writer, ladder->level < 0 ? NULL : rule->levels[ladder->level].name);
    if (ladder->level >= 0) {
        jw_key(writer, "episode");
        jw_text(writer, instance_id(engine, rule, code, ladder->start));
        key_instant(writer, "begin", ladder->begin, zone);
        jw_key(writer, "under_way");
        /* Begun since the last evaluation is under way as well. */
        jw_bool(writer, ladder->under_way || (ladder->own >= 0 && ladder->begin <= engine->now));
        jw_key(writer, "revision");
        jw_int(writer, ladder->revision);
    }
    key_instant(writer, "last_lift", ladder->last_lift, zone);
    jw_key(writer, "directives");
    jw_int(writer, (int64_t)ladder->directive_count);
    print_proposal(writer, "proposal", ladder, &ladder->proposal, zone);
    print_proposal(writer, "hand", ladder, &ladder->hand, zone);
    jw_end(writer, '}');
}

static void print_watcher(struct engine *engine, struct json_writer *writer,
                          const struct watcher *watcher)
{
    jw_begin(writer, '{');
    jw_key(writer, "rule");
    jw_text(writer, watcher->rule->name);
    jw_key(writer, "subject");
    jw_text(writer, subject_name(engine, watcher->subject));
    jw_key(writer, "level");
    jw_text(writer, watcher->level < 0 || watcher->rule->level_count == 0
                        ? NULL
                        : watcher->rule->levels[watcher->level].name);
    key_instant(writer, "opened", watcher->opened, engine->policy->zone);
    jw_end(writer, '}');
}

static void print_rotas(struct engine *engine, struct json_writer *writer)
{
    for (size_t i = 0; i < engine->rota_count; i++) {
        const struct rota_state *rota = &engine->rotas[engine->rota_rules[i]];
        if (!rota->active)
            continue;
        jw_begin(writer, '{');
        jw_key(writer, "rule");
        jw_text(writer, rota->rule->name);
        key_instant(writer, "from", rota->from, engine->policy->zone);
        key_instant(writer, "to", rota->to, engine->policy->zone);
        jw_end(writer, '}');
    }
}

/* How many watches there are, by what was told last. */
static void print_evidence(const struct engine *engine, struct json_writer *writer)
{
    int counts[EVIDENCE_RESULTS] = {0};
    for (size_t i = 0; i < engine->evidence_slot_count; i++)
        if (engine->evidences[i])
            counts[evidence_standing(engine->evidences[i])]++;
    jw_key(writer, "evidence");
    jw_begin(writer, '{');
    for (int result = 0; result < EVIDENCE_RESULTS; result++) {
        jw_key(writer, evidence_result_name((enum evidence_result)result));
        jw_int(writer, counts[result]);
    }
    jw_end(writer, '}');
}

void engine_status(const struct engine *const_engine, struct buf *ret_json)
{
    /* Identities are built in the step's arena, which is no part of the state. */
    struct engine *engine = (struct engine *)(uintptr_t)const_engine;
    struct json_writer writer = {.buf = ret_json};
    jw_begin(&writer, '{');
    key_instant(&writer, "now", engine->now, engine->policy->zone);
    jw_key(&writer, "warnings");
    jw_begin(&writer, '[');
    for (size_t i = 0; i < engine->warning_count; i++)
        print_ladder(engine, &writer, &engine->ladders[engine->warnings[i]]);
    jw_end(&writer, ']');
    jw_key(&writer, "watches");
    jw_begin(&writer, '[');
    for (size_t i = 0; i < engine->watcher_count; i++)
        if (engine->watchers[i]->open)
            print_watcher(engine, &writer, engine->watchers[i]);
    jw_end(&writer, ']');
    jw_key(&writer, "rotas");
    jw_begin(&writer, '[');
    print_rotas(engine, &writer);
    jw_end(&writer, ']');
    print_evidence(engine, &writer);
    jw_end(&writer, '}');
}
