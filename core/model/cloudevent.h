/* The envelope: a CloudEvent 1.0 in its JSON form.
 *
 * Strictly the specification, nothing of ours: what the data means is fact.h's matter.  An
 * attribute written as null is an attribute not given. */
#ifndef MODEL_CLOUDEVENT_H
#define MODEL_CLOUDEVENT_H

#include "base/err.h"
#include "base/when.h"
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the complaints about one event go.  With its text, they point at the very field. */
struct witness {
    struct findings *findings;
    struct place place; /* where the event begins */
    const char *text;   /* the event as it was read, or NULL */
    size_t size;
};
/* Adds one finding about the field at `pointer` ("/data/values/pm25"; "" is the event itself).  The
 * field's name is set before the message. */
void witness_add(const struct witness *witness, enum severity severity, const char *code,
                 const char *pointer, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Where that field stands; where the event begins, when its text is not known. */
struct place witness_place(const struct witness *witness, const char *pointer);

/* Strings are borrowed from the event; NULL: not given. */
struct cloudevent {
    const char *id, *source, *type, *subject, *datacontenttype;
    instant_ms time;    /* INSTANT_NONE: not given */
    const json_t *data; /* NULL: none */
    bool binary;        /* has data_base64 instead */
};
/* Fills *ret_event, or adds a finding (N…) for everything that is wrong and returns ERR_INVALID. */
int cloudevent_read(struct cloudevent *ret_event, const json_t *event,
                    const struct witness *witness);
/* What the specification lets a text be: no control characters, no noncharacters of Unicode. */
bool cloudevent_text_is_good(const char *text, size_t size);
/* A URI reference has no blanks, none of <>"\^`{|} and no broken %-escape; Chinese letters are let
 * through, as people sign with their names. */
bool cloudevent_source_is_good(const char *text, size_t size);
/* True for application/json, text/json and anything +json, with or without parameters. */
bool media_type_is_json(const char *media_type);

#endif
