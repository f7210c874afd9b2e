/* A growing list of things to say. */
#include "shell/events.h"
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
    void *items = events->items;
    xgrow(&items, events->count, &events->capacity, sizeof *events->items);
    events->items = items;
    events->items[events->count++] = (struct event){level, name, xstrdup(text)};
}

void events_release(struct events *events)
{
    for (size_t i = 0; i < events->count; i++)
        free(events->items[i].text);
    free(events->items);
    *events = (struct events){0};
}
