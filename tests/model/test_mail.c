/* Mail as bytes: read back by Python's own parser, and headers that nobody can add to. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "model/mail.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct mail_person to[] = {{"示例铸造有限公司 值班室", "duty@foundry.example"},
                                        {NULL, "plain@example.com"}};

static struct mail good(void)
{
    return (struct mail){.from = {"示例市重污染天气应急指挥部", "alert@example.com"},
                         .to = to,
                         .to_count = 2,
                         .subject = "【演练】关于启动重污染天气橙色预警的通知：请贵单位自 11 月 8 "
                                    "日 16 时起执行 🏭 减排措施",
                         .text = "第一行\n第二行\r\n.\n--结尾--\n",
                         .html = "<p>请立即执行。</p>",
                         .date = INT64_C(1446971400000),
                         .zone = 8 * HOUR_MS,
                         .order = "heavy-pollution/210100/2015-10-30T16:00/示例",
                         .domain = "example.com"};
}

static char *print(const struct mail *mail)
{
    struct buf buf = {0};
    struct findings findings = {0};
    cr_assert_eq(mail_print(&buf, mail, &findings), 0);
    findings_release(&findings);
    return buf_detach(&buf);
}

/* Every line ends with CR LF, is short, and holds ASCII alone. */
static void expect_lines(const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\r\n");
        cr_assert_not_null(end, "%s", text);
        cr_assert_leq(end - text, 998);
        for (; text < end; text++)
            cr_assert(*text != '\r' && *text != '\n' && (unsigned char)*text < 0x7f);
        text = end + 2;
    }
}

Test(mail, python_reads_it_back)
{
    static const char script[] =
        "import email, email.policy, sys\n"
        "m = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.default)\n"
        "assert not m.defects, m.defects\n"
        "assert m['Subject'] == '【演练】关于启动重污染天气橙色预警的通知：请贵单位自 11 月 8 日 "
        "16 时起"
        "执行 🏭 减排措施', m['Subject']\n"
        "assert m['From'].addresses[0].display_name == '示例市重污染天气应急指挥部'\n"
        "assert m['From'].addresses[0].addr_spec == 'alert@example.com'\n"
        "assert [a.addr_spec for a in m['To'].addresses] == ['duty@foundry.example', "
        "'plain@example.com']\n"
        "assert m['To'].addresses[0].display_name == '示例铸造有限公司 值班室'\n"
        "assert m['Date'].datetime.isoformat() == '2015-11-08T16:30:00+08:00'\n"
        "assert m['Auto-Submitted'] == 'auto-generated'\n"
        "assert m['In-Reply-To'] == m['References'] != m['Message-ID']\n"
        "parts = list(m.iter_parts())\n"
        "assert [p.get_content_type() for p in parts] == ['text/plain', 'text/html']\n"
        "assert parts[0].get_payload(decode=True).decode() == '第一行\\r\\n第二行\\r\\n.\\r\\n"
        "--结尾--\\r\\n'\n"
        "assert parts[1].get_content().strip() == '<p>请立即执行。</p>'\n";
    char folder[] = "/tmp/yujing-mail-XXXXXX", path[64], code[64], command[160];
    struct findings findings = {0};
    if (system("command -v python3 >/dev/null") != 0)
        cr_skip_test("python3 is not installed");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/mail", folder);
    snprintf(code, sizeof code, "%s/read.py", folder);
    struct mail mail = good();
    mail.after = "another";
    char *text = print(&mail);
    cr_assert_eq(file_write_atomic(path, text, strlen(text), &findings), 0);
    cr_assert_eq(file_write_atomic(code, script, strlen(script), &findings), 0);
    snprintf(command, sizeof command, "python3 %s %s", code, path);
    cr_expect_eq(system(command), 0, "%s", text);
    unlink(path);
    unlink(code);
    rmdir(folder);
    free(text);
    findings_release(&findings);
}

Test(mail, equal_orders_have_equal_bytes)
{
    struct mail mail = good();
    char *once = print(&mail), *twice = print(&mail);
    cr_expect_str_eq(once, twice);
    expect_lines(once);
    cr_expect_not_null(strstr(once, "\r\nMessage-ID: <"));
    cr_expect_not_null(strstr(once, "Date: Sun, 8 Nov 2015 16:30:00 +0800\r\n"));
    mail.order = "another";
    char *other = print(&mail);
    cr_expect_str_neq(strstr(once, "Message-ID"), strstr(other, "Message-ID"));
    free(once);
    free(twice);
    free(other);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

Test(mail, no_text_can_begin_a_header)
{
    struct mail mail = good();
    struct mail_person person = {"a\r\nBcc: x@example.com", "a@example.com"};
    mail.to = &person;
    mail.to_count = 1;
    mail.from.name = "Bcc: y@example.com\n\n";
    mail.subject = "x\r\nBcc: z@example.com\r\n\r\nbody";
    mail.order = "id>\r\nBcc: q@example.com";
    mail.text = "\r\nBcc: t@example.com\r\n.\r\n";
    mail.html = NULL;
    char *text = print(&mail);
    expect_lines(text);
    cr_expect_eq(count_of(text, "Bcc"), 0, "%s", text);
    cr_expect_eq(count_of(text, "\r\n\r\n"), 1, "one body");
    free(text);
    mail.subject = "\xff\xfe broken";
    text = print(&mail);
    expect_lines(text);
    free(text);
}

Test(mail, addresses_that_cannot_be_used)
{
    static const char *const bad[] = {"",
                                      "a",
                                      "@example.com",
                                      "a@",
                                      "a@b@c",
                                      "a b@example.com",
                                      "a@example.com\r\nBcc: x@example.com",
                                      "a@example.com,b@example.com",
                                      "<a@example.com>",
                                      "\"a b\"@example.com",
                                      "a@[127.0.0.1]",
                                      "a..b@example.com",
                                      ".a@example.com",
                                      "a.@example.com",
                                      "a@example..com",
                                      "a@-example.com",
                                      "值班@example.com",
                                      "a@示例.com"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct mail mail = good();
        struct mail_person person = {NULL, bad[i]};
        struct buf buf = {0};
        struct findings findings = {0};
        cr_expect_not(mail_address_is_good(bad[i]), "%s", bad[i]);
        mail.to = &person;
        mail.to_count = 1;
        cr_expect_eq(mail_print(&buf, &mail, &findings), ERR_INVALID);
        cr_expect_eq(findings.errors, 1);
        cr_expect_eq(buf.size, 0);
        findings_release(&findings);
        buf_release(&buf);
    }
    cr_expect(mail_address_is_good("first.last+tag@mail-1.example.com.cn"));
}

Test(mail, everything_wrong_is_told)
{
    struct mail mail = good();
    struct buf buf = {0};
    struct findings findings = {0};
    mail.to_count = 0;
    mail.from.address = "x";
    mail.reply_to = "y";
    mail.domain = "a b";
    cr_expect_eq(mail_print(&buf, &mail, &findings), ERR_INVALID);
    cr_expect_eq(findings.errors, 4);
    findings_release(&findings);
}
