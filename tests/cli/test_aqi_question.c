/* The filter `yujing aqi --jsonl`: its contract, line by line. */
#include "base/arena.h"
#include "base/err.h"
#include "cli/aqi_question.h"
#include "cli/filter.h"
#include "model/aqi_tables.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define OLD "{\"standard\":\"HJ633-2012\","
#define NOW "{\"standard\":\"HJ633-2026\","

/* A line and its answer; an answer that begins with `error` stands for any error. */
static const struct {
    const char *line, *answer;
} lines[] = {
    {OLD
     "\"mode\":\"hourly\",\"pm25\":117,\"pm10\":null,\"so2\":9,\"no2\":40,\"co\":0.8,\"o3\":60}",
     "{\"aqi\":153,\"level\":\"中度污染\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":115,\"pm10\":250}",
     "{\"aqi\":150,\"level\":\"轻度污染\",\"primary\":[\"PM2.5\",\"PM10\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":35}", "{\"aqi\":50,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\"}", "{\"aqi\":null,\"level\":null,\"primary\":[]}"},
    {NOW "\"mode\":\"daily\",\"pm25\":60,\"pm10\":10,\"so2\":1,\"no2\":1,\"co\":null,\"o3\":1}",
     "{\"aqi\":null,\"level\":null,\"primary\":[]}"},
    {NOW "\"mode\":\"daily\",\"pm25\":60,\"pm10\":10,\"so2\":1,\"no2\":1,\"co\":0.1,\"o3\":1}",
     "{\"aqi\":100,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {NOW "\"mode\":\"daily\",\"pm25\":61}",
     "{\"aqi\":101,\"level\":\"轻度污染\",\"primary\":[\"PM2.5\"]}"},
    {NOW "\"mode\":\"daily\",\"o3\":900}",
     "{\"aqi\":300,\"level\":\"重度污染\",\"primary\":[\"O3\"]}"},
    {NOW "\"mode\":\"hourly\",\"so2\":900}",
     "{\"aqi\":200,\"level\":\"中度污染\",\"primary\":[\"SO2\"]}"},
    {OLD "\"mode\":\"hourly\",\"so2\":900,\"o3\":0}",
     "{\"aqi\":0,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"hourly\",\"pm25\":1361}",
     "{\"aqi\":500,\"level\":\"严重污染\",\"primary\":[\"PM2.5\"]}"},
    /* Numbers are taken from their text: half to even, however it is written and however long. */
    {OLD "\"mode\":\"daily\",\"pm25\":60.5}",
     "{\"aqi\":82,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":605e-1}",
     "{\"aqi\":82,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":60.5000000000000000000000000001}",
     "{\"aqi\":83,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":61.5}",
     "{\"aqi\":84,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":61.49999999999999999999999999}",
     "{\"aqi\":83,\"level\":\"良\",\"primary\":[\"PM2.5\"]}"},
    {OLD "\"mode\":\"daily\",\"co\":1.65}", "{\"aqi\":40,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\",\"co\":2.05}", "{\"aqi\":50,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":-0}", "{\"aqi\":0,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":1e-300}", "{\"aqi\":0,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\",\"pm\\u003225\":35}", "error"},
    {OLD "\"mode\":\"daily\",\"pm\\u00325\":35}", "{\"aqi\":50,\"level\":\"优\",\"primary\":[]}"},
    {" \t" OLD "\"mode\" : \"daily\" , \"pm25\" : 35 } \r",
     "{\"aqi\":50,\"level\":\"优\",\"primary\":[]}"},
    {OLD "\"mode\":\"daily\",\"pm25\":-1}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":1e7}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":1e999}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":\"35\"}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":true}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":NaN}", "error"},
    {OLD "\"mode\":\"daily\",\"pm2.5\":35}", "error"},
    {OLD "\"mode\":\"daily\",\"pm25\":1,\"pm25\":2}", "error"},
    {OLD "\"mode\":\"weekly\",\"pm25\":35}", "error"},
    {OLD "\"pm25\":35}", "error"},
    {"{\"mode\":\"daily\",\"pm25\":35}", "error"},
    {"{\"standard\":\"HJ633\",\"mode\":\"daily\"}", "error"},
    {"{\"standard\":2012,\"mode\":\"daily\"}", "error"},
    {"[]", "error"},
    {"", "error"},
    {"{", "error"},
};

Test(aqi_filter, every_line_has_its_answer)
{
    struct arena arena = {0};
    struct aqi_standards standards = national_tables(&arena);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct aqi_question question;
        struct buf out = {0};
        char *problem = NULL;
        const char *line = lines[i].line;
        if (aqi_question_read(&question, &standards, line, strlen(line), &problem) < 0) {
            filter_refuse(&out, problem);
            cr_expect_str_eq(lines[i].answer, "error", "%s: %s", line, out.data);
            cr_expect(strncmp(out.data, "{\"error\":\"", 10) == 0);
        } else {
            struct aqi aqi = aqi_answer(&question);
            aqi_answer_print(&out, &question, &aqi);
            cr_expect_str_eq(out.data, lines[i].answer, "%s: %s", line, out.data);
        }
        free(problem);
        buf_release(&out);
    }
    arena_release(&arena);
}

Test(aqi_filter, a_concentration_is_read_exactly)
{
    static const struct {
        const char *text;
        int err;
        long long num, den; /* of millionths */
    } cases[] = {
        {"0", 0, 0, 1},
        {"0.5", 0, 500000, 1},
        {"12", 0, 12000000, 1},
        {"1.2e1", 0, 12000000, 1},
        {"0.0000001", 0, 1, 2},
        {"1.0000005", 0, 2000001, 2},
        {"100E-2", 0, 1000000, 1},
        {"1000000", 0, 1000000000000, 1},
        {"1000000.1", ERR_LIMIT, 0, 0},
        {"1e30", ERR_LIMIT, 0, 0},
        {"0e30", 0, 0, 1},
        {"-1", ERR_INVALID, 0, 0},
        {"", ERR_SYNTAX, 0, 0},
        {"1.", ERR_SYNTAX, 0, 0},
        {".5", ERR_SYNTAX, 0, 0},
        {"1e", ERR_SYNTAX, 0, 0},
        {"12µ", ERR_SYNTAX, 0, 0},
        {"１", ERR_SYNTAX, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ratio ratio = {0};
        int err = concentration_parse(cases[i].text, strlen(cases[i].text), &ratio);
        cr_expect_eq(err, cases[i].err, "%s: %d", cases[i].text, err);
        cr_expect_eq((long long)ratio.num, cases[i].num, "%s: %lld", cases[i].text,
                     (long long)ratio.num);
        cr_expect_eq(ratio.den, cases[i].den, "%s", cases[i].text);
    }
}
