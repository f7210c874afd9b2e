/* Building and printing YAML.
 *
 * Only what we write ourselves is printed here: an entry nobody changed keeps its own text. */
#include "model/yaml_edit.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include <stdint.h>
#include <string.h>

/* Trees hold plain pointers, though nobody changes a node once it stands in one. */
static struct yaml *shared(const struct yaml *node)
{
    return (struct yaml *)(uintptr_t)node;
}

/* Text that means itself without quotes, also inside [] and {}. */
static bool is_plain(const char *text)
{
    static const char *const words[] = {"~",  "null", "true", "false", "yes", "no",
                                        "on", "off",  "y",    "n",     "Y",   "N"};
    size_t size = strlen(text);
    if (size == 0 || strchr(" -?:,[]{}#&*!|>'\"%@`=", text[0]) || text[size - 1] == ' ' ||
        text[size - 1] == ':')
        return false;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0)
            return false;
    }
    if (text[strcspn(text, ",[]{}\"\\\n\r\t")] || str_has_fullwidth(text))
        return false;
    return !strstr(text, ": ") && !strstr(text, " #");
}

static const struct yaml *scalar(struct arena *arena, const char *text, bool quoted)
{
    struct yaml *node = arena_alloc(arena, sizeof *node);
    node->kind = YAML_SCALAR;
    node->file = "";
    node->quoted = quoted;
    node->text = arena_strdup(arena, text);
    return node;
}

const struct yaml *edit_text(struct arena *arena, const char *text)
{
    return scalar(arena, text, !is_plain(text));
}

const struct yaml *edit_quoted(struct arena *arena, const char *text)
{
    return scalar(arena, text, true);
}

const struct yaml *edit_list(struct arena *arena, const struct yaml *const *items, size_t count)
{
    struct yaml *node = arena_alloc(arena, sizeof *node);
    *node = (struct yaml){.kind = YAML_LIST, .file = "", .count = count};
    node->items = arena_alloc(arena, count * sizeof *node->items);
    for (size_t i = 0; i < count; i++)
        node->items[i] = shared(items[i]);
    return node;
}

static int rank(const char *const *order, const char *key)
{
    for (int i = 0; order && order[i]; i++) {
        if (strcmp(order[i], key) == 0)
            return i;
    }
    return INT16_MAX;
}

/* Where a new key is put. */
static size_t slot_for(const struct yaml *map, const char *key, const char *const *order)
{
    int own = rank(order, key);
    size_t slot = own == INT16_MAX ? map->count : 0;
    for (size_t i = 0; i < map->count; i++) {
        if (rank(order, map->keys[i]->text) < own)
            slot = i + 1;
    }
    return slot;
}

static void copy_pairs(struct yaml *to, const struct yaml *from, size_t begin, size_t end,
                       const char *but)
{
    for (size_t i = begin; i < end; i++) {
        if (strcmp(from->keys[i]->text, but) == 0)
            continue;
        to->keys[to->count] = from->keys[i];
        to->items[to->count++] = from->items[i];
    }
}

const struct yaml *edit_set(struct arena *arena, const struct yaml *map, const char *key,
                            const struct yaml *value, const char *const *order)
{
    static const struct yaml empty = {.kind = YAML_MAP, .file = ""};
    if (!map || map->kind != YAML_MAP)
        map = &empty;
    struct yaml *copy = arena_alloc(arena, sizeof *copy);
    *copy = *map;
    copy->count = 0;
    copy->keys = arena_alloc(arena, (map->count + 1) * sizeof *copy->keys);
    copy->items = arena_alloc(arena, (map->count + 1) * sizeof *copy->items);
    size_t slot = slot_for(map, key, order);
    for (size_t i = 0; i < map->count; i++) {
        if (strcmp(map->keys[i]->text, key) == 0)
            slot = i;
    }
    copy_pairs(copy, map, 0, slot, key);
    if (value) {
        copy->keys[copy->count] = shared(edit_text(arena, key));
        copy->items[copy->count++] = shared(value);
    }
    copy_pairs(copy, map, slot, map->count, key);
    return copy;
}

/* Printing ---------------------------------------------------------------------------------------
 */

static void print_quoted(struct buf *buf, const char *text)
{
    buf_putc(buf, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            buf_printf(buf, "\\%c", *text);
        else if (*text == '\n')
            buf_puts(buf, "\\n");
        else if (*text == '\r')
            buf_puts(buf, "\\r");
        else if (*text == '\t')
            buf_puts(buf, "\\t");
        else
            buf_putc(buf, *text);
    }
    buf_putc(buf, '"');
}

/* A plain text that stood on a line of its own may need quotes now that it stands between braces.
 */
static void print_scalar(struct buf *buf, const struct yaml *node)
{
    const char *text = node->text;
    if (node->quoted || text[strcspn(text, ",[]{}\"\n\r\t")])
        print_quoted(buf, node->text);
    else
        buf_puts(buf, node->text);
}

void yaml_print_flow(struct buf *buf, const struct yaml *node)
{
    if (node->kind == YAML_SCALAR) {
        print_scalar(buf, node);
        return;
    }
    buf_putc(buf, node->kind == YAML_LIST ? '[' : '{');
    for (size_t i = 0; i < node->count; i++) {
        if (i > 0)
            buf_puts(buf, ", ");
        if (node->kind == YAML_MAP) {
            print_scalar(buf, node->keys[i]);
            buf_puts(buf, ": ");
        }
        yaml_print_flow(buf, node->items[i]);
    }
    buf_putc(buf, node->kind == YAML_LIST ? ']' : '}');
}

/* A list of maps: one a line. */
static void print_block_list(struct buf *buf, const struct yaml *list)
{
    for (size_t i = 0; i < list->count; i++) {
        buf_puts(buf, "\n    - ");
        yaml_print_flow(buf, list->items[i]);
    }
}

static void print_block_map(struct buf *buf, const struct yaml *map)
{
    for (size_t i = 0; i < map->count; i++) {
        buf_puts(buf, "\n    ");
        print_scalar(buf, map->keys[i]);
        buf_puts(buf, ": ");
        yaml_print_flow(buf, map->items[i]);
    }
}

void yaml_print_entry(struct buf *buf, const struct yaml *entry)
{
    for (size_t i = 0; i < entry->count; i++) {
        const struct yaml *value = entry->items[i];
        const char *key = entry->keys[i]->text;
        buf_puts(buf, i == 0 ? "- " : "  ");
        print_scalar(buf, entry->keys[i]);
        buf_putc(buf, ':');
        if (value->kind == YAML_LIST && value->count > 0 && strcmp(key, "lines") == 0) {
            print_block_list(buf, value);
        } else if (value->kind == YAML_MAP && value->count > 0 && strcmp(key, "measures") == 0) {
            print_block_map(buf, value);
        } else {
            buf_putc(buf, ' ');
            yaml_print_flow(buf, value);
        }
        buf_putc(buf, '\n');
    }
}
