/* Mail: a letter as text and HTML, handed to the site's mail server.
 *
 * The message is rendered when the letter is made, its date and Message-ID the letter's, so that a
 * second transmission is the same mail.  The server is the configuration's; the address is the
 * enterprise's, and goes no further than RCPT TO. */
#include "base/arena.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/html.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/mail.h"
#include "model/schema.h"
#include "shell/channel.h"
#include "shell/conf.h"
#include "shell/mailer.h"
#include "shell/secret_file.h"
#include "shell/status.h"
#include <stdlib.h>
#include <string.h>

enum { SESSIONS = 2 };

struct smtp_conf {
    const char *server; /* smtp://host:25 or smtps://host:465 */
    const char *from, *from_name, *reply_to, *domain;
    const char *user, *password_file, *ca_file;
    bool plain; /* without STARTTLS, on the machine itself */
    int sessions;
};
struct smtp {
    struct mailer *mailer;
    char *password;
    enum effects effects;
    uv_loop_t *loop;
    void (*closed)(void *arg);
    void *closed_arg;
};
struct sending {
    channel_done *done;
    void *arg;
};

#define AT(member) offsetof(struct smtp_conf, member)
static const struct field own_fields[] = {
    FIELD("server", FIELD_TEXT, AT(server), .required = true),
    FIELD("from", FIELD_TEXT, AT(from), .required = true),
    FIELD("from_name", FIELD_TEXT, AT(from_name)),
    FIELD("reply_to", FIELD_TEXT, AT(reply_to)),
    FIELD("user", FIELD_TEXT, AT(user)),
    FIELD("password_file", FIELD_TEXT, AT(password_file)),
    FIELD("ca_file", FIELD_TEXT, AT(ca_file)),
    FIELD("plain", FIELD_BOOL, AT(plain)),
    FIELD("sessions", FIELD_INT, AT(sessions), .low = 1, .high = MAIL_SESSIONS_MAX),
};
static const struct schema own_schema = {"a mail gateway", "邮件网关", own_fields,
                                         sizeof own_fields / sizeof *own_fields, true};

static bool conf_is_meant(const struct smtp_conf *conf, const struct yaml *node,
                          struct findings *findings)
{
    size_t errors = findings->errors;
    if (!mail_address_is_good(conf->from))
        findings_add(findings, SEV_ERROR, "D053", yaml_place(yaml_get(node, "from")),
                     tr("local@domain", "例如 yujing@example.cn"),
                     tr("mail cannot be sent from this address", "不是可用的发件地址"));
    if (!str_starts(conf->server, "smtp://") && !str_starts(conf->server, "smtps://"))
        findings_add(
            findings, SEV_ERROR, "D054", yaml_place(yaml_get(node, "server")),
            tr("smtp://mail.example.cn:587 (STARTTLS) or smtps://mail.example.cn:465",
               "例如 smtp://mail.example.cn:587（STARTTLS）或 smtps://mail.example.cn:465"),
            tr("this is no mail server", "不是邮件服务器地址"));
    if (conf->plain && conf->password_file)
        findings_add(findings, SEV_ERROR, "D055", yaml_place(yaml_get(node, "plain")),
                     tr("leave out plain, or the password", "请去掉 plain 或口令"),
                     tr("a password would travel unencrypted", "口令将以明文传输"));
    return findings->errors == errors;
}

static int smtp_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                     const char *conf_path, struct findings *findings)
{
    struct smtp_conf *conf = arena_alloc(arena, sizeof *conf);
    *ret_conf = conf;
    conf->sessions = SESSIONS;
    if (!schema_read(&own_schema, node, conf, findings))
        return ERR_INVALID;
    if (!conf_is_meant(conf, node, findings))
        return ERR_INVALID;
    conf->domain = strchr(conf->from, '@') + 1;
    conf->password_file = conf_beside(arena, conf_path, conf->password_file);
    conf->ca_file = conf_beside(arena, conf_path, conf->ca_file);
    return 0;
}

/* ---- the message ------------------------------------------------------- */

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void print_text(struct buf *text, const struct message *message)
{
    buf_printf(text, "%s\n", message->text);
    if (message->ack_url)
        buf_printf(text, "\n收到后请点此确认：%s\n", message->ack_url);
    buf_printf(text, "\n%s\n编号：%s\n", or_empty(message->authority), message->id);
}

static void print_html(struct buf *html, const struct message *message)
{
    buf_printf(html, "<!DOCTYPE html><html lang=\"zh-CN\"><meta charset=\"utf-8\"><title>");
    html_text(html, message->subject);
    buf_printf(html, "</title><body style=\"font:16px/1.7 sans-serif;max-width:40em\"><h1 "
                     "style=\"font-size:20px\">");
    html_text(html, message->subject);
    buf_printf(html, "</h1><p style=\"white-space:pre-line\">");
    html_text(html, message->text);
    buf_printf(html, "</p>");
    if (message->ack_url) {
        buf_printf(html, "<p><a style=\"background:#0B5CAD;color:#fff;padding:.6em 1.2em;"
                         "text-decoration:none\" href=\"");
        html_text(html, message->ack_url);
        buf_printf(html, "\">确认收到</a></p>");
    }
    buf_printf(html, "<p style=\"color:#555\">");
    html_text(html, or_empty(message->authority));
    buf_printf(html, "<br>编号：");
    html_text(html, message->id);
    buf_printf(html, "</p></body></html>\n");
}

static int smtp_render(const void *conf_, const struct message *message, struct buf *ret_bytes)
{
    const struct smtp_conf *conf = conf_;
    struct buf text = {0}, html = {0};
    struct findings findings = {0};
    struct mail_person to = {message->name, message->address};
    print_text(&text, message);
    print_html(&html, message);
    struct mail mail = {
        .from = {conf->from_name ? conf->from_name : message->authority, conf->from},
        .to = &to,
        .to_count = 1,
        .reply_to = conf->reply_to,
        .subject = message->subject,
        .text = buf_str(&text),
        .html = buf_str(&html),
        .date = message->at,
        .zone = message->zone,
        .order = message->id,
        .after = message->about,
        .domain = conf->domain,
    };
    int err = mail_print(ret_bytes, &mail, &findings);
    findings_release(&findings);
    buf_release(&text);
    buf_release(&html);
    return err;
}

/* ---- sending ----------------------------------------------------------- */

static int smtp_open(void **ret_self, uv_loop_t *loop, const void *conf_,
                     const struct channel_options *options, struct findings *findings)
{
    const struct smtp_conf *conf = conf_;
    char *password = NULL;
    if (conf->password_file && secret_file_read(&password, conf->password_file, findings) < 0)
        return ERR_IO;
    struct smtp *smtp = xcalloc(1, sizeof *smtp);
    *smtp = (struct smtp){.password = password, .effects = options->effects, .loop = loop};
    struct mailer_options mailer = {
        .server = conf->server,
        .user = conf->user,
        .password = password,
        .ca_file = conf->ca_file,
        .from = conf->from,
        .must_encrypt = !conf->plain,
        .sessions = conf->sessions,
        .timeout_ms = options->gateway->timeout,
    };
    smtp->mailer = mailer_new(loop, &mailer);
    *ret_self = smtp;
    return 0;
}

/* The server's code is SMTP's: 4xx passes, 5xx does not (RFC 5321 §4.2.1).  A server that does not
 * let us in has not judged the letter. */
static void answered(void *arg, const struct mail_answer *answer)
{
    struct sending *sending = arg;
    struct buf trouble = {0};
    bool about_it = !answer->denied && !answer->certificate;
    bool final = about_it && answer->status >= 500 && answer->status < 600;
    if (answer->trouble)
        buf_printf(&trouble, "%s%s", answer->certificate ? tr("certificate: ", "证书：") : "",
                   answer->trouble);
    sending->done(sending->arg,
                  !answer->trouble ? OUTCOME_DELIVERED
                  : final          ? OUTCOME_REFUSED
                                   : OUTCOME_RETRY,
                  answer->trouble ? buf_str(&trouble) : NULL, -1);
    buf_release(&trouble);
    free(sending);
}

/* Readers see what the base64 says, so that is what must carry the banner, or must not. */
static void decode_parts(struct buf *text, const char *mail, size_t size)
{
    static const char blank[] = "\r\n\r\n";
    const char *end = mail + size, *at = mail;
    while ((at = memmem(at, (size_t)(end - at), blank, 4))) {
        struct buf lines = {0};
        for (at += 4; at < end && *at != '-'; at++)
            if (*at != '\r' && *at != '\n')
                buf_putc(&lines, *at);
        base64_read(text, buf_str(&lines), lines.size);
        buf_release(&lines);
    }
}

static const char *refusal(const struct smtp *smtp, const struct parcel *parcel)
{
    struct buf text = {0};
    decode_parts(&text, parcel->bytes, parcel->size);
    struct parcel shown = *parcel;
    shown.bytes = text.data;
    shown.size = text.size;
    const char *refused = parcel_refused(&shown, smtp->effects);
    buf_release(&text);
    if (!refused && !mail_address_is_good(parcel->address))
        refused = tr("this is no mail address", "不是有效的邮箱地址");
    return refused;
}

static void smtp_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct smtp *smtp = self;
    const char *refused = refusal(smtp, parcel);
    if (refused) {
        channel_refuse(smtp->loop, refused, done, arg);
        return;
    }
    struct sending *sending = xcalloc(1, sizeof *sending);
    *sending = (struct sending){done, arg};
    mailer_send(smtp->mailer, parcel->address, parcel->bytes, parcel->size, answered, sending);
}

/* The sessions may still need the password. */
static void mailer_closed(void *arg)
{
    struct smtp *smtp = arg;
    secret_file_free(smtp->password);
    smtp->closed(smtp->closed_arg);
    free(smtp);
}

static void smtp_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct smtp *smtp = self;
    if (!smtp) {
        closed(arg);
        return;
    }
    smtp->closed = closed;
    smtp->closed_arg = arg;
    mailer_close(smtp->mailer, mailer_closed, smtp);
}

const struct channel channel_smtp = {
    .kind = "smtp",
    .address = ADDRESS_EMAIL,
    .read = smtp_read,
    .render = smtp_render,
    .open = smtp_open,
    .send = smtp_send,
    .close = smtp_close,
};
