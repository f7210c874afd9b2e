/* Any bytes as a request: a line with the content type, lines with headers, an empty line, a body.
 *
 * What is refused has its reason; every event of a request that is taken lies within the body or in
 * the text made for it; and what a binary event is made into is JSON. */
#include "base/err.h"
#include "base/json.h"
#include "base/xalloc.h"
#include "model/cloudevents.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 16 };

static void must(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static bool lies_within(const struct event_text *event, const char *text, size_t size)
{
    return text && event->text >= text && event->text + event->size <= text + size;
}

static void check_events(const struct cloudevents *events,
                         const struct cloudevents_request *request)
{
    for (size_t i = 0; i < events->count; i++) {
        const struct event_text *event = &events->items[i];
        bool made = lies_within(event, events->made.data, events->made.size);
        must(made || lies_within(event, request->body, request->size));
        must(event->place.line > 0 && event->place.col > 0);
        struct findings findings = {0};
        json_t *json = made ? json_read(event->text, event->size, "x", 1, &findings) : NULL;
        must(json || !made || event->size > (1 << 16) || findings.count > 0);
        json_decref(json);
        findings_release(&findings);
    }
}

/* The lines of the head; the body begins where it ends. */
static char *read_head(char *text, struct cloudevents_request *request, struct http_header *headers)
{
    char *end = strchr(text, '\n');
    if (!end)
        return text + strlen(text);
    *end = 0;
    request->content_type = *text ? text : NULL;
    for (char *line = end + 1;; line = end + 1) {
        end = strchr(line, '\n');
        if (!end || end == line)
            return end ? end + 1 : line;
        *end = 0;
        char *colon = strchr(line, ':');
        if (!colon || request->header_count == HEADERS)
            continue;
        *colon = 0;
        headers[request->header_count++] = (struct http_header){line, colon + 1};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    size_t length = strlen(text);
    struct http_header headers[HEADERS];
    struct cloudevents_request request = {.headers = headers};
    request.body = read_head(text, &request, headers);
    request.size = (size_t)(text + length - request.body);
    struct findings findings = {0}, again = {0};
    struct cloudevents events;
    int err = cloudevents_split(&events, &request, "x", &findings);
    must((err < 0) == (findings.errors > 0));
    if (err == 0) {
        check_events(&events, &request);
        cloudevents_release(&events);
    }
    int whole = cloudevents_check(&request, "x", &again);
    must((whole < 0) == (again.errors > 0));
    must(err == 0 || whole == err);
    findings_release(&findings);
    findings_release(&again);
    free(text);
    return 0;
}
