/* YAML as trees.
 *
 * libyaml's events come in one by one; read_node turns the present event, and those inside it, into
 * a node. The children of all open lists and maps stand on one stack and are copied into the arena
 * when their parent closes, so that nothing is allocated twice.  Depth is checked before
 * descending: libyaml itself takes time in the square of the depth.
 *
 * Where items are taken one by one, each has the arena of items for itself. */
#include "base/yaml.h"
#include "base/arena.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/shelf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml_scan.h"
#include "base/yaml_words.h"
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct loader {
    yaml_parser_t parser;
    yaml_event_t event; /* the present one */
    struct arena *arena;
    const struct yaml_items *items; /* NULL: all stay in the tree */
    struct arena item_arena;        /* of the one being read */
    const char *file;
    const char *text; /* all of it, for words about a line */
    size_t size;
    struct findings *findings;
    struct yaml **stack; /* children of the open lists and maps */
    size_t stack_count, stack_capacity;
    size_t nodes;
    bool stopped; /* the text cannot be read further; said why */
};

/* ---- Events ---- */

static struct place place_of_mark(const struct loader *loader, yaml_mark_t mark)
{
    return (struct place){loader->file, (int)mark.line + 1, (int)mark.column + 1};
}

static struct place place_here(const struct loader *loader)
{
    return place_of_mark(loader, loader->event.start_mark);
}

static void stop_with_syntax(struct loader *loader)
{
    const yaml_parser_t *parser = &loader->parser;
    struct yaml_trouble trouble = {
        .file = loader->file,
        .text = loader->text,
        .size = loader->size,
        .problem = parser->problem ? parser->problem : "?",
        .line = (int)parser->problem_mark.line + 1,
        .col = (int)parser->problem_mark.column + 1,
        .context_line = (int)parser->context_mark.line + 1,
        .context_col = (int)parser->context_mark.column + 1,
    };
    loader->stopped = true;
    yaml_explain(&trouble, loader->findings);
}

/* Goes to the next event; false when there is none any more. */
static bool next(struct loader *loader)
{
    if (loader->stopped)
        return false;
    yaml_event_delete(&loader->event);
    if (yaml_parser_parse(&loader->parser, &loader->event))
        return true;
    loader->event = (yaml_event_t){0};
    stop_with_syntax(loader);
    return false;
}

static void stop_with_limit(struct loader *loader, const char *message)
{
    loader->stopped = true;
    findings_add(loader->findings, SEV_ERROR, "Y006", place_here(loader), NULL, "%s", message);
}

/* ---- Nodes ---- */

/* A node with `extra` bytes behind it, for its text. */
static struct yaml *node_new(struct loader *loader, enum yaml_kind kind, size_t extra)
{
    struct yaml *node = arena_alloc(loader->arena, sizeof *node + extra);
    node->kind = kind;
    node->file = loader->file;
    node->line = (int)loader->event.start_mark.line + 1;
    node->col = (int)loader->event.start_mark.column + 1;
    if (++loader->nodes > YAML_NODES_MAX)
        stop_with_limit(loader, tr("the file has too many values", "文件中的值太多"));
    return node;
}

static void push(struct loader *loader, struct yaml *node)
{
    void *stack = loader->stack;
    xgrow(&stack, loader->stack_count, &loader->stack_capacity, sizeof *loader->stack);
    loader->stack = stack;
    loader->stack[loader->stack_count++] = node;
}

/* Every `stride`-th of the nodes on the stack from `base` on, moved to the arena. */
static struct yaml **collect(struct loader *loader, size_t base, size_t stride, size_t count)
{
    struct yaml **items = arena_alloc(loader->arena, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = loader->stack[base + i * stride];
    return items;
}

static void refuse_anchor(struct loader *loader, const yaml_char_t *anchor)
{
    if (anchor)
        findings_add(loader->findings, SEV_ERROR, "Y003", place_here(loader),
                     tr("write the value out in both places", "请在两处都把内容完整写出"),
                     tr("anchors (&%s) are not allowed", "不允许使用锚点（&%s）"),
                     (const char *)anchor);
}

static void refuse_tag(struct loader *loader, const yaml_char_t *tag)
{
    if (tag)
        findings_add(loader->findings, SEV_ERROR, "Y004", place_here(loader),
                     tr("delete it; put text that begins with ! in quotes",
                        "请删除；以 ! 开头的文字请加引号"),
                     tr("tags (%s) are not allowed", "不允许使用标签（%s）"), (const char *)tag);
}

static struct yaml *read_scalar(struct loader *loader)
{
    size_t size = loader->event.data.scalar.length;
    const char *text = (const char *)loader->event.data.scalar.value;
    refuse_anchor(loader, loader->event.data.scalar.anchor);
    refuse_tag(loader, loader->event.data.scalar.tag);

    bool shelved = loader->arena == &loader->item_arena;
    struct yaml *node = node_new(loader, YAML_SCALAR, shelved ? 0 : size + 1);
    node->quoted = loader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    node->text =
        shelved ? shelf_text(loader->items->shelf, text, size) : memcpy(node + 1, text, size + 1);
    if (node->quoted && memchr(text, 0, size))
        findings_add(loader->findings, SEV_ERROR, "Y008", yaml_place(node), NULL,
                     tr("the text contains a NUL character", "文字中含有空字符（NUL）"));
    return node;
}

/* Stands in for what cannot be used, so that the rest of the file is still looked at. */
static struct yaml *read_alias(struct loader *loader)
{
    findings_add(loader->findings, SEV_ERROR, "Y003", place_here(loader),
                 tr("write the value out; put text that begins with * in quotes",
                    "请把内容完整写出；以 * 开头的文字请加引号"),
                 tr("aliases (*%s) are not allowed", "不允许使用别名（*%s）"),
                 (const char *)loader->event.data.alias.anchor);
    struct yaml *node = node_new(loader, YAML_SCALAR, 1);
    node->text = (char *)(node + 1);
    return node;
}

static struct yaml *read_node(struct loader *loader, int depth);

/* Reads an item, and has it taken unless the text ends in the middle of it. */
static void read_item(struct loader *loader, bool spans_lines)
{
    struct arena *whole = loader->arena;
    loader->arena = &loader->item_arena;
    struct yaml *item = read_node(loader, 2);
    yaml_check_value(item, true, spans_lines, loader->findings);
    if (!loader->stopped)
        loader->items->take(loader->items->arg, item);
    arena_reset(&loader->item_arena);
    loader->arena = whole;
}

static struct yaml *read_list(struct loader *loader, int depth)
{
    bool by_item = loader->items && depth == 1;
    struct yaml *node = node_new(loader, YAML_LIST, 0);
    size_t base = loader->stack_count;
    refuse_anchor(loader, loader->event.data.sequence_start.anchor);
    refuse_tag(loader, loader->event.data.sequence_start.tag);

    while (next(loader) && loader->event.type != YAML_SEQUENCE_END_EVENT) {
        bool spans_lines = loader->event.start_mark.line != loader->event.end_mark.line;
        node->count++;
        if (by_item) {
            read_item(loader, spans_lines);
            continue;
        }
        struct yaml *item = read_node(loader, depth + 1);
        yaml_check_value(item, true, spans_lines, loader->findings);
        push(loader, item);
    }
    if (by_item)
        return node;
    node->items = collect(loader, base, 1, node->count);
    loader->stack_count = base;
    return node;
}

/* ---- Maps ---- */

enum { FEW_KEYS = 12 }; /* up to here comparing all pairs is cheaper than a table */

static void refuse_twice(const struct yaml *first, const struct yaml *second,
                         struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "Y002", yaml_place(second),
                 tr("keep one of the two", "请只保留其中一个"),
                 tr("the key “%s” is already on line %d", "键“%s”在第 %d 行已经写过"), second->text,
                 first->line);
}

static bool same_key(const struct yaml *a, const struct yaml *b)
{
    return a->text[0] == b->text[0] && strcmp(a->text, b->text) == 0;
}

static void check_few_keys(const struct yaml *map, struct findings *findings)
{
    for (size_t i = 1; i < map->count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (same_key(map->keys[i], map->keys[j])) {
                refuse_twice(map->keys[j], map->keys[i], findings);
                break;
            }
        }
    }
}

static void check_many_keys(const struct yaml *map, struct findings *findings)
{
    size_t slot_count = 32;
    while (slot_count < map->count * 2)
        slot_count *= 2;
    const struct yaml **slots = xcalloc(slot_count, sizeof *slots);
    for (size_t i = 0; i < map->count; i++) {
        const struct yaml *key = map->keys[i];
        size_t slot = str_hash(key->text, strlen(key->text)) & (slot_count - 1);
        while (slots[slot] && !same_key(slots[slot], key))
            slot = (slot + 1) & (slot_count - 1);
        if (slots[slot])
            refuse_twice(slots[slot], key, findings);
        else
            slots[slot] = key;
    }
    free(slots);
}

static void check_keys(const struct yaml *map, struct findings *findings)
{
    if (map->count <= FEW_KEYS)
        check_few_keys(map, findings);
    else
        check_many_keys(map, findings);
}

/* The pair at the top of the stack stays only when its key is one. */
static void keep_pair(struct loader *loader, bool spans_lines)
{
    struct yaml *key = loader->stack[loader->stack_count - 2];
    struct yaml *value = loader->stack[loader->stack_count - 1];
    if (yaml_check_key(key, value, loader->findings))
        yaml_check_value(value, false, spans_lines, loader->findings);
    else
        loader->stack_count -= 2;
}

static struct yaml *read_map(struct loader *loader, int depth)
{
    struct yaml *node = node_new(loader, YAML_MAP, 0);
    size_t base = loader->stack_count;
    refuse_anchor(loader, loader->event.data.mapping_start.anchor);
    refuse_tag(loader, loader->event.data.mapping_start.tag);

    while (next(loader) && loader->event.type != YAML_MAPPING_END_EVENT) {
        push(loader, read_node(loader, depth + 1));
        if (!next(loader)) {
            loader->stack_count--;
            break;
        }
        bool spans_lines = loader->event.start_mark.line != loader->event.end_mark.line;
        push(loader, read_node(loader, depth + 1));
        keep_pair(loader, spans_lines);
    }
    node->count = (uint32_t)(loader->stack_count - base) / 2;
    node->keys = collect(loader, base, 2, node->count);
    node->items = collect(loader, base + 1, 2, node->count);
    loader->stack_count = base;
    check_keys(node, loader->findings);
    return node;
}

static struct yaml *read_node(struct loader *loader, int depth)
{
    if (depth > YAML_DEPTH_MAX && loader->event.type != YAML_SCALAR_EVENT) {
        stop_with_limit(loader, tr("values are nested too deeply", "嵌套层次过深"));
        return node_new(loader, YAML_LIST, 0);
    }
    switch (loader->event.type) {
    case YAML_SEQUENCE_START_EVENT:
        return read_list(loader, depth);
    case YAML_MAPPING_START_EVENT:
        return read_map(loader, depth);
    case YAML_ALIAS_EVENT:
        return read_alias(loader);
    default:
        return read_scalar(loader);
    }
}

/* ---- Documents ---- */

static struct yaml *read_document(struct loader *loader)
{
    if (!next(loader))
        return NULL;
    bool spans_lines = loader->event.start_mark.line != loader->event.end_mark.line;
    struct yaml *root = read_node(loader, 1);
    if (next(loader)) /* to the document's end; what cannot be read has been explained already */
        yaml_check_value(root, true, spans_lines, loader->findings);
    return root;
}

/* The one document, an empty map when there is none. */
static struct yaml *read_stream(struct loader *loader)
{
    struct yaml *root = NULL;
    next(loader); /* the stream's start */
    while (next(loader) && loader->event.type == YAML_DOCUMENT_START_EVENT) {
        if (root) {
            findings_add(loader->findings, SEV_ERROR, "Y005", place_here(loader),
                         tr("put it into a file of its own", "请放入单独的文件"),
                         tr("a second document begins here; a file holds one",
                            "这里开始了第二个文档；一个文件只能有一个文档"));
            break;
        }
        root = read_document(loader);
    }
    if (loader->stopped)
        return NULL;
    bool is_empty = !root || (root->kind == YAML_SCALAR && !root->quoted && root->text[0] == 0);
    return is_empty ? node_new(loader, YAML_MAP, 0) : root;
}

struct yaml *yaml_read_items(struct arena *arena, const char *file, const char *text, size_t size,
                             const struct yaml_items *items, struct findings *findings)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0) {
        text += 3;
        size -= 3;
    }
    if (!yaml_scan(file, text, size, findings))
        return NULL;

    struct loader loader = {.arena = arena,
                            .items = items,
                            .file = file,
                            .text = text,
                            .size = size,
                            .findings = findings};
    int ok = yaml_parser_initialize(&loader.parser);
    if (!ok)
        abort(); /* libyaml's only failure here is memory */
    yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&loader.parser, (const unsigned char *)text, size);
    struct yaml *root = read_stream(&loader);
    yaml_event_delete(&loader.event);
    yaml_parser_delete(&loader.parser);
    arena_release(&loader.item_arena);
    free(loader.stack);
    return root;
}

struct yaml *yaml_read(struct arena *arena, const char *file, const char *text, size_t size,
                       struct findings *findings)
{
    return yaml_read_items(arena, file, text, size, NULL, findings);
}
