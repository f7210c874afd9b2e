/* The engine's state as bytes.
 *
 * Format, little endian (base/buf.h): magic, version; now; watchers by rule and subject; tracks
 * (subject, series, cells, bulletins); areas by code; ladders and rotas by their rule's name;
 * holdings by recipient; failures told and to obey; evidence by recipient and line.  Everything is
 * told by name, so a state can be loaded under another policy: what the new policy does not know is
 * dropped and named. What can be derived (indexes, run lengths, timers) is not written. */
#include "engine/state.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "engine/evidence.h"
#include <stdlib.h>
#include <string.h>

static const char MAGIC[] = "yujing-state";
/* 2 kept of an act by hand only who has signed it first, at which level and revision. */
enum { VERSION = 3, VERSION_READ_MIN = 2 };

/* ---- names ---- */

bool state_name(struct loading *loading, char **name)
{
    free(*name);
    *name = read_text(&loading->reader);
    return *name != NULL;
}

void state_drop(struct loading *loading, const char *what, const char *name)
{
    buf_printf(&loading->dropped, "%s%s %s", loading->dropped.size ? tr(", ", "、") : "", what,
               name);
}

int state_rule(const struct engine *engine, const char *name, enum rule_kind kind)
{
    for (size_t i = 0; name && i < engine->rule_count; i++)
        if (engine->rules[i].kind == kind && str_equal(engine->rules[i].name, name))
            return (int)i;
    return -1;
}

int state_level(struct loading *loading, const struct rule *rule)
{
    char *name = read_text(&loading->reader);
    int level = -1;
    for (int i = 0; name && rule && i < rule->level_count; i++) {
        const char *known = rule->levels[i].name;
        if (str_equal(known ? known : "", name))
            level = i;
    }
    free(name);
    return level;
}

const char *state_level_name(const struct rule *rule, int level)
{
    if (level < 0)
        return NULL;
    return level < rule->level_count && rule->levels[level].name ? rule->levels[level].name : "";
}

/* ---- saving ---- */

static void save_tracks(const struct engine *engine, struct buf *buf)
{
    buf_u32(buf, (uint32_t)engine->track_count);
    for (size_t i = 0; i < engine->track_count; i++) {
        const struct track *track = engine->tracks[i];
        buf_text(buf, subject_name(engine, track->subject));
        buf_text(buf, engine->policy->series[track->series].name);
        track_save(track, buf);
    }
}

static void save_areas(const struct engine *engine, struct buf *buf)
{
    buf_u32(buf, (uint32_t)engine->policy->area_count);
    for (size_t i = 0; i < engine->policy->area_count; i++) {
        buf_text(buf, engine->policy->areas[i].code);
        buf_i64(buf, engine->areas[i].open);
        buf_i64(buf, engine->areas[i].since);
        for (int hour = 0; hour < AREA_HOURS_AHEAD; hour++) {
            buf_u32(buf, engine->areas[i].reported[hour]);
            buf_u8(buf, engine->areas[i].closed[hour]);
        }
    }
}

static void save_rota(const struct rota_state *rota, struct buf *buf)
{
    buf_text(buf, rota->rule->name);
    buf_u8(buf, rota->active);
    buf_i64(buf, rota->from);
    buf_i64(buf, rota->to);
    buf_i64(buf, rota->looked);
}

static void save_watcher(const struct engine *engine, const struct watcher *watcher,
                         struct buf *buf)
{
    uint64_t lon, lat;
    memcpy(&lon, &watcher->lon, sizeof lon);
    memcpy(&lat, &watcher->lat, sizeof lat);
    buf_text(buf, watcher->rule->name);
    buf_text(buf, subject_name(engine, watcher->subject));
    buf_u8(buf, (uint8_t)(watcher->open | watcher->acknowledged << 1 | watcher->done << 2 |
                          watcher->event << 3 | watcher->placed << 4));
    buf_text(buf, state_level_name(watcher->rule, watcher->level));
    buf_i64(buf, watcher->opened);
    buf_u32(buf, watcher->fired);
    buf_u32(buf, watcher->told);
    buf_i64(buf, (int64_t)lon);
    buf_i64(buf, (int64_t)lat);
    buf_i64(buf, watcher->last);
    buf_i64(buf, watcher->looked);
}

static void save_rules(const struct engine *engine, struct buf *buf)
{
    buf_u32(buf, (uint32_t)engine->warning_count);
    for (size_t i = 0; i < engine->warning_count; i++)
        state_save_ladder(&engine->ladders[engine->warnings[i]], buf);
    buf_u32(buf, (uint32_t)engine->rota_count);
    for (size_t i = 0; i < engine->rota_count; i++)
        save_rota(&engine->rotas[engine->rota_rules[i]], buf);
}

/* Before the tracks, so that loading makes them in their old order: equal timers fire in that
 * order. */
static void save_watchers(const struct engine *engine, struct buf *buf)
{
    buf_u32(buf, (uint32_t)engine->watcher_count);
    for (size_t i = 0; i < engine->watcher_count; i++)
        save_watcher(engine, engine->watchers[i], buf);
}

static void save_failing(const struct engine *engine, struct buf *buf)
{
    uint32_t count = 0;
    for (size_t i = 0; i < engine->rule_count; i++)
        count += engine->failing[i].message != NULL;
    buf_u32(buf, count);
    for (size_t i = 0; i < engine->rule_count; i++)
        if (engine->failing[i].message) {
            buf_text(buf, engine->rules[i].name);
            buf_text(buf, engine->failing[i].message);
            buf_i64(buf, engine->failing[i].told);
        }
}

static bool holds_something(const struct holding *holding)
{
    static const struct holding nothing;
    return memcmp(holding, &nothing, sizeof nothing) != 0;
}

static void save_holdings(const struct engine *engine, struct buf *buf)
{
    const struct registry *registry = &engine->policy->registry;
    uint32_t count = 0;
    for (size_t i = 0; i < registry->count; i++)
        count += holds_something(&engine->holdings[i]);
    buf_u32(buf, count);
    for (size_t i = 0; i < registry->count; i++)
        if (holds_something(&engine->holdings[i])) {
            buf_text(buf, registry->recipients[i].id);
            buf_add(buf, engine->holdings[i].hash, sizeof engine->holdings[i].hash);
            buf_i64(buf, engine->holdings[i].from);
        }
}

void engine_save(const struct engine *engine, struct buf *ret_bytes)
{
    buf_text(ret_bytes, MAGIC);
    buf_u32(ret_bytes, VERSION);
    buf_i64(ret_bytes, engine->now);
    save_watchers(engine, ret_bytes);
    save_tracks(engine, ret_bytes);
    save_areas(engine, ret_bytes);
    save_rules(engine, ret_bytes);
    save_holdings(engine, ret_bytes);
    save_failing(engine, ret_bytes);
    buf_u32(ret_bytes, (uint32_t)engine->obeyed_count);
    for (size_t i = 0; i < engine->obeyed_count; i++) {
        buf_text(ret_bytes, engine->obeyed[i].rule);
        buf_text(ret_bytes, engine->obeyed[i].message);
    }
    evidence_save(engine, ret_bytes);
}

/* ---- loading ---- */

static void load_track(struct engine *engine, struct loading *loading)
{
    char *subject = read_text(&loading->reader), *series = read_text(&loading->reader);
    if (!subject || !series) {
        loading->reader.bad = 1;
    } else {
        int number = intern_find(&engine->series_names, series);
        struct track unknown;
        static const struct series hours = {.step = HOUR_MS, .span = HOUR_MS};
        if (number >= 0) {
            track_load(engine_track(engine, engine_subject(engine, subject), number),
                       &loading->reader);
        } else {
            track_init(&unknown, 0, 0, &hours, SERIES_STEPS_KEPT);
            track_load(&unknown, &loading->reader);
            track_release(&unknown);
            state_drop(loading, tr("series", "序列"), series);
        }
    }
    free(subject);
    free(series);
}

static void load_area(struct engine *engine, struct loading *loading)
{
    char *code = read_text(&loading->reader);
    int number = code ? policy_area(engine->policy, code) : -1;
    int64_t open = read_i64(&loading->reader), since = read_i64(&loading->reader);
    if (number >= 0) {
        engine->areas[number].open = open;
        engine->areas[number].since = since;
    } else if (code) {
        state_drop(loading, tr("area", "区域"), code);
    }
    for (int hour = 0; hour < AREA_HOURS_AHEAD; hour++) {
        uint32_t reported = read_u32(&loading->reader);
        bool closed = read_u8(&loading->reader);
        if (number >= 0) {
            engine->areas[number].reported[hour] = (uint16_t)reported;
            engine->areas[number].closed[hour] = closed;
        }
    }
    free(code);
}

static void load_rota(struct engine *engine, struct loading *loading)
{
    char *name = read_text(&loading->reader);
    int number = state_rule(engine, name, RULE_ROTA);
    struct rota_state nobody;
    struct rota_state *rota = number >= 0 ? &engine->rotas[number] : &nobody;
    rota->active = read_u8(&loading->reader);
    rota->from = read_i64(&loading->reader);
    rota->to = read_i64(&loading->reader);
    rota->looked = read_i64(&loading->reader);
    if (number < 0 && name)
        state_drop(loading, tr("rota", "错峰规则"), name);
    free(name);
}

static void load_watcher(struct engine *engine, struct loading *loading)
{
    char *name = read_text(&loading->reader), *subject = read_text(&loading->reader);
    uint8_t flags = read_u8(&loading->reader);
    int rule = state_rule(engine, name, RULE_WATCH);
    struct watcher nobody = {0};
    struct watcher *watcher = &nobody;
    if (rule >= 0 && subject)
        watcher = watcher_new(engine, &engine->rules[rule], engine_subject(engine, subject));
    else if (name)
        state_drop(loading, tr("watch", "监测规则"), name);
    watcher->open = flags & 1;
    watcher->acknowledged = flags >> 1 & 1;
    watcher->done = flags >> 2 & 1;
    watcher->event = flags >> 3 & 1;
    watcher->placed = flags >> 4 & 1;
    watcher->level = state_level(loading, watcher->rule);
    if (watcher->open && watcher->level < 0)
        watcher->level = 0; /* an event has no levels; a policy may have renamed them */
    watcher->opened = read_i64(&loading->reader);
    watcher->fired = read_u32(&loading->reader);
    watcher->told = read_u32(&loading->reader);
    uint64_t lon = (uint64_t)read_i64(&loading->reader), lat = (uint64_t)read_i64(&loading->reader);
    memcpy(&watcher->lon, &lon, sizeof lon);
    memcpy(&watcher->lat, &lat, sizeof lat);
    watcher->last = read_i64(&loading->reader);
    watcher->looked = read_i64(&loading->reader);
    free(name);
    free(subject);
}

static void load_list(struct engine *engine, struct loading *loading,
                      void (*load)(struct engine *, struct loading *))
{
    uint32_t count = read_u32(&loading->reader);
    for (uint32_t i = 0; i < count && !loading->reader.bad; i++)
        load(engine, loading);
}

static void load_holding(struct engine *engine, struct loading *loading)
{
    char *id = read_text(&loading->reader);
    struct holding holding;
    for (size_t i = 0; i < sizeof holding.hash; i++)
        holding.hash[i] = read_u8(&loading->reader);
    holding.from = read_i64(&loading->reader);
    int number = id ? registry_find(&engine->policy->registry, id) : -1;
    if (number >= 0)
        engine->holdings[number] = holding;
    else if (id)
        state_drop(loading, tr("recipient", "单位"), id);
    free(id);
}

static void load_failing(struct engine *engine, struct loading *loading)
{
    char *name = read_text(&loading->reader), *message = read_text(&loading->reader);
    instant_ms told = read_i64(&loading->reader);
    for (size_t i = 0; i < engine->rule_count; i++)
        if (str_equal(engine->rules[i].name, name)) {
            free(engine->failing[i].message);
            engine->failing[i] = (struct failing){message, told};
            message = NULL;
            break;
        }
    free(name);
    free(message);
}

static void load_obeyed(struct engine *engine, struct loading *loading)
{
    struct obeyed obeyed = {read_text(&loading->reader), read_text(&loading->reader)};
    xgrow((void **)&engine->obeyed, engine->obeyed_count, &engine->obeyed_capacity,
          sizeof *engine->obeyed);
    engine->obeyed[engine->obeyed_count++] = obeyed;
}

static void load_evidence(struct engine *engine, struct loading *loading)
{
    char *dropped = NULL;
    evidence_load(engine, &loading->reader, &dropped);
    if (dropped)
        state_drop(loading, tr("evidence of", "核查对象"), dropped);
    free(dropped);
}

static void arm_timers(struct engine *engine)
{
    for (size_t i = 0; i < engine->track_count; i++)
        timer_set(engine, TIMER_TRACK, (uint32_t)i, watch_track_deadline(engine, engine->tracks[i]),
                  &engine->tracks[i]->armed);
    for (size_t i = 0; i < engine->watcher_count; i++)
        timer_set(engine, TIMER_WATCHER, (uint32_t)i, watcher_deadline(engine, engine->watchers[i]),
                  &engine->watchers[i]->armed);
    for (size_t i = 0; i < engine->evidence_slot_count; i++)
        evidence_arm(engine, i);
}

int engine_load(struct engine *engine, const void *bytes, size_t size, char **ret_dropped)
{
    struct loading loading = {.reader = {.at = bytes, .end = (const unsigned char *)bytes + size}};
    char *magic = read_text(&loading.reader);
    bool ours = str_equal(magic, MAGIC);
    free(magic);
    if (ours)
        loading.version = read_u32(&loading.reader);
    if (loading.version < VERSION_READ_MIN || loading.version > VERSION)
        return ERR_INVALID;
    engine->now = read_i64(&loading.reader);
    load_list(engine, &loading, load_watcher);
    load_list(engine, &loading, load_track);
    load_list(engine, &loading, load_area);
    load_list(engine, &loading, state_load_ladder);
    load_list(engine, &loading, load_rota);
    load_list(engine, &loading, load_holding);
    load_list(engine, &loading, load_failing);
    load_list(engine, &loading, load_obeyed);
    load_evidence(engine, &loading);
    arm_timers(engine);
    *ret_dropped = loading.dropped.size > 0 ? buf_detach(&loading.dropped) : NULL;
    buf_release(&loading.dropped);
    return loading.reader.bad || loading.reader.at != loading.reader.end ? ERR_INVALID : 0;
}
