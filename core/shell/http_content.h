/* The content of a request to a gateway by HTTP, as it is made when the letter is: everything but
 * what is filled in at each attempt, whose places are marked (http_gateway.h). */
#ifndef SHELL_HTTP_CONTENT_H
#define SHELL_HTTP_CONTENT_H

#include "model/template.h"

struct message;

#define HTTP_UNITS                                                                \
    "segments=" /* a note to ourselves between marks behind the content; not sent \
                 */

/* These two are a channel's `render` and `units`; `conf` is a struct http_gateway. */
int http_content_render(const void *conf, const struct message *message, struct buf *ret_bytes);
int http_content_units(const void *conf, const struct message *message);
/* Adds the text, escaped for its place. */
void http_content_put(struct buf *buf, const char *text, enum template_escape escape);

#endif
