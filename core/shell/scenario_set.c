/* Values put over a scenario's own before it is read: `yujing drill --set bots.4.ack.p=0.5`.
 *
 * The tree is changed, so that what was put over is checked like what was written; findings about
 * it name `--set` as their file. */
#include "base/lang.h"
#include "base/str.h"
#include "shell/scenario_inner.h"
#include <stdlib.h>
#include <string.h>

/* The place a path leads to: the slot of the last word in its parent. */
static struct yaml **slot_of(struct yaml *node, const char *word)
{
    char *end;
    if (node->kind == YAML_LIST) {
        size_t number = strtoul(word, &end, 10);
        return *word && !*end && number < node->count ? &node->items[number] : NULL;
    }
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        if (str_equal(node->keys[i]->text, word))
            return &node->items[i];
    }
    return NULL;
}

static struct yaml **map_grow(struct arena *arena, struct yaml *map, const char *word)
{
    struct yaml **items = arena_alloc(arena, (map->count + 1) * sizeof *items);
    struct yaml **keys = arena_alloc(arena, (map->count + 1) * sizeof *keys);
    struct yaml *key = arena_alloc(arena, sizeof *key);
    *key = (struct yaml){.kind = YAML_SCALAR,
                         .line = 1,
                         .col = 1,
                         .file = "--set",
                         .text = arena_strdup(arena, word)};
    memcpy(items, map->items, map->count * sizeof *items);
    memcpy(keys, map->keys, map->count * sizeof *keys);
    keys[map->count] = key;
    map->items = items;
    map->keys = keys;
    return &map->items[map->count++];
}

static bool complain(const char *path, const char *word, struct findings *findings)
{
    struct place place = {"--set", 1, 1};
    findings_add(findings, SEV_ERROR, "C080", place,
                 tr("e.g. bots.4.ack.p=0.5 : keys and list positions from 0, parted by points",
                    "如 bots.4.ack.p=0.5：键名与列表序号（自 0 起）以点分隔"),
                 tr("“%s”: the scenario has no “%s” there", "“%s”：情景中该处没有 “%s”"), path,
                 word);
    return false;
}

bool scenario_apply(struct arena *arena, struct yaml *root, const struct scenario_set *set,
                    struct findings *findings)
{
    struct yaml *value = yaml_read(arena, "--set", set->value, strlen(set->value), findings);
    char *copy = arena_strdup(arena, set->path), *word;
    struct yaml *node = root;
    struct yaml **slot = NULL;
    if (!value)
        return false;
    while ((word = strsep(&copy, ".")) != NULL) {
        slot = slot_of(node, word);
        if (!slot && !copy && node->kind == YAML_MAP && *word)
            slot = map_grow(arena, node, word);
        if (!slot)
            return complain(set->path, word, findings);
        node = *slot;
    }
    *slot = value;
    return true;
}
