/* One pass from left to right; the first oddity ends it. */
#include "base/url.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include <string.h>
#include <strings.h>

enum { LABEL_BYTES_MAX = 63 };

static int fail(int err, const char **ret_problem, const char *problem)
{
    *ret_problem = problem;
    return err;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Visible ASCII without what some readers turn into something else. */
static bool characters_are_plain(const char *text)
{
    for (; *text; text++) {
        if (*text <= ' ' || *text >= 0x7f || strchr("\\\"<>^`{|}", *text))
            return false;
    }
    return true;
}

/* Letters, digits and inner hyphens or underscores. */
static bool label_is_good(const char *label, size_t size)
{
    if (size == 0 || size > LABEL_BYTES_MAX || label[0] == '-' || label[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_letter(label[i]) && !is_digit(label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    }
    return true;
}

/* A last label that begins with a digit is what others take for part of an IPv4 address. */
static bool name_is_good(const char *host)
{
    const char *label = host;
    for (;;) {
        size_t size = strcspn(label, ".");
        if (!label_is_good(label, size))
            return false;
        if (!label[size])
            return !is_digit(*label);
        label += size + 1;
    }
}

static bool is_local_name(const char *host)
{
    return str_equal(host, "localhost") || str_ends(host, ".localhost");
}

/* The host of `size` bytes, without brackets. */
static int read_host(struct url *url, const char *text, size_t size, bool bracketed,
                     const char **ret_problem)
{
    const char *odd = tr("the host is neither a plain name nor a plain address",
                         "主机既不是规范的域名，也不是规范的地址");
    if (!bracketed && size > 0 && text[size - 1] == '.')
        size--;
    if (size == 0 || size > HOST_BYTES_MAX)
        return fail(ERR_SYNTAX, ret_problem, odd);
    for (size_t i = 0; i < size; i++)
        url->host[i] = is_letter(text[i]) ? (char)(text[i] | 0x20) : text[i];
    url->host[size] = 0;
    url->literal = address_parse(&url->address, url->host, url->port) == 0;
    if (url->literal && bracketed != (strchr(url->host, ':') != NULL))
        return fail(ERR_SYNTAX, ret_problem, odd);
    if (!url->literal && (bracketed || !name_is_good(url->host)))
        return fail(ERR_SYNTAX, ret_problem, odd);
    if (is_local_name(url->host))
        url->literal = address_parse(&url->address, "127.0.0.1", url->port) == 0;
    return 0;
}

static int read_port(struct url *url, const char *text, size_t size, const char **ret_problem)
{
    unsigned port = 0;
    for (size_t i = 0; i < size && i < 6; i++)
        port = is_digit(text[i]) ? port * 10 + (unsigned)(text[i] - '0') : UINT16_MAX + 1u;
    if (size == 0 || size > 5 || port == 0 || port > UINT16_MAX)
        return fail(ERR_SYNTAX, ret_problem,
                    tr("the port must be 1 to 65535", "端口应为 1 至 65535"));
    url->port = (uint16_t)port;
    return 0;
}

/* host[:port], `size` bytes. */
static int read_authority(struct url *url, const char *text, size_t size, const char **ret_problem)
{
    bool bracketed = size > 0 && text[0] == '[';
    const char *end = text + size, *host = text + bracketed;
    const char *host_end = memchr(host, bracketed ? ']' : ':', (size_t)(end - host));
    if (memchr(text, '@', size))
        return fail(
            ERR_SYNTAX, ret_problem,
            tr("a user or password does not belong into a URL", "URL 中不得含用户名或口令"));
    if (bracketed && !host_end)
        return fail(ERR_SYNTAX, ret_problem, tr("`]` is missing", "缺少 `]`"));
    const char *rest = host_end ? host_end + bracketed : end;
    if (rest < end && *rest != ':')
        return fail(ERR_SYNTAX, ret_problem,
                    tr("only a port may follow the address", "地址之后只能写端口"));
    int err = rest < end ? read_port(url, rest + 1, (size_t)(end - rest - 1), ret_problem) : 0;
    if (err < 0)
        return err;
    return read_host(url, host, (size_t)((host_end ? host_end : end) - host), bracketed,
                     ret_problem);
}

int url_read(struct url *ret, const char *text, const char **ret_problem)
{
    struct url url = {0};
    if (strlen(text) > URL_BYTES_MAX)
        return fail(ERR_LIMIT, ret_problem, tr("the URL is too long", "URL 过长"));
    if (!characters_are_plain(text))
        return fail(ERR_SYNTAX, ret_problem,
                    tr("a URL has no blanks, control or foreign characters; write names as xn--…",
                       "URL 不得含空格、控制字符或非 ASCII 字符，中文域名请写成 xn--…"));
    if (strncasecmp(text, "https://", 8) == 0)
        url = (struct url){.secure = true, .port = 443};
    else if (strncasecmp(text, "http://", 7) == 0)
        url = (struct url){.port = 80};
    else
        return fail(ERR_SYNTAX, ret_problem,
                    tr("only https:// (and http:// where the site allows it) is used",
                       "只使用 https://（经本单位许可的地址可用 http://）"));
    const char *authority = text + (url.secure ? 8 : 7);
    int err = read_authority(&url, authority, strcspn(authority, "/?#"), ret_problem);
    if (err < 0)
        return err;
    if (strchr(authority, '#'))
        return fail(
            ERR_SYNTAX, ret_problem,
            tr("a fragment (#…) is never sent: leave it out", "片段（#…）不会发送，请删去"));
    *ret = url;
    return 0;
}

int url_check(const struct url *url, const struct address_rules *rules, const char **ret_problem)
{
    if (url->literal && !address_allowed(&url->address, url->secure, rules))
        return fail(ERR_INVALID, ret_problem, address_refusal(&url->address));
    if (!url->secure && rules->count == 0)
        return fail(ERR_INVALID, ret_problem,
                    tr("plain http goes only to addresses that the site has allowed",
                       "http 只能发往本单位许可的地址"));
    return 0;
}
