/* yujing list: the emission-reduction list as a table.
 *
 * `import` is the one action that writes, and it shows what it would write first; without --yes (or
 * a yes on the terminal) nothing is touched. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/cmd.h"
#include "cli/list_print.h"
#include "model/bundle.h"
#include "model/list_csv.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* clang-format off */
static const struct example examples[] = {
    {"yujing list export policies/shenyang -o list.csv", {"the list as a table for a spreadsheet", "导出清单，用电子表格编辑"}},
    {"yujing list import list.csv policies/shenyang", {"show what the table would change", "先看改动，不写入"}},
    {"yujing list import list.csv policies/shenyang --yes", {"and write it", "确认后写入"}},
    {"yujing list diff policies/old policies/new", {"what changed, per enterprise", "两份清单逐企业比较"}},
    {"yujing list evaluate policies/shenyang", {"shares reached at each level", "各级别减排比例是否达到要求"}},
    {NULL, {NULL, NULL}},
};
static const struct action actions[] = {
    {"export", {"write the list as CSV: export DIR", "导出为 CSV：export DIR"}},
    {"import", {"take changes from a CSV: import FILE DIR", "从 CSV 导入改动：import FILE DIR"}},
    {"diff", {"compare two lists: diff OLDDIR NEWDIR", "比较两份清单：diff OLDDIR NEWDIR"}},
    {"evaluate", {"shares reached per level and pollutant: evaluate DIR", "各级别、各污染物的减排比例：evaluate DIR"}},
    {NULL, {NULL, NULL}},
};
static const struct option options_table[] = {
    {'o', "output", OPTION_VALUE, "FORM", COMPLETE_FILE, {"text, json or jsonl; with export: the file to write", "text、json 或 jsonl；用于 export 时为要写入的文件"}, NULL},
    {0, "encoding", OPTION_VALUE, "utf-8|gb18030", COMPLETE_NOTHING, {"of the exported table", "导出文件的编码"}, "utf-8"},
    {'y', "yes", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"import: write the changes", "导入时写入改动"}, NULL},
    {0, "keep-missing", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"import: enterprises without a row stay", "导入时保留表中没有的企业"}, NULL},
    {0, "remove", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"import: enterprises without a row are to go, however many", "导入时删除表中没有的企业，不论多少"}, NULL},
    {0, NULL, OPTION_FLAG, NULL, COMPLETE_NOTHING, {NULL, NULL}, NULL},
};
const struct verb verb_list = {
    .name = "list",
    .summary = {"the emission-reduction list as a table", "应急减排清单：导出、导入、比较、评估"},
    .synopsis = "export|import|diff|evaluate …",
    .examples = examples,
    .options = options_table,
    .actions = actions,
    .operands_min = 1,
    .operands_max = 2,
    .completion = COMPLETE_FILE,
    .description = {
        "The table has one row per production line, or per enterprise that has none.  What it has no column for stays as it is "
        "in YAML, and entries that nobody changed keep their bytes.\n\n"
        "Columns 预警措施 are computed; the columns 措施代码 beside them count.  Cells that a spreadsheet would take for a formula "
        "or shorten begin with an apostrophe, which import takes off again.  Codes that a spreadsheet has damaged are refused.\n\n"
        "Enterprises without a row are removed.  When more than a third would go, or one seems to have another id, import refuses: "
        "--keep-missing keeps those without a row, --remove says that they are to go.\n\n"
        "import exits 0 when nothing differs or the changes were written, 1 when there are changes that were not written.",
        "每条生产线一行；没有生产线的企业一行。表中没有的内容在 YAML 中保持原样，未改动的条目逐字节不变。\n\n"
        "“预警措施”列自动生成，以旁边的“措施代码”列为准。容易被电子表格当成公式或截短的单元格以单引号开头，导入时自动去掉。"
        "被电子表格改坏的代码会被拒绝。\n\n"
        "表中没有的企业将被删除。超过三分之一，或有企业疑似改了编号时，不予导入：保留请加 --keep-missing，确要删除请加 --remove。\n\n"
        "没有差异或已写入时 import 的退出码为 0；有改动而未写入时为 1。"},
    .run = cmd_list,
};
/* clang-format on */

static struct bundle *load(const char *folder)
{
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    int err = bundle_load(&bundle, folder, NULL, &findings);
    if (err < 0) {
        findings_print(stderr, &findings, FORM_TEXT);
        bundle_free(bundle);
        bundle = NULL;
    }
    findings_release(&findings);
    return bundle;
}

static bool is_form(const char *text)
{
    return str_equal(text, "text") || str_equal(text, "json") || str_equal(text, "jsonl");
}

static bool need_form(const struct options *options)
{
    const char *form = option_value(options, "output");
    if (!form || is_form(form))
        return true;
    verb_misuse(&verb_list, tr("text, json or jsonl", "可用：text、json、jsonl"),
                tr("unknown form “%s”", "未知的输出格式“%s”"), form);
    return false;
}

static int report(int err, struct findings *findings)
{
    findings_print(stderr, findings, FORM_TEXT);
    findings_release(findings);
    return err < 0 ? EXIT_RUNTIME : EXIT_OK;
}

/* Export -----------------------------------------------------------------------------------------
 */

/* The table as objects: the head's words are the keys. */
static void export_json(const struct buf *text, enum form form)
{
    struct sheet sheet;
    struct findings findings = {0};
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    sheet_read(&sheet, "", buf_str(text), text->size, &findings);
    if (form == FORM_JSON) {
        jw_begin(&writer, '{');
        jw_key(&writer, "schema_version");
        jw_int(&writer, 1);
        jw_key(&writer, "rows");
        jw_begin(&writer, '[');
    }
    for (size_t i = 1; i < sheet.count; i++) {
        jw_begin(&writer, '{');
        for (int k = 0; k < sheet.rows[i].count && k < sheet.rows[0].count; k++) {
            jw_key(&writer, sheet.rows[0].cells[k].text);
            jw_text(&writer, sheet.rows[i].cells[k].text);
        }
        jw_end(&writer, '}');
        if (form == FORM_JSONL) {
            printf("%s\n", buf_str(&buf));
            buf_clear(&buf);
            writer = (struct json_writer){.buf = &buf};
        }
    }
    if (form == FORM_JSON) {
        jw_end(&writer, ']');
        jw_end(&writer, '}');
        printf("%s\n", buf_str(&buf));
    }
    buf_release(&buf);
    sheet_release(&sheet);
    findings_release(&findings);
}

static int export_bytes(const struct buf *text, const char *file, const char *encoding)
{
    struct buf bytes = {0};
    struct findings findings = {0};
    int exit_code = EXIT_OK;
    bool gb = str_equal(encoding, "gb18030");
    if (sheet_encode(text, gb ? SHEET_GB18030 : SHEET_UTF8, &bytes) < 0) {
        verb_complain(&verb_list, tr("this machine cannot write %s", "本机无法写出 %s 编码"),
                      encoding);
        exit_code = EXIT_RUNTIME;
    } else if (file && strcmp(file, "-") != 0) {
        int err = file_write_atomic(file, bytes.data, bytes.size, &findings);
        exit_code = report(err, &findings);
    } else {
        fwrite(bytes.data, 1, bytes.size, stdout);
    }
    buf_release(&bytes);
    return exit_code;
}

static int run_export(const struct options *options)
{
    if (!options_operands(options, 1))
        return EXIT_MISUSE;
    struct bundle *bundle = load(options->operands[0]);
    if (!bundle)
        return EXIT_MISUSE;
    struct buf text = {0};
    list_export(&bundle->policy, &text);
    const char *output = option_value(options, "output");
    int exit_code = EXIT_OK;
    if (str_equal(output, "json") || str_equal(output, "jsonl"))
        export_json(&text, options_form(options));
    else
        exit_code = export_bytes(&text, str_equal(output, "text") ? NULL : output,
                                 option_value(options, "encoding"));
    buf_release(&text);
    bundle_free(bundle);
    return exit_code;
}

/* Import -----------------------------------------------------------------------------------------
 */

static bool agreed(const struct options *options)
{
    if (option_given(options, "yes"))
        return true;
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
        return false;
    char answer[16];
    output_talk("%s", tr("write these changes? [y/N] ", "写入这些改动？[y/N] "));
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int write_files(const struct list_diff *diff, const char *folder)
{
    struct findings findings = {0};
    int err = 0;
    for (size_t i = 0; i < diff->file_count && err == 0; i++) {
        const struct list_file *file = &diff->files[i];
        char *path = xasprintf("%s/%s", folder, file->name);
        err = file_write_atomic(path, file->data, file->size, &findings);
        if (err == 0)
            output_talk(tr("written: %s\n", "已写入：%s\n"), path);
        free(path);
    }
    return report(err, &findings);
}

static int settle(const struct options *options, const struct list_diff *diff)
{
    if (diff->count == 0)
        return EXIT_OK;
    if (agreed(options))
        return write_files(diff, options->operands[1]);
    output_talk("%s\n",
                tr("nothing was written; --yes writes the changes", "尚未写入；加 --yes 写入改动"));
    return EXIT_FOUND;
}

static enum list_missing missing_of(const struct options *options)
{
    if (option_given(options, "keep-missing"))
        return LIST_MISSING_KEEP;
    return option_given(options, "remove") ? LIST_MISSING_REMOVE : LIST_MISSING_FEW;
}

static int import_table(const struct options *options, const struct bundle *bundle,
                        const struct sheet *sheet)
{
    struct list_diff diff;
    struct findings findings = {0};
    int err = list_import(bundle, sheet, missing_of(options), &diff, &findings);
    findings_sort(&findings);
    findings_print(stderr, &findings, FORM_TEXT);
    int exit_code = EXIT_FOUND;
    if (err == 0) {
        list_print_diff(stdout, &diff, sheet->file, options_form(options));
        exit_code = settle(options, &diff);
    }
    findings_release(&findings);
    list_diff_release(&diff);
    return exit_code;
}

static int run_import(const struct options *options)
{
    if (!options_operands(options, 2) || !need_form(options))
        return EXIT_MISUSE;
    if (option_given(options, "keep-missing") && option_given(options, "remove"))
        return verb_misuse(&verb_list, NULL,
                           tr("give --keep-missing or --remove, not both",
                              "--keep-missing 与 --remove 只能给出一个"));
    struct findings findings = {0};
    struct sheet sheet = {0};
    char *text;
    size_t size;
    const char *path = options->operands[0];
    if (file_read(path, FILE_BYTES_MAX, &text, &size, &findings) < 0) {
        report(0, &findings);
        return EXIT_MISUSE;
    }
    int err = sheet_read(&sheet, path, text, size, &findings);
    report(0, &findings);
    free(text);
    struct bundle *bundle = err == 0 ? load(options->operands[1]) : NULL;
    int exit_code = bundle ? import_table(options, bundle, &sheet) : EXIT_MISUSE;
    bundle_free(bundle);
    sheet_release(&sheet);
    return exit_code;
}

/* Diff and evaluate ------------------------------------------------------------------------------
 */

static int run_diff(const struct options *options)
{
    if (!options_operands(options, 2) || !need_form(options))
        return EXIT_MISUSE;
    struct bundle *old = load(options->operands[0]), *new = load(options->operands[1]);
    int exit_code = EXIT_MISUSE;
    if (old && new) {
        struct list_diff diff;
        list_compare(old, new, &diff);
        list_print_diff(stdout, &diff, NULL, options_form(options));
        exit_code = diff.count > 0 ? EXIT_FOUND : EXIT_OK;
        list_diff_release(&diff);
    }
    bundle_free(old);
    bundle_free(new);
    return exit_code;
}

static int run_evaluate(const struct options *options)
{
    if (!options_operands(options, 1) || !need_form(options))
        return EXIT_MISUSE;
    struct bundle *bundle = load(options->operands[0]);
    if (!bundle)
        return EXIT_MISUSE;
    bool good = list_print_shares(stdout, &bundle->policy, options_form(options));
    bundle_free(bundle);
    return good ? EXIT_OK : EXIT_FOUND;
}

int cmd_list(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_list, argc, argv, &options, &exit_code))
        return exit_code;
    if (str_equal(options.action, "export"))
        exit_code = run_export(&options);
    else if (str_equal(options.action, "import"))
        exit_code = run_import(&options);
    else if (str_equal(options.action, "diff"))
        exit_code = run_diff(&options);
    else
        exit_code = run_evaluate(&options);
    options_release(&options);
    return output_finish(exit_code);
}
