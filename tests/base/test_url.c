/* The URLs that attacks are made of, and honest ones beside them. */
#include "base/err.h"
#include "base/url.h"
#include <criterion/criterion.h>
#include <string.h>

/* With an empty allow-list none of these may be used. */
static const char *const refused[] = {
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://localhost/",
    "https://LOCALHOST:8443/",
    "https://x.localhost./",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/hook",
    "https://172.16.9.9/",
    "https://192.168.1.1:8443/",
    "https://100.64.1.1/",
    "https://100.100.100.200/latest/meta-data/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[0:0:0:0:0:ffff:7f00:1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25lo]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://::1/",
    "https://[127.0.0.1]/",
    "https://[::1",
    "https://[::1]x/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://user@example.com/",
    "https://user:secret@example.com/",
    "https://example.com@127.0.0.1/",
    "https://example.com\\@127.0.0.1/",
    "https://example.com#@127.0.0.1/",
    "https://example.com:443@10.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://１２７.0.0.1/",
    "https://%31%32%37.0.0.1/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: x",
    "https://example.com/\t",
    "https://example.com:0/",
    "https://example.com:65536/",
    "https://example.com:/",
    "https://example.com:8x/",
    "https://-a.example.com/",
    "https://a..example.com/",
    "https://.example.com/",
    "https:///hook",
    "https:/example.com/",
    "https:example.com",
    "//example.com/",
    "example.com/hook",
    "",
    "http://example.com/",
    "http://1.1.1.1/",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "dict://127.0.0.1:6379/",
    "javascript:alert(1)",
    "unix:///run/x.sock",
};

static int look(const char *text, const struct address_rules *rules, struct url *url)
{
    const char *problem = NULL;
    int err = url_read(url, text, &problem);
    if (err == 0)
        err = url_check(url, rules, &problem);
    cr_expect_eq(err < 0, problem != NULL, "%s: a refusal has its reason", text);
    return err;
}

Test(url, attacks_are_refused)
{
    struct address_rules none = {NULL, 0};
    struct url url;
    cr_assert_geq(sizeof refused / sizeof *refused, 40);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_expect_lt(look(refused[i], &none, &url), 0, "%s", refused[i]);
}

Test(url, honest_ones_are_taken)
{
    static const struct {
        const char *text, *host;
        unsigned port;
        bool literal;
    } good[] = {
        {"https://example.com", "example.com", 443, false},
        {"https://Example.COM/hook?x=1&y=/@", "example.com", 443, false},
        {"HTTPS://example.com:8443/hook", "example.com", 8443, false},
        {"https://example.com.?q", "example.com", 443, false},
        {"https://xn--fiqs8s.example/", "xn--fiqs8s.example", 443, false},
        {"https://a_b.example-1.com/", "a_b.example-1.com", 443, false},
        {"https://1.1.1.1/", "1.1.1.1", 443, true},
        {"https://[240e::1]:65535/", "240e::1", 65535, true},
        {"https://123.example/", "123.example", 443, false},
    };
    struct address_rules none = {NULL, 0};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct url url;
        cr_expect_eq(look(good[i].text, &none, &url), 0, "%s", good[i].text);
        cr_expect_str_eq(url.host, good[i].host);
        cr_expect_eq(url.port, good[i].port);
        cr_expect_eq(url.literal, good[i].literal);
        cr_expect(url.secure);
    }
}

Test(url, the_allow_list_opens_a_network)
{
    struct address_rule rule;
    const char *problem;
    cr_assert_eq(address_rule_parse(&rule, "127.0.0.0/8:8080", &problem), 0);
    struct address_rules rules = {&rule, 1};
    struct url url;
    cr_expect_eq(look("http://127.0.0.1:8080/", &rules, &url), 0);
    cr_expect_eq(look("https://localhost:8080/", &rules, &url), 0);
    cr_expect_lt(look("http://127.0.0.1/", &rules, &url), 0);
    cr_expect_eq(look("http://intranet.example/", &rules, &url), 0,
                 "a name is judged when its address is known");
    cr_expect_lt(look("http://user@127.0.0.1:8080/", &rules, &url), 0);
}

Test(url, lengths_are_bounded)
{
    char text[URL_BYTES_MAX + 64] = "https://example.com/";
    struct url url;
    const char *problem;
    memset(text + strlen(text), 'a', URL_BYTES_MAX);
    cr_expect_eq(url_read(&url, text, &problem), ERR_LIMIT);
    text[URL_BYTES_MAX] = 0;
    cr_expect_eq(url_read(&url, text, &problem), 0);
    strcpy(text, "https://");
    for (int i = 0; i < 64; i++)
        strcat(text, "abc.");
    strcat(text, "example");
    cr_expect_eq(url_read(&url, text, &problem), ERR_SYNTAX);
}
