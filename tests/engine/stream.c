/* See stream.h. */
#include "stream.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "model/feed.h"
#include "model/policy.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void facts_read(struct facts *facts, const char *text, const struct policy *policy)
{
    struct findings findings = {0};
    struct feed *feed;
    memset(facts, 0, sizeof *facts);
    feed_new(&feed, policy->zone, policy);
    feed_add_text(feed, "facts", text, strlen(text), 0, &findings);
    feed_sort(feed, &findings);
    cr_assert_eq(findings.errors, 0, "%s", findings.count ? findings.items[0].message : "");
    findings_release(&findings);
    for (size_t i = 0; i < feed_count(feed); i++) {
        xgrow((void **)&facts->items, facts->count, &facts->capacity, sizeof *facts->items);
        fact_copy(&facts->items[facts->count++], &facts->arena, feed_fact(feed, i));
    }
    feed_free(feed);
}

void facts_release(struct facts *facts)
{
    arena_release(&facts->arena);
    free(facts->items);
}

/* ---- playing ---- */

static const char *copy(struct stream *stream, const char *text)
{
    return text ? arena_strdup(&stream->arena, text) : NULL;
}

static void keep(struct stream *stream, const struct decision *decision, bool ticked, size_t number,
                 span_ms zone)
{
    struct buf line = {0};
    decision_print(&line, decision, zone);
    buf_printf(&line, " %s %s", decision->text ? decision->text : "-",
               decision->plan ? decision->plan->hash : "-");
    xgrow((void **)&stream->items, stream->count, &stream->capacity, sizeof *stream->items);
    stream->items[stream->count++] = (struct told){
        .at = decision->at,
        .begin = decision->begin,
        .kind = decision->kind,
        .ticked = ticked,
        .number = number,
        .rule = copy(stream, decision->rule),
        .episode = copy(stream, decision->episode),
        .level = copy(stream, decision->level),
        .from = copy(stream, decision->from),
        .order = copy(stream, decision->order),
        .to = copy(stream, decision->to),
        .measures = copy(stream, decision->measures),
        .text = copy(stream, decision->text),
        .line = copy(stream, buf_str(&line)),
    };
    buf_release(&line);
}

struct playing {
    struct stream *stream;
    struct engine *engine;
    span_ms zone;
};

static void step(struct playing *playing, const struct fact *fact, size_t number)
{
    struct step step;
    cr_assert_eq(engine_step(playing->engine, fact, &step), 0, "fact %zu, %s %s: at %lld, now %lld",
                 number, fact_kind_name(fact->kind), fact->id, (long long)fact->arrival,
                 (long long)engine_now(playing->engine));
    for (size_t i = 0; i < step.count; i++)
        keep(playing->stream, &step.decisions[i], fact->kind == FACT_TICK, number, playing->zone);
}

static void tick_until(struct playing *playing, instant_ms horizon, size_t number)
{
    instant_ms due;
    while ((due = engine_due_by(playing->engine, horizon)) != INSTANT_NONE) {
        struct fact tick = {
            .kind = FACT_TICK, .time = due, .arrival = due, .source = "replay", .id = ""};
        step(playing, &tick, number);
    }
}

static const char *state_of(struct stream *stream, const struct engine *engine)
{
    struct buf bytes = {0};
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    engine_save(engine, &bytes);
    hash_of(bytes.data, bytes.size, hash);
    hash_hex(hash, hex);
    buf_release(&bytes);
    return copy(stream, hex);
}

void stream_play(struct stream *ret, struct program *program, const struct policy *policy,
                 enum approvals approvals, const struct fact *facts, size_t count, instant_ms until)
{
    struct engine_options options = {.approvals = approvals};
    struct playing playing = {.stream = ret, .zone = policy->zone};
    memset(ret, 0, sizeof *ret);
    engine_new(&playing.engine, program, &options);
    for (size_t i = 0; i < count; i++) {
        tick_until(&playing, facts[i].arrival, i);
        step(&playing, &facts[i], i);
    }
    if (until != INSTANT_NONE)
        tick_until(&playing, until, count);
    ret->state_hex = state_of(ret, playing.engine);
    engine_free(playing.engine);
}

void stream_release(struct stream *stream)
{
    arena_release(&stream->arena);
    free(stream->items);
}
