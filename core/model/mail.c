/* Everything that is not ASCII goes as base64, so no server on the way has a reason to change it.
 */
#include "model/mail.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/lang.h"
#include "base/str.h"
#include <string.h>

enum {
    ADDRESS_BYTES_MAX = 254, /* RFC 5321 §4.5.3.1.3 */
    LOCAL_BYTES_MAX = 64,
    ENCODED_WORD_BYTES = 45, /* 60 letters of base64: with its frame a word stays below 75 */
    LINE_BYTES = 57,         /* 76 letters of base64 */
    PLAIN_SUBJECT_MAX = 70,
    ID_HEX = 32, /* of the order's hash: 128 bits */
};
#define NEWLINE "\r\n"

/* Addresses ----------------------------------------------------------------------------------- */

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* Parts of `allowed` characters, joined by single dots. */
static bool dotted(const char *text, size_t size, const char *allowed)
{
    bool after_dot = true;
    for (size_t i = 0; i < size; i++) {
        bool dot = text[i] == '.';
        if (!text[i] || (dot ? after_dot : !strchr(allowed, text[i])))
            return false;
        after_dot = dot;
    }
    return size > 0 && !after_dot;
}

static bool domain_is_good(const char *domain)
{
    size_t size = strlen(domain);
    return size <= ADDRESS_BYTES_MAX && dotted(domain, size, LETTERS_AND_DIGITS "-") &&
           domain[0] != '-' && domain[size - 1] != '-';
}

bool mail_address_is_good(const char *address)
{
    const char *at = strchr(address, '@');
    size_t local = at ? (size_t)(at - address) : 0;
    return at && strlen(address) <= ADDRESS_BYTES_MAX && local <= LOCAL_BYTES_MAX &&
           dotted(address, local, LETTERS_AND_DIGITS "!#$%&'*+-/=?^_`{|}~") &&
           domain_is_good(at + 1);
}

static void refuse(struct findings *findings, const char *text, const char *problem)
{
    struct place place = {.file = "mail"};
    findings_add(findings, SEV_ERROR, "Q002", place,
                 tr("e.g. duty@example.com", "例如 duty@example.com"), "%s: %s", problem,
                 text ? text : "");
}

static void need_address(const char *address, struct findings *findings)
{
    if (!address || !mail_address_is_good(address))
        refuse(findings, address,
               tr("this is no mail address that can be used", "不是可用的邮箱地址"));
}

static int check(const struct mail *mail, struct findings *findings)
{
    size_t errors = findings->errors;
    need_address(mail->from.address, findings);
    if (mail->to_count == 0)
        refuse(findings, NULL, tr("the mail has no recipient", "邮件没有收件人"));
    for (size_t i = 0; i < mail->to_count; i++)
        need_address(mail->to[i].address, findings);
    if (mail->reply_to)
        need_address(mail->reply_to, findings);
    if (!domain_is_good(mail->domain))
        refuse(findings, mail->domain,
               tr("this is no mail domain that can be used", "不是可用的邮箱域名"));
    return findings->errors == errors ? 0 : ERR_INVALID;
}

/* Header values ------------------------------------------------------------------------------- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* RFC 2047: as many encoded words as it takes, each on a line of its own, no character parted. */
static void put_encoded(struct buf *buf, const char *text)
{
    for (size_t left = strlen(text); left > 0;) {
        size_t size = left < ENCODED_WORD_BYTES ? left : ENCODED_WORD_BYTES;
        while (size < left && size > ENCODED_WORD_BYTES - 4 && is_continuation(text[size]))
            size--;
        buf_puts(buf, "=?UTF-8?B?");
        base64_add(buf, text, size);
        buf_puts(buf, "?=");
        text += size;
        left -= size;
        if (left > 0)
            buf_puts(buf, NEWLINE " ");
    }
}

/* The text with blanks for controls, and what is no UTF-8 replaced. */
static void put_clean(struct buf *buf, const char *text)
{
    size_t left = strlen(text), valid = str_utf8_bad(text, left);
    for (; left > 0; text++, left--) {
        unsigned char c = (unsigned char)*text;
        if (valid == 0) {
            buf_puts(buf, "\xef\xbf\xbd");
            valid = str_utf8_bad(text + 1, left - 1);
            continue;
        }
        buf_putc(buf, c < 0x20 || c == 0x7f ? ' ' : *text);
        valid--;
    }
}

/* Letters, digits and blanks need no words around them. */
static bool is_simple(const char *text, size_t size, const char *allowed)
{
    return size <= PLAIN_SUBJECT_MAX && strspn(text, allowed) == size && *text != ' ' &&
           text[size ? size - 1 : 0] != ' ';
}

static void put_phrase(struct buf *buf, const char *text, const char *allowed)
{
    struct buf clean = {0};
    put_clean(&clean, text);
    if (is_simple(buf_str(&clean), clean.size, allowed))
        buf_puts(buf, buf_str(&clean));
    else
        put_encoded(buf, buf_str(&clean));
    buf_release(&clean);
}

static void put_person(struct buf *buf, const struct mail_person *person)
{
    if (!person->name || !*person->name) {
        buf_puts(buf, person->address);
        return;
    }
    put_phrase(buf, person->name, LETTERS_AND_DIGITS " ");
    buf_printf(buf, NEWLINE " <%s>", person->address);
}

static void put_date(struct buf *buf, instant_ms date, span_ms zone)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct civil civil = civil_of(date, zone);
    long minutes = (long)(zone / MINUTE_MS), size = minutes < 0 ? -minutes : minutes;
    buf_printf(buf, "Date: %s, %d %s %04d %02d:%02d:%02d %c%02ld%02ld" NEWLINE,
               days[civil.weekday - 1], civil.day, months[civil.month - 1], civil.year, civil.hour,
               civil.minute, civil.second, minutes < 0 ? '-' : '+', size / 60, size % 60);
}

static void order_hex(const char *order, char ret[ID_HEX + 1])
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX];
    hash_of(order, strlen(order), hash);
    hash_hex(hash, hex);
    memcpy(ret, hex, ID_HEX);
    ret[ID_HEX] = 0;
}

void mail_message_id(struct buf *buf, const char *order, const char *domain)
{
    char hex[ID_HEX + 1];
    order_hex(order, hex);
    buf_printf(buf, "<%s@%s>", hex, domain);
}

static void put_headers(struct buf *buf, const struct mail *mail)
{
    put_date(buf, mail->date, mail->zone);
    buf_puts(buf, "From: ");
    put_person(buf, &mail->from);
    for (size_t i = 0; i < mail->to_count; i++) {
        buf_puts(buf, i == 0 ? NEWLINE "To: " : "," NEWLINE " ");
        put_person(buf, &mail->to[i]);
    }
    if (mail->reply_to)
        buf_printf(buf, NEWLINE "Reply-To: %s", mail->reply_to);
    buf_puts(buf, NEWLINE "Subject: ");
    put_phrase(buf, mail->subject, LETTERS_AND_DIGITS " .,:;!()'/+-");
    buf_puts(buf, NEWLINE "Message-ID: ");
    mail_message_id(buf, mail->order, mail->domain);
    if (mail->after) {
        buf_puts(buf, NEWLINE "In-Reply-To: ");
        mail_message_id(buf, mail->after, mail->domain);
        buf_puts(buf, NEWLINE "References: ");
        mail_message_id(buf, mail->after, mail->domain);
    }
    /* RFC 3834: no absence note may answer this. */
    buf_puts(buf, NEWLINE "Auto-Submitted: auto-generated" NEWLINE "MIME-Version: 1.0" NEWLINE);
}

/* Bodies -------------------------------------------------------------------------------------- */

/* Text travels with CR LF at the end of its lines, also within base64. */
static void put_body(struct buf *buf, const char *text)
{
    struct buf canonical = {0};
    for (; *text; text++) {
        if (*text == '\r' && text[1] == '\n')
            continue;
        if (*text == '\n')
            buf_puts(&canonical, NEWLINE);
        else
            buf_putc(&canonical, *text);
    }
    for (size_t at = 0; at < canonical.size; at += LINE_BYTES) {
        size_t left = canonical.size - at;
        base64_add(buf, canonical.data + at, left < LINE_BYTES ? left : LINE_BYTES);
        buf_puts(buf, NEWLINE);
    }
    buf_release(&canonical);
}

static void put_part(struct buf *buf, const char *type, const char *text)
{
    buf_printf(buf,
               "Content-Type: text/%s; charset=utf-8" NEWLINE
               "Content-Transfer-Encoding: base64" NEWLINE NEWLINE,
               type);
    put_body(buf, text);
}

/* No line of base64 begins with two hyphens, so no body can hold the boundary. */
static void put_alternatives(struct buf *buf, const struct mail *mail)
{
    char hex[ID_HEX + 1];
    order_hex(mail->order, hex);
    buf_printf(buf, "Content-Type: multipart/alternative; boundary=\"=_%s\"" NEWLINE NEWLINE, hex);
    buf_printf(buf, "--=_%s" NEWLINE, hex);
    put_part(buf, "plain", mail->text);
    buf_printf(buf, "--=_%s" NEWLINE, hex);
    put_part(buf, "html", mail->html);
    buf_printf(buf, "--=_%s--" NEWLINE, hex);
}

int mail_print(struct buf *buf, const struct mail *mail, struct findings *findings)
{
    int err = check(mail, findings);
    if (err < 0)
        return err;
    put_headers(buf, mail);
    if (mail->html)
        put_alternatives(buf, mail);
    else
        put_part(buf, "plain", mail->text);
    return 0;
}
