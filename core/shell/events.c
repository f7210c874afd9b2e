/* A growing list of things to say. */
#include "shell/events.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdarg.h>
#include <stdlib.h>

void events_add(struct events *events, enum log_level level, const char *name, const char *format,
                ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    events_add_line(events, level, name, text, NULL);
}

void events_add_line(struct events *events, enum log_level level, const char *name,
                     const char *text, const char *line)
{
    void *items = events->items;
    xgrow(&items, events->count, &events->capacity, sizeof *events->items);
    events->items = items;
    events->items[events->count++] = (struct event){
        .level = level,
        .name = name,
        .text = xstrdup(text),
        .line = line ? xstrdup(line) : NULL,
    };
}

void events_tally(struct events *events, const char *metric, const char *key, const char *value)
{
    struct event_count counted = {.metric = metric, .count = 1};
    if (key)
        snprintf(counted.labels, sizeof counted.labels, "%s=\"%s\"", key, value);
    for (size_t i = 0; i < events->count_count; i++) {
        struct event_count *known = &events->counts[i];
        if (str_equal(known->metric, metric) && str_equal(known->labels, counted.labels)) {
            known->count++;
            return;
        }
    }
    if (events->count_count == EVENT_COUNTS_MAX)
        return;
    void *counts = events->counts;
    xgrow(&counts, events->count_count, &events->count_capacity, sizeof *events->counts);
    events->counts = counts;
    events->counts[events->count_count++] = counted;
}

void events_release(struct events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        free(events->items[i].text);
        free(events->items[i].line);
    }
    free(events->items);
    free(events->counts);
    *events = (struct events){0};
}
