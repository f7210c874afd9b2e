/* From items to values, gathered by subject. */
#include "shell/hj212_facts.h"
#include "base/str.h"
#include "model/policy.h"
#include <string.h>

#define SOURCE_PREFIX "hj212/"

/* The values of one subject while they are gathered. */
struct gathered {
    const char *subject;
    struct reading_value *values;
    int count;
    span_ms step;
};
struct gathering {
    const struct upload_terms *terms;
    struct upload *upload;
    const struct hj212_reading *reading;
    struct arena *arena;
    struct gathered subjects[UPLOAD_SUBJECTS_MAX];
    int count;
};

/* Values of one subject and one step make one fact. */
static struct gathered *gathered_of(struct gathering *gathering, const char *subject, span_ms step)
{
    for (int i = 0; i < gathering->count; i++)
        if (gathering->subjects[i].step == step &&
            str_equal(gathering->subjects[i].subject, subject))
            return &gathering->subjects[i];
    if (gathering->count == UPLOAD_SUBJECTS_MAX)
        return NULL;
    struct gathered *gathered = &gathering->subjects[gathering->count++];
    size_t room = gathering->reading->item_count;
    *gathered = (struct gathered){.subject = subject, .step = step};
    gathered->values = arena_alloc(gathering->arena, room * sizeof *gathered->values);
    return gathered;
}

/* A state's value is its place among the series' states. */
static bool state_of(const struct series *series, struct hj212_text text, micro *ret_value)
{
    for (int i = 0; i < series->state_count; i++)
        if (hj212_text_is(text, series->states[i])) {
            *ret_value = (micro)i * MICRO;
            return true;
        }
    return false;
}

/* Exact: a figure that the other unit cannot hold without rounding is rounded half away, at the
 * sixth place. */
static micro convert(micro value, const struct channel_of_monitor *channel)
{
    wide exact = (wide)value * channel->times;
    wide half = exact >= 0 ? channel->divide / 2 : -(channel->divide / 2);
    return (micro)((exact + half) / channel->divide);
}

/* An empty figure is a value that was reported and is not known. */
static bool value_of(const struct series *series, const struct channel_of_monitor *channel,
                     const struct hj212_item *item, micro *ret_value)
{
    if (item->value.size == 0) {
        *ret_value = MICRO_NONE;
        return true;
    }
    if (series->kind == SERIES_STATE)
        return state_of(series, item->value, ret_value);
    micro value;
    if (hj212_figure_read(item->value, &value) < 0)
        return false;
    wide converted = (wide)value * channel->times / channel->divide;
    if (converted > MICRO_MAX || converted < -MICRO_MAX)
        return false;
    *ret_value = convert(value, channel);
    return true;
}

/* An average is that of its series only when both cover the same; the interval of minute averages
 * is the logger's own, and finer than an hour. */
static bool has_period_of(const struct hj212_reading *reading, const struct series *series)
{
    if (reading->moment)
        return true;
    return reading->period > 0 ? reading->period == series->step : series->step < HOUR_MS;
}

/* The channel, when what it says is wanted. */
static const struct channel_of_monitor *wanted(const struct gathering *gathering,
                                               const struct monitor *monitor,
                                               const struct hj212_item *item)
{
    const struct channel_of_monitor *channel = monitor_channel(monitor, item);
    const bool *reads = gathering->terms->reads;
    if (!channel ||
        !has_period_of(gathering->reading, &gathering->terms->policy->series[channel->series]) ||
        (gathering->reading->moment && reads && !reads[channel->series]))
        return NULL;
    return channel;
}

static void gather(struct gathering *gathering, const struct monitor *monitor,
                   const struct hj212_item *item)
{
    const struct channel_of_monitor *channel = wanted(gathering, monitor, item);
    struct upload *upload = gathering->upload;
    micro value;
    if (!channel) {
        upload->unused++;
        return;
    }
    const struct series *series = &gathering->terms->policy->series[channel->series];
    struct gathered *gathered = NULL;
    if (value_of(series, channel, item, &value))
        gathered = gathered_of(gathering, channel->subject, series->step);
    if (!gathered) {
        upload->bad = upload->unreadable++ == 0 ? item->code : upload->bad;
        return;
    }
    gathered->values[gathered->count++] = (struct reading_value){
        .series = series->name, .value = value, .flag = item->flag.size > 0 ? *item->flag.at : 0};
    upload->values++;
}

/* The start of the step that holds the instant, by the policy's civil time. */
static instant_ms start_of_step(instant_ms at, span_ms step, span_ms zone)
{
    instant_ms local = at + zone, past = local % step;
    return at - (past < 0 ? past + step : past);
}

/* Policy and registry may be replaced while the fact waits for its commit, so it keeps their names
 * itself. */
static void keep_names(struct arena *arena, struct gathered *gathered)
{
    gathered->subject = arena_strdup(arena, gathered->subject);
    for (int i = 0; i < gathered->count; i++)
        gathered->values[i].series = arena_strdup(arena, gathered->values[i].series);
}

/* One upload may have two facts of a subject, when its series have different steps. */
static int number_of(const struct gathering *gathering, const struct gathered *gathered)
{
    int number = 0;
    for (const struct gathered *g = gathering->subjects; g < gathered; g++)
        number += str_equal(g->subject, gathered->subject);
    return number;
}

static char *put_text(char *at, const char *text, size_t size)
{
    memcpy(at, text, size);
    return at + size;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t from = sizeof digits;
    do
        digits[--from] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    return put_text(at, digits + from, sizeof digits - from);
}

/* QN (or the time, where there is none), command, part, subject: by hand, because it is written for
 * every upload. */
static const char *identity_of(const struct gathering *gathering, const struct gathered *gathered,
                               const struct hj212_packet *packet)
{
    size_t subject_size = strlen(gathered->subject);
    int number = number_of(gathering, gathered);
    char *id = arena_alloc(gathering->arena, packet->qn.size + subject_size + 88), *at = id;
    if (packet->qn.size > 0)
        at = put_text(at, packet->qn.at, packet->qn.size);
    else
        at = put_number(at, (uint64_t)gathering->reading->at);
    *at++ = '/';
    at = put_number(at, (uint64_t)packet->command);
    *at++ = '/';
    at = put_number(at, (uint64_t)packet->pno);
    *at++ = '/';
    at = put_text(at, gathered->subject, subject_size);
    if (number > 0) {
        *at++ = '/';
        put_number(at, (uint64_t)number);
    }
    return id;
}

static struct fact fact_of(const struct gathering *gathering, struct gathered *gathered,
                           const struct hj212_packet *packet, const char *source)
{
    const struct hj212_reading *reading = gathering->reading;
    keep_names(gathering->arena, gathered);
    struct fact fact = {.kind = FACT_READING, .subject = gathered->subject, .source = source};
    fact.id = identity_of(gathering, gathered, packet);
    bool aligned = reading->moment || reading->period == 0;
    fact.time = aligned ? start_of_step(reading->at, gathered->step, gathering->terms->policy->zone)
                        : reading->at;
    fact.reading.period = aligned ? gathered->step : reading->period;
    fact.reading.values = gathered->values;
    fact.reading.count = gathered->count;
    fact.arrival = fact_default_arrival(&fact);
    return fact;
}

static const char *source_of(struct arena *arena, const char *mn)
{
    size_t size = strlen(mn);
    char *source = arena_alloc(arena, sizeof SOURCE_PREFIX + size);
    memcpy(source, SOURCE_PREFIX, sizeof SOURCE_PREFIX - 1);
    memcpy(source + sizeof SOURCE_PREFIX - 1, mn, size);
    return source;
}

int upload_read(struct upload *ret_upload, struct arena *arena, const struct upload_terms *terms,
                const struct monitor *monitor, const struct hj212_packet *packet)
{
    struct hj212_reading reading;
    *ret_upload = (struct upload){0};
    int err = hj212_reading_read(arena, packet, terms->policy->zone, &reading);
    if (err < 0)
        return err;
    ret_upload->no_time = reading.at == INSTANT_NONE;
    struct gathering gathering = {
        .terms = terms, .upload = ret_upload, .reading = &reading, .arena = arena};
    for (uint32_t i = 0; !ret_upload->no_time && i < reading.item_count; i++)
        gather(&gathering, monitor, &reading.items[i]);
    if (gathering.count == 0)
        return 0;
    const char *source = source_of(arena, monitor->source.mn);
    ret_upload->facts = arena_alloc(arena, (size_t)gathering.count * sizeof(struct fact));
    for (int i = 0; i < gathering.count; i++)
        ret_upload->facts[ret_upload->count++] =
            fact_of(&gathering, &gathering.subjects[i], packet, source);
    return 0;
}
