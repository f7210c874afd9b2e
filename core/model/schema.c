/* Walking a map along its schema.
 *
 * Invariant: every key of the map is either read by exactly one field or is the subject of a
 * finding, so nothing that an author wrote is lost in silence.  A misspelt key that is near a known
 * one counts as that one being present: the author gets one finding for one mistake. */
#include "model/schema.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema_value.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS_MAX = 64 };

static int field_find(const struct schema *schema, const char *key)
{
    for (size_t i = 0; i < schema->count; i++) {
        if (strcmp(schema->fields[i].key, key) == 0)
            return (int)i;
    }
    return -1;
}

/* Reports a key that no field reads; the field that was probably meant, or -1. */
static int unknown_key(const struct schema *schema, const struct yaml *key,
                       struct findings *findings)
{
    const char *known[FIELDS_MAX];
    for (size_t i = 0; i < schema->count; i++)
        known[i] = schema->fields[i].key;
    const char *near = str_nearest(key->text, known, schema->count);
    if (schema->open && !near)
        return -1;
    char *hint = schema_words_hint(key->text, known, schema->count);
    findings_add(findings, schema->open ? SEV_WARNING : SEV_ERROR, "S001", yaml_place(key), hint,
                 tr("%s has no key “%.80s”", "%s没有 “%.80s”这个键"),
                 tr(schema->english, schema->chinese), key->text);
    free(hint);
    return near && !schema->open ? field_find(schema, near) : -1;
}

static _Thread_local const struct schema_watch *watching;

void schema_watch(const struct schema_watch *watch)
{
    watching = watch;
}

static void show(const struct schema *schema, const struct yaml *node, const void *target,
                 bool after)
{
    if (watching)
        watching->seen(watching->arg, schema, node, target, after);
}

bool schema_read(const struct schema *schema, const struct yaml *node, void *target,
                 struct findings *findings)
{
    assert(schema->count <= FIELDS_MAX);
    size_t errors = findings->errors;
    if (!schema_is_map(node, tr(schema->english, schema->chinese), findings))
        return false;
    uint64_t seen = 0;
    show(schema, node, target, false);
    for (size_t i = 0; i < node->count; i++) {
        int number = field_find(schema, node->keys[i]->text);
        if (number >= 0)
            schema_value(&schema->fields[number], node->items[i], target, findings);
        else
            number = unknown_key(schema, node->keys[i], findings);
        if (number >= 0)
            seen |= UINT64_C(1) << number;
    }
    for (size_t i = 0; i < schema->count; i++) {
        if (!schema->fields[i].required || (seen >> i & 1))
            continue;
        findings_add(findings, SEV_ERROR, "S002", yaml_place(node), NULL,
                     tr("%s lacks “%s”", "%s缺少 “%s”"), tr(schema->english, schema->chinese),
                     schema->fields[i].key);
    }
    show(schema, node, target, true);
    return findings->errors == errors;
}
