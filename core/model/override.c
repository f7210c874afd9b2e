/* JSON values as YAML nodes.  They have no line of their own; their file says which override they
 * are. */
#include "model/override.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/yaml.h"
#include <string.h>

static struct yaml *scalar_new(struct arena *arena, const char *file, const char *text, bool quoted)
{
    struct yaml *node = arena_alloc(arena, sizeof *node);
    node->kind = YAML_SCALAR;
    node->file = file;
    node->quoted = quoted;
    node->text = arena_strdup(arena, text);
    return node;
}

static struct yaml *node_of(struct arena *arena, const char *file, json_t *value);

static struct yaml *map_of(struct arena *arena, const char *file, json_t *value)
{
    struct yaml *node = arena_alloc(arena, sizeof *node);
    size_t count = json_object_size(value);
    const char *key;
    json_t *item;
    *node = (struct yaml){.kind = YAML_MAP, .file = file};
    node->keys = arena_alloc(arena, count * sizeof *node->keys);
    node->items = arena_alloc(arena, count * sizeof *node->items);
    json_object_foreach(value, key, item)
    {
        const char *inner = arena_printf(arena, "%s.%s", file, key);
        node->keys[node->count] = scalar_new(arena, inner, key, false);
        node->items[node->count++] = node_of(arena, inner, item);
    }
    return node;
}

static struct yaml *list_of(struct arena *arena, const char *file, json_t *value)
{
    struct yaml *node = arena_alloc(arena, sizeof *node);
    *node = (struct yaml){.kind = YAML_LIST, .file = file};
    node->items = arena_alloc(arena, json_array_size(value) * sizeof *node->items);
    for (; node->count < json_array_size(value); node->count++)
        node->items[node->count] = node_of(arena, file, json_array_get(value, node->count));
    return node;
}

static struct yaml *node_of(struct arena *arena, const char *file, json_t *value)
{
    if (json_is_object(value))
        return map_of(arena, file, value);
    if (json_is_array(value))
        return list_of(arena, file, value);
    if (json_is_string(value))
        return scalar_new(arena, file, json_string_value(value), true);
    struct buf text = {0};
    json_canonical(&text, value);
    struct yaml *node = scalar_new(arena, file, buf_str(&text), false);
    buf_release(&text);
    return node;
}

static const struct yaml *merge(struct arena *arena, const struct yaml *root, json_t *with)
{
    size_t most = root->count + json_object_size(with);
    struct yaml *merged = arena_alloc(arena, sizeof *merged);
    *merged = *root;
    merged->keys = arena_alloc(arena, most * sizeof *merged->keys);
    merged->items = arena_alloc(arena, most * sizeof *merged->items);
    merged->count = 0;
    for (size_t i = 0; i < root->count; i++) {
        if (json_object_get(with, root->keys[i]->text))
            continue;
        merged->keys[merged->count] = root->keys[i];
        merged->items[merged->count++] = root->items[i];
    }
    const char *key;
    json_t *value;
    json_object_foreach(with, key, value)
    {
        if (json_is_null(value))
            continue;
        const char *file = arena_printf(arena, "with:%s", key);
        merged->keys[merged->count] = scalar_new(arena, file, key, false);
        merged->items[merged->count++] = node_of(arena, file, value);
    }
    return merged;
}

const struct yaml *override_apply(struct arena *arena, const struct yaml *root,
                                  const char *with_json, struct findings *findings)
{
    json_t *with = json_read(with_json, strlen(with_json), "with", 1, findings);
    if (!with)
        return root;
    if (json_is_object(with) && root->kind == YAML_MAP)
        root = merge(arena, root, with);
    else
        findings_add(
            findings, SEV_ERROR, "B005", (struct place){"with", 0, 0},
            tr("write keys of policy.yaml with their new values", "请写 policy.yaml 的键及其新值"),
            tr("the overrides are not a map", "覆盖项不是键值表"));
    json_decref(with);
    return root;
}
