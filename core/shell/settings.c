/* A sorted list of names and values: there are a handful, and some suspended addresses. */
#include "shell/settings.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "store/setting_table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
    char *name, *value;
};
struct settings {
    struct entry *items; /* by name */
    size_t count, capacity;
};

struct settings *settings_new(void)
{
    return xcalloc(1, sizeof(struct settings));
}

static void clear(struct settings *settings)
{
    for (size_t i = 0; i < settings->count; i++) {
        free(settings->items[i].name);
        free(settings->items[i].value);
    }
    settings->count = 0;
}

void settings_free(struct settings *settings)
{
    if (!settings)
        return;
    clear(settings);
    free(settings->items);
    free(settings);
}

/* The first whose name is not before `name`. */
static size_t position(const struct settings *settings, const char *name)
{
    size_t low = 0, high = settings->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(settings->items[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct entry *find(const struct settings *settings, const char *name)
{
    size_t at = position(settings, name);
    bool found = at < settings->count && str_equal(settings->items[at].name, name);
    return found ? &settings->items[at] : NULL;
}

static void insert(struct settings *settings, const char *name, const char *value)
{
    size_t at = position(settings, name);
    void *items = settings->items;
    xgrow(&items, settings->count, &settings->capacity, sizeof *settings->items);
    settings->items = items;
    memmove(&settings->items[at + 1], &settings->items[at],
            (settings->count - at) * sizeof *settings->items);
    settings->items[at] = (struct entry){xstrdup(name), xstrdup(value)};
    settings->count++;
}

static int take_row(void *arg, const char *name, const char *value, instant_ms changed)
{
    (void)changed;
    insert(arg, name, value);
    return 0;
}

int settings_load(struct settings *settings, struct store *store)
{
    clear(settings);
    return setting_read(store, take_row, settings);
}

const char *settings_get(const struct settings *settings, const char *name)
{
    const struct entry *entry = find(settings, name);
    return entry ? entry->value : NULL;
}

int64_t settings_int(const struct settings *settings, const char *name, int64_t otherwise)
{
    const char *value = settings_get(settings, name);
    return value ? strtoll(value, NULL, 10) : otherwise;
}

static void forget(struct settings *settings, struct entry *entry)
{
    size_t at = (size_t)(entry - settings->items);
    free(entry->name);
    free(entry->value);
    settings->count--;
    memmove(entry, entry + 1, (settings->count - at) * sizeof *entry);
}

int settings_set(struct settings *settings, struct store_tx *tx, const char *name,
                 const char *value)
{
    struct entry *entry = find(settings, name);
    if (entry ? str_equal(entry->value, value) : !value)
        return 0;
    instant_ms changed;
    int err = setting_put(tx, name, value, &changed);
    if (err < 0)
        return err;
    if (entry)
        forget(settings, entry);
    if (value)
        insert(settings, name, value);
    return 0;
}

int settings_set_int(struct settings *settings, struct store_tx *tx, const char *name,
                     int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return settings_set(settings, tx, name, text);
}

const char *settings_paused(const struct settings *settings)
{
    return settings_get(settings, "paused");
}

static char *suspended_name(const char *gateway, const char *address)
{
    return xasprintf(SUSPENDED_SETTING "%s/%s", gateway, address);
}

bool settings_suspended(const struct settings *settings, const char *gateway, const char *address)
{
    char *name = suspended_name(gateway, address);
    bool suspended = find(settings, name) != NULL;
    free(name);
    return suspended;
}

void settings_each_suspended(const struct settings *settings,
                             void (*each)(void *arg, const char *address, const char *why),
                             void *arg)
{
    for (size_t i = position(settings, SUSPENDED_SETTING); i < settings->count; i++) {
        const struct entry *entry = &settings->items[i];
        if (!str_starts(entry->name, SUSPENDED_SETTING))
            return;
        each(arg, entry->name + strlen(SUSPENDED_SETTING), entry->value);
    }
}

int settings_suspend(struct settings *settings, struct store_tx *tx, const char *gateway,
                     const char *address, const char *why)
{
    char *name = suspended_name(gateway, address);
    int err = settings_set(settings, tx, name, why);
    free(name);
    return err;
}
