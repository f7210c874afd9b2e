/* The envelope against the official examples, and against what the official schema lets through. */
#include "base/file.h"
#include "base/json.h"
#include "model/cloudevent.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char path[] = "../shared/data/cloudevents/official_examples.json";

static int read_event(const json_t *event, struct findings *findings)
{
    struct witness witness = {.findings = findings};
    struct cloudevent read;
    return cloudevent_read(&read, event, &witness);
}

static int read_text(const char *text, struct findings *findings)
{
    json_t *event = json_read(text, strlen(text), "x", 1, findings);
    cr_assert_not_null(event, "%s", text);
    int err = read_event(event, findings);
    json_decref(event);
    return err;
}

Test(cloudevent, official_examples_are_accepted)
{
    struct findings findings = {0};
    char *text;
    size_t size, i, k;
    json_t *example, *event;
    int events = 0;
    if (file_read(path, 1 << 20, &text, &size, &findings) < 0) {
        findings_release(&findings);
        cr_skip_test("%s is not here", path);
    }
    json_t *root = json_read(text, size, path, 1, &findings);
    json_array_foreach(json_object_get(root, "official_examples"), i, example)
    {
        json_t *json = json_object_get(example, "json");
        if (json_is_object(json)) {
            cr_expect_eq(read_event(json, &findings), 0, "example %zu", i);
            events++;
            continue;
        }
        json_array_foreach(json, k, event)
        {
            cr_expect_eq(read_event(event, &findings), 0, "example %zu, %zu", i, k);
            events++;
        }
    }
    cr_expect_eq(events, 8);
    cr_expect_eq(findings.count, 0);
    json_decref(root);
    free(text);
    findings_release(&findings);
}

#define ENVELOPE(rest) \
    "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\"" rest "}"

Test(cloudevent, what_the_schema_lets_through_is_refused)
{
    static const char *const traps[] = {
        "{\"specversion\":\"0.3\",\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\"}",
        "{\"specversion\":\"1.0.2\",\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\"}",
        "{\"specversion\":1.0,\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\"}",
        ENVELOPE(",\"data\":1,\"data_base64\":\"AA==\""),
        ENVELOPE(",\"data\":null,\"data_base64\":\"AA==\""),
        ENVELOPE(",\"data_base64\":17"),
        ENVELOPE(",\"time\":\"2018-04-05\""),
        ENVELOPE(",\"time\":\"2018-04-05T17:31:00\""),
        ENVELOPE(",\"time\":\"2018-04-05 17:31:00Z\""),
        ENVELOPE(",\"time\":\"2018-13-05T17:31:00Z\""),
        ENVELOPE(",\"time\":\"2018-04-05T25:31:00Z\""),
        ENVELOPE(",\"time\":17"),
        ENVELOPE(",\"Subject\":\"x\""),
        ENVELOPE(",\"my-extension\":\"x\""),
        ENVELOPE(",\"my_extension\":\"x\""),
        ENVELOPE(",\"\":\"x\""),
        ENVELOPE(",\"subject\":\"\""),
        ENVELOPE(",\"dataschema\":\"\""),
        ENVELOPE(",\"dataschema\":\"schema.json\""),
        ENVELOPE(",\"dataschema\":\"https://a b\""),
        ENVELOPE(",\"subject\":\"\\ufffe\""),
        ENVELOPE(",\"subject\":\"\xef\xb7\x90\""),
        ENVELOPE(",\"subject\":\"\\udbff\\udfff\""),
        "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b%2\",\"id\":\"1\"}",
        ENVELOPE(",\"extension\":[1]"),
        ENVELOPE(",\"extension\":1.5"),
        "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b c\",\"id\":\"1\"}",
        "{\"specversion\":\"1.0\",\"type\":\"\",\"source\":\"/b\",\"id\":\"1\"}",
        "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b\"}",
        "[]",
        "null",
    };
    for (size_t i = 0; i < sizeof traps / sizeof *traps; i++) {
        struct findings findings = {0};
        cr_expect_eq(read_text(traps[i], &findings), ERR_INVALID, "%s", traps[i]);
        cr_expect_gt(findings.errors, 0);
        findings_release(&findings);
    }
}

Test(cloudevent, what_the_text_allows_is_accepted)
{
    static const char *const good[] = {
        ENVELOPE(""),
        ENVELOPE(",\"time\":\"2018-04-05T17:31:00.123456+08:00\""),
        ENVELOPE(",\"subject\":null,\"time\":null,\"data_base64\":null,\"data\":3"),
        ENVELOPE(",\"extension1\":true,\"extension2\":-2147483648,\"extension3\":\"\""),
        ENVELOPE(",\"dataschema\":\"urn:example:1\",\"subject\":\"\xef\xbf\xbd\xf0\x9f\x8f\xad\""),
        ENVELOPE(",\"data\":\"text\",\"datacontenttype\":\"text/plain; charset=utf-8\""),
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct findings findings = {0};
        cr_expect_eq(read_text(good[i], &findings), 0, "%s", good[i]);
        cr_expect_eq(findings.count, 0);
        findings_release(&findings);
    }
}

Test(cloudevent, media_types_of_json)
{
    cr_expect(media_type_is_json("application/json"));
    cr_expect(media_type_is_json("application/json; charset=utf-8"));
    cr_expect(media_type_is_json("text/json"));
    cr_expect(media_type_is_json("application/vnd.x+json"));
    cr_expect_not(media_type_is_json("application/xml"));
    cr_expect_not(media_type_is_json("application/jsonp"));
    cr_expect_not(media_type_is_json("+json"));
}
