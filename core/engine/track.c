#include "engine/track.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 16 };

static int64_t floor_div(int64_t a, int64_t b)
{
    return a >= 0 ? a / b : -((-a + b - 1) / b);
}

int64_t track_step(const struct track *track, instant_ms instant, span_ms zone)
{
    return floor_div(instant + zone, track->step);
}

instant_ms track_step_start(const struct track *track, int64_t step, span_ms zone)
{
    return step * track->step - zone;
}

instant_ms track_step_end(const struct track *track, int64_t step, span_ms zone)
{
    return track_step_start(track, step + 1, zone);
}

span_ms track_covers(const struct track *track, int64_t first, int64_t last)
{
    return (last - first) * track->step + track->span;
}

void track_init(struct track *track, int subject, int series, const struct series *meaning,
                uint32_t keep)
{
    assert((keep & (keep - 1)) == 0);
    memset(track, 0, sizeof *track);
    track->subject = subject;
    track->series = series;
    track->step = meaning->step;
    track->span = meaning->span;
    track->top = track->low = track->known = STEP_NONE;
    track->keep = keep;
    track->armed = INSTANT_NONE;
}

static void bulletin_release(struct bulletin *bulletin)
{
    free(bulletin->low);
    free(bulletin->high);
    free(bulletin->primary);
    free(bulletin->name);
}

void track_release(struct track *track)
{
    for (int i = 0; i < track->bulletin_count; i++)
        bulletin_release(&track->bulletins[i]);
    free(track->bulletins);
    free(track->cells);
    free(track->watchers);
}

/* Rings are powers of two, so that a step finds its place by its lowest bits, also after growing.
 */
static void grow(struct track *track, uint32_t capacity)
{
    struct cell *cells = xcalloc(capacity, sizeof *cells);
    if (track->top != STEP_NONE)
        for (uint32_t i = 0; i < track->capacity; i++) {
            int64_t step = track->top - i;
            if (step < track->low)
                break;
            cells[step & (capacity - 1)] = track->cells[step & (track->capacity - 1)];
        }
    free(track->cells);
    track->cells = cells;
    track->capacity = capacity;
}

static void make_room(struct track *track, int64_t lowest, int64_t highest)
{
    uint64_t needed = (uint64_t)(highest - lowest) + 1;
    uint32_t capacity = track->capacity ? track->capacity : CAPACITY_FIRST;
    while (capacity < needed && capacity < track->keep)
        capacity *= 2;
    if (capacity > track->keep)
        capacity = track->keep;
    if (capacity != track->capacity)
        grow(track, capacity);
}

static void advance(struct track *track, int64_t step)
{
    int64_t low = track->top == STEP_NONE ? step : track->low;
    make_room(track, low, step);
    int64_t blank = track->top == STEP_NONE ? step : track->top + 1;
    if (step - blank >= track->capacity)
        blank = step - track->capacity + 1;
    for (; blank <= step; blank++)
        memset(&track->cells[blank & (track->capacity - 1)], 0, sizeof(struct cell));
    if (step - low >= track->capacity)
        low = step - track->capacity + 1;
    track->low = low;
    track->top = step;
}

static void find_known(struct track *track)
{
    for (int64_t step = track->known; step >= track->low; step--)
        if (track_cell(track, step)->state == CELL_KNOWN) {
            track->known = step;
            return;
        }
    track->known = STEP_NONE;
}

bool track_put(struct track *track, int64_t step, struct cell cell)
{
    if (track->top == STEP_NONE || step > track->top) {
        advance(track, step);
    } else {
        if (step < track->low) {
            if (track->top - step >= track->keep)
                return false;
            make_room(track, step, track->top);
            track->low = step;
        }
        track->edits++;
    }
    track->cells[step & (track->capacity - 1)] = cell;
    if (cell.state == CELL_KNOWN && (track->known == STEP_NONE || step > track->known))
        track->known = step;
    else if (cell.state != CELL_KNOWN && step == track->known)
        find_known(track);
    return true;
}

const struct cell *track_cell(const struct track *track, int64_t step)
{
    static const struct cell absent;
    if (track->top == STEP_NONE || step > track->top || step < track->low)
        return &absent;
    return &track->cells[step & (track->capacity - 1)];
}

static void *copy(const void *memory, size_t size)
{
    return memcpy(xmalloc(size ? size : 1), memory, size);
}

/* Out of bounds is unknown, as it is for what was measured: -999 is nobody's good air. */
static void drop_outside(struct bulletin *bulletin, const struct series *series)
{
    for (int i = 0; i < bulletin->count; i++)
        if (bulletin->low[i] < series->low || bulletin->high[i] > series->high)
            bulletin->low[i] = bulletin->high[i] = MICRO_NONE;
}

static struct bulletin bulletin_of(const struct fact *fact, int64_t first)
{
    const struct forecast *forecast = &fact->forecast;
    size_t count = (size_t)forecast->count;
    struct bulletin bulletin = {
        .issued = forecast->issued,
        .arrival = fact->arrival,
        .first = first,
        .count = forecast->count,
        .low = copy(forecast->low, count * sizeof(micro)),
        .high = copy(forecast->high, count * sizeof(micro)),
        .primary = xcalloc(count ? count : 1, 1),
        .name = xasprintf("%s %s", fact->source, fact->id),
    };
    for (size_t i = 0; i < count; i++)
        bulletin.primary[i] = forecast->primary ? (uint8_t)forecast->primary[i] : 0;
    return bulletin;
}

/* Among equal `issued` the later in the journal wins, so it stands behind. */
bool track_bulletin_add(struct track *track, const struct series *series, const struct fact *fact,
                        span_ms zone)
{
    int64_t first = track_step(track, fact->forecast.start, zone);
    if (fact->forecast.step != track->step ||
        track_step_start(track, first, zone) != fact->forecast.start)
        return false;
    if (track->bulletin_count >= BULLETINS_KEPT)
        return false;
    size_t capacity = (size_t)track->bulletin_capacity;
    xgrow((void **)&track->bulletins, (size_t)track->bulletin_count, &capacity,
          sizeof *track->bulletins);
    track->bulletin_capacity = (int)capacity;
    int place = track->bulletin_count++;
    while (place > 0 && track->bulletins[place - 1].issued > fact->forecast.issued) {
        track->bulletins[place] = track->bulletins[place - 1];
        place--;
    }
    track->bulletins[place] = bulletin_of(fact, first);
    drop_outside(&track->bulletins[place], series);
    return true;
}

static void forget(struct track *track, int count)
{
    for (int i = 0; i < count; i++)
        bulletin_release(&track->bulletins[i]);
    track->bulletin_count -= count;
    memmove(track->bulletins, track->bulletins + count,
            (size_t)track->bulletin_count * sizeof *track->bulletins);
}

const struct bulletin *track_bulletin(struct track *track, instant_ms now, span_ms age_max)
{
    int newest = -1;
    while (newest + 1 < track->bulletin_count && track->bulletins[newest + 1].issued <= now)
        newest++;
    if (newest > 0) {
        forget(track, newest);
        newest = 0;
    }
    if (newest < 0 || now - track->bulletins[0].issued > age_max)
        return NULL;
    return &track->bulletins[0];
}

bool track_bulletin_stale(const struct track *track, instant_ms now, span_ms age_max)
{
    bool stale = false;
    for (int i = 0; i < track->bulletin_count && track->bulletins[i].issued <= now; i++)
        stale = now - track->bulletins[i].issued > age_max;
    return stale;
}

struct seen track_measured(const struct track *track, int64_t step)
{
    const struct cell *cell = track_cell(track, step);
    struct seen seen = {.cell = cell};
    if (cell->state == CELL_KNOWN) {
        seen.known = true;
        seen.value = (struct ratio){.num = cell->num, .den = cell->den};
        seen.primary = cell->primary;
    }
    return seen;
}

/* The middle of a range is rounded up to a whole number: a doubt is not resolved downwards. */
static micro middle(micro low, micro high)
{
    micro sum = low + high;
    int64_t whole = floor_div(sum, 2 * (int64_t)MICRO);
    return (whole * 2 * MICRO < sum ? whole + 1 : whole) * MICRO;
}

struct seen bulletin_value(const struct bulletin *bulletin, int64_t step, enum forecast_use use)
{
    struct seen seen = {.bulletin = bulletin};
    if (!bulletin || step < bulletin->first || step - bulletin->first >= bulletin->count)
        return seen;
    size_t at = (size_t)(step - bulletin->first);
    micro low = bulletin->low[at], high = bulletin->high[at];
    if (low == MICRO_NONE || high == MICRO_NONE)
        return seen;
    micro value = low;
    if (low != high)
        value = use == FORECAST_LOW ? low : use == FORECAST_HIGH ? high : middle(low, high);
    seen.known = true;
    seen.value = ratio_of(value);
    seen.primary = bulletin->primary[at];
    return seen;
}

static void bulletin_save(const struct bulletin *bulletin, struct buf *buf)
{
    buf_i64(buf, bulletin->issued);
    buf_i64(buf, bulletin->arrival);
    buf_i64(buf, bulletin->first);
    buf_u32(buf, (uint32_t)bulletin->count);
    for (int i = 0; i < bulletin->count; i++) {
        buf_i64(buf, bulletin->low[i]);
        buf_i64(buf, bulletin->high[i]);
        buf_u8(buf, bulletin->primary[i]);
    }
    buf_text(buf, bulletin->name);
}

static void bulletin_load(struct bulletin *bulletin, struct reader *reader)
{
    bulletin->issued = read_i64(reader);
    bulletin->arrival = read_i64(reader);
    bulletin->first = read_i64(reader);
    uint32_t count = read_u32(reader);
    if (count > BULLETIN_STEPS_MAX) {
        reader->bad = 1;
        count = 0;
    }
    bulletin->count = (int)count;
    bulletin->low = xcalloc(count + 1, sizeof(micro));
    bulletin->high = xcalloc(count + 1, sizeof(micro));
    bulletin->primary = xcalloc(count + 1, 1);
    for (uint32_t i = 0; i < count; i++) {
        bulletin->low[i] = read_i64(reader);
        bulletin->high[i] = read_i64(reader);
        bulletin->primary[i] = read_u8(reader);
    }
    bulletin->name = read_text(reader);
}

static void cell_save(const struct cell *cell, struct buf *buf)
{
    buf_u8(buf, cell->state);
    if (cell->state == CELL_ABSENT)
        return;
    buf_i64(buf, cell->num);
    buf_u32(buf, (uint32_t)cell->learnt_s);
    buf_u32(buf, (uint32_t)cell->den);
    buf_u8(buf, cell->primary);
}

static struct cell cell_load(struct reader *reader)
{
    struct cell cell = {.state = read_u8(reader)};
    if (cell.state == CELL_ABSENT)
        return cell;
    cell.num = read_i64(reader);
    cell.learnt_s = (int32_t)read_u32(reader);
    cell.den = (int16_t)read_u32(reader);
    cell.primary = read_u8(reader);
    return cell;
}

void track_save(const struct track *track, struct buf *buf)
{
    buf_i64(buf, track->top);
    buf_i64(buf, track->low);
    buf_u8(buf, (uint8_t)(track->stale_told | track->misfit_told << 1));
    if (track->top != STEP_NONE)
        for (int64_t step = track->low; step <= track->top; step++)
            cell_save(track_cell(track, step), buf);
    buf_u32(buf, (uint32_t)track->bulletin_count);
    for (int i = 0; i < track->bulletin_count; i++)
        bulletin_save(&track->bulletins[i], buf);
}

void track_load(struct track *track, struct reader *reader)
{
    int64_t top = read_i64(reader), low = read_i64(reader);
    uint8_t told = read_u8(reader);
    track->stale_told = told & 1;
    track->misfit_told = told >> 1 & 1;
    if (top != STEP_NONE && (top < low || top - low > SERIES_STEPS_KEPT))
        reader->bad = 1;
    for (int64_t step = low; top != STEP_NONE && step <= top && !reader->bad; step++)
        track_put(track, step, cell_load(reader));
    uint32_t count = read_u32(reader);
    if (count > BULLETINS_KEPT)
        reader->bad = 1;
    for (uint32_t i = 0; i < count && !reader->bad; i++) {
        size_t capacity = (size_t)track->bulletin_capacity;
        xgrow((void **)&track->bulletins, i, &capacity, sizeof *track->bulletins);
        track->bulletin_capacity = (int)capacity;
        memset(&track->bulletins[i], 0, sizeof *track->bulletins);
        bulletin_load(&track->bulletins[i], reader);
        track->bulletin_count++;
    }
}
