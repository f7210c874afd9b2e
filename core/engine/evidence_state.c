/* Evidence as bytes, by names: recipient, line, series, rule and states are looked up again, and
 * what the policy no longer has is dropped. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include <stdlib.h>
#include <string.h>

static void save_terms(const struct evidence_terms *terms, struct buf *buf)
{
    buf_i64(buf, terms->within);
    buf_i64(buf, terms->staying);
    buf_i64(buf, terms->above_for);
    buf_i64(buf, terms->no_data_after);
    buf_u8(buf, terms->until_obeyed);
}

static struct evidence_terms load_terms(struct reader *reader)
{
    struct evidence_terms terms = {0};
    terms.within = read_i64(reader);
    terms.staying = read_i64(reader);
    terms.above_for = read_i64(reader);
    terms.no_data_after = read_i64(reader);
    terms.until_obeyed = read_u8(reader);
    return terms;
}

static void save_seen(const struct evidence *evidence, struct buf *buf)
{
    const instant_ms instants[] = {
        evidence->window,    evidence->shown_from, evidence->steady_from, evidence->broken_from,
        evidence->seen_from, evidence->seen_to,    evidence->tasked};
    buf_i64(buf, evidence->step);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        buf_i64(buf, instants[i]);
    buf_i64(buf, evidence->value);
    buf_u8(buf, (uint8_t)evidence->told);
    buf_u8(buf, (uint8_t)(evidence->meter_told | evidence->over << 1 | evidence->silent << 2));
}

static void load_seen(struct evidence *evidence, struct reader *reader)
{
    instant_ms *const instants[] = {
        &evidence->window,    &evidence->shown_from, &evidence->steady_from, &evidence->broken_from,
        &evidence->seen_from, &evidence->seen_to,    &evidence->tasked};
    evidence->step = read_i64(reader);
    for (size_t i = 0; i < sizeof instants / sizeof *instants; i++)
        *instants[i] = read_i64(reader);
    evidence->value = read_i64(reader);
    uint8_t told = read_u8(reader), flags = read_u8(reader);
    evidence->told = (enum evidence_result)told;
    evidence->meter_told = flags & 1;
    evidence->over = flags >> 1 & 1;
    evidence->silent = flags >> 2 & 1;
    reader->bad |= told >= EVIDENCE_RESULTS;
}

static void save_one(const struct engine *engine, const struct evidence *evidence, struct buf *buf)
{
    const struct recipient *recipient = &engine->policy->registry.recipients[evidence->recipient];
    const struct series *series = &engine->policy->series[evidence->series];
    buf_text(buf, recipient->id);
    buf_text(buf, evidence->line < 0 ? NULL : recipient->lines[evidence->line].id);
    buf_text(buf, series->name);
    buf_text(buf, evidence->rule ? evidence->rule->name : NULL);
    buf_text(buf, evidence->episode);
    buf_text(buf, evidence->level);
    buf_text(buf, evidence->ask);
    buf_text(buf, evidence->order);
    buf_text(buf, evidence->point);
    buf_u8(buf, (uint8_t)evidence->kind);
    buf_i64(buf, evidence->from);
    buf_i64(buf, evidence->bound);
    buf_u8(buf, evidence->inclusive);
    buf_u32(buf, (uint32_t)evidence->from_minute);
    buf_u32(buf, (uint32_t)evidence->minutes);
    buf_u32(buf, (uint32_t)evidence->state_count);
    for (int i = 0; i < evidence->state_count; i++)
        buf_text(buf, series->states[evidence->states[i]]);
    save_terms(&evidence->terms, buf);
    save_seen(evidence, buf);
}

void evidence_save(const struct engine *engine, struct buf *buf)
{
    uint32_t count = 0;
    for (size_t i = 0; i < engine->evidence_slot_count; i++)
        count += engine->evidences[i] != NULL;
    buf_u32(buf, count);
    for (size_t i = 0; i < engine->evidence_slot_count; i++)
        if (engine->evidences[i])
            save_one(engine, engine->evidences[i], buf);
}

/* ---- loading ---- */

struct named { /* what it was called */
    char *recipient, *line, *series, *rule;
};

static void named_release(struct named *named)
{
    free(named->recipient);
    free(named->line);
    free(named->series);
    free(named->rule);
}

static int line_named(const struct recipient *recipient, const char *name)
{
    for (int i = 0; i < recipient->line_count; i++)
        if (str_equal(recipient->lines[i].id, name))
            return i;
    return -1;
}

/* False when the policy no longer has the recipient, the line or the series. */
static bool place(struct engine *engine, struct evidence *evidence, const struct named *named)
{
    const struct policy *policy = engine->policy;
    evidence->recipient =
        named->recipient ? registry_find(&policy->registry, named->recipient) : -1;
    evidence->series = named->series ? policy_series(policy, named->series) : -1;
    evidence->line = -1;
    if (evidence->recipient < 0 || evidence->series < 0)
        return false;
    if (named->line) {
        evidence->line = line_named(&policy->registry.recipients[evidence->recipient], named->line);
        if (evidence->line < 0)
            return false;
    }
    char *subject =
        named->line ? xasprintf("%s/%s", named->recipient, named->line) : xstrdup(named->recipient);
    evidence->subject = engine_subject(engine, subject);
    free(subject);
    for (size_t i = 0; i < engine->rule_count; i++)
        if (str_equal(engine->rules[i].name, named->rule))
            evidence->rule = &engine->rules[i];
    return true;
}

static void load_states(struct engine *engine, struct evidence *evidence, struct reader *reader)
{
    const struct series *series =
        evidence->series >= 0 ? &engine->policy->series[evidence->series] : NULL;
    uint32_t count = read_u32(reader);
    reader->bad |= count > PROOF_STATES_MAX;
    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        char *name = read_text(reader);
        int state = series && name ? series_state(series, name) : -1;
        if (state >= 0)
            evidence->states[evidence->state_count++] = state;
        free(name);
    }
}

static void load_order(struct evidence *evidence, struct reader *reader)
{
    evidence->episode = read_text(reader);
    evidence->level = read_text(reader);
    evidence->ask = read_text(reader);
    char *order = read_text(reader);
    if (order)
        memcpy(evidence->order, order, strnlen(order, sizeof evidence->order - 1));
    free(order);
    evidence->point = read_text(reader);
    reader->bad |= !evidence->episode || !evidence->ask || !evidence->point;
}

static void load_one(struct engine *engine, struct reader *reader, struct buf *dropped)
{
    struct named named = {read_text(reader), read_text(reader), read_text(reader),
                          read_text(reader)};
    struct evidence *evidence = xcalloc(1, sizeof *evidence);
    bool placed = place(engine, evidence, &named);
    load_order(evidence, reader);
    uint8_t kind = read_u8(reader);
    evidence->kind = (enum proof_kind)kind;
    reader->bad |= kind >= PROOF_KINDS;
    evidence->from = read_i64(reader);
    evidence->bound = read_i64(reader);
    evidence->inclusive = read_u8(reader);
    evidence->from_minute = (int)read_u32(reader);
    evidence->minutes = (int)read_u32(reader);
    load_states(engine, evidence, reader);
    evidence->terms = load_terms(reader);
    load_seen(evidence, reader);
    bool shown = evidence->kind != PROOF_MARK || evidence->state_count > 0;
    size_t slot = placed ? evidence_slot(engine, evidence->recipient, evidence->line) : 0;
    if (placed && shown && !reader->bad && !engine->evidences[slot]) {
        engine->evidences[slot] = evidence;
    } else {
        buf_printf(dropped, "%s%s%s%s", dropped->size ? ", " : "",
                   named.recipient ? named.recipient : "", named.line ? "/" : "",
                   named.line ? named.line : "");
        evidence_free(evidence);
    }
    named_release(&named);
}

void evidence_load(struct engine *engine, struct reader *reader, char **ret_dropped)
{
    struct buf dropped = {0};
    uint32_t count = read_u32(reader);
    for (uint32_t i = 0; i < count && !reader->bad; i++)
        load_one(engine, reader, &dropped);
    *ret_dropped = dropped.size > 0 ? buf_detach(&dropped) : NULL;
    buf_release(&dropped);
}
