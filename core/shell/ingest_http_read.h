/* A request's body, read into a load of facts: all that may take long about it.
 *
 * A batch of ten thousand events takes half a second to read, so what is large is read on the pool,
 * and nothing here touches what belongs to the loop.  Everything asked with is borrowed until the
 * reading is through. */
#ifndef SHELL_INGEST_HTTP_READ_H
#define SHELL_INGEST_HTTP_READ_H

#include "base/err.h"
#include "base/str.h"
#include "model/cloudevents.h"
#include "shell/intake.h"

struct token;

struct body_reading {
    /* Asked. */
    const struct policy *policy;
    const char *body; /* followed by a NUL */
    size_t size;
    bool events;                       /* CloudEvents, as the headers say; else lines or a table */
    const struct http_header *headers; /* of the events */
    size_t header_count;
    const struct token *token; /* whose `sources` bind the sender; NULL: any source */
    struct intern *told;       /* slips told before; grows by those that are in `slips` */
    /* Read. */
    int status;        /* 0, or the status to refuse with: then `findings` say why */
    struct load *load; /* the caller's, made before */
    size_t repeats;    /* within the body itself */
    struct findings findings;
    /* What is taken and will count for nothing: all of it for the sender, and what was not told
     * before for the log. */
    struct findings unused, slips;
    struct intern said; /* the slips that are in `unused` */
};
void body_read(struct body_reading *reading);
void body_release(struct body_reading *reading); /* the findings */

#endif
