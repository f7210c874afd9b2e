/* Texts with {placeholders}: the bodies, URLs and headers that gateways want.
 *
 * Each gateway (SMS, voice, robots of WeCom, DingTalk, Feishu) has its own form of request; the
 * configuration writes it once with the places of the text, the number, the order.  A placeholder
 * is
 * `{` a name of a-z 0-9 _ `}`; every other brace stands for itself, so JSON can be written as it
 * is. What is filled in is escaped for where it stands and is never looked at again, so no text can
 * break out of its quotes.
 *
 * {name:json} escapes for JSON first and then for the place: JSON within a URL or a form. */
#ifndef MODEL_TEMPLATE_H
#define MODEL_TEMPLATE_H

#include "base/err.h"

struct buf;

enum template_escape {
    TEMPLATE_PLAIN,  /* as it is */
    TEMPLATE_JSON,   /* within the quotes of a JSON string */
    TEMPLATE_URL,    /* percent-encoded: a path segment, a query, a form */
    TEMPLATE_HEADER, /* an HTTP header's value: controls become blanks */
};
/* The text of a placeholder, or NULL when there is no such one. */
typedef const char *template_lookup(void *arg, const char *name);

/* Adds the text with its placeholders filled in.  ERR_NOT_FOUND for a name that is not known:
 * nothing is added then.  (Templates are checked when they are loaded.) */
int template_expand(struct buf *buf, const char *text, enum template_escape escape,
                    template_lookup *lookup, void *arg);
/* Adds a finding (Q003) for every placeholder that is not among `known`, and for every escape that
 * is none.  `place` is where the text begins; lines within it are counted on. */
void template_check(const char *text, const char *const *known, size_t count, struct place place,
                    struct findings *findings);

#endif
