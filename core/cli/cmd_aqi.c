/* `yujing aqi`: the air quality index of given concentrations, once for a person or line by line
 * for a program. */
#include "base/arena.h"
#include "base/lang.h"
#include "base/resource.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "cli/aqi_question.h"
#include "cli/cmd.h"
#include "cli/filter.h"
#include "cli/output.h"
#include <stdlib.h>
#include <string.h>

#define TABLES "policies/national/aqi.yaml"

static const struct example aqi_examples[] = {
    {"yujing aqi --mode daily pm25=115 pm10=200 so2=9 no2=40 co=0.8 o3=60",
     {"the daily index by the edition in force now", "按现行标准计算日报 AQI"}},
    {"yujing aqi --date 2015-11-08 --mode hourly pm25=1361",
     {"an hour of the past, by the edition of that day", "按当日标准计算过去某小时"}},
    {"yujing aqi --jsonl <questions.jsonl",
     {"a filter: one question and one answer a line", "过滤器：每行一问一答"}},
    {0},
};
/* clang-format off */
static const struct option aqi_options[] = {
    {0, "standard", OPTION_VALUE, "NAME", COMPLETE_NOTHING, {"HJ633-2012 or HJ633-2026", "HJ633-2012 或 HJ633-2026"}, NULL},
    {0, "date", OPTION_VALUE, "DATE", COMPLETE_NOTHING, {"the edition in force on that day", "采用该日有效的标准"}, NULL},
    {0, "mode", OPTION_VALUE, "daily|hourly", COMPLETE_NOTHING, {"24 h means (ozone: daily maximum 8 h), or 1 h means", "日均值（臭氧为日最大 8 小时），或 1 小时均值"}, "daily"},
    {0, "jsonl", OPTION_FLAG, NULL, COMPLETE_NOTHING, {"read questions from standard input, one a line", "从标准输入逐行读取"}, NULL},
    OPTION_OUTPUT("text|json"),
    {0},
};
/* clang-format on */
const struct verb verb_aqi = {
    .name = "aqi",
    .summary = {"the air quality index of given concentrations", "由浓度计算空气质量指数（AQI）"},
    .synopsis =
        "[--standard NAME | --date DATE] [--mode daily|hourly] POLLUTANT=VALUE…  |  --jsonl",
    .examples = aqi_examples,
    .options = aqi_options,
    .operands_max = POLLUTANTS,
    .completion = COMPLETE_NOTHING,
    .description =
        {"Pollutants are pm25 pm10 so2 no2 o3 in µg/m³ and co in mg/m³. A concentration is rounded "
         "half to even "
         "(co to 0.1, the others to 1) before it becomes an index; the index is rounded up. "
         "Without --standard or "
         "--date the newest edition is used.\n\n"
         "With --jsonl each line is an object such as "
         "{\"standard\":\"HJ633-2012\",\"mode\":\"hourly\",\"pm25\":168,\"o3\":null}, and each "
         "answer one such as "
         "{\"aqi\":218,\"level\":\"重度污染\",\"primary\":[\"PM2.5\"]}; the index is null when the "
         "standard forbids to "
         "publish it. A line that cannot be read is answered by {\"error\":…} and the next one is "
         "read.",
         "污染物为 pm25 pm10 so2 no2 o3（µg/m³）和 co（mg/m³）。浓度先按四舍六入五成双修约（co "
         "保留 0.1，其余取整），"
         "再计算分指数并进位取整。未指定 --standard 或 --date 时采用最新标准。\n\n"
         "使用 --jsonl 时每行一个对象，例如 "
         "{\"standard\":\"HJ633-2012\",\"mode\":\"hourly\",\"pm25\":168,\"o3\":null}，逐行回答 "
         "{\"aqi\":218,\"level\":\"重度污染\",\"primary\":[\"PM2.5\"]}；标准不允许发布时 aqi 为 "
         "null。无法读取的行回答 "
         "{\"error\":…}，并继续读取下一行。"},
    .run = cmd_aqi,
};

/* The tables that travel inside the binary. */
static bool read_tables(struct arena *arena, struct aqi_standards *standards)
{
    struct findings findings = {0};
    const struct resource *tables = resource_find(TABLES);
    int err = ERR_NOT_FOUND;
    if (tables) {
        const struct yaml *root =
            yaml_read(arena, TABLES, (const char *)tables->data, tables->size, &findings);
        err = root ? aqi_standards_read(arena, root, standards, &findings) : ERR_SYNTAX;
    }
    findings_tell(&findings);
    findings_release(&findings);
    if (err < 0)
        verb_complain(&verb_aqi,
                      tr("the tables of HJ 633 cannot be read: %s", "无法读取 HJ 633 数据：%s"),
                      err_str(err));
    return err == 0;
}

/* The filter ---------------------------------------------------------------------------------- */

static void answer_line(void *arg, const char *text, size_t size, struct buf *out)
{
    const struct aqi_standards *standards = arg;
    struct aqi_question question;
    char *problem = NULL;
    if (aqi_question_read(&question, standards, text, size, &problem) < 0) {
        filter_refuse(out, problem);
    } else {
        struct aqi aqi = aqi_answer(&question);
        aqi_answer_print(out, &question, &aqi);
    }
    free(problem);
}

/* For a person -------------------------------------------------------------------------------- */

static bool read_operand(const char *operand, struct aqi_question *question)
{
    const char *equals = strchr(operand, '=');
    char *key = equals ? xstrndup(operand, (size_t)(equals - operand)) : xstrdup(operand);
    enum pollutant pollutant = pollutant_of(key);
    free(key);
    if (!equals || pollutant == POLLUTANT_NONE) {
        verb_misuse(&verb_aqi, tr("e.g. pm25=115", "例如 pm25=115"),
                    tr("not one of pm25 pm10 so2 no2 co o3 with its value: %s",
                       "不是 pm25 pm10 so2 no2 co o3 之一及其数值：%s"),
                    operand);
        return false;
    }
    if (question->values[pollutant].den != 0) {
        verb_misuse(&verb_aqi, NULL, tr("given twice: %s", "重复给出：%s"),
                    pollutant_key(pollutant));
        return false;
    }
    int err = concentration_parse(equals + 1, strlen(equals + 1), &question->values[pollutant]);
    if (err < 0)
        verb_misuse(&verb_aqi, NULL,
                    err == ERR_SYNTAX ? tr("this is no number: %s", "不是数字：%s")
                                      : tr("no air holds this: %s", "浓度不合理：%s"),
                    operand);
    return err == 0;
}

static const struct aqi_standard *choose_standard(const struct options *options,
                                                  const struct aqi_standards *standards)
{
    const char *name = option_value(options, "standard"), *date = option_value(options, "date");
    if (!name && !date)
        return &standards->items[standards->count - 1];
    if (name && date) {
        verb_misuse(&verb_aqi, NULL,
                    tr("give --standard or --date, not both", "--standard 与 --date 只能给出一个"));
        return NULL;
    }
    int64_t day = 0;
    const struct aqi_standard *standard = NULL;
    if (name)
        standard = aqi_standard_named(standards, name);
    else if (date_parse(date, &day) == 0)
        standard = aqi_standard_on(standards, day);
    if (!standard)
        verb_misuse(&verb_aqi,
                    tr("known: HJ633-2012, HJ633-2026; dates as 2015-11-08",
                       "可用：HJ633-2012、HJ633-2026；日期形如 2015-11-08"),
                    tr("no standard for %s", "没有对应的标准：%s"), name ? name : date);
    return standard;
}

static void print_table(const struct aqi_question *question, const struct aqi *aqi)
{
    static const struct table_column columns[] = {{{"pollutant", "污染物"}, false},
                                                  {{"concentration", "浓度"}, true},
                                                  {{"unit", "单位"}, false},
                                                  {{"index", "分指数"}, true}};
    struct table *table = table_new(columns, 4);
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        struct buf value = {0};
        if (question->values[p].den != 0)
            micro_print(&value, ratio_round_half_even(
                                    question->values[p],
                                    question->standard->column[question->mode][p].places));
        else
            buf_puts(&value, "–");
        enum ink ink = aqi->primary >> p & 1 ? INK_BOLD : INK_NONE;
        table_cell(table, ink, "%s", pollutant_label(p));
        table_cell(table, ink, "%s", buf_str(&value));
        table_cell(table, ink, "%s", p == CO ? "mg/m³" : "µg/m³");
        if (aqi->iaqi[p] == AQI_UNKNOWN)
            table_cell(table, ink, "–");
        else
            table_cell(table, ink, "%d", aqi->iaqi[p]);
        buf_release(&value);
    }
    table_print(stdout, table, 0);
    table_free(table);
}

static void print_verdict(const struct aqi_question *question, const struct aqi *aqi)
{
    printf("\n%s %s\n", question->standard->number, question->standard->title);
    if (aqi->value == AQI_UNKNOWN) {
        printf("%s\n", tr("AQI – : a pollutant is missing, and the standard forbids to publish an "
                          "index without it",
                          "AQI – ：有污染物缺测，按标准不得发布"));
        return;
    }
    const char *labels[POLLUTANTS];
    size_t count = 0;
    for (enum pollutant p = 0; p < POLLUTANTS; p++) {
        if (aqi->primary >> p & 1)
            labels[count++] = pollutant_label(p);
    }
    char *primary = str_join(labels, count, ", ");
    printf("AQI %d  %s", aqi->value, aqi_level(question->standard, aqi->value));
    if (count > 0)
        printf(tr("  primary: %s", "  首要污染物：%s"), primary);
    printf("\n");
    free(primary);
}

static int answer_once(const struct options *options, const struct aqi_standards *standards)
{
    struct aqi_question question = {.standard = choose_standard(options, standards)};
    if (!question.standard)
        return verb_misuse_exit(&verb_aqi);
    question.mode = str_equal(option_value(options, "mode"), "hourly") ? AQI_HOURLY : AQI_DAILY;
    if (options->operand_count == 0)
        return verb_misuse(&verb_aqi,
                           tr("e.g. pm25=115, or --jsonl", "例如 pm25=115，或使用 --jsonl"),
                           tr("no concentration was given", "没有给出浓度"));
    for (int i = 0; i < options->operand_count; i++) {
        if (!read_operand(options->operands[i], &question))
            return verb_misuse_exit(&verb_aqi);
    }
    struct aqi aqi = aqi_answer(&question);
    if (options_form(options) != FORM_TEXT) {
        struct buf out = {0};
        aqi_answer_print(&out, &question, &aqi);
        puts(buf_str(&out));
        buf_release(&out);
    } else {
        print_table(&question, &aqi);
        print_verdict(&question, &aqi);
    }
    return EXIT_OK;
}

int cmd_aqi(int argc, char **argv)
{
    struct options options;
    int exit_code;
    if (!options_parse(&verb_aqi, argc, argv, &options, &exit_code))
        return exit_code;
    struct arena arena = {0};
    struct aqi_standards standards;
    if (!read_tables(&arena, &standards))
        exit_code = EXIT_RUNTIME;
    else if (option_given(&options, "jsonl"))
        exit_code = filter_run(&verb_aqi, answer_line, &standards);
    else
        exit_code = answer_once(&options, &standards);
    arena_release(&arena);
    options_release(&options);
    return exit_code;
}
