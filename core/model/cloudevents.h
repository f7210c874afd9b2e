/* CloudEvents over HTTP: the three ways in which events stand in a request.
 *
 *     structured   application/cloudevents+json         the body is one event
 *     batched      application/cloudevents-batch+json   the body is an array of events
 *     binary       any other content type, with ce-…    attributes are headers, the body is the
 * data
 *
 * Here a request is taken apart into texts, one event in each, for fact_of_text; what the events
 * say is checked there.  (cloudevent.h is the single event, this is its transport.) */
#ifndef MODEL_CLOUDEVENTS_H
#define MODEL_CLOUDEVENTS_H

#include "base/buf.h"
#include "base/err.h"

struct http_header {
    const char *name, *value; /* names in any case */
};
/* What came.  All is borrowed; the body need not end with a NUL. */
struct cloudevents_request {
    const char *content_type; /* NULL: to be found among the headers */
    const struct http_header *headers;
    size_t header_count;
    const char *body;
    size_t size;
};
struct event_text {
    const char *text; /* JSON, or what was sent for it; borrowed from the body or from `made` */
    size_t size;
    struct place place; /* within the body; of a binary event within the text made for it */
};
struct cloudevents {
    struct event_text *items;
    size_t count; /* 0 for an empty batch */
    struct buf made;
};

/* Takes the request apart.  `name` stands for the file in findings, which must outlive the texts.
 * On failure one finding or several (N018, N019, N020, J001), and
 *   ERR_NOT_FOUND  the request carries no event at all, or in a format that is not read (HTTP 415)
 *   ERR_LIMIT      more than limits.h EVENTS_BATCH_MAX events (413)
 *   ERR_SYNTAX     JSON or a header is malformed; ERR_INVALID  well formed and forbidden (400).
 * The single events may still be anything. */
int cloudevents_split(struct cloudevents *ret, const struct cloudevents_request *request,
                      const char *name, struct findings *findings);
/* The same and every event held against the specification, but not against our kinds of facts. */
int cloudevents_check(const struct cloudevents_request *request, const char *name,
                      struct findings *findings);
void cloudevents_release(struct cloudevents *events);

/* The value of a header as an attribute's text: quotes taken off, one round of percent-decoding.
 * ERR_SYNTAX for a broken quote, or text that is then no UTF-8 or holds a NUL; nothing is added
 * then. */
int cloudevents_header_decode(struct buf *buf, const char *value);

#endif
