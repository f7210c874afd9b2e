/* Addresses by the registries of special ones, and the allow-list. */
#include "base/address.h"
#include "base/err.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <sys/un.h>

static const struct {
    const char *text;
    enum address_class kind;
} kinds[] = {
    {"1.1.1.1", ADDRESS_PUBLIC},
    {"223.255.255.254", ADDRESS_PUBLIC},
    {"0.0.0.0", ADDRESS_UNSPECIFIED},
    {"0.1.2.3", ADDRESS_UNSPECIFIED},
    {"10.0.0.1", ADDRESS_PRIVATE},
    {"11.0.0.0", ADDRESS_PUBLIC},
    {"100.63.255.255", ADDRESS_PUBLIC},
    {"100.64.0.0", ADDRESS_SHARED},
    {"100.127.255.255", ADDRESS_SHARED},
    {"100.128.0.0", ADDRESS_PUBLIC},
    {"100.100.100.200", ADDRESS_METADATA},
    {"127.0.0.1", ADDRESS_LOOPBACK},
    {"127.255.255.255", ADDRESS_LOOPBACK},
    {"169.254.169.254", ADDRESS_METADATA},
    {"169.254.1.1", ADDRESS_LINK_LOCAL},
    {"172.15.255.255", ADDRESS_PUBLIC},
    {"172.16.0.0", ADDRESS_PRIVATE},
    {"172.31.255.255", ADDRESS_PRIVATE},
    {"172.32.0.0", ADDRESS_PUBLIC},
    {"192.0.0.192", ADDRESS_METADATA},
    {"192.0.2.1", ADDRESS_RESERVED},
    {"192.88.99.1", ADDRESS_TUNNEL},
    {"192.168.255.255", ADDRESS_PRIVATE},
    {"192.169.0.0", ADDRESS_PUBLIC},
    {"198.17.255.255", ADDRESS_PUBLIC},
    {"198.19.0.1", ADDRESS_RESERVED},
    {"203.0.113.9", ADDRESS_RESERVED},
    {"224.0.0.1", ADDRESS_MULTICAST},
    {"239.255.255.255", ADDRESS_MULTICAST},
    {"240.0.0.1", ADDRESS_RESERVED},
    {"255.255.255.255", ADDRESS_RESERVED},
    {"::", ADDRESS_UNSPECIFIED},
    {"::1", ADDRESS_LOOPBACK},
    {"::127.0.0.1", ADDRESS_TUNNEL},
    {"::ffff:127.0.0.1", ADDRESS_LOOPBACK},
    {"::ffff:a9fe:a9fe", ADDRESS_METADATA},
    {"::ffff:1.1.1.1", ADDRESS_PUBLIC},
    {"64:ff9b::10.0.0.1", ADDRESS_PRIVATE},
    {"64:ff9b::169.254.169.254", ADDRESS_METADATA},
    {"64:ff9b::1.1.1.1", ADDRESS_PUBLIC},
    {"64:ff9b:1::1.1.1.1", ADDRESS_TUNNEL},
    {"2002:7f00:1::", ADDRESS_TUNNEL},
    {"2001::1", ADDRESS_TUNNEL},
    {"2001:db8::1", ADDRESS_RESERVED},
    {"2001:10::1", ADDRESS_RESERVED},
    {"2001:250::1", ADDRESS_PUBLIC},
    {"240e::1", ADDRESS_PUBLIC},
    {"3fff:fff::1", ADDRESS_RESERVED},
    {"4000::1", ADDRESS_RESERVED},
    {"100::1", ADDRESS_RESERVED},
    {"fc00::1", ADDRESS_PRIVATE},
    {"fd00::1", ADDRESS_PRIVATE},
    {"fd00:ec2::254", ADDRESS_METADATA},
    {"fe80::1", ADDRESS_LINK_LOCAL},
    {"febf::1", ADDRESS_LINK_LOCAL},
    {"fec0::1", ADDRESS_PRIVATE},
    {"ff02::1", ADDRESS_MULTICAST},
};

Test(address, kinds)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct address address;
        cr_assert_eq(address_parse(&address, kinds[i].text, 443), 0, "%s", kinds[i].text);
        cr_expect_eq(address_class(&address), kinds[i].kind, "%s is %s", kinds[i].text,
                     address_refusal(&address));
    }
}

Test(address, only_plain_literals_are_read)
{
    static const char *const bad[] = {"127.1",      "2130706433", "0x7f.0.0.1", "0177.0.0.1",
                                      "127.0.0.01", "1.2.3.4.5",  "[::1]",      "fe80::1%lo",
                                      " 1.1.1.1",   "",           "localhost",  "1.1.1.1\n"};
    struct address address;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(address_parse(&address, bad[i], 0), ERR_SYNTAX, "%s", bad[i]);
}

static bool allowed(const char *text, uint16_t port, bool secure, const char *rule_text)
{
    struct address address;
    struct address_rule rule;
    const char *problem;
    cr_assert_eq(address_parse(&address, text, port), 0);
    if (rule_text)
        cr_assert_eq(address_rule_parse(&rule, rule_text, &problem), 0, "%s", rule_text);
    struct address_rules rules = {&rule, rule_text != NULL};
    return address_allowed(&address, secure, &rules);
}

Test(address, the_allow_list_opens_what_it_names)
{
    cr_expect(allowed("1.1.1.1", 443, true, NULL));
    cr_expect_not(allowed("1.1.1.1", 80, false, NULL), "plain http is for listed addresses");
    cr_expect(allowed("1.1.1.1", 80, false, "1.1.1.1:80"));
    cr_expect_not(allowed("10.20.3.4", 443, true, NULL));
    cr_expect(allowed("10.20.3.4", 8443, true, "10.20.0.0/16"));
    cr_expect(allowed("10.20.3.4", 8443, true, "10.20.0.0/16:8443"));
    cr_expect_not(allowed("10.20.3.4", 22, true, "10.20.0.0/16:8443"));
    cr_expect_not(allowed("10.21.3.4", 8443, true, "10.20.0.0/16:8443"));
    cr_expect(allowed("10.21.3.4", 8443, true, "10.20.0.0/15:8443"));
    cr_expect(allowed("::ffff:10.20.3.4", 1, true, "10.20.3.4"), "one address, one form");
    cr_expect(allowed("fd00::5", 443, true, "fd00::/8"));
    cr_expect(allowed("fd00::5", 443, true, "[fd00::/8]:443"));
    cr_expect_not(allowed("fd00::5", 444, true, "[fd00::5]:443"));
    cr_expect(allowed("127.0.0.1", 9, false, "127.0.0.0/8"));
    cr_expect_not(allowed("127.0.0.1", 9, true, "::/0"), "IPv6 rules do not speak of IPv4");
    cr_expect_not(allowed("64:ff9b::10.20.3.4", 443, true, "10.0.0.0/8"));
}

Test(address, metadata_only_by_its_own_address)
{
    cr_expect_not(allowed("169.254.169.254", 80, false, "169.254.0.0/16"));
    cr_expect_not(allowed("169.254.169.254", 80, false, "0.0.0.0/0"));
    cr_expect_not(allowed("fd00:ec2::254", 80, true, "fd00::/8"));
    cr_expect(allowed("169.254.169.254", 80, false, "169.254.169.254"));
}

Test(address, rules_that_are_none)
{
    static const char *const malformed[] = {
        "",           "10.0.0.0/33",    "10.0.0.0/",  "10.0.0.0/-1",   "10.0.0.0/08",
        "10.0.0/8",   "fd00::/129",     "[fd00::/8",  "[fd00::/8]443", "10.0.0.1:0",
        "10.0.0.1:",  "10.0.0.1:65536", "10.0.0.1:x", "example.com",   "10.0.0.0/8/8",
        "[fd00::/8]:"};
    struct address_rule rule;
    const char *problem = NULL;
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++)
        cr_expect_eq(address_rule_parse(&rule, malformed[i], &problem), ERR_SYNTAX, "%s",
                     malformed[i]);
    cr_expect_not_null(problem);
    cr_expect_eq(address_rule_parse(&rule, "10.20.3.4/16", &problem), ERR_INVALID);
    cr_expect_eq(address_rule_parse(&rule, "fd00::1/64", &problem), ERR_INVALID);
}

Test(address, of_a_socket)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(8443)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(443)};
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct address address, same;
    inet_pton(AF_INET, "127.0.0.1", &v4.sin_addr);
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &v6.sin6_addr);
    cr_expect_eq(address_of(&address, (struct sockaddr *)&v4), 0);
    cr_expect_eq(address.port, 8443);
    cr_expect_eq(address_class(&address), ADDRESS_LOOPBACK);
    cr_expect_eq(address_of(&same, (struct sockaddr *)&v6), 0);
    cr_expect_eq(same.port, 443);
    cr_expect_arr_eq(same.bytes, address.bytes, 16);
    cr_expect_eq(address_of(&same, (struct sockaddr *)&local), ERR_INVALID);
}

Test(address, where_to_listen_is_read_in_one_way)
{
    static const struct {
        const char *text, *host;
        int port;
    } rows[] = {
        {"127.0.0.1:8452", "127.0.0.1", 8452},
        {"0.0.0.0:0", "0.0.0.0", 0},
        {"[::1]:8452", "::1", 8452},
        {"[::]:65535", "::", 65535},
        {"127.0.0.1", NULL, 0},
        {"127.0.0.1:", NULL, 0},
        {"127.0.0.1:65536", NULL, 0},
        {"127.0.0.1:8452x", NULL, 0},
        {"127.0.0.1:-1", NULL, 0},
        {"[127.0.0.1]:1", NULL, 0},
        {"::1:8452", NULL, 0},
        {"[::1]", NULL, 0},
        {"[::1]8452", NULL, 0},
        {"localhost:8452", NULL, 0},
        {":8452", NULL, 0},
        {"", NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address, back;
        struct sockaddr_storage socket;
        char host[ADDRESS_TEXT];
        int err = address_listen_parse(&address, rows[i].text);
        cr_assert_eq(err == 0, rows[i].host != NULL, "%s", rows[i].text);
        if (err < 0)
            continue;
        address_print(&address, host);
        cr_expect_str_eq(host, rows[i].host);
        cr_expect_eq(address.port, rows[i].port);
        address_to(&address, &socket);
        cr_assert_eq(address_of(&back, (const struct sockaddr *)&socket), 0);
        cr_expect_arr_eq(back.bytes, address.bytes, sizeof back.bytes, "%s", rows[i].text);
        cr_expect_eq(back.port, address.port);
    }
}
