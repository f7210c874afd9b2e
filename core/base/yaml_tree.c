/* Trees that have been read: finding something in one, and keeping one.
 *
 * What is kept is a copy that shares: children first, so that a node is the same when its bytes
 * are. */
#include "base/shelf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include <stdlib.h>
#include <string.h>

/* ---- Looking up ---- */

struct place yaml_place(const struct yaml *node)
{
    if (!node)
        return (struct place){0};
    return (struct place){node->file, node->line, node->col};
}

/* A walk: the maps that are asked by name are short. */
const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (str_equal(map->keys[i]->text, key))
            return map->items[i];
    return NULL;
}

const char *yaml_text(const struct yaml *map, const char *key)
{
    const struct yaml *node = yaml_get(map, key);
    return node && node->kind == YAML_SCALAR ? node->text : NULL;
}

bool yaml_is_null(const struct yaml *node)
{
    if (!node)
        return true;
    if (node->kind != YAML_SCALAR || node->quoted)
        return false;
    return node->text[0] == 0 || str_equal(node->text, "~") || str_equal(node->text, "null");
}

/* ---- Keeping ---- */

enum { FEW_KEPT = 32 }; /* children that need no memory of their own while they are kept */

static struct yaml **keep_all(struct shelf *shelf, struct yaml *const *nodes, size_t count)
{
    struct yaml *few[FEW_KEPT], **kept = few;
    if (count == 0)
        return NULL;
    if (count > FEW_KEPT)
        kept = xcalloc(count, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = (struct yaml *)(uintptr_t)yaml_keep(shelf, nodes[i]); /* nobody changes it */
    const void *place = shelf_put(shelf, kept, count * sizeof *kept);
    if (count > FEW_KEPT)
        free(kept);
    return (struct yaml **)(uintptr_t)place;
}

const struct yaml *yaml_keep(struct shelf *shelf, const struct yaml *node)
{
    struct yaml kept;
    memset(&kept, 0, sizeof kept); /* the gaps too: bytes are compared */
    kept.count = node->count;
    kept.kind = node->kind;
    kept.quoted = node->quoted;
    kept.text = node->text;
    kept.items = keep_all(shelf, node->items, node->count);
    if (node->kind == YAML_MAP)
        kept.keys = keep_all(shelf, node->keys, node->count);
    return shelf_put(shelf, &kept, sizeof kept);
}
