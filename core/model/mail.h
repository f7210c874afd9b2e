/* One e-mail message as bytes (RFC 5322, MIME): UTF-8 text, and HTML beside it where there is one.
 *
 * A pure function: an order that is tried again is the same message with the same Message-ID, so a
 * mailbox shows it once.  Nothing that is filled in can begin a header of its own: addresses are
 * checked, names and subjects lose their controls or are encoded, bodies are base64. */
#ifndef MODEL_MAIL_H
#define MODEL_MAIL_H

#include "base/when.h"
#include <stddef.h>

struct buf;
struct findings;

struct mail_person {
    const char *name;    /* NULL or "": none */
    const char *address; /* local@domain, ASCII */
};
/* All is borrowed. */
struct mail {
    struct mail_person from;
    const struct mail_person *to; /* one at least */
    size_t to_count;
    const char *reply_to; /* an address, or NULL */
    const char *subject;
    const char *text, *html; /* html may be NULL */
    instant_ms date;         /* when the order was made, not when it is tried */
    span_ms zone;
    const char *order;  /* the order's identity: the Message-ID is derived from it */
    const char *after;  /* the order that this one follows in a thread, or NULL */
    const char *domain; /* of the Message-ID: the mail domain of this site */
};
/* Adds the message, lines ended by CR LF, none longer than 998 bytes.  ERR_INVALID, nothing added,
 * and a finding (Q002) for every address or domain that cannot be used. */
int mail_print(struct buf *buf, const struct mail *mail, struct findings *findings);
/* "<…@domain>": the same order has the same one. */
void mail_message_id(struct buf *buf, const char *order, const char *domain);
/* An address that is safe to write into a header and to say to a mail server: no quoted local part,
 * no literal domain, no letters beyond ASCII. */
bool mail_address_is_good(const char *address);

#endif
