/* Gateway templates: nothing that is filled in breaks out, nothing unknown gets through. */
#include "base/buf.h"
#include "base/json.h"
#include "base/str.h"
#include "model/template.h"
#include <criterion/criterion.h>

static const char *lookup(void *arg, const char *name)
{
    (void)arg;
    if (str_equal(name, "text"))
        return "停产\"}\n{phone}\\ &=%";
    if (str_equal(name, "phone"))
        return "+8613800000000";
    return str_equal(name, "empty") ? "" : NULL;
}

static void expect(const char *text, enum template_escape escape, const char *wanted)
{
    struct buf buf = {0};
    cr_expect_eq(template_expand(&buf, text, escape, lookup, NULL), 0, "%s", text);
    cr_expect_str_eq(buf_str(&buf), wanted);
    buf_release(&buf);
}

Test(template, escapes_by_place)
{
    expect("{phone}: {text}", TEMPLATE_PLAIN, "+8613800000000: 停产\"}\n{phone}\\ &=%");
    expect("{\"msgtype\":\"text\",\"text\":{\"content\":\"{text}\"}}", TEMPLATE_JSON,
           "{\"msgtype\":\"text\",\"text\":{\"content\":\"停产\\\"}\\n{phone}\\\\ &=%\"}}");
    expect("https://sms.example/send?to={phone}&text={text}{empty}", TEMPLATE_URL,
           "https://sms.example/send?to=%2B8613800000000&text="
           "%E5%81%9C%E4%BA%A7%22%7D%0A%7Bphone%7D%5C%20%26%3D%25");
    expect("X {text}", TEMPLATE_HEADER, "X 停产\"} {phone}\\ &=%");
    /* Aliyun's form: JSON within a query. */
    expect("TemplateParam=%7B%22text%22%3A%22{text:json}%22%7D", TEMPLATE_URL,
           "TemplateParam=%7B%22text%22%3A%22%E5%81%9C%E4%BA%A7%5C%22%7D%5Cn%7Bphone%7D%5C%5C%20%26"
           "%3D%25%22%7D");
}

Test(template, other_braces_stand_for_themselves)
{
    static const char *const literal[] = {"",
                                          "{",
                                          "}",
                                          "{}",
                                          "{ text }",
                                          "{\"a\":{}}",
                                          "{Text}",
                                          "{1}",
                                          "{text",
                                          "{text:}",
                                          "{text:JSON}",
                                          "{-}",
                                          "{文}",
                                          "{aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa}"};
    for (size_t i = 0; i < sizeof literal / sizeof *literal; i++)
        expect(literal[i], TEMPLATE_JSON, literal[i]);
    expect("{{phone}}", TEMPLATE_PLAIN, "{+8613800000000}");
}

Test(template, json_stays_json)
{
    struct buf buf = {0};
    struct findings findings = {0};
    cr_assert_eq(template_expand(&buf, "{\"t\":\"{text}\",\"p\":[\"{phone}\"]}", TEMPLATE_JSON,
                                 lookup, NULL),
                 0);
    json_t *json = json_read(buf.data, buf.size, "x", 1, &findings);
    cr_assert_not_null(json);
    cr_expect_str_eq(json_string_value(json_object_get(json, "t")), lookup(NULL, "text"));
    json_decref(json);
    buf_release(&buf);
    findings_release(&findings);
}

Test(template, unknown_names_add_nothing)
{
    struct buf buf = {0};
    buf_puts(&buf, "before");
    cr_expect_eq(template_expand(&buf, "a {phone} {nobody}", TEMPLATE_PLAIN, lookup, NULL),
                 ERR_NOT_FOUND);
    cr_expect_eq(template_expand(&buf, "{phone:rot13}", TEMPLATE_PLAIN, lookup, NULL),
                 ERR_NOT_FOUND);
    cr_expect_str_eq(buf_str(&buf), "before");
    buf_release(&buf);
}

Test(template, unknown_names_are_told_of_with_their_place)
{
    static const char *const known[] = {"text", "phone", "order"};
    struct findings findings = {0};
    struct place place = {"yujing.yaml", 7, 5};
    template_check("{\"a\":\"{text}\"}\n预{phon}{phone:xml}", known, 3, place, &findings);
    cr_assert_eq(findings.errors, 2);
    cr_expect_eq(findings.items[0].line, 8);
    cr_expect_eq(findings.items[0].col, 2);
    cr_expect_not_null(strstr(findings.items[0].hint, "`phone`"));
    cr_expect_str_eq(findings.items[1].code, "Q003");
    cr_expect_eq(findings.items[1].col, 8);
    findings_release(&findings);
    findings = (struct findings){0};
    template_check("{\"a\":\"{text:json}\"} {order}", known, 3, place, &findings);
    cr_expect_eq(findings.count, 0);
    findings_release(&findings);
}
