/* The URL of an endpoint, read in one way only.
 *
 * Programs differ in what they make of an odd URL, and attacks live in the difference.  So only
 * plain ones are taken: http or https, no user, a name of letters, digits, dots and hyphens or a
 * well-formed literal address, ASCII without blanks.  What looks like a number (127.1, 0x7f000001,
 * 017700000001) and is not four decimal parts is refused. */
#ifndef BASE_URL_H
#define BASE_URL_H

#include "base/address.h"

enum { URL_BYTES_MAX = 2048, HOST_BYTES_MAX = 253 };

struct url {
    bool secure;                   /* https */
    char host[HOST_BYTES_MAX + 1]; /* lower case; without the brackets of IPv6 and a last dot */
    bool literal;                  /* the host is an address: `address` is filled, with its port */
    struct address address;        /* `localhost` counts as 127.0.0.1 */
    uint16_t port;                 /* as written, else 443 or 80 */
};
/* ERR_SYNTAX or ERR_LIMIT: *ret_problem is a static text in the language in force. */
int url_read(struct url *ret, const char *text, const char **ret_problem);
/* What can be said before a name is looked up: a literal must be allowed as address_allowed has it;
 * plain http needs a list that is not empty.  The same rules must be asked again with the address
 * that is connected to, because a name may mean another address by then.  ERR_INVALID, and the
 * reason. */
int url_check(const struct url *url, const struct address_rules *rules, const char **ret_problem);

#endif
