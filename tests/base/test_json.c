/* JSON: strict reading, one way of writing. */
#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include <criterion/criterion.h>
#include <string.h>

static void expect_canonical(const char *text, const char *expected)
{
    struct findings findings = {0};
    struct buf buf = {0};
    json_t *value = json_read(text, strlen(text), "x", 1, &findings);
    cr_assert_not_null(value, "%s", text);
    json_canonical(&buf, value);
    cr_expect_str_eq(buf_str(&buf), expected);
    json_decref(value);
    buf_release(&buf);
    findings_release(&findings);
}

static void expect_refused(const char *text, size_t size, int line)
{
    struct findings findings = {0};
    cr_expect_null(json_read(text, size, "facts.jsonl", 7, &findings), "%s", text);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, "J001");
    cr_expect_str_eq(findings.items[0].file, "facts.jsonl");
    cr_expect_eq(findings.items[0].line, line, "%s", text);
    findings_release(&findings);
}

Test(json, canonical_sorts_keys_and_normalises_figures)
{
    expect_canonical(" {\"b\" : 1.50, \"a\":[true,null, 15e-1 ]} ",
                     "{\"a\":[true,null,1.5],\"b\":1.5}");
    expect_canonical("{\"B\":1,\"a\":2,\"沈\":3,\"aa\":4}", "{\"B\":1,\"a\":2,\"aa\":4,\"沈\":3}");
    expect_canonical("[0.1,0.30000000000000004,-0.0,1e2,100.0]",
                     "[0.1,0.30000000000000004,0,100,100]");
    expect_canonical("[9007199254740993,-1]", "[9007199254740993,-1]");
    expect_canonical("[1e15,1e25,1234567.1234567]", "[1000000000000000,1e+25,1234567.1234567]");
    expect_canonical("\"\\u6c88阳\\n\\u0001\\/\"", "\"沈阳\\n\\u0001/\"");
    expect_canonical("{}", "{}");
    expect_canonical("[]", "[]");
    expect_canonical("5", "5");
}

Test(json, canonical_is_a_fixed_point)
{
    const char *text = "{\"a\":[1,2.5,\"x\\\"\\\\\\t\"],\"b\":{\"c\":false}}";
    expect_canonical(text, text);
}

Test(json, what_is_not_strict_is_refused)
{
    static const char *const bad[] = {
        "",
        "{",
        "[1,]",
        "{\"a\":1,\"a\":2}",
        "[01]",
        "[NaN]",
        "[1e999]",
        "[\"\xff\"]",
        "[\"a\\u0000b\"]",
        "{} x",
        "[+1]",
        "['a']",
        "[\"\\ud800\"]",
        "[12345678901234567890]",
        "[.5]",
        "\xef\xbb\xbf{}",
        "// x\n[]",
        "[\"\x01\"]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(bad[i], strlen(bad[i]), bad[i][0] == '/' ? 7 : 7);
    expect_refused("[1]\0", 4, 7);
}

Test(json, the_line_is_counted_from_the_callers)
{
    expect_refused("{\n\"a\": 1,\n}", 11, 9);
}

Test(json, depth_is_bounded)
{
    char text[2 * JSON_DEPTH_MAX + 3] = {0};
    memset(text, '[', JSON_DEPTH_MAX);
    memset(text + JSON_DEPTH_MAX, ']', JSON_DEPTH_MAX);
    expect_canonical(text, text);
    memset(text, '[', JSON_DEPTH_MAX + 1);
    memset(text + JSON_DEPTH_MAX + 1, ']', JSON_DEPTH_MAX + 1);
    expect_refused(text, strlen(text), 7);
    expect_canonical(
        "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]",
        "[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]");
}

Test(json, findings_speak_chinese)
{
    struct findings findings = {0};
    lang_set(LANG_ZH);
    cr_expect_null(json_read("{", 1, "x", 1, &findings));
    cr_expect(strstr(findings.items[0].message, "JSON 格式错误") != NULL);
    findings_release(&findings);
}

Test(json, the_writer_sets_its_own_commas)
{
    struct buf buf = {0};
    struct json_writer writer = {.buf = &buf};
    jw_begin(&writer, '{');
    jw_key(&writer, "at");
    jw_instant(&writer, 0, 8 * HOUR_MS);
    jw_key(&writer, "level");
    jw_text(&writer, NULL);
    jw_key(&writer, "because");
    jw_begin(&writer, '[');
    jw_text(&writer, "a\"b");
    jw_begin(&writer, '[');
    jw_end(&writer, ']');
    jw_begin(&writer, '{');
    jw_end(&writer, '}');
    jw_end(&writer, ']');
    jw_key(&writer, "n");
    jw_int(&writer, INT64_MIN);
    jw_key(&writer, "m");
    jw_micro(&writer, -1500000);
    jw_key(&writer, "none");
    jw_micro(&writer, MICRO_NONE);
    jw_key(&writer, "ok");
    jw_bool(&writer, true);
    jw_key(&writer, "raw");
    jw_raw(&writer, "[1]");
    jw_key(&writer, "null");
    jw_null(&writer);
    jw_end(&writer, '}');
    cr_expect_str_eq(
        buf_str(&buf),
        "{\"at\":\"1970-01-01T08:00:00+08:00\",\"level\":null,\"because\":[\"a\\\"b\",[],{}],"
        "\"n\":-9223372036854775808,\"m\":-1.5,\"none\":null,\"ok\":true,\"raw\":[1],"
        "\"null\":null}");
    buf_release(&buf);
}

Test(json, text_of_any_bytes_is_quoted_into_valid_json)
{
    struct buf buf = {0};
    json_quote(&buf, "a\xff\xfe"
                     "b\x1f\x7f\b\f\r\"沈");
    cr_expect_str_eq(buf_str(&buf), "\"a\xef\xbf\xbd\xef\xbf\xbd"
                                    "b\\u001f\x7f\\b\\f\\r\\\"沈\"");
    buf_release(&buf);
}
