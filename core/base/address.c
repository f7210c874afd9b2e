/* Two tables of prefixes and one loop.  The longest prefix stands first where two overlap. */
#include "base/address.h"
#include "base/err.h"
#include "base/lang.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { V4_AT = 12, V4_BITS = 96 }; /* where IPv4 stands within the sixteen bytes */
static const unsigned char v4_prefix[V4_AT] = {[10] = 0xff, [11] = 0xff};

struct special {
    const char *prefix;
    int bits;
    enum address_class kind;
};
static const struct special special_v4[] = {
    {"169.254.169.254", 32, ADDRESS_METADATA}, /* most clouds */
    {"169.254.0.23", 32, ADDRESS_METADATA},    /* Tencent */
    {"100.100.100.200", 32, ADDRESS_METADATA}, /* Aliyun */
    {"192.0.0.192", 32, ADDRESS_METADATA},     /* Oracle */
    {"255.255.255.255", 32, ADDRESS_RESERVED}, {"0.0.0.0", 8, ADDRESS_UNSPECIFIED},
    {"10.0.0.0", 8, ADDRESS_PRIVATE},          {"100.64.0.0", 10, ADDRESS_SHARED},
    {"127.0.0.0", 8, ADDRESS_LOOPBACK},        {"169.254.0.0", 16, ADDRESS_LINK_LOCAL},
    {"172.16.0.0", 12, ADDRESS_PRIVATE},       {"192.0.0.0", 24, ADDRESS_RESERVED},
    {"192.0.2.0", 24, ADDRESS_RESERVED},       {"192.88.99.0", 24, ADDRESS_TUNNEL},
    {"192.168.0.0", 16, ADDRESS_PRIVATE},      {"198.18.0.0", 15, ADDRESS_RESERVED},
    {"198.51.100.0", 24, ADDRESS_RESERVED},    {"203.0.113.0", 24, ADDRESS_RESERVED},
    {"224.0.0.0", 4, ADDRESS_MULTICAST},       {"240.0.0.0", 4, ADDRESS_RESERVED},
};
/* The last line is what is public; whatever no line names is not assigned. */
static const struct special special_v6[] = {
    {"fd00:ec2::254", 128, ADDRESS_METADATA}, /* Amazon */
    {"::1", 128, ADDRESS_LOOPBACK},
    {"::", 128, ADDRESS_UNSPECIFIED},
    {"::", 96, ADDRESS_TUNNEL},          /* IPv4-compatible */
    {"64:ff9b:1::", 48, ADDRESS_TUNNEL}, /* a site's own translation */
    {"fc00::", 7, ADDRESS_PRIVATE},
    {"fe80::", 10, ADDRESS_LINK_LOCAL},
    {"fec0::", 10, ADDRESS_PRIVATE},
    {"ff00::", 8, ADDRESS_MULTICAST},
    {"2001::", 32, ADDRESS_TUNNEL},   /* Teredo */
    {"2001::", 23, ADDRESS_RESERVED}, /* protocols, benchmarks, ORCHID */
    {"2001:db8::", 32, ADDRESS_RESERVED},
    {"2002::", 16, ADDRESS_TUNNEL}, /* 6to4 */
    {"3fff::", 20, ADDRESS_RESERVED},
    {"2000::", 3, ADDRESS_PUBLIC},
};

static void take_v4(struct address *ret, const void *four)
{
    memcpy(ret->bytes, v4_prefix, sizeof v4_prefix);
    memcpy(ret->bytes + V4_AT, four, 4);
}

int address_of(struct address *ret, const struct sockaddr *from)
{
    struct address address = {{0}, 0};
    if (from->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, from, sizeof v4);
        take_v4(&address, &v4.sin_addr);
        address.port = ntohs(v4.sin_port);
    } else if (from->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, from, sizeof v6);
        memcpy(address.bytes, &v6.sin6_addr, sizeof address.bytes);
        address.port = ntohs(v6.sin6_port);
    } else {
        return ERR_INVALID;
    }
    *ret = address;
    return 0;
}

int address_parse(struct address *ret, const char *text, uint16_t port)
{
    struct address address = {{0}, port};
    unsigned char four[4];
    if (inet_pton(AF_INET, text, four) == 1)
        take_v4(&address, four);
    else if (inet_pton(AF_INET6, text, address.bytes) != 1)
        return ERR_SYNTAX;
    *ret = address;
    return 0;
}

static bool is_v4(const unsigned char *bytes)
{
    return memcmp(bytes, v4_prefix, sizeof v4_prefix) == 0;
}

void address_to(const struct address *address, struct sockaddr_storage *ret)
{
    union {
        struct sockaddr_storage any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to = {0};
    if (is_v4(address->bytes)) {
        to.v4.sin_family = AF_INET;
        to.v4.sin_port = htons(address->port);
        memcpy(&to.v4.sin_addr, address->bytes + V4_AT, sizeof to.v4.sin_addr);
    } else {
        to.v6.sin6_family = AF_INET6;
        to.v6.sin6_port = htons(address->port);
        memcpy(&to.v6.sin6_addr, address->bytes, sizeof to.v6.sin6_addr);
    }
    *ret = to.any;
}

void address_print(const struct address *address, char ret[ADDRESS_TEXT])
{
    bool v4 = is_v4(address->bytes);
    inet_ntop(v4 ? AF_INET : AF_INET6, address->bytes + (v4 ? V4_AT : 0), ret, ADDRESS_TEXT);
}

static bool has_prefix(const unsigned char *bytes, const unsigned char *prefix, int bits)
{
    int whole = bits / 8, rest = bits % 8;
    unsigned mask = 0xff00u >> rest & 0xff;
    return memcmp(bytes, prefix, (size_t)whole) == 0 &&
           (rest == 0 || ((bytes[whole] ^ prefix[whole]) & mask) == 0);
}

static enum address_class look_up(const struct special *table, size_t count, int family,
                                  const unsigned char *bytes, enum address_class otherwise)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char prefix[16];
        if (inet_pton(family, table[i].prefix, prefix) == 1 &&
            has_prefix(bytes, prefix, table[i].bits))
            return table[i].kind;
    }
    return otherwise;
}

enum address_class address_class(const struct address *address)
{
    static const unsigned char nat64[V4_AT] = {0x00, 0x64, 0xff, 0x9b};
    if (is_v4(address->bytes) || memcmp(address->bytes, nat64, sizeof nat64) == 0)
        return look_up(special_v4, sizeof special_v4 / sizeof *special_v4, AF_INET,
                       address->bytes + V4_AT, ADDRESS_PUBLIC);
    return look_up(special_v6, sizeof special_v6 / sizeof *special_v6, AF_INET6, address->bytes,
                   ADDRESS_RESERVED);
}

#define NOT_ALLOWED(english, chinese)                                \
    tr("the address is " english ", which the site has not allowed", \
       "该地址为" chinese "，未经本单位许可")
const char *address_refusal(const struct address *address)
{
    switch (address_class(address)) {
    case ADDRESS_PUBLIC:
        break;
    case ADDRESS_UNSPECIFIED:
        return NOT_ALLOWED("an unspecified address", "未指定地址");
    case ADDRESS_LOOPBACK:
        return NOT_ALLOWED("this machine's own (loopback)", "本机回环地址");
    case ADDRESS_PRIVATE:
        return NOT_ALLOWED("a private one", "内网地址");
    case ADDRESS_SHARED:
        return NOT_ALLOWED("a shared one (carrier-grade translation)", "运营商共享地址");
    case ADDRESS_LINK_LOCAL:
        return NOT_ALLOWED("a link-local one", "链路本地地址");
    case ADDRESS_METADATA:
        return NOT_ALLOWED("that of a cloud's metadata service", "云平台元数据服务地址");
    case ADDRESS_MULTICAST:
        return NOT_ALLOWED("a multicast one", "组播地址");
    case ADDRESS_TUNNEL:
        return NOT_ALLOWED("that of a tunnel", "隧道地址");
    case ADDRESS_RESERVED:
        return NOT_ALLOWED("a reserved one", "保留地址");
    }
    return tr("plain http goes only to addresses that the site has allowed",
              "http 只能发往本单位许可的地址");
}

/* An address with its port, and the allow-list ----------------------------------------------- */

/* Digits up to `most`, nothing else; -1 otherwise. */
static int read_number(const char *text, int most)
{
    int number = 0;
    if (!*text || (text[0] == '0' && text[1]))
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        number = number * 10 + (*text - '0');
        if (number > most)
            return -1;
    }
    return number;
}

/* Cuts the port off a rule's text; what is left is the network.  NULL: malformed. */
static char *cut_port(char *text, const char **ret_port)
{
    *ret_port = NULL;
    if (*text == '[') {
        char *end = strchr(text, ']');
        if (!end || (end[1] != 0 && end[1] != ':'))
            return NULL;
        if (end[1] == ':')
            *ret_port = end + 2;
        *end = 0;
        return text + 1;
    }
    char *colon = strchr(text, ':');
    if (colon && !strchr(colon + 1, ':')) { /* two of them: IPv6 without brackets */
        *colon = 0;
        *ret_port = colon + 1;
    }
    return text;
}

int address_listen_parse(struct address *ret, const char *text)
{
    char copy[80];
    const char *port;
    if (strlen(text) >= sizeof copy)
        return ERR_SYNTAX;
    char *host = cut_port(strcpy(copy, text), &port);
    int number = host && port ? read_number(port, UINT16_MAX) : -1;
    bool wrapped = text[0] == '[';
    if (number < 0 || wrapped != (strchr(host, ':') != NULL))
        return ERR_SYNTAX;
    return address_parse(ret, host, (uint16_t)number);
}

static bool bits_follow(const unsigned char *bytes, int bits)
{
    for (int bit = bits; bit < 128; bit++) {
        if (bytes[bit / 8] >> (7 - bit % 8) & 1)
            return true;
    }
    return false;
}

int address_rule_parse(struct address_rule *ret, const char *text, const char **ret_problem)
{
    char copy[80];
    const char *port = NULL;
    struct address address;
    *ret_problem =
        tr("write a network and maybe a port, such as 10.20.0.0/16:8443 or [fd00::/8]:443",
           "请写网段，可加端口，例如 10.20.0.0/16:8443 或 [fd00::/8]:443");
    if (strlen(text) >= sizeof copy)
        return ERR_SYNTAX;
    char *network = cut_port(strcpy(copy, text), &port);
    char *slash = network ? strchr(network, '/') : NULL;
    if (slash)
        *slash++ = 0;
    if (!network || address_parse(&address, network, 0) < 0)
        return ERR_SYNTAX;
    int outer = strchr(network, ':') ? 0 : V4_BITS;
    int bits = slash ? read_number(slash, 128 - outer) : 128 - outer;
    int number = port ? read_number(port, UINT16_MAX) : 0;
    if (bits < 0 || number < 0 || (port && number == 0))
        return ERR_SYNTAX;
    struct address_rule rule = {.bits = outer + bits, .port = (uint16_t)number};
    memcpy(rule.bytes, address.bytes, sizeof rule.bytes);
    if (bits_follow(rule.bytes, rule.bits)) {
        *ret_problem = tr("bits are set behind the length of the prefix: which network is meant?",
                          "前缀长度之后还有非零位，网段写法有误");
        return ERR_INVALID;
    }
    *ret = rule;
    return 0;
}

/* A short IPv6 prefix such as ::/0 does not speak of IPv4. */
static bool rule_names(const struct address_rule *rule, const struct address *address)
{
    if (rule->port != 0 && rule->port != address->port)
        return false;
    if (is_v4(address->bytes) && rule->bits < V4_BITS)
        return false;
    return has_prefix(address->bytes, rule->bytes, rule->bits);
}

bool address_is_listed(const struct address *address, const struct address_rules *rules)
{
    bool narrow = address_class(address) == ADDRESS_METADATA;
    for (size_t i = 0; i < rules->count; i++) {
        if ((!narrow || rules->items[i].bits == 128) && rule_names(&rules->items[i], address))
            return true;
    }
    return false;
}

bool address_allowed(const struct address *address, bool secure, const struct address_rules *rules)
{
    return (secure && address_class(address) == ADDRESS_PUBLIC) ||
           address_is_listed(address, rules);
}
