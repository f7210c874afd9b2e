/* Who: recipients as a scenario names them.
 *
 * A value may be written alone or in a list, so both are turned into a list first; words of a
 * closed set become bits, names stay text and are compared with the registry when the bundle is
 * known. */
#include "shell/who.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

static const char *const kind_words[] = {"enterprise", "site", "fleet", "office", NULL};
static const char *const class_words[] = {"normal", "guaranteed", "small", "long_stopped", NULL};

struct who_nodes {
    const struct yaml *grade, *kind, *class, *district, *industry, *park, *ids;
};

#define WHO_FIELD(name)                                                              \
    {                                                                                \
#name, FIELD_NODE, offsetof(struct who_nodes, name), false, 0, 0, NULL, NULL \
    }
static const struct field who_fields[] = {
    WHO_FIELD(grade),    WHO_FIELD(kind), WHO_FIELD(class), WHO_FIELD(district),
    WHO_FIELD(industry), WHO_FIELD(park), WHO_FIELD(ids),
};
static const struct schema who_schema = {
    .english = "a selection of recipients",
    .chinese = "对象选择",
    .fields = who_fields,
    .count = sizeof who_fields / sizeof *who_fields,
};

/* The scalars of one value or a list of them. */
static bool read_list(struct who_list *ret, struct arena *arena, const struct yaml *node,
                      const char *what, struct findings *findings)
{
    bool good = true;
    if (!node)
        return true;
    size_t count = node->kind == YAML_LIST ? node->count : 1;
    const char **items = arena_alloc(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        items[i] = schema_text(node->kind == YAML_LIST ? node->items[i] : node, what, findings);
        good = good && items[i];
    }
    if (count == 0) {
        findings_add(findings, SEV_ERROR, "C010", yaml_place(node), NULL,
                     tr("“%s” selects nobody: the list is empty", "“%s” 未选中任何对象：列表为空"),
                     what);
        good = false;
    }
    if (good)
        *ret = (struct who_list){items, (int)count};
    return good;
}

static void unknown_word(const struct yaml *node, const char *what, const char *text,
                         const char *const *words, size_t count, struct findings *findings)
{
    const char *near = str_nearest(text, words, count);
    char *all = str_join(words, count < 20 ? count : 20, ", ");
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写 “%s”？"), near)
                      : xasprintf(tr("known here: %s", "此处可用：%s"), all);
    findings_add(findings, SEV_ERROR, "C011", yaml_place(node), hint,
                 tr("“%s”: there is no “%s”", "“%s”：没有 “%s”"), what, text);
    free(hint);
    free(all);
}

static const struct yaml *item_node(const struct yaml *node, int i)
{
    return node->kind == YAML_LIST ? node->items[i] : node;
}

static bool read_words(unsigned *ret, struct arena *arena, const struct yaml *node,
                       const char *what, const char *const *words, size_t count,
                       struct findings *findings)
{
    struct who_list list = {0};
    bool good = read_list(&list, arena, node, what, findings);
    for (int i = 0; good && i < list.count; i++) {
        size_t word = 0;
        while (word < count && strcmp(words[word], list.items[i]) != 0)
            word++;
        if (word < count)
            *ret |= 1U << word;
        else
            unknown_word(item_node(node, i), what, list.items[i], words, count, findings);
        good = word < count;
    }
    return good;
}

bool who_read(struct who *ret_who, struct arena *arena, const struct yaml *node,
              struct findings *findings)
{
    struct who_nodes nodes = {0};
    const char *grades[GRADE_NONE];
    *ret_who = (struct who){0};
    if (!node)
        return true;
    for (int i = 0; i < GRADE_NONE; i++)
        grades[i] = grade_name((enum grade)i);
    bool good = schema_read(&who_schema, node, &nodes, findings);
    good &= read_words(&ret_who->grades, arena, nodes.grade, "grade", grades, GRADE_NONE, findings);
    good &= read_words(&ret_who->kinds, arena, nodes.kind, "kind", kind_words, 4, findings);
    good &= read_words(&ret_who->classes, arena, nodes.class, "class", class_words, 4, findings);
    good &= read_list(&ret_who->district, arena, nodes.district, "district", findings);
    good &= read_list(&ret_who->industry, arena, nodes.industry, "industry", findings);
    good &= read_list(&ret_who->park, arena, nodes.park, "park", findings);
    good &= read_list(&ret_who->ids, arena, nodes.ids, "ids", findings);
    ret_who->node = node;
    return good;
}

bool who_read_ids(struct who *ret_who, struct arena *arena, const struct yaml *map,
                  struct findings *findings)
{
    *ret_who = (struct who){.node = map};
    return read_list(&ret_who->ids, arena, yaml_get(map, "ids"), "ids", findings);
}

/* Every value of one key that the registry must know. */
static void check_names(const struct who *who, const char *key, const struct who_list *list,
                        const struct registry *registry, size_t offset, struct findings *findings)
{
    const struct yaml *node = yaml_get(who->node, key);
    struct intern known = {0};
    if (list->count == 0)
        return;
    for (size_t i = 0; i < registry->count; i++) {
        const char *name;
        memcpy(&name, (const char *)&registry->recipients[i] + offset, sizeof name);
        if (name)
            intern_add(&known, name);
    }
    for (int i = 0; i < list->count; i++) {
        if (intern_find(&known, list->items[i]) == INTERN_NONE)
            unknown_word(item_node(node, i), key, list->items[i], (const char *const *)known.names,
                         known.count, findings);
    }
    intern_release(&known);
}

void who_check(const struct who *who, const struct registry *registry, struct findings *findings)
{
    check_names(who, "district", &who->district, registry, offsetof(struct recipient, district),
                findings);
    check_names(who, "industry", &who->industry, registry, offsetof(struct recipient, industry),
                findings);
    check_names(who, "park", &who->park, registry, offsetof(struct recipient, park), findings);
    check_names(who, "ids", &who->ids, registry, offsetof(struct recipient, id), findings);
}

static bool list_has(const struct who_list *list, const char *text)
{
    for (int i = 0; i < list->count; i++) {
        if (str_equal(list->items[i], text))
            return true;
    }
    return list->count == 0;
}

static bool bits_have(unsigned bits, int value)
{
    return bits == 0 || (bits >> value & 1);
}

bool who_has(const struct who *who, const struct recipient *recipient)
{
    return bits_have(who->kinds, recipient->kind) && bits_have(who->grades, recipient->grade) &&
           bits_have(who->classes, recipient->supply) &&
           list_has(&who->district, recipient->district) &&
           list_has(&who->industry, recipient->industry) && list_has(&who->park, recipient->park) &&
           list_has(&who->ids, recipient->id);
}
