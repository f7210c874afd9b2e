/* The list as a table: out and in again is the identity, and what changes is what somebody changed.
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/yaml.h"
#include "model/bundle.h"
#include "model/list_csv.h"
#include "model/yaml_edit.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bundle *load(void)
{
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    lang_set(LANG_EN);
    cr_assert(bundle_load(&bundle, "tests/bundles/base", NULL, &findings) == 0);
    return bundle;
}

/* One import, and everything that must be given back. */
struct trial {
    struct bundle *bundle;
    struct sheet sheet;
    struct list_diff diff;
    struct findings findings;
    int err;
};

static void try(struct trial *trial, const struct buf *bytes, enum list_missing missing)
{
    *trial = (struct trial){.bundle = load()};
    trial->err =
        sheet_read(&trial->sheet, "list.csv", buf_str(bytes), bytes->size, &trial->findings);
    if (trial->err == 0)
        trial->err =
            list_import(trial->bundle, &trial->sheet, missing, &trial->diff, &trial->findings);
}

static void end(struct trial *trial)
{
    list_diff_release(&trial->diff);
    sheet_release(&trial->sheet);
    findings_release(&trial->findings);
    bundle_free(trial->bundle);
}

static void export_base(struct buf *text)
{
    struct bundle *bundle = load();
    list_export(&bundle->policy, text);
    bundle_free(bundle);
}

/* The exported table with every `old` replaced by `new`. */
static void edited(struct buf *ret, const char *old, const char *new)
{
    struct buf text = {0};
    export_base(&text);
    const char *at = strstr(buf_str(&text), old);
    cr_assert(at, "no “%s” in\n%s", old, buf_str(&text));
    const char *from = buf_str(&text);
    for (; (at = strstr(from, old)) != NULL; from = at + strlen(old)) {
        buf_add(ret, from, (size_t)(at - from));
        buf_puts(ret, new);
    }
    buf_puts(ret, from);
    buf_release(&text);
}

/* The bundle as it is after the import. */
static struct bundle *after(const struct trial *trial)
{
    struct bundle_text texts[64];
    size_t count = 0;
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    for (size_t i = 0; i < trial->bundle->text_count; i++) {
        texts[count] = trial->bundle->texts[i];
        for (size_t k = 0; k < trial->diff.file_count; k++) {
            if (strcmp(trial->diff.files[k].name, texts[count].name) == 0) {
                texts[count].data = trial->diff.files[k].data;
                texts[count].size = trial->diff.files[k].size;
            }
        }
        count++;
    }
    for (size_t k = 0; k < trial->diff.file_count; k++) {
        const struct list_file *file = &trial->diff.files[k];
        bool known = false;
        for (size_t i = 0; i < count; i++)
            known |= strcmp(texts[i].name, file->name) == 0;
        if (!known)
            texts[count++] = (struct bundle_text){file->name, file->shown, file->data, file->size};
    }
    cr_assert(bundle_build(&bundle, texts, count, NULL, &findings) == 0, "%s",
              findings.count > 0 ? findings.items[0].message : "");
    findings_release(&findings);
    return bundle;
}

static bool found(const struct trial *trial, const char *code, int line, const char *words)
{
    for (size_t i = 0; i < trial->findings.count; i++) {
        const struct finding *finding = &trial->findings.items[i];
        if (strcmp(finding->code, code) == 0 && finding->line == line &&
            (strstr(finding->message, words) || (finding->hint && strstr(finding->hint, words))))
            return true;
    }
    for (size_t i = 0; i < trial->findings.count; i++)
        fprintf(stderr, "%s:%d [%s] %s (%s)\n", trial->findings.items[i].file,
                trial->findings.items[i].line, trial->findings.items[i].code,
                trial->findings.items[i].message,
                trial->findings.items[i].hint ? trial->findings.items[i].hint : "");
    return false;
}

Test(list, the_table_is_what_staff_expect)
{
    struct buf text = {0};
    export_base(&text);
    cr_expect_str_eq(
        buf_str(&text),
        "编号,企业名称,统一社会信用代码,区县代码,区县,行业,工业园区,主要污染物,绩效等级,管控类型,"
        "企业日排放SO2(t/d),企业日排放NOx(t/d),企业日排放颗粒物(t/d),企业日排放VOCs(t/d),"
        "生产线编号,生产线名称,生产线日排放SO2(t/d),生产线日排放NOx(t/d),生产线日排放颗粒物(t/d),"
        "生产线日排放VOCs(t/d),安全底线,黄色预警措施,黄色措施代码,橙色预警措施,橙色措施代码,"
        "红色预警措施,红色措施代码,联系人,联系电话\r\n"
        "210106-0001,示例铸造有限公司,91210106XXXXXXXXXX,210106,示例东区,foundry,示例化工园,"
        "颗粒物、VOCs,B,一般,0.01,0.03,0.12,0.05,L1,1#中频炉,0.005,0.015,0.06,0.025,"
        "保温不低于20%,2#中频炉停止生产,stop L2,"
        "1#中频炉、2#中频炉停止生产；停止使用国四及以下重型载货车辆运输,"
        "\"stop L1 L2; ban_trucks stage_at_most=4\","
        "1#中频炉、2#中频炉停止生产；停止使用国四及以下重型载货车辆运输,"
        "\"stop L1 L2; ban_trucks stage_at_most=4\",值班室,024-0000\r\n"
        "210106-0001,示例铸造有限公司,91210106XXXXXXXXXX,210106,示例东区,foundry,示例化工园,"
        "颗粒物、VOCs,B,一般,,,,,L2,2#中频炉,0.005,0.015,0.06,0.025,,,,,,,,,\r\n"
        "210106-0002,示例供热有限公司,91210106XXXXXXXXX2,210106,示例东区,other,,,C,保障类,0.2,0.3,,"
        ","
        "B1,1#锅炉,0.2,0.3,,,60%：保供热,,,1#锅炉限产20%（按最大负荷）,"
        "limit B1 percent=20 basis=按最大负荷,1#锅炉限产30%（按最大负荷）,"
        "limit B1 percent=30 basis=按最大负荷,调度室,024-0001\r\n");
    buf_release(&text);
}

Test(list, out_and_in_again_changes_nothing_in_either_encoding)
{
    struct buf text = {0};
    export_base(&text);
    for (int encoding = SHEET_UTF8; encoding <= SHEET_GB18030; encoding++) {
        struct buf bytes = {0};
        struct trial trial;
        cr_assert(sheet_encode(&text, (enum sheet_encoding)encoding, &bytes) == 0);
        try(&trial, &bytes, LIST_MISSING_FEW);
        cr_expect(trial.err == 0 && trial.findings.count == 0);
        cr_expect(trial.diff.count == 0 && trial.diff.file_count == 0);
        end(&trial);
        buf_release(&bytes);
    }
    buf_release(&text);
}

Test(list, an_unchanged_entry_keeps_its_bytes)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, ",B,一般,", ",A,一般,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_assert(trial.err == 0 && trial.diff.count == 1 && trial.diff.file_count == 1);
    cr_expect_str_eq(trial.diff.changes[0].id, "210106-0001");
    cr_assert(trial.diff.changes[0].count == 1);
    const struct list_cell_change *cell = &trial.diff.changes[0].cells[0];
    cr_expect_str_eq(cell->head, "绩效等级");
    cr_expect_str_eq(cell->old, "B");
    cr_expect_str_eq(cell->new, "A");
    cr_expect_str_eq(cell->reference, "I2");
    cr_expect(cell->line == 2);
    const struct list_file *file = &trial.diff.files[0];
    const char *old = NULL;
    for (size_t i = 0; i < trial.bundle->text_count; i++) {
        if (strcmp(trial.bundle->texts[i].name, file->name) == 0)
            old = trial.bundle->texts[i].data;
    }
    const char *old_second = strstr(old, "- id: \"210106-0002\"");
    const char *new_second = strstr(file->data, "- id: \"210106-0002\"");
    cr_assert(old_second && new_second);
    cr_expect_str_eq(new_second, old_second);
    end(&trial);
    buf_release(&table);
}

Test(list, what_the_table_cannot_show_stays)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "示例铸造有限公司", "示例精密铸造有限公司");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_assert(trial.err == 0 && trial.diff.file_count == 1);
    struct bundle *bundle = after(&trial);
    const struct registry *registry = &bundle->policy.registry;
    const struct recipient *one = &registry->recipients[registry_find(registry, "210106-0001")];
    cr_expect_str_eq(one->name, "示例精密铸造有限公司");
    cr_expect_str_eq(one->contacts[0].webhook, "https://example.invalid/a");
    cr_expect_str_eq(one->lines[0].proof.point, "d20405");
    cr_expect(one->outlet_count == 1);
    bundle_free(bundle);
    end(&trial);
    buf_release(&table);
}

Test(list, measures_change_by_their_codes)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, ",stop L2,", ",limit L1 percent=30；stop L2,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_assert(trial.err == 0, "%s", trial.findings.count ? trial.findings.items[0].message : "");
    struct bundle *bundle = after(&trial);
    const struct registry *registry = &bundle->policy.registry;
    const struct recipient *one = &registry->recipients[registry_find(registry, "210106-0001")];
    cr_assert(one->duty_counts[0] == 2);
    cr_expect(one->duties[0][0].percent == 30 && one->duties[0][0].lines[0] == 0);
    bundle_free(bundle);
    end(&trial);
    buf_release(&table);
}

Test(list, enterprises_come_and_go)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "210106-0002,示例供热有限公司,91210106XXXXXXXXX2,",
           "210106-0009,示例新建有限公司,91210106XXXXXXXXX9,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_assert(trial.err == 0 && trial.diff.count == 2);
    cr_expect(trial.diff.added == 1 && trial.diff.removed == 1);
    struct bundle *bundle = after(&trial);
    const struct registry *registry = &bundle->policy.registry;
    cr_expect(registry_find(registry, "210106-0002") == -1);
    int number = registry_find(registry, "210106-0009");
    cr_assert(number >= 0);
    const struct recipient *added = &registry->recipients[number];
    cr_expect(added->supply == CLASS_GUARANTEED && added->lines[0].safe_percent == 60);
    cr_expect_str_eq(added->duties[2][0].basis, "按最大负荷");
    struct buf again = {0};
    list_export(&bundle->policy, &again);
    cr_expect_str_eq(buf_str(&again), buf_str(&table), "the same table comes out again");
    buf_release(&again);
    bundle_free(bundle);
    end(&trial);
    buf_release(&table);
}

Test(list, missing_rows_may_be_kept)
{
    struct buf table = {0};
    struct trial trial;
    export_base(&table);
    char *second = strstr(table.data, "210106-0002");
    *second = 0;
    table.size = (size_t)(second - table.data);
    try(&trial, &table, LIST_MISSING_KEEP);
    cr_expect(trial.err == 0 && trial.diff.count == 0);
    end(&trial);
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err == 0 && trial.diff.removed == 1);
    end(&trial);
    buf_release(&table);
}

/* The base table with its first row's id replaced. */
static void expect_identity(const char *id, enum list_missing missing, const char *code,
                            const char *words)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "210106-0002,", id);
    try(&trial, &table, missing);
    cr_expect(trial.err < 0 && trial.diff.file_count == 0, "%s", id);
    cr_expect(found(&trial, code, 4, words), "%s", id);
    end(&trial);
    buf_release(&table);
}

Test(list, ids_that_a_spreadsheet_took_for_dates_or_figures)
{
    static const char *const damaged[] = {"2106-01-02,",  "2106/1/2,",       "Jan-02,",
                                          "2-Jan,",       "2106年1月2日,",   "1月2日,",
                                          "2.10106E+05,", "2.101060002E+09,"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        expect_identity(damaged[i], LIST_MISSING_FEW, "I008", "most likely 210106-0002");
    expect_identity("Jan-02,", LIST_MISSING_REMOVE, "I008", "row 4");
}

Test(list, another_id_with_the_same_credit_code_is_asked_about)
{
    struct buf table = {0};
    struct trial trial;
    expect_identity("210106-0020,", LIST_MISSING_FEW, "I018", "was “210106-0002” renamed");
    expect_identity("210106-0020,", LIST_MISSING_KEEP, "I018", "“210106-0020”");
    edited(&table, "210106-0002,", "210106-0020,");
    try(&trial, &table, LIST_MISSING_REMOVE);
    cr_expect(trial.err == 0 && trial.diff.added == 1 && trial.diff.removed == 1);
    end(&trial);
    buf_release(&table);
}

Test(list, a_table_that_would_empty_the_list_is_refused)
{
    struct buf table = {0};
    struct trial trial;
    export_base(&table);
    char *second = strchr(table.data, '\n') + 1;
    *second = 0;
    table.size = (size_t)(second - table.data);
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err < 0 && trial.diff.removed == 0 && trial.diff.file_count == 0);
    cr_expect(found(&trial, "I019", 0, "2 of 2 enterprises"));
    end(&trial);
    try(&trial, &table, LIST_MISSING_KEEP);
    cr_expect(trial.err == 0 && trial.diff.count == 0);
    end(&trial);
    try(&trial, &table, LIST_MISSING_REMOVE);
    cr_expect(trial.diff.removed == 2);
    end(&trial);
    buf_release(&table);
}

Test(list, a_line_taken_out_and_the_sum_forgotten)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "0.005,0.015,0.06,0.025,保温", "0.005,0.015,0.05,0.025,保温");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err < 0);
    cr_expect(found(&trial, "I016", 2, "M2"));
    cr_expect(trial.findings.count == 1, "the mistake is named once");
    end(&trial);
    buf_release(&table);
}

Test(list, what_only_the_whole_policy_shows_is_named_at_the_row)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, ",stop L2,", ",stop L9,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err < 0);
    cr_expect(found(&trial, "X002", 2, "L9"));
    end(&trial);
    buf_clear(&table);
    edited(&table, "调度室,024-0001", "调度室,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(found(&trial, "E013", 4, "调度室"));
    end(&trial);
    buf_release(&table);
}

Test(list, damaged_codes_are_named_with_what_stood_there)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "91210106XXXXXXXXXX", "9.1210106E+17");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err < 0);
    cr_expect(found(&trial, "I008", 2, "91210106XXXXXXXXXX"));
    end(&trial);
    buf_release(&table);
}

Test(list, every_complaint_names_row_and_column)
{
    static const struct {
        const char *old, *new, *code;
        int line;
        const char *words;
    } cases[] = {
        {",B,一般,", ",E,一般,", "I007", 2, "I2"},
        {",保障类,", ",保障,", "I007", 4, "J4"},
        {",0.2,0.3,,,B1", ",0.2t,0.3,,,B1", "I006", 4, "K4"},
        {"示例东区,other", "示例东区,others", "I007", 4, "F4"},
        {"示例化工园", "示例工业园", "I007", 2, "G2"},
        {",210106,示例东区,other", ",210109,示例东区,other", "I007", 4, "D4"},
        {"91210106XXXXXXXXX2", "91350100M000100Y44", "I009", 4, "C4"},
        {"91210106XXXXXXXXX2", "91210106", "I009", 4, "C4"},
        {",stop L2,", ",stpo L2,", "I011", 2, "stop"},
        {",stop L2,", ",stop L2 fraction=3,", "I011", 2, "W2"},
        {",L2,2#中频炉,", ",L1,2#中频炉,", "I012", 3, "row 3"},
        {",L2,2#中频炉,", ",,2#中频炉,", "I012", 3, "row 3"},
        {"210106-0002,", ",", "I013", 4, "row 4"},
        {"210106-0002,", "site-1,", "I013", 4, "site-1"},
        {"绩效等级", "绩效级别", "I003", 1, "绩效等级"},
        {"编号,企业名称", "企业名称,企业名称", "I003", 1, "twice"},
        {"60%：保供热", "保供热", "I006", 4, "U4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf table = {0};
        struct trial trial;
        edited(&table, cases[i].old, cases[i].new);
        try(&trial, &table, LIST_MISSING_FEW);
        cr_expect(trial.err < 0, "%s", cases[i].new);
        cr_expect(found(&trial, cases[i].code, cases[i].line, cases[i].words), "%s", cases[i].new);
        cr_expect(trial.diff.file_count == 0, "nothing may be written");
        end(&trial);
        buf_release(&table);
    }
}

Test(list, rows_of_one_enterprise_must_agree)
{
    struct buf text = {0};
    struct trial trial;
    export_base(&text);
    char *second = strstr(strstr(text.data, "示例铸造有限公司") + 1, "示例铸造有限公司");
    memcpy(second, "示例锻造", strlen("示例锻造"));
    try(&trial, &text, LIST_MISSING_FEW);
    cr_expect(trial.err < 0);
    cr_expect(found(&trial, "I005", 3, "B3"));
    end(&trial);
    buf_release(&text);
}

Test(list, an_edit_of_computed_words_is_not_taken_in_silence)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, ",2#中频炉停止生产,", ",全厂停产,");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_expect(trial.err == 0 && trial.diff.count == 0);
    cr_expect(found(&trial, "I010", 2, "V2"));
    end(&trial);
    buf_release(&table);
}

Test(list, formulas_and_long_digits_are_harmless_and_come_back)
{
    static const char *const texts[] = {
        "=1+1",  "+86-24", "-5",         "@sum", "'quoted",   "912101061234567890",
        "00123", "0.5",    "",           "a,b",  "say \"x\"", "两行\n文字",
        "\tx",   "0",      "12345678901"};
    struct buf buf = {0};
    size_t count = sizeof texts / sizeof *texts;
    for (size_t i = 0; i < count; i++)
        sheet_add(&buf, texts[i], i == 0);
    sheet_end_row(&buf);
    cr_expect(!strstr(buf_str(&buf), ",=") && buf_str(&buf)[0] == '\'');
    cr_expect(strstr(buf_str(&buf), "'912101061234567890") != NULL);
    cr_expect(strstr(buf_str(&buf), ",0.5,") != NULL);
    struct sheet sheet;
    struct findings findings = {0};
    cr_assert(sheet_read(&sheet, "x.csv", buf_str(&buf), buf.size, &findings) == 0);
    cr_assert(sheet.count == 1 && sheet.rows[0].count == (int)count);
    for (size_t i = 0; i < count; i++)
        cr_expect_str_eq(sheet.rows[0].cells[i].text, texts[i]);
    sheet_release(&sheet);
    buf_release(&buf);
}

Test(list, tables_that_are_none_are_refused)
{
    static const struct {
        const char *text;
        size_t size;
        const char *code;
    } cases[] = {
        {"编号,企业名称\n1,\"a\n", 25, "I001"},
        {"PK\x03\x04\x00\x00zip", 9, "I002"},
        {"\xff\xff\xff", 3, "I002"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sheet sheet;
        struct findings findings = {0};
        cr_expect(sheet_read(&sheet, "x.csv", cases[i].text, cases[i].size, &findings) < 0);
        cr_assert(findings.count == 1);
        cr_expect_str_eq(findings.items[0].code, cases[i].code);
        sheet_release(&sheet);
        findings_release(&findings);
    }
}

Test(list, measure_codes_read_what_they_print)
{
    static const char *const codes[] = {
        "stop",
        "stop L1 L2",
        "limit L1 percent=20 basis=按前一年日均产量",
        "limit \"L 1\" percent=20 basis=\"a; \"\"b\"\" c\"",
        "stop_earthwork cut.pm=0.02; ban_trucks stage_at_most=4",
        "",
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const char *problem = NULL;
        struct buf buf = {0};
        const struct yaml *duties = list_codes_read(&arena, codes[i], &problem);
        cr_assert(duties && !problem, "%s: %s", codes[i], problem);
        list_codes_print(&buf, duties);
        cr_expect_str_eq(buf_str(&buf), codes[i]);
        buf_release(&buf);
    }
    static const char *const broken[] = {";", "stop; ; stop", "limit basis=\"a", "stop what=1"};
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        const char *problem = NULL;
        cr_expect(!list_codes_read(&arena, broken[i], &problem) && problem, "%s", broken[i]);
    }
    arena_release(&arena);
}

/* Random edits of the table: what comes out after the import is the table that went in. */
Test(list, random_edits_survive_the_round)
{
    static const char *const grades[] = {"A+", "A", "B", "B-", "C", "D", "引领性", "非引领性"};
    static const char *const classes[] = {"一般", "小微涉气"};
    static const char *const names[] = {"示例 甲", "示例,乙", "示例\"丙\"", "示例: 丁",  "- 示例戊",
                                        "示例#己", "#示例庚", "=示例辛",    "示例 # 壬", "yes示例"};
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct buf table = {0}, cell = {0}, again = {0};
        struct trial trial;
        srand(seed);
        buf_printf(&cell, ",示例东区,foundry,示例化工园,颗粒物、VOCs,%s,%s,", grades[rand() % 8],
                   classes[rand() % 2]);
        edited(&table, ",示例东区,foundry,示例化工园,颗粒物、VOCs,B,一般,", buf_str(&cell));
        struct buf first = table, named = {0};
        table = (struct buf){0};
        sheet_add(&named, names[rand() % 10], 1);
        for (const char *at = buf_str(&first), *hit; *at; at = hit) {
            hit = strstr(at, "示例铸造有限公司");
            buf_add(&table, at, hit ? (size_t)(hit - at) : strlen(at));
            if (!hit)
                break;
            buf_puts(&table, buf_str(&named));
            hit += strlen("示例铸造有限公司");
        }
        try(&trial, &table, LIST_MISSING_FEW);
        cr_assert(trial.err == 0, "seed %u: %s", seed,
                  trial.findings.count ? trial.findings.items[0].message : "");
        struct bundle *bundle = after(&trial);
        list_export(&bundle->policy, &again);
        cr_expect_str_eq(buf_str(&again), buf_str(&table), "seed %u", seed);
        bundle_free(bundle);
        end(&trial);
        buf_release(&first);
        buf_release(&named);
        buf_release(&table);
        buf_release(&cell);
        buf_release(&again);
    }
}

Test(list, two_lists_are_compared_key_by_key)
{
    struct buf table = {0};
    struct trial trial;
    edited(&table, "0.005,0.015,0.06,0.025,保温不低于20%", "0.005,0.015,0.06,0.025,保温不低于30%");
    try(&trial, &table, LIST_MISSING_FEW);
    cr_assert(trial.err == 0);
    struct bundle *bundle = after(&trial);
    struct list_diff diff;
    list_compare(trial.bundle, bundle, &diff);
    cr_assert(diff.count == 1 && diff.changes[0].count == 1);
    cr_expect_str_eq(diff.changes[0].cells[0].head, "lines.L1.safe_minimum");
    cr_expect_str_eq(diff.changes[0].cells[0].old, "保温不低于20%");
    cr_expect_str_eq(diff.changes[0].cells[0].new, "保温不低于30%");
    list_diff_release(&diff);
    list_compare(bundle, bundle, &diff);
    cr_expect(diff.count == 0);
    list_diff_release(&diff);
    bundle_free(bundle);
    end(&trial);
    buf_release(&table);
}
