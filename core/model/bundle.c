/* Building a bundle: which texts belong to it, in which order they are read, and its hash.
 *
 * policy.yaml comes first, because it names others and declares what they refer to.  A file that
 * cannot be parsed does not stop the rest; only when policy.yaml itself cannot be parsed are the
 * others looked at for syntax alone, as all they refer to is unknown then. */
#include "model/bundle.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle_source.h"
#include "model/override.h"
#include "model/policy_reader.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define BUILT_IN_STANDARDS "policies/national/aqi.yaml"

struct builder {
    struct bundle *bundle;
    const struct bundle_source *source;
    struct findings *findings;
    struct policy_reader reader;
    const struct yaml *root; /* policy.yaml, NULL when it cannot be parsed */
    const char **rules;      /* names, in the order written */
    size_t rule_count;
};

/* Texts ---------------------------------------------------------------------------------------- */

static void add_text(struct bundle *bundle, const struct bundle_text *text)
{
    void *texts = bundle->texts;
    xgrow(&texts, bundle->text_count, &bundle->text_capacity, sizeof *bundle->texts);
    bundle->texts = texts;
    bundle->texts[bundle->text_count++] = *text;
}

static bool fetch(struct builder *builder, const char *name, struct bundle_text *ret_text)
{
    if (source_read(builder->source, &builder->bundle->arena, name, ret_text, builder->findings) <
        0)
        return false;
    add_text(builder->bundle, ret_text);
    return true;
}

static const struct yaml *fetch_yaml(struct builder *builder, const char *name)
{
    struct bundle_text text;
    if (!fetch(builder, name, &text))
        return NULL;
    return yaml_read(&builder->bundle->arena, text.shown, text.data, text.size, builder->findings);
}

static void missing(struct builder *builder, const char *code, struct place place, const char *name)
{
    struct arena *arena = &builder->bundle->arena;
    const char *slash = strrchr(name, '/');
    const char *directory = slash ? arena_strndup(arena, name, (size_t)(slash + 1 - name)) : "";
    size_t count;
    const char **known = source_list(builder->source, arena, directory, &count, builder->findings);
    const char *near = str_nearest(name, known, count);
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写“%s”？"), near)
                      : xasprintf(tr("looked for %s", "查找位置：%s"),
                                  source_shown(builder->source, arena, name));
    findings_add(builder->findings, SEV_ERROR, code, place, hint,
                 tr("there is no file “%s”", "没有文件“%s”"), name);
    free(hint);
}

static void need_file(struct builder *builder, const char *name)
{
    struct place place = {source_shown(builder->source, &builder->bundle->arena, name), 0, 0};
    missing(builder, "B001", place, name);
}

/* A name another machine can have too: relative, with forward slashes. */
static bool portable(struct builder *builder, const struct yaml *node)
{
    if (node->text[0] != '/' && !strchr(node->text, '\\'))
        return true;
    findings_add(builder->findings, SEV_ERROR, "B006", yaml_place(node),
                 tr("write it from the bundle's folder, e.g. ../../scripts/rules/name.lua",
                    "请从本文件夹写起，例如 ../../scripts/rules/name.lua"),
                 tr("“%s” is no relative path", "“%s”不是相对路径"), node->text);
    return false;
}

/* The parts ------------------------------------------------------------------------------------ */

static void read_policy(struct builder *builder, const char *with_json)
{
    if (!source_has(builder->source, "policy.yaml")) {
        need_file(builder, "policy.yaml");
        return;
    }
    builder->root = fetch_yaml(builder, "policy.yaml");
    if (!builder->root)
        return;
    if (with_json)
        builder->root =
            override_apply(&builder->bundle->arena, builder->root, with_json, builder->findings);
    policy_read(&builder->reader, builder->root);
}

/* The built-in standards go into the texts like any other, so that a stored bundle keeps the ones
 * it had. */
static const struct yaml *built_in_standards(struct builder *builder)
{
    static const char name[] = "resource:" BUILT_IN_STANDARDS;
    if (!builder->source->folder && source_has(builder->source, name))
        return fetch_yaml(builder, name);
    const struct resource *resource = resource_find(BUILT_IN_STANDARDS);
    if (!resource)
        return NULL;
    struct bundle_text text = {name, BUILT_IN_STANDARDS,
                               xstrndup((const char *)resource->data, resource->size),
                               resource->size};
    add_text(builder->bundle, &text);
    return yaml_read(&builder->bundle->arena, text.shown, text.data, text.size, builder->findings);
}

static void read_standards(struct builder *builder)
{
    struct policy *policy = &builder->bundle->policy;
    const struct yaml *node = yaml_get(builder->root, "standards"), *root = NULL;
    if (node && (node->kind != YAML_SCALAR || !portable(builder, node)))
        return;
    if (!node)
        root = built_in_standards(builder);
    else if (source_has(builder->source, node->text))
        root = fetch_yaml(builder, node->text);
    else
        missing(builder, "B002", yaml_place(node), node->text);
    if (!root)
        return;
    if (aqi_standards_read(&builder->bundle->arena, root, &policy->standards, builder->findings) <
        0)
        return;
    policy->hours_min_day = policy->standards.hours_min_day;
    policy->hours_min_8h = policy->standards.hours_min_8h;
}

/* An optional file with its reader. */
static bool read_part(struct builder *builder, const char *name,
                      void (*read)(struct policy_reader *reader, const struct yaml *root))
{
    if (!source_has(builder->source, name))
        return true;
    const struct yaml *root = fetch_yaml(builder, name);
    if (root && builder->root)
        read(&builder->reader, root);
    return root != NULL;
}

static void read_registry(struct builder *builder)
{
    struct arena *arena = &builder->bundle->arena;
    size_t count, kept = 0;
    const char **names =
        source_list(builder->source, arena, "registry/", &count, builder->findings);
    struct bundle_text *texts = arena_alloc(arena, (count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        if (!str_ends(names[i], ".yaml"))
            continue;
        bool good = fetch(builder, names[i], &texts[kept]);
        builder->reader.recipients.incomplete |= !good;
        kept += good;
    }
    if (builder->root)
        registry_read(&builder->reader, texts, kept);
    else
        registry_look(&builder->reader, texts, kept);
}

static void read_notices(struct builder *builder)
{
    struct policy *policy = &builder->bundle->policy;
    struct arena *arena = &builder->bundle->arena;
    size_t count;
    const char **names = source_list(builder->source, arena, "notices/", &count, builder->findings);
    policy->notices = arena_alloc(arena, (count + 1) * sizeof *policy->notices);
    for (size_t i = 0; i < count; i++) {
        struct bundle_text text;
        if (!str_ends(names[i], ".txt") || !fetch(builder, names[i], &text))
            continue;
        size_t bad = str_utf8_bad(text.data, text.size);
        if (bad < text.size)
            findings_add(
                builder->findings, SEV_ERROR, "B007", (struct place){text.shown, 0, 0},
                tr("save it as UTF-8", "请另存为 UTF-8 编码"),
                tr("the notice is not UTF-8 (byte %zu)", "通知模板不是 UTF-8 编码（第 %zu 字节）"),
                bad + 1);
        const char *stem = names[i] + strlen("notices/");
        policy->notices[policy->notice_count++] =
            (struct notice){arena_strndup(arena, stem, strlen(stem) - strlen(".txt")), text.data};
    }
}

static void read_rules(struct builder *builder)
{
    const struct yaml *rules = yaml_get(builder->root, "rules");
    if (!rules || rules->kind != YAML_LIST)
        return;
    builder->rules =
        arena_alloc(&builder->bundle->arena, (rules->count + 1) * sizeof *builder->rules);
    for (size_t i = 0; i < rules->count; i++) {
        const struct yaml *node = rules->items[i];
        struct bundle_text text;
        if (node->kind != YAML_SCALAR || !node->text[0] || !portable(builder, node))
            continue;
        if (!source_has(builder->source, node->text))
            missing(builder, "B003", yaml_place(node), node->text);
        else if (fetch(builder, node->text, &text))
            builder->rules[builder->rule_count++] = text.name;
    }
    builder->bundle->scripts_missing = builder->rule_count < rules->count;
}

/* Completeness --------------------------------------------------------------------------------- */

static bool was_read(const struct bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->text_count; i++) {
        if (strcmp(bundle->texts[i].name, name) == 0)
            return true;
    }
    return false;
}

static bool looks_like_policy(const char *name)
{
    return str_ends(name, ".yaml") || str_ends(name, ".yml") || str_ends(name, ".YAML") ||
           str_ends(name, ".YML");
}

/* A list that somebody saved as .yml must not be left out in silence. */
static void warn_unread(struct builder *builder, const char *directory)
{
    struct arena *arena = &builder->bundle->arena;
    size_t count;
    const char **names = source_list(builder->source, arena, directory, &count, builder->findings);
    for (size_t i = 0; i < count; i++) {
        if (!looks_like_policy(names[i]) || was_read(builder->bundle, names[i]))
            continue;
        findings_add(builder->findings, SEV_WARNING, "B004",
                     (struct place){source_shown(builder->source, arena, names[i]), 0, 0},
                     tr("read are policy, series, inventory, measures, calendar, grid (.yaml) and "
                        "registry/*.yaml",
                        "只读取 policy、series、inventory、measures、calendar、grid（.yaml）和 "
                        "registry/*.yaml"),
                     tr("this file is not read", "此文件不会被读取"));
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct bundle_text *)a)->name, ((const struct bundle_text *)b)->name);
}

static void link_scripts(struct builder *builder)
{
    struct bundle *bundle = builder->bundle;
    bundle->scripts =
        arena_alloc(&bundle->arena, (builder->rule_count + 1) * sizeof *bundle->scripts);
    for (size_t i = 0; i < builder->rule_count; i++) {
        struct bundle_text key = {.name = builder->rules[i]};
        bundle->scripts[bundle->script_count++] =
            bsearch(&key, bundle->texts, bundle->text_count, sizeof *bundle->texts, by_name);
    }
}

void bundle_hash_text(struct hasher *hasher, const char *name, size_t size)
{
    char digits[32];
    snprintf(digits, sizeof digits, "%zu", size);
    hasher_add_text(hasher, name);
    hasher_add_text(hasher, digits);
}

void bundle_hash_with(struct hasher *hasher, const char *with_json)
{
    if (!with_json)
        return;
    struct findings ignored = {0}; /* a bad override was reported when it was applied */
    json_t *with = json_read(with_json, strlen(with_json), "with", 1, &ignored);
    struct buf canonical = {0};
    if (with)
        json_canonical(&canonical, with);
    hasher_add_text(hasher, "with");
    hasher_add_text(hasher, buf_str(&canonical));
    buf_release(&canonical);
    json_decref(with);
    findings_release(&ignored);
}

static void take_hash(struct bundle *bundle, const char *with_json)
{
    struct hasher *hasher = hasher_new();
    for (size_t i = 0; i < bundle->text_count; i++) {
        const struct bundle_text *text = &bundle->texts[i];
        bundle_hash_text(hasher, text->name, text->size);
        hasher_add(hasher, text->data, text->size);
    }
    bundle_hash_with(hasher, with_json);
    unsigned char hash[HASH_BYTES];
    hasher_done(hasher, hash);
    hash_hex(hash, bundle->hash);
}

static void read_all(struct builder *builder, const char *with_json)
{
    read_policy(builder, with_json);
    read_standards(builder);
    if (source_has(builder->source, "series.yaml"))
        read_part(builder, "series.yaml", series_read);
    else
        need_file(builder, "series.yaml");
    builder->reader.has_measures = source_has(builder->source, "measures.yaml");
    builder->reader.measures.incomplete =
        !read_part(builder, "measures.yaml", measures_read) || !builder->reader.has_measures;
    read_part(builder, "calendar.yaml", calendar_read);
    builder->reader.has_inventory = source_has(builder->source, "inventory.yaml");
    read_part(builder, "inventory.yaml", inventory_read);
    read_registry(builder);
    evidence_check(&builder->reader);
    chase_check(&builder->reader);
    read_part(builder, "grid.yaml", grid_read);
    read_notices(builder);
    read_rules(builder);
    warn_unread(builder, "");
    warn_unread(builder, "registry/");
}

static int make(struct bundle **ret_bundle, const struct bundle_source *source,
                const char *with_json, struct findings *findings)
{
    size_t errors = findings->errors;
    struct bundle *bundle = xcalloc(1, sizeof *bundle);
    struct builder builder = {.bundle = bundle, .source = source, .findings = findings};
    policy_reader_init(&builder.reader, &bundle->arena, &bundle->policy, findings);
    read_all(&builder, with_json);
    policy_reader_release(&builder.reader);
    if (bundle->text_count > 0)
        qsort(bundle->texts, bundle->text_count, sizeof *bundle->texts, by_name);
    link_scripts(&builder);
    take_hash(bundle, with_json);
    findings_sort(findings);
    *ret_bundle = bundle;
    return findings->errors > errors ? ERR_INVALID : 0;
}

int bundle_load(struct bundle **ret_bundle, const char *folder, const char *with_json,
                struct findings *findings)
{
    size_t size = strlen(folder);
    while (size > 1 && folder[size - 1] == '/')
        size--;
    char *trimmed = xstrndup(folder, size);
    struct bundle_source source = {.folder = trimmed};
    int err = make(ret_bundle, &source, with_json, findings);
    free(trimmed);
    return err;
}

int bundle_build(struct bundle **ret_bundle, const struct bundle_text *texts, size_t count,
                 const char *with_json, struct findings *findings)
{
    struct bundle_source source = {.texts = texts, .count = count};
    return make(ret_bundle, &source, with_json, findings);
}

int bundle_build_of(struct bundle **ret_bundle, struct bundle_text *texts, size_t count,
                    const char *with_json, struct findings *findings)
{
    struct bundle_source source = {.texts = texts, .count = count, .taken = texts};
    return make(ret_bundle, &source, with_json, findings);
}

/* ---------------------------------------------------------------------------------------------- */

struct bundle *bundle_share(const struct bundle *bundle)
{
    struct bundle *shared = (struct bundle *)(uintptr_t)bundle; /* who owns it is no part of it */
    atomic_fetch_add(&shared->shares, 1);
    return shared;
}

static void free_data(struct bundle_text *text)
{
    free((char *)(uintptr_t)text->data);
    text->data = NULL;
}

bool bundle_forget_texts(struct bundle *bundle)
{
    bool any = false;
    for (size_t i = 0; i < bundle->text_count; i++) {
        if (!looks_like_policy(bundle->texts[i].name))
            continue;
        any |= bundle->texts[i].data != NULL;
        free_data(&bundle->texts[i]);
        bundle->texts[i].size = 0;
    }
    return any;
}

void bundle_free(struct bundle *bundle)
{
    if (!bundle || atomic_fetch_sub(&bundle->shares, 1) > 0)
        return;
    for (size_t i = 0; i < bundle->text_count; i++)
        free_data(&bundle->texts[i]);
    free(bundle->policy.registry.recipients);
    free(bundle->texts);
    arena_release(&bundle->arena);
    free(bundle);
}
