/* Where a connection may go.
 *
 * A webhook's address is written by others, and a name may point anywhere when we connect.  So the
 * guard looks at the very address that is about to be connected to: public addresses are good,
 * everything else (loopback, private networks, link-local, tunnels, metadata services of clouds) is
 * refused, unless the site has allowed it by network and port.  Enterprises and bureaux do live in
 * private networks; that is what the list is for. */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;
struct sockaddr_storage;

/* IPv4 is kept as ::ffff:a.b.c.d, so that one address has one form. */
struct address {
    unsigned char bytes[16];
    uint16_t port; /* 0: not known */
};
enum address_class {
    ADDRESS_PUBLIC,
    ADDRESS_UNSPECIFIED, /* 0.0.0.0/8 and ::, which reach this machine */
    ADDRESS_LOOPBACK,
    ADDRESS_PRIVATE, /* RFC 1918, fc00::/7, the old fec0::/10 */
    ADDRESS_SHARED,  /* 100.64.0.0/10, behind a carrier's translation */
    ADDRESS_LINK_LOCAL,
    ADDRESS_METADATA, /* of a cloud: hands out the machine's own credentials */
    ADDRESS_MULTICAST,
    ADDRESS_TUNNEL,   /* 6to4, Teredo, IPv4-compatible: an IPv4 address in disguise */
    ADDRESS_RESERVED, /* documentation, benchmarks, broadcast, not assigned */
};

/* ERR_INVALID for a family other than IPv4 and IPv6. */
int address_of(struct address *ret, const struct sockaddr *from);
/* A literal: four decimal parts without leading zeros, or IPv6 without brackets and zone.
 * ERR_SYNTAX for any other text. */
int address_parse(struct address *ret, const char *text, uint16_t port);
/* Where to listen: "127.0.0.1:8452", "[::1]:8452"; port 0: any that is free.  ERR_SYNTAX. */
int address_listen_parse(struct address *ret, const char *text);
void address_to(const struct address *address, struct sockaddr_storage *ret);
enum { ADDRESS_TEXT = 46 };
/* Without the port; IPv4 in its own form. */
void address_print(const struct address *address, char ret[ADDRESS_TEXT]);
/* By the registries of special addresses (RFC 6890 and what came after).  An IPv4 address within
 * NAT64 (64:ff9b::/96) is judged as itself. */
enum address_class address_class(const struct address *address);
/* Why it is not called: a clause for people, in the language in force.  What is public is refused
 * only by plain http. */
const char *address_refusal(const struct address *address);

/* One line of the allow-list. */
struct address_rule {
    unsigned char bytes[16];
    int bits;      /* of the prefix, 0…128; an IPv4 prefix counts 96 more */
    uint16_t port; /* 0: any */
};
/* Borrowed; count 0 is the empty list. */
struct address_rules {
    const struct address_rule *items;
    size_t count;
};
/* "10.20.0.0/16", "10.20.3.4:8443", "fd00::/8", "[fd00::/8]:8443", "[fd00::5]:443".  On failure
 * ERR_SYNTAX, or ERR_INVALID for a prefix with bits set behind its length; *ret_problem is then a
 * static text in the language in force. */
int address_rule_parse(struct address_rule *ret, const char *text, const char **ret_problem);
/* True when a rule names the address and its port.  A metadata service is named only by a rule for
 * that one address: a wide network must not open it by accident. */
bool address_is_listed(const struct address *address, const struct address_rules *rules);
/* The verdict: public and `secure` (TLS), or listed.  Plain HTTP goes to listed addresses only. */
bool address_allowed(const struct address *address, bool secure, const struct address_rules *rules);

#endif
