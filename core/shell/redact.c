/* One walk over the text; at each place that begins a word the known shapes are tried. */
#include "shell/redact.h"
#include "base/buf.h"
#include "base/str.h"
#include <stdbool.h>
#include <string.h>

enum {
    PHONE_DIGITS = 11, /* a mobile number in China: 1[3-9] and nine digits */
    NAME_BYTES_MAX = 64,
};

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
    return is_letter(c) || is_digit(c) || c == '_' || c == '-';
}

/* How far a secret that begins here reaches; 0: none does.  The characters are those of base64 in
 * both its alphabets. */
static size_t secret_size(const char *at)
{
    static const char *const prefixes[] = {"yj_", "whsec_", "Bearer ", "scrypt$"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t size = strlen(prefixes[i]);
        if (!str_starts(at, prefixes[i]))
            continue;
        size_t secret = strspn(at + size, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789+/=_-$.~");
        return secret >= 8 ? size + secret : 0;
    }
    return 0;
}

/* The password of scheme://user:password@host: where it begins and how long it is. */
static size_t password_size(const char *at, size_t *ret_skip)
{
    if (!str_starts(at, "://"))
        return 0;
    const char *user = at + 3, *colon = user + strcspn(user, ":/@ \t\"");
    const char *end = colon + strcspn(colon, "@/ \t\"");
    if (*colon != ':' || *end != '@')
        return 0;
    *ret_skip = (size_t)(colon + 1 - at);
    return (size_t)(end - colon - 1);
}

static size_t phone_size(const char *at)
{
    size_t digits = 0;
    while (is_digit(at[digits]))
        digits++;
    bool phone = digits == PHONE_DIGITS && at[0] == '1' && at[1] >= '3';
    return phone && !is_word(at[digits]) ? digits : 0;
}

/* The part before the @ of a mail address; 0: it is none. */
static size_t mail_size(const char *at)
{
    size_t name = 0;
    while (name < NAME_BYTES_MAX && (is_word(at[name]) || at[name] == '.' || at[name] == '+'))
        name++;
    return name > 0 && at[name] == '@' && (is_letter(at[name + 1]) || is_digit(at[name + 1])) ? name
                                                                                              : 0;
}

static size_t strike_people(struct buf *buf, const char *at)
{
    size_t size = phone_size(at);
    if (size > 0) {
        buf_printf(buf, "%.3s****%.4s", at, at + 7);
        return size;
    }
    size = mail_size(at);
    if (size > 0)
        buf_printf(buf, "%.1s***", at);
    return size;
}

static size_t strike(struct buf *buf, const char *at, bool begins, bool people)
{
    size_t skip, size;
    if ((size = password_size(at, &skip)) > 0) {
        buf_printf(buf, "%.*s***", (int)skip, at);
        return skip + size;
    }
    if (!begins)
        return 0;
    if ((size = secret_size(at)) > 0) {
        buf_puts(buf, "***");
        return size;
    }
    return people ? strike_people(buf, at) : 0;
}

void redact(struct buf *buf, const char *text, int people)
{
    char before = ' ';
    while (*text) {
        bool begins = !is_word(before) && before != '.' && before != '+';
        size_t struck = strike(buf, text, begins, people);
        if (struck == 0) {
            buf_putc(buf, *text);
            struck = 1;
        }
        before = text[struck - 1];
        text += struck;
    }
}
