/* Mail: a server that speaks SMTP as it is told, and what becomes of the letter. */
#include "base/xalloc.h"
#include "outlet.h"
#include "peer.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct outlet outlet;
static struct peer peer;
/* What the server says to each; NULL: what it says when all is well. */
static const char *greeting, *to_ehlo, *to_rcpt, *to_data, *to_mail;
static struct buf mails; /* what came between DATA and the dot, dot included */

enum { NEW, COMMANDS, MAIL };

static const char * or (const char *answer, const char *usual)
{
    return answer ? answer : usual;
}

static void obey(struct caller *caller, const char *line)
{
    if (strncmp(line, "EHLO", 4) == 0) {
        caller_say(caller, or (to_ehlo, "250-peer\r\n250 8BITMIME\r\n"));
    } else if (strncmp(line, "MAIL", 4) == 0) {
        caller_say(caller, or (to_mail, "250 ok\r\n"));
    } else if (strncmp(line, "RCPT", 4) == 0) {
        buf_printf(&mails, "%s\n", line);
        caller_say(caller, or (to_rcpt, "250 ok\r\n"));
    } else if (strncmp(line, "DATA", 4) == 0) {
        caller->state = MAIL;
        caller_say(caller, "354 go on\r\n");
    } else if (strncmp(line, "QUIT", 4) == 0) {
        caller_say(caller, "221 bye\r\n");
    } else {
        caller_say(caller, "250 ok\r\n");
    }
}

static void hear_mail(struct caller *caller)
{
    char *end;
    if (caller->state == NEW) {
        caller->state = COMMANDS;
        caller_say(caller, or (greeting, "220 peer ESMTP\r\n"));
    }
    while ((end = strstr(buf_str(&caller->in), caller->state == MAIL ? "\r\n.\r\n" : "\r\n"))) {
        size_t size = (size_t)(end - caller->in.data);
        if (caller->state == MAIL) {
            buf_add(&mails, caller->in.data, size);
            buf_puts(&mails, "\n.\n");
            caller->state = COMMANDS;
            caller->peer->requests++;
            caller_take(caller, size + 5);
            caller_say(caller, or (to_data, "250 queued\r\n"));
            continue;
        }
        char *line = xstrdup(buf_str(&caller->in));
        line[size] = 0;
        caller_take(caller, size + 2);
        obey(caller, line);
        free(line);
    }
}

static void set_up(void)
{
    outlet_init(&outlet);
    peer_open(&peer, &outlet.loop, hear_mail);
}

TestSuite(channel_smtp, .init = set_up, .timeout = 60);

static void open_mail(const char *more)
{
    char *yaml =
        xasprintf("server: smtp://127.0.0.1:%d\nfrom: yujing@example.cn\n%s", peer.port, more);
    outlet_open(&outlet, "smtp", yaml);
    free(yaml);
}

static void end(void)
{
    peer_close(&peer);
    outlet_close(&outlet);
    buf_release(&mails);
}

static struct message mail_message(void)
{
    struct message message = outlet_message();
    message.address = "duty@plant.example.cn";
    return message;
}

static struct sent *send_one(void)
{
    struct message message = mail_message();
    struct sent *sent = outlet_send_message(&outlet, &message);
    outlet_run(&outlet, outlet.count);
    return sent;
}

static const char plain[] = "plain: true\n";

Test(channel_smtp, a_letter_arrives_as_text_and_html)
{
    open_mail(plain);
    struct sent *sent = send_one();
    cr_expect_eq(sent->outcome, OUTCOME_DELIVERED, "%s", sent->trouble);
    const char *mail = buf_str(&mails);
    cr_expect_not_null(strstr(mail, "RCPT TO:<duty@plant.example.cn>"));
    cr_expect_not_null(strstr(mail, "@example.cn>\r\nAuto-Submitted: auto-generated\r\n"), "%s",
                       mail);
    cr_expect_not_null(strstr(mail, "text/plain"));
    cr_expect_not_null(strstr(mail, "text/html"));
    end();
}

Test(channel_smtp, a_second_attempt_is_the_same_mail)
{
    struct message message = mail_message();
    struct buf first = {0}, second = {0};
    open_mail(plain);
    cr_assert_eq(channel_smtp.render(outlet.gateway.conf, &message, &first), 0);
    outlet.now += HOUR_MS;
    cr_assert_eq(channel_smtp.render(outlet.gateway.conf, &message, &second), 0);
    cr_expect_str_eq(buf_str(&first), buf_str(&second));
    buf_release(&first);
    buf_release(&second);
    end();
}

Test(channel_smtp, the_session_is_used_again)
{
    open_mail(plain);
    outlet.gateway.concurrency = 64;
    for (int i = 0; i < 10; i++)
        cr_expect_eq(send_one()->outcome, OUTCOME_DELIVERED);
    cr_expect_eq(peer.requests, 10);
    cr_expect_leq(peer.callers, 2, "one for each session, not %d", peer.callers);
    end();
}

Test(channel_smtp, what_the_server_says_of_the_letter_decides)
{
    open_mail(plain);
    to_rcpt = "450 later\r\n";
    cr_expect_eq(send_one()->outcome, OUTCOME_RETRY);
    to_rcpt = "550 no such user\r\n";
    struct sent *sent = send_one();
    cr_expect_eq(sent->outcome, OUTCOME_REFUSED);
    cr_expect_neq(sent->trouble[0], 0);
    to_rcpt = NULL;
    to_data = "452 full\r\n";
    cr_expect_eq(send_one()->outcome, OUTCOME_RETRY);
    to_data = "554 spam\r\n";
    cr_expect_eq(send_one()->outcome, OUTCOME_REFUSED);
    to_data = NULL;
    cr_expect_eq(send_one()->outcome, OUTCOME_DELIVERED);
    end();
}

Test(channel_smtp, a_server_that_does_not_let_us_in_has_not_judged_the_letter)
{
    open_mail(plain);
    greeting = "554 no service\r\n";
    cr_expect_eq(send_one()->outcome, OUTCOME_RETRY);
    greeting = NULL;
    end();
}

Test(channel_smtp, without_encryption_nothing_is_said)
{
    open_mail("");
    struct sent *sent = send_one();
    cr_expect_eq(sent->outcome, OUTCOME_RETRY, "%s", sent->trouble);
    cr_expect_eq(peer.requests, 0);
    cr_expect_null(strstr(buf_str(&mails), "RCPT"));
    end();
}

Test(channel_smtp, a_password_never_goes_unencrypted)
{
    char *yaml = xasprintf("server: smtp://127.0.0.1:%d\nfrom: a@example.cn\nplain: true\n"
                           "user: yujing\npassword_file: password\n",
                           peer.port);
    cr_expect_not(outlet_read(&outlet, "smtp", yaml));
    cr_expect_str_eq(outlet.findings.items[0].code, "D055");
    free(yaml);
    outlet.gateway.channel = NULL;
    end();
}

Test(channel_smtp, addresses_that_could_break_out_are_refused_unsent)
{
    static const char *const bad[] = {"a@b\r\nRCPT TO:<x@y>", "a b@c.cn", "<a@b.cn>", "", "a@",
                                      "a@b.cn,c@d.cn"};
    struct message message = mail_message();
    struct buf bytes = {0};
    open_mail(plain);
    cr_assert_eq(channel_smtp.render(outlet.gateway.conf, &message, &bytes), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sent *sent = outlet_send(&outlet, "x", bad[i], buf_str(&bytes));
        outlet_run(&outlet, outlet.count);
        cr_expect_eq(sent->outcome, OUTCOME_REFUSED, "%s", bad[i]);
    }
    cr_expect_eq(peer.callers, 0);
    buf_release(&bytes);
    end();
}

Test(channel_smtp, the_banner_is_seen_through_the_encoding)
{
    struct message message = mail_message();
    open_mail(plain);
    message.text = "【演练】启动响应。";
    message.drill = true;
    struct sent *sent = outlet_send_message(&outlet, &message);
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_REFUSED, "a drill left on the living side");
    cr_expect_eq(peer.callers, 0);
    end();
}

Test(channel_smtp, on_paper_the_banner_is_needed)
{
    struct message message = mail_message();
    outlet.effects = EFFECTS_PAPER;
    open_mail(plain);
    outlet_send_message(&outlet, &message);
    message.text = "【演练】启动响应。";
    outlet_send_message(&outlet, &message);
    outlet_run(&outlet, 2);
    cr_expect_eq(outlet.sent[0].outcome, OUTCOME_REFUSED);
    cr_expect_eq(outlet.sent[1].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[1].trouble);
    end();
}

Test(channel_smtp, what_cannot_be_meant_is_told)
{
    cr_expect_not(outlet_read(&outlet, "smtp", "server: http://mail.example.cn\nfrom: nobody\n"));
    cr_expect_eq(outlet.findings.errors, 2);
    outlet.gateway.channel = NULL;
    end();
}
