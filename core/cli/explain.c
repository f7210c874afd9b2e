/* See explain.h.  A code's own words, then those of its family: what kind of file it is about and
 * where its format is described. */
#include "cli/explain.h"
#include "cli/output.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    char letter;
    struct text subject, body;
} families[] = {
    {'A',
     {"index tables", "空气质量指数表"},
     {"policies/national/aqi.yaml: the dated tables of HJ 633.",
      "policies/national/aqi.yaml：HJ 633 各版本的限值表。"}},
    {'B',
     {"bundles", "政策包"},
     {"A bundle is a folder with policy.yaml and what it names; policies/README.md lists its "
      "files.",
      "政策包是含 policy.yaml 及其所列文件的文件夹，各文件见 policies/README.md。"}},
    {'C',
     {"scenarios and cases", "情景与用例"},
     {"One YAML format for unit test, replay and drill; policies/README.md and examples/drill "
      "describe it.",
      "单元测试、回放、演练共用一种 YAML 格式，见 policies/README.md 和 examples/drill。"}},
    {'D',
     {"the daemon and its store", "守护进程及其存储"},
     {"Folders, locks and the SQLite file of `yujing run`.",
      "yujing run 所用的文件夹、锁和 SQLite 文件。"}},
    {'E',
     {"the registry", "清单"},
     {"registry/*.yaml of a bundle: enterprises, sites, fleets, offices.",
      "政策包的 registry/*.yaml：企业、工地、车队、单位。"}},
    {'F', {"files", "文件"}, {"Reading and writing whole files.", "文件的读写。"}},
    {'G',
     {"the patrol grid", "巡查网格"},
     {"grid.yaml: county, town, village, group.", "grid.yaml：县、乡、村、组四级网格。"}},
    {'H',
     {"the calendar", "日历"},
     {"calendar.yaml: holidays, swapped workdays, seasons.",
      "calendar.yaml：节假日、调休、供暖季。"}},
    {'I', {"sheets", "表格"}, {"The CSV of `yujing list`.", "yujing list 导入的 CSV 表格。"}},
    {'J',
     {"JSON", "JSON"},
     {"Strict JSON: no duplicate keys, no comments, UTF-8.",
      "严格 JSON：键不重复、无注释、UTF-8 编码。"}},
    {'K',
     {"what is checked as a whole", "整体检查"},
     {"What each level cuts against the share that the law asks, and what a path is.",
      "各级别减排量与规定比例的核算，以及路径是什么。"}},
    {'L',
     {"the box for scripts", "脚本沙箱"},
     {"Rule scripts run in a bounded Lua; scripts/README.md says what is in it.",
      "规则脚本在受限的 Lua 中运行，见 scripts/README.md。"}},
    {'M',
     {"measures and inventory", "措施与排放清单"},
     {"measures.yaml and inventory.yaml.", "measures.yaml 与 inventory.yaml。"}},
    {'N',
     {"files of facts", "事实文件"},
     {"CSV, and CloudEvents as JSON or JSON Lines.",
      "CSV，或 CloudEvents 事件的 JSON、JSON Lines。"}},
    {'P',
     {"policy.yaml", "policy.yaml"},
     {"The authority, its areas, levels and figures.", "机构、区域、级别和数值。"}},
    {'R',
     {"rules", "规则"},
     {"What a rule says; scripts/README.md is its grammar.",
      "规则的内容，语法见 scripts/README.md。"}},
    {'S',
     {"keys and values", "键和值"},
     {"Every file has its known keys; one that is not known is never skipped in silence.",
      "每种文件都有规定的键，不认识的键绝不会被默默忽略。"}},
    {'T',
     {"notices", "通知模板"},
     {"notices/*.txt with {placeholders}.", "notices/*.txt，含 {占位符}。"}},
    {'V', {"series", "序列"}, {"series.yaml: what a value means.", "series.yaml：数值的含义。"}},
    {'X',
     {"names", "名称"},
     {"Names must be unique where they are given and exist where they are used.",
      "名称在定义处须唯一，在使用处须存在。"}},
    {'Y',
     {"YAML", "YAML"},
     {"A plain YAML: no anchors, no tags, one document, and none of its traps.",
      "只用朴素的 YAML：没有锚点和标签，一个文件一份文档，避开各种陷阱。"}},
};

const struct explanation *explain_find(const char *code)
{
    for (size_t i = 0; i < explanation_count; i++)
        if (strcasecmp(explanations[i].code, code) == 0)
            return &explanations[i];
    return NULL;
}

static void print_family(char letter)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (families[i].letter == letter)
            printf("  %s%s: %s%s\n", ink(stdout, INK_DIM), text_of(families[i].subject),
                   text_of(families[i].body), ink_end(stdout));
}

static void print_list(void)
{
    for (size_t i = 0; i < explanation_count; i++)
        printf("%s  %s\n", explanations[i].code, text_of(explanations[i].title));
}

bool explain_print(const char *code)
{
    if (strcmp(code, "all") == 0) {
        print_list();
        return true;
    }
    const struct explanation *explanation = explain_find(code);
    if (!explanation)
        return false;
    printf("%s%s%s  %s\n", ink(stdout, INK_BOLD), explanation->code, ink_end(stdout),
           text_of(explanation->title));
    if (explanation->body.english)
        printf("  %s\n", text_of(explanation->body));
    print_family(explanation->code[0]);
    return true;
}
