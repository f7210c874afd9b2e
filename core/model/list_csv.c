/* The list as rows and cells.
 *
 * A cell is a function of (column, enterprise, line), used to export, and to see what a table that
 * comes back has changed.  So export and import cannot disagree. */
#include "model/list_csv.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/yaml.h"
#include <string.h>

static const char *const emission_words[EMISSIONS] = {"SO2", "NOx", "颗粒物", "VOCs"};

static const struct list_word {
    enum list_field field;
    const char *word, *shown;
} list_words[] = {
    {LIST_GRADE, "A+", "A+"},
    {LIST_GRADE, "A", "A"},
    {LIST_GRADE, "B", "B"},
    {LIST_GRADE, "B-", "B-"},
    {LIST_GRADE, "C", "C"},
    {LIST_GRADE, "D", "D"},
    {LIST_GRADE, "leading", "引领性"},
    {LIST_GRADE, "non_leading", "非引领性"},
    {LIST_CLASS, "normal", "一般"},
    {LIST_CLASS, "guaranteed", "保障类"},
    {LIST_CLASS, "small", "小微涉气"},
    {LIST_CLASS, "long_stopped", "长期停产"},
    {LIST_EMITS, "so2", "SO2"},
    {LIST_EMITS, "nox", "NOx"},
    {LIST_EMITS, "pm", "颗粒物"},
    {LIST_EMITS, "vocs", "VOCs"},
};
enum { LIST_WORD_COUNT = sizeof list_words / sizeof *list_words };

const char *list_word_shown(enum list_field field, const char *word)
{
    for (size_t i = 0; i < LIST_WORD_COUNT; i++) {
        if (list_words[i].field == field && strcmp(list_words[i].word, word) == 0)
            return list_words[i].shown;
    }
    return NULL;
}

const char *list_word_read(enum list_field field, const char *shown)
{
    for (size_t i = 0; i < LIST_WORD_COUNT; i++) {
        if (list_words[i].field == field &&
            (strcmp(list_words[i].shown, shown) == 0 || strcmp(list_words[i].word, shown) == 0))
            return list_words[i].word;
    }
    return NULL;
}

/* policy.yaml may name its industries in Chinese: `industries: {foundry: 铸造}`. */
const char *list_industry_shown(const struct policy *policy, const char *word)
{
    const char *name = yaml_text(yaml_get(policy->root, "industries"), word);
    return name ? name : word;
}

const char *list_industry_read(const struct policy *policy, const char *shown)
{
    const struct yaml *industries = yaml_get(policy->root, "industries");
    if (!industries || strcmp(shown, "other") == 0)
        return shown;
    for (size_t i = 0; i < industries->count; i++) {
        bool is_map = industries->kind == YAML_MAP;
        const struct yaml *word = is_map ? industries->keys[i] : industries->items[i];
        const char *name = is_map ? industries->items[i]->text : word->text;
        if (str_equal(name, shown) || str_equal(word->text, shown))
            return word->text;
    }
    return NULL;
}

/* Columns ----------------------------------------------------------------------------------------
 */

static void add(struct list_columns *columns, enum list_field field, enum list_place place,
                int index, const char *head)
{
    columns->items[columns->count++] = (struct list_column){field, place, index, head};
}

static void add_emissions(struct arena *arena, struct list_columns *columns, enum list_field field,
                          enum list_place place, const char *what)
{
    for (int i = 0; i < EMISSIONS; i++)
        add(columns, field, place, i, arena_printf(arena, "%s%s(t/d)", what, emission_words[i]));
}

void list_columns(struct arena *arena, const struct policy *policy, struct list_columns *ret)
{
    *ret = (struct list_columns){0};
    add(ret, LIST_ID, LIST_EACH_ROW, 0, "编号");
    add(ret, LIST_NAME, LIST_EACH_ROW, 0, "企业名称");
    add(ret, LIST_CREDIT_CODE, LIST_EACH_ROW, 0, "统一社会信用代码");
    add(ret, LIST_DISTRICT, LIST_EACH_ROW, 0, "区县代码");
    add(ret, LIST_DISTRICT_NAME, LIST_COMPUTED, 0, "区县");
    add(ret, LIST_INDUSTRY, LIST_EACH_ROW, 0, "行业");
    add(ret, LIST_PARK, LIST_EACH_ROW, 0, "工业园区");
    add(ret, LIST_EMITS, LIST_EACH_ROW, 0, "主要污染物");
    add(ret, LIST_GRADE, LIST_EACH_ROW, 0, "绩效等级");
    add(ret, LIST_CLASS, LIST_EACH_ROW, 0, "管控类型");
    add_emissions(arena, ret, LIST_DAY, LIST_FIRST_ROW, "企业日排放");
    add(ret, LIST_LINE_ID, LIST_LINE_ROW, 0, "生产线编号");
    add(ret, LIST_LINE_NAME, LIST_LINE_ROW, 0, "生产线名称");
    add_emissions(arena, ret, LIST_LINE_DAY, LIST_LINE_ROW, "生产线日排放");
    add(ret, LIST_LINE_SAFE, LIST_LINE_ROW, 0, "安全底线");
    for (size_t level = 0; level < policy->level_count; level++) {
        const char *title = policy->levels[level].title;
        add(ret, LIST_WORDS, LIST_COMPUTED, (int)level, arena_printf(arena, "%s预警措施", title));
        add(ret, LIST_CODES, LIST_FIRST_ROW, (int)level, arena_printf(arena, "%s措施代码", title));
    }
    add(ret, LIST_CONTACT, LIST_FIRST_ROW, 0, "联系人");
    add(ret, LIST_PHONE, LIST_FIRST_ROW, 0, "联系电话");
}

/* Cells ------------------------------------------------------------------------------------------
 */

static const char *detach(struct arena *arena, struct buf *buf)
{
    const char *text = arena_strdup(arena, buf_str(buf));
    buf_release(buf);
    return text;
}

/* A figure as it is written: 0.50 stays 0.50. */
static const char *written_emission(const struct yaml *owner, int emission)
{
    const char *text = yaml_text(yaml_get(owner, "day"), emission_key((enum emission)emission));
    return text ? text : "";
}

static const char *district_name(const struct policy *policy, const char *code)
{
    const struct yaml *districts = yaml_get(policy->root, "districts");
    for (size_t i = 0; districts && i < districts->count; i++) {
        if (str_equal(yaml_text(districts->items[i], "code"), code)) {
            const char *name = yaml_text(districts->items[i], "name");
            return name ? name : "";
        }
    }
    return "";
}

static const char *emits_cell(struct arena *arena, const struct recipient *recipient)
{
    struct buf buf = {0};
    for (int i = 0; i < recipient->emit_count; i++) {
        const char *shown = list_word_shown(LIST_EMITS, recipient->emits[i]);
        buf_printf(&buf, "%s%s", i > 0 ? "、" : "", shown ? shown : recipient->emits[i]);
    }
    return detach(arena, &buf);
}

/* The text as it stands, or "60%：保供热" for one written as a map. */
static const char *safe_cell(struct arena *arena, const struct line *line)
{
    const struct yaml *node = yaml_get(line->node, "safe_minimum");
    if (!node || !line->safe_text)
        return "";
    if (node->kind == YAML_MAP)
        return arena_printf(arena, "%d%%：%s", line->safe_percent, line->safe_text);
    return line->safe_text;
}

static const char *codes_cell(struct arena *arena, const struct policy *policy,
                              const struct recipient *recipient, int level)
{
    struct buf buf = {0};
    const struct yaml *measures = yaml_get(recipient->node, "measures");
    list_codes_print(&buf, yaml_get(measures, policy->levels[level].name));
    return detach(arena, &buf);
}

static void print_lines(struct buf *buf, const struct recipient *recipient, const struct duty *duty)
{
    for (int i = 0; i < duty->line_count; i++)
        buf_printf(buf, "%s%s", i > 0 ? "、" : "", recipient->lines[duty->lines[i]].name);
    if (duty->line_count == 0)
        buf_puts(buf, "全部生产线");
}

static const char *const figures[] = {"零", "一", "二", "三", "四", "五", "六", "七", "八", "九"};

static void print_slot(struct buf *buf, const struct recipient *recipient, const struct duty *duty,
                       const char *slot, size_t size)
{
    if (size == 5 && strncmp(slot, "lines", size) == 0)
        print_lines(buf, recipient, duty);
    else if (size == 7 && strncmp(slot, "percent", size) == 0)
        buf_printf(buf, "%d", duty->percent);
    else if (size == 5 && strncmp(slot, "stage", size) == 0)
        buf_puts(buf, figures[duty->stage_at_most % 10]);
    else if (size == 5 && strncmp(slot, "basis", size) == 0 && duty->basis)
        buf_puts(buf, duty->basis);
}

static void print_duty(struct buf *buf, const struct recipient *recipient, const struct duty *duty)
{
    for (const char *at = duty->measure->text; *at; at++) {
        size_t size = *at == '{' ? strcspn(at + 1, "}") : 0;
        if (*at != '{' || at[size + 1] != '}') {
            buf_putc(buf, *at);
            continue;
        }
        print_slot(buf, recipient, duty, at + 1, size);
        at += size + 1;
    }
}

static const char *words_cell(struct arena *arena, const struct recipient *recipient, int level)
{
    struct buf buf = {0};
    for (int i = 0; i < recipient->duty_counts[level]; i++) {
        if (i > 0)
            buf_puts(&buf, "；");
        print_duty(&buf, recipient, &recipient->duties[level][i]);
    }
    return detach(arena, &buf);
}

static const char *line_cell(struct arena *arena, const struct list_column *column,
                             const struct line *line)
{
    switch (column->field) {
    case LIST_LINE_ID:
        return line->id;
    case LIST_LINE_NAME:
        return line->name ? line->name : "";
    case LIST_LINE_DAY:
        return written_emission(line->node, column->index);
    default:
        return safe_cell(arena, line);
    }
}

static const char *contact_cell(const struct recipient *recipient, enum list_field field)
{
    if (recipient->contact_count == 0)
        return "";
    const char *text =
        field == LIST_CONTACT ? recipient->contacts[0].name : recipient->contacts[0].phone;
    return text ? text : "";
}

static const char *shown_word(const struct recipient *recipient, enum list_field field,
                              const char *key)
{
    const char *word = yaml_text(recipient->node, key);
    const char *shown = word ? list_word_shown(field, word) : NULL;
    return shown ? shown : "";
}

const char *list_cell(struct arena *arena, const struct policy *policy,
                      const struct list_column *column, const struct recipient *recipient, int line)
{
    const char *text = NULL;
    switch (column->field) {
    case LIST_ID:
        return recipient->id;
    case LIST_NAME:
        text = recipient->name;
        break;
    case LIST_CREDIT_CODE:
        text = recipient->credit_code;
        break;
    case LIST_DISTRICT:
        text = recipient->district;
        break;
    case LIST_DISTRICT_NAME:
        return district_name(policy, recipient->district);
    case LIST_INDUSTRY:
        text = recipient->industry ? list_industry_shown(policy, recipient->industry) : NULL;
        break;
    case LIST_PARK:
        text = recipient->park;
        break;
    case LIST_EMITS:
        return emits_cell(arena, recipient);
    case LIST_GRADE:
        return shown_word(recipient, LIST_GRADE, "grade");
    case LIST_CLASS:
        return shown_word(recipient, LIST_CLASS, "class");
    case LIST_DAY:
        return written_emission(recipient->node, column->index);
    case LIST_WORDS:
        return words_cell(arena, recipient, column->index);
    case LIST_CODES:
        return codes_cell(arena, policy, recipient, column->index);
    case LIST_CONTACT:
    case LIST_PHONE:
        return contact_cell(recipient, column->field);
    case LIST_LINE_ID:
    case LIST_LINE_NAME:
    case LIST_LINE_DAY:
    case LIST_LINE_SAFE:
        return line < 0 ? "" : line_cell(arena, column, &recipient->lines[line]);
    }
    return text ? text : "";
}

/* Export -----------------------------------------------------------------------------------------
 */

static bool shows(const struct list_column *column, int line)
{
    bool once = column->place == LIST_FIRST_ROW || column->field == LIST_WORDS;
    return !once || line <= 0;
}

static void export_row(const struct policy *policy, const struct list_columns *columns,
                       const struct recipient *recipient, int line, struct arena *scratch,
                       struct buf *text)
{
    for (int i = 0; i < columns->count; i++) {
        const struct list_column *column = &columns->items[i];
        const char *cell =
            shows(column, line) ? list_cell(scratch, policy, column, recipient, line) : "";
        sheet_add(text, cell, i == 0);
    }
    sheet_end_row(text);
    arena_reset(scratch);
}

void list_export(const struct policy *policy, struct buf *ret_text)
{
    struct arena heads = {0}, scratch = {0};
    struct list_columns columns;
    list_columns(&heads, policy, &columns);
    for (int i = 0; i < columns.count; i++)
        sheet_add(ret_text, columns.items[i].head, i == 0);
    sheet_end_row(ret_text);
    for (size_t i = 0; i < policy->registry.count; i++) {
        const struct recipient *recipient = &policy->registry.recipients[i];
        if (recipient->kind != RECIPIENT_ENTERPRISE)
            continue;
        for (int line = 0; line < recipient->line_count || line == 0; line++)
            export_row(policy, &columns, recipient, recipient->line_count > 0 ? line : -1, &scratch,
                       ret_text);
    }
    arena_release(&heads);
    arena_release(&scratch);
}
