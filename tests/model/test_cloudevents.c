/* CloudEvents over HTTP: the three modes, with the official examples where they are at hand. */
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "base/limits.h"
#include "model/cloudevents.h"
#include "model/fact.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define STRUCTURED "application/cloudevents+json"
#define BATCHED "application/cloudevents-batch+json"
#define EVENT "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\"}"

static struct cloudevents_request request_of(const char *content_type, const char *body)
{
    return (struct cloudevents_request){content_type, NULL, 0, body, strlen(body)};
}

static int check(const struct cloudevents_request *request)
{
    struct findings findings = {0};
    int err = cloudevents_check(request, "x", &findings);
    cr_expect_eq(err<0, findings.errors> 0, "a refusal has its reason");
    findings_release(&findings);
    return err;
}

static int check_body(const char *content_type, const char *body)
{
    struct cloudevents_request request = request_of(content_type, body);
    return check(&request);
}

Test(cloudevents, the_content_type_decides)
{
    cr_expect_eq(check_body(STRUCTURED, EVENT), 0);
    cr_expect_eq(check_body("Application/CloudEvents+JSON; charset=UTF-8", EVENT), 0);
    cr_expect_eq(check_body(STRUCTURED "; charset=\"utf-8\"", EVENT), 0);
    cr_expect_eq(check_body(STRUCTURED ";charset=gbk", EVENT), ERR_NOT_FOUND);
    cr_expect_eq(check_body("application/cloudevents+xml", "<event/>"), ERR_NOT_FOUND);
    cr_expect_eq(check_body("application/cloudevents", EVENT), ERR_NOT_FOUND);
    cr_expect_eq(check_body("application/json", EVENT), ERR_NOT_FOUND);
    cr_expect_eq(check_body(NULL, EVENT), ERR_NOT_FOUND);
    cr_expect_eq(check_body(BATCHED, "[" EVENT "," EVENT "]"), 0);
    cr_expect_eq(check_body(BATCHED, " [ ] "), 0, "an empty batch is one");
    cr_expect_eq(check_body(BATCHED, EVENT), ERR_INVALID);
    cr_expect_eq(check_body(STRUCTURED, "[" EVENT "]"), ERR_INVALID);
    cr_expect_eq(check_body(BATCHED, "[" EVENT ",]"), ERR_SYNTAX);
    cr_expect_eq(check_body(BATCHED, "[" EVENT ",{}]"), ERR_INVALID);
    cr_expect_eq(check_body(BATCHED, "[[" EVENT "]]"), ERR_INVALID);
    cr_expect_eq(check_body(STRUCTURED, ""), ERR_SYNTAX);
    cr_expect_eq(check_body(STRUCTURED, EVENT EVENT), ERR_SYNTAX);
}

Test(cloudevents, a_batch_is_cut_where_its_events_stand)
{
    const char *body = "[\n  {\"a\":\"],{\"},\n  17 , \"预\",[1,2]]";
    static const char *const wanted[] = {"{\"a\":\"],{\"}", "17", "\"预\"", "[1,2]"};
    static const int lines[] = {2, 3, 3, 3}, cols[] = {3, 3, 8, 12};
    struct cloudevents_request request = request_of(BATCHED, body);
    struct cloudevents events;
    struct findings findings = {0};
    cr_assert_eq(cloudevents_split(&events, &request, "x", &findings), 0);
    cr_assert_eq(events.count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(events.items[i].size, strlen(wanted[i]));
        cr_expect_arr_eq(events.items[i].text, wanted[i], strlen(wanted[i]));
        cr_expect_eq(events.items[i].place.line, lines[i]);
        cr_expect_eq(events.items[i].place.col, cols[i], "%zu: %d", i, events.items[i].place.col);
    }
    cloudevents_release(&events);
    findings_release(&findings);
}

Test(cloudevents, a_batch_is_bounded)
{
    struct buf body = {0};
    for (int i = 0; i <= EVENTS_BATCH_MAX; i++)
        buf_puts(&body, i == 0 ? "[1" : ",1");
    buf_putc(&body, ']');
    struct cloudevents_request request = {BATCHED, NULL, 0, body.data, body.size};
    cr_expect_eq(check(&request), ERR_LIMIT);
    buf_release(&body);
}

/* Few events, each of which would cost more than all that are allowed: not even read. */
Test(cloudevents, an_event_is_bounded)
{
    struct buf body = {0};
    buf_puts(&body, "[[1");
    for (int i = 0; i <= EVENTS_VALUES_MAX; i++)
        buf_puts(&body, ",1");
    buf_puts(&body, "]]");
    struct cloudevents_request batch = {BATCHED, NULL, 0, body.data, body.size};
    cr_expect_eq(check(&batch), ERR_LIMIT);
    body.size = 0;
    buf_puts(&body, "[\"");
    while (body.size <= FACT_LINE_BYTES_MAX + 2)
        buf_putc(&body, 'x');
    buf_puts(&body, "\"]");
    batch.body = body.data, batch.size = body.size;
    cr_expect_eq(check(&batch), ERR_LIMIT);
    struct cloudevents_request one = {"application/cloudevents+json", NULL, 0, body.data,
                                      body.size};
    cr_expect_eq(check(&one), ERR_LIMIT);
    buf_release(&body);
}

/* Binary mode ---------------------------------------------------------------------------------- */

#define REQUIRED                                                      \
    {"ce-specversion", "1.0"}, {"CE-Type", "a"}, {"Ce-Source", "/b"}, \
    {                                                                 \
        "ce-id", "1"                                                  \
    }

/* The JSON that a request in binary mode is made into, or NULL; caller frees. */
static char *made_of(const struct http_header *headers, size_t count, const char *body, size_t size)
{
    struct cloudevents_request request = {NULL, headers, count, body, size};
    struct cloudevents events;
    struct findings findings = {0};
    char *made = NULL;
    if (cloudevents_split(&events, &request, "x", &findings) == 0) {
        cr_expect_eq(events.count, 1);
        made = strndup(events.items[0].text, events.items[0].size);
        cr_expect_eq(check(&request), 0, "%s", made);
        cloudevents_release(&events);
    } else {
        cr_expect_gt(findings.errors, 0);
    }
    findings_release(&findings);
    return made;
}

static void expect_made(const struct http_header *headers, size_t count, const char *body,
                        const char *wanted)
{
    char *made = made_of(headers, count, body, strlen(body));
    cr_assert_not_null(made, "%s", wanted);
    cr_expect_str_eq(made, wanted);
    free(made);
}

#define ENVELOPE "{\"specversion\":\"1.0\",\"type\":\"a\",\"source\":\"/b\",\"id\":\"1\""

Test(cloudevents, a_binary_event_becomes_json)
{
    struct http_header json[] = {REQUIRED,
                                 {"Content-Type", "application/json; charset=utf-8"},
                                 {"Host", "x"},
                                 {"ce-subject", " %E9%93%81西%20\"%25 "}};
    expect_made(json, 7, "{\"v\": [1.50]}",
                ENVELOPE ",\"subject\":\"铁西 \\\"%\",\"datacontenttype\":\"application/json; "
                         "charset=utf-8\",\"data\":{\"v\": [1.50]}}");
    struct http_header text[] = {REQUIRED, {"content-type", "text/plain"}};
    expect_made(text, 5, "a\"预",
                ENVELOPE ",\"datacontenttype\":\"text/plain\",\"data\":\"a\\\"预\"}");
    expect_made(text, 5, "\xff\xfe",
                ENVELOPE ",\"datacontenttype\":\"text/plain\",\"data_base64\":\"//4=\"}");
    struct http_header bare[] = {REQUIRED};
    expect_made(bare, 4, "", ENVELOPE "}");
    expect_made(bare, 4, "{ \"xyz\": 123 }", ENVELOPE ",\"data_base64\":\"eyAieHl6IjogMTIzIH0=\"}");
    struct http_header quoted[] = {REQUIRED, {"ce-subject", "\"a \\\"b\\\" 100%\""}};
    expect_made(quoted, 5, "", ENVELOPE ",\"subject\":\"a \\\"b\\\" 100%\"}");
}

Test(cloudevents, headers_that_are_no_attributes)
{
    static const struct http_header bad[] = {
        {"ce-data", "1"},
        {"ce-datacontenttype", "text/plain"},
        {"ce-", "1"},
        {"CE-ID", "2"},
        {"ce-subject", "%C0%A0"},
        {"ce-subject", "%ff"},
        {"ce-subject", "%00"},
        {"ce-subject", "\"open"},
        {"ce-subject", "\"a\" b"},
        {"ce-subject", "\"a\\"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_header headers[] = {REQUIRED, bad[i]};
        char *made = made_of(headers, 5, "", 0);
        cr_expect_null(made, "%s: %s", bad[i].name, bad[i].value);
        free(made);
    }
    static const struct http_header invalid[] = {
        {"ce-my_extension", "1"}, {"ce-my-extension", "1"}, {"ce-subject", ""},
        {"ce-subject", "%0A"},    {"ce-time", "yesterday"}, {"ce-dataschema", "x"},
    };
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++) {
        struct http_header headers[] = {REQUIRED, invalid[i]};
        struct cloudevents_request request = {NULL, headers, 5, "", 0};
        cr_expect_eq(check(&request), ERR_INVALID, "%s: %s", invalid[i].name, invalid[i].value);
    }
    struct http_header headers[] = {REQUIRED, {"content-type", "application/json"}};
    struct cloudevents_request broken = {NULL, headers, 5, "{", 1};
    cr_expect_eq(check(&broken), ERR_SYNTAX, "what says it is JSON must be JSON");
    struct cloudevents_request no_id = {NULL, headers, 3, "", 0};
    cr_expect_eq(check(&no_id), ERR_INVALID);
}

Test(cloudevents, a_binary_event_is_a_fact)
{
    struct http_header headers[] = {{"ce-specversion", "1.0"},
                                    {"ce-type", "reading"},
                                    {"ce-source", "cnemc"},
                                    {"ce-id", "1"},
                                    {"ce-subject", "s1098"},
                                    {"ce-time", "2015-11-08T14:00:00%2B08:00"},
                                    {"content-type", "application/json"}};
    const char *body = "{\"values\":{\"pm25\":168}}";
    struct cloudevents_request request = {NULL, headers, 7, body, strlen(body)};
    struct cloudevents events;
    struct findings findings = {0};
    struct arena arena = {0};
    struct fact fact;
    cr_assert_eq(cloudevents_split(&events, &request, "POST", &findings), 0);
    const struct event_text *event = &events.items[0];
    cr_assert_eq(
        fact_of_text(&fact, &arena, event->text, event->size, 8 * HOUR_MS, event->place, &findings),
        0);
    cr_expect_eq(fact.kind, FACT_READING);
    cr_expect_eq(fact.reading.values[0].value, 168 * (micro)MICRO);
    cloudevents_release(&events);
    arena_release(&arena);
    findings_release(&findings);
}

/* Official examples -----------------------------------------------------------------------------
 */

static const char path[] = "../shared/data/cloudevents/official_examples.json";

/* Header lines, an empty line, a body: as the examples write a request. */
static int check_lines(const char *lines)
{
    struct http_header headers[16];
    size_t count = 0;
    char *copy = strdup(lines), *line = copy, *end;
    while ((end = strchr(line, '\n')) && end != line) {
        char *colon = strchr(line, ':');
        *end = *colon = 0;
        headers[count++] = (struct http_header){line, colon + 1};
        line = end + 1;
    }
    struct cloudevents_request request = {NULL, headers, count, line + 1, strlen(line + 1)};
    int err = check(&request);
    free(copy);
    return err;
}

Test(cloudevents, official_examples_are_accepted)
{
    struct findings findings = {0};
    char *text;
    size_t size, i;
    json_t *example;
    int structured = 0, binary = 0;
    if (file_read(path, 1 << 20, &text, &size, &findings) < 0) {
        findings_release(&findings);
        cr_skip_test("%s is not here", path);
    }
    json_t *root = json_read(text, size, path, 1, &findings);
    json_array_foreach(json_object_get(root, "official_examples"), i, example)
    {
        const char *lines = json_string_value(json_object_get(example, "http_binary"));
        json_t *json = json_object_get(example, "json");
        char *body = json_dumps(json, 0);
        cr_expect_eq(check_body(json_is_array(json) ? BATCHED : STRUCTURED, body), 0, "%s", body);
        structured++;
        free(body);
        if (lines) {
            cr_expect_eq(check_lines(lines), 0, "%s", lines);
            binary++;
        }
    }
    cr_expect_eq(structured, 8);
    cr_expect_eq(binary, 6);
    json_decref(root);
    free(text);
    findings_release(&findings);
}
