/* See notice.h.  The template's own line breaks are kept; one at its very end is not part of the
 * text. */
#include "engine/notice.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/policy.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const slot_names[SLOTS] = {
    [SLOT_ACTION] = "action",
    [SLOT_AREA] = "area",
    [SLOT_ARTICLE] = "article",
    [SLOT_AUTHORITY] = "authority",
    [SLOT_CHANGES] = "changes",
    [SLOT_DOCUMENT] = "document",
    [SLOT_DOCUMENT_DATE] = "document_date",
    [SLOT_EFFECTIVE] = "effective",
    [SLOT_FROM_LEVEL] = "from_level",
    [SLOT_FROM_RESPONSE] = "from_response",
    [SLOT_ID] = "id",
    [SLOT_ISSUED] = "issued",
    [SLOT_LEVEL] = "level",
    [SLOT_MEASURES] = "measures",
    [SLOT_NAME] = "name",
    [SLOT_NUMBER] = "number",
    [SLOT_ORDER] = "order",
    [SLOT_PROOF] = "proof",
    [SLOT_RECIPIENTS] = "recipients",
    [SLOT_RESPONSE] = "response",
    [SLOT_SHARES] = "shares",
    [SLOT_SIGNER] = "signer",
    [SLOT_TITLE] = "title",
};
enum { WORD_MAX = 48, NAME_MAX_BYTES = 2 * WORD_MAX };

static int slot_of(const char *word, size_t size)
{
    for (int slot = 0; slot < SLOTS; slot++)
        if (strlen(slot_names[slot]) == size && memcmp(slot_names[slot], word, size) == 0)
            return slot;
    return -1;
}

/* The size of the word in "{word}" at `text`, or 0 when it is no placeholder. */
static size_t placeholder_size(const char *text)
{
    size_t size = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");

    return text[0] == '{' && text[1 + size] == '}' && size <= WORD_MAX ? size : 0;
}

static const char *level_text(const struct policy *policy, const char *word, size_t size,
                              const char *level)
{
    char name[NAME_MAX_BYTES];

    if (!level || size > WORD_MAX || strlen(level) > WORD_MAX - 2)
        return NULL;
    snprintf(name, sizeof(name), "%.*s_%s", (int)size, word, level);
    return policy_notice(policy, name);
}

static size_t trimmed_size(const char *text)
{
    size_t size = strlen(text);

    while (size > 0 && text[size - 1] == '\n')
        size--;
    return size;
}

static void add_text(struct notice_template *template, const char *text, size_t size)
{
    if (size > 0)
        template->pieces[template->count++] = (struct notice_piece){.text = text, .size = size};
}

/* At most two pieces for each brace, and one at the end. */
static size_t pieces_max(const char *text)
{
    size_t count = 2;

    for (; (text = strchr(text, '{')) != NULL; text++)
        count += 2;
    return count;
}

static const struct yaml *figure_named(const struct policy *policy, const char *word, size_t size)
{
    const struct yaml *figures = policy->figures;

    for (size_t i = 0; figures && figures->kind == YAML_MAP && i < figures->count; i++)
        if (strlen(figures->keys[i]->text) == size &&
            memcmp(figures->keys[i]->text, word, size) == 0)
            return figures->items[i];
    return NULL;
}

static const char *figure_text(const struct policy *policy, const char *word, size_t size,
                               instant_ms at)
{
    const struct yaml *node = figure_at(figure_named(policy, word, size), at, policy->zone);

    return node && node->kind == YAML_SCALAR ? node->text : NULL;
}

/* Where the notices are compiled: for which level, and as of when. */
struct sense {
    const struct policy *policy;
    const char *level;
    instant_ms at;
};

static void add_placeholder(struct notice_template *template, const struct sense *sense,
                            const char *brace, size_t size)
{
    int slot = slot_of(brace + 1, size);
    const char *text = slot < 0 ? level_text(sense->policy, brace + 1, size, sense->level) : NULL;

    if (slot < 0 && !text)
        text = figure_text(sense->policy, brace + 1, size, sense->at);
    if (slot >= 0)
        template->pieces[template->count++] = (struct notice_piece){.slot = (enum slot)slot};
    else if (text)
        add_text(template, text, trimmed_size(text));
    else if (!figure_named(sense->policy, brace + 1, size))
        add_text(template, brace, size + 2);
}

struct notice_template notice_compile(struct arena *arena, const struct policy *policy,
                                      const char *text, const char *level, instant_ms at)
{
    const struct sense sense = {policy, level, at};
    struct notice_template template = {0};
    const char *end = text + trimmed_size(text), *brace = text;

    template.pieces = arena_alloc(arena, pieces_max(text) * sizeof(*template.pieces));
    while ((brace = strchr(brace, '{')) != NULL && brace < end) {
        size_t size = placeholder_size(brace);

        if (size > 0) {
            add_text(&template, text, (size_t)(brace - text));
            add_placeholder(&template, &sense, brace, size);
            text = brace + size + 2;
        }
        brace += size > 0 ? size + 2 : 1;
    }
    add_text(&template, text, (size_t)(end - text));
    return template;
}

void notice_print(struct buf *buf, const struct notice_template *template,
                  const char *const values[SLOTS])
{
    bool skip_break = false;

    for (size_t i = 0; i < template->count; i++) {
        const struct notice_piece *piece = &template->pieces[i];

        if (piece->text) {
            size_t skip = skip_break && piece->text[0] == '\n';

            buf_add(buf, piece->text + skip, piece->size - skip);
            skip_break = false;
        } else if (values[piece->slot] && values[piece->slot][0]) {
            buf_puts(buf, values[piece->slot]);
        } else {
            skip_break = buf->size == 0 || buf->data[buf->size - 1] == '\n';
        }
    }
}

/* The first level for which the placeholder has no text, or NULL. */
static const char *level_without(const struct policy *policy, const char *word, size_t size)
{
    for (size_t i = 0; i < policy->level_count; i++)
        if (!level_text(policy, word, size, policy->levels[i].name))
            return policy->levels[i].name;
    return policy->level_count > 0 ? NULL : "";
}

static bool any_level_has(const struct policy *policy, const char *word, size_t size)
{
    for (size_t i = 0; i < policy->level_count; i++)
        if (level_text(policy, word, size, policy->levels[i].name))
            return true;
    return false;
}

/* The daemon's own letters (core/shell/template.h) have words of their own. */
static const char *const own_letters[] = {
    "reminder",           "escalation",      "correction",        "withdrawal", "withdrawal_order",
    "withdrawal_release", "withdrawal_task", "withdrawal_public", "test",       NULL};
static const char *const own_words[] = {"recipient", "recipient_id", "deadline", "original",
                                        "text",      "note",         "gateway",  NULL};

static bool is_among(const char *word, size_t size, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == size && memcmp(*words, word, size) == 0)
            return true;
    return false;
}

static void check_placeholder(const struct policy *policy, const char *word, size_t size,
                              struct place place, struct findings *findings)
{
    char name[WORD_MAX + 1];
    const char *near, *level;

    if (slot_of(word, size) >= 0 || figure_named(policy, word, size) ||
        (level = level_without(policy, word, size)) == NULL)
        return;
    snprintf(name, sizeof(name), "%.*s", (int)size, word);
    if (any_level_has(policy, word, size)) {
        findings_add(findings, SEV_ERROR, "T002", place, NULL,
                     tr("{%s} has no text for the level %s: notices/%s_%s.txt is missing",
                        "{%s} 没有 %s 级别的文本：缺少 notices/%s_%s.txt"),
                     name, level, name, level);
        return;
    }
    near = str_nearest(name, slot_names, SLOTS);
    findings_add(findings, SEV_ERROR, "T001", place, near,
                 tr("unknown placeholder {%s}", "未知的占位符 {%s}"), name);
}

static void check_notice(const struct policy *policy, const struct notice *notice,
                         struct findings *findings)
{
    char file[NAME_MAX_BYTES + 16];
    const char *start = notice->text;
    struct place place = {.file = file, .line = 1};
    bool own = is_among(notice->name, strlen(notice->name), own_letters);

    snprintf(file, sizeof(file), "notices/%.*s.txt", NAME_MAX_BYTES, notice->name);
    for (const char *at = notice->text; *at; at++) {
        if (*at == '\n') {
            place.line++;
            start = at + 1;
        }
        if (*at != '{')
            continue;
        place.col = (int)str_chars(start, (size_t)(at - start)) + 1;
        if (own && is_among(at + 1, placeholder_size(at), own_words))
            continue;
        if (placeholder_size(at) > 0)
            check_placeholder(policy, at + 1, placeholder_size(at), place, findings);
        else
            findings_add(findings, SEV_ERROR, "T003", place, "{name}",
                         tr("a brace that begins no placeholder", "花括号后不是占位符"));
    }
}

/* Whoever words orders words how they are taken back: in the hour it is needed nobody has time. */
static void check_correction(const struct policy *policy, const char *name,
                             struct findings *findings)
{
    if (!policy_notice(policy, "order_new") || policy_notice(policy, name))
        return;
    findings_add(findings, SEV_WARNING, "T004", (struct place){.file = "notices"},
                 tr("add notices/correction.txt and notices/withdrawal.txt",
                    "请补充 notices/correction.txt 和 notices/withdrawal.txt"),
                 tr("there is a text for orders, but none for “%s”", "有指令模板，却没有“%s”模板"),
                 name);
}

void notices_check(const struct policy *policy, struct findings *findings)
{
    for (size_t i = 0; i < policy->notice_count; i++)
        check_notice(policy, &policy->notices[i], findings);
    check_correction(policy, "correction", findings);
    check_correction(policy, "withdrawal", findings);
}
