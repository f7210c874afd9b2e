/* Two registries, entry by entry and key by key.
 *
 * Lists whose items have ids (lines, outlets) are compared by id, so that a line put in the middle
 * does not make all that follow look changed.  What a registry keeps of an entry has no places, so
 * the files of those that differ are parsed once more. */
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/list_csv.h"
#include "model/yaml_edit.h"
#include <stdlib.h>
#include <string.h>

struct comparison {
    struct list_diff *diff;
    struct list_change *change;
};

static const char *flow_of(struct comparison *comparison, const struct yaml *node)
{
    struct buf buf = {0};
    if (node && node->kind == YAML_SCALAR)
        buf_puts(&buf, node->text);
    else if (node)
        yaml_print_flow(&buf, node);
    const char *text = arena_strdup(&comparison->diff->arena, buf_str(&buf));
    buf_release(&buf);
    return text;
}

static void compare_nodes(struct comparison *comparison, const char *path, const struct yaml *old,
                          const struct yaml *new);

static const char *joined(struct comparison *comparison, const char *path, const char *key)
{
    return path[0] ? arena_printf(&comparison->diff->arena, "%s.%s", path, key) : key;
}

static void compare_maps(struct comparison *comparison, const char *path, const struct yaml *old,
                         const struct yaml *new)
{
    for (size_t i = 0; i < old->count; i++) {
        const char *key = old->keys[i]->text;
        compare_nodes(comparison, joined(comparison, path, key), old->items[i], yaml_get(new, key));
    }
    for (size_t i = 0; i < new->count; i++) {
        const char *key = new->keys[i]->text;
        if (!yaml_get(old, key))
            compare_nodes(comparison, joined(comparison, path, key), NULL, new->items[i]);
    }
}

static bool items_have_ids(const struct yaml *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!yaml_text(list->items[i], "id"))
            return false;
    }
    return list->count > 0;
}

static const struct yaml *item_of(const struct yaml *list, const char *id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (str_equal(yaml_text(list->items[i], "id"), id))
            return list->items[i];
    }
    return NULL;
}

static void compare_items(struct comparison *comparison, const char *path, const struct yaml *old,
                          const struct yaml *new)
{
    for (size_t i = 0; i < old->count; i++) {
        const char *id = yaml_text(old->items[i], "id");
        compare_nodes(comparison, joined(comparison, path, id), old->items[i], item_of(new, id));
    }
    for (size_t i = 0; i < new->count; i++) {
        const char *id = yaml_text(new->items[i], "id");
        if (!item_of(old, id))
            compare_nodes(comparison, joined(comparison, path, id), NULL, new->items[i]);
    }
}

static void compare_nodes(struct comparison *comparison, const char *path, const struct yaml *old,
                          const struct yaml *new)
{
    if (old && new && old->kind == YAML_MAP &&new->kind == YAML_MAP) {
        compare_maps(comparison, path, old, new);
        return;
    }
    if (old && new && old->kind == YAML_LIST &&new->kind == YAML_LIST && items_have_ids(old) &&
        items_have_ids(new)) {
        compare_items(comparison, path, old, new);
        return;
    }
    const char *before = flow_of(comparison, old), *after = flow_of(comparison, new);
    if (strcmp(before, after) == 0)
        return;
    struct list_change *change = comparison->change;
    void *cells = change->cells;
    xgrow(&cells, change->count, &change->capacity, sizeof *change->cells);
    change->cells = cells;
    const struct yaml *place = new ? new : old;
    change->cells[change->count++] = (struct list_cell_change){.line = place->line,
                                                               .col = place->col,
                                                               .reference = "",
                                                               .head = path,
                                                               .old = before,
                                                               .new = after};
}

static void add_whole(struct list_diff *diff, const struct recipient *recipient,
                      enum list_change_kind kind)
{
    struct list_change change = list_change_of(recipient, kind);
    list_diff_add(diff, &change);
}

/* The registry's files as they are written, each parsed when it is first asked for. */
struct written {
    const struct bundle *bundle;
    struct arena *arena;
    const struct yaml **roots; /* by text */
};

static const struct yaml *written_file(struct written *written, const char *shown)
{
    const struct bundle *bundle = written->bundle;
    for (size_t i = 0; i < bundle->text_count; i++) {
        const struct bundle_text *text = &bundle->texts[i];
        if (!str_starts(text->name, "registry/") || strcmp(text->shown, shown) != 0)
            continue;
        struct findings told = {0}; /* when the bundle was made */
        if (!written->roots[i])
            written->roots[i] =
                yaml_read(written->arena, text->shown, text->data, text->size, &told);
        findings_release(&told);
        return written->roots[i];
    }
    return NULL;
}

static int by_place(const void *place, const void *node)
{
    const struct place *at = place;
    const struct yaml *item = *(struct yaml *const *)node;
    int order = (at->line > item->line) - (at->line < item->line);
    return order != 0 ? order : (at->col > item->col) - (at->col < item->col);
}

static const struct yaml *written_entry(struct written *written, const struct recipient *recipient)
{
    const struct yaml *root = written_file(written, recipient->at.file);
    struct yaml *const *found =
        root && root->kind == YAML_LIST
            ? bsearch(&recipient->at, root->items, root->count, sizeof *root->items, by_place)
            : NULL;
    return found ? *found : recipient->node;
}

struct both {
    struct written old, new;
};

static void compare_entries(struct list_diff *diff, struct both *both, const struct recipient *old,
                            const struct recipient *new)
{
    struct list_change change = list_change_of(new, LIST_CHANGED);
    struct comparison comparison = {diff, &change};
    compare_nodes(&comparison, "", old->node, new->node);
    if (change.count == 0)
        return;
    change.count = 0;
    compare_nodes(&comparison, "", written_entry(&both->old, old), written_entry(&both->new, new));
    list_diff_add(diff, &change);
}

void list_compare(const struct bundle *old, const struct bundle *new, struct list_diff *ret_diff)
{
    const struct registry *a = &old->policy.registry, *b = &new->policy.registry;
    *ret_diff = (struct list_diff){0};
    struct both both = {{.bundle = old, .arena = &ret_diff->arena},
                        {.bundle = new, .arena = &ret_diff->arena}};
    both.old.roots = arena_alloc(&ret_diff->arena, old->text_count * sizeof *both.old.roots);
    both.new.roots = arena_alloc(&ret_diff->arena, new->text_count * sizeof *both.new.roots);
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        int order = i == a->count   ? 1
                    : k == b->count ? -1
                                    : strcmp(a->recipients[i].id, b->recipients[k].id);
        if (order < 0)
            add_whole(ret_diff, &a->recipients[i++], LIST_REMOVED);
        else if (order > 0)
            add_whole(ret_diff, &b->recipients[k++], LIST_ADDED);
        else
            compare_entries(ret_diff, &both, &a->recipients[i++], &b->recipients[k++]);
    }
}
