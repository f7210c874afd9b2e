/* CAP: the chain, the names, drills, the feed; by the schema where xmllint and it are at hand. */
#include "base/buf.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "outlet.h"
#include "room.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] = "../shared/data/cap/cap12.xsd";
static char folder[64];
static struct outlet outlet;

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/yujing-cap-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    outlet_init(&outlet);
}

static int count_files(void)
{
    DIR *all = opendir(folder);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(all));)
        count += entry->d_name[0] != '.';
    closedir(all);
    return count;
}

static void tear_down(void)
{
    room_remove(folder);
}

TestSuite(channel_cap, .init = set_up, .fini = tear_down, .timeout = 60);

static const char national[] =
    "sender_code: '21010041600000'\nevent_type: 11B00\nidentifier: '{sender_code}_{stamp}'\n"
    "file: '{sender_code}_{stamp}_{event_type}_{colour}_{type}.XML'\nchain: first\n"
    "drill_status: test\nparameters: {senderCode: '{sender_code}', secClassification: None, "
    "severityColour: '{colour}'}\nevent_codes: {eventType: '{event_type}'}\n"
    "geocodes: {行政区划代码: '210100'}\npolygon: ['41.9,123.2', '41.9,123.6', '41.6,123.4']\n";

static void open_cap(const char *more)
{
    char *yaml =
        xasprintf("folder: %s\nsender: yujing.example.cn\nevent: 重污染天气\n%s", folder, more);
    outlet_open(&outlet, "cap", yaml);
    free(yaml);
}

static struct message notice(const char *id, const char *decision_kind)
{
    struct message message = outlet_message();
    message.id = id;
    message.kind = "public";
    message.decision_kind = decision_kind;
    message.recipient = NULL;
    message.address = "";
    message.subject = "发布重污染天气橙色预警";
    message.text = "经会商，决定发布橙色预警 <注意> & 响应。";
    return message;
}

static const char *contents(const char *name)
{
    struct findings findings = {0};
    char path[256], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (file_read(path, 1 << 20, &text, &size, &findings) < 0)
        text = xstrdup("");
    findings_release(&findings);
    const char *kept = arena_strdup(&outlet.arena, text);
    free(text);
    return kept;
}

static void expect_in(const char *text, const char *part)
{
    cr_expect_not_null(strstr(text, part), "%s is not in\n%s", part, text);
}

static void expect_valid(const char *name)
{
    char command[512];
    if (access(schema, R_OK) != 0 || system("command -v xmllint >/dev/null") != 0)
        return; /* tests/e2e/check_channels.sh says skipped */
    snprintf(command, sizeof command, "xmllint --nonet --noout --schema %s %s/%s >/dev/null 2>&1",
             schema, folder, name);
    cr_expect_eq(system(command), 0, "%s", name);
}

static struct sent *send_it(const struct message *message)
{
    struct sent *sent = outlet_send_message(&outlet, message);
    outlet_run(&outlet, outlet.count);
    return sent;
}

Test(channel_cap, a_warning_its_update_and_its_end_are_a_chain)
{
    struct message message = notice("aaaa", "issue");
    open_cap("");
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED, "%s", outlet.sent[0].trouble);
    message = notice("bbbb", "raise");
    message.at += HOUR_MS;
    message.level = "red";
    message.references = "aaaa,2025-11-25T00:00:00+08:00";
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED);
    message = notice("cccc", "lift");
    message.at += 2 * HOUR_MS;
    message.references = "aaaa,2025-11-25T00:00:00+08:00 bbbb,2025-11-25T01:00:00.250+08:00";
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED);

    const char *alert = contents("aaaa.xml"), *update = contents("bbbb.xml"),
               *cancel = contents("cccc.xml");
    expect_in(alert, "<msgType>Alert</msgType>");
    expect_in(alert, "<status>Actual</status>");
    expect_in(alert, "<scope>Public</scope>");
    expect_in(alert, "<severity>Severe</severity>");
    expect_in(alert, "&lt;注意&gt; &amp; 响应");
    expect_in(update, "<msgType>Update</msgType>");
    expect_in(update, "<severity>Extreme</severity>");
    expect_in(update, "<references>yujing.example.cn,aaaa,2025-11-25T00:00:00+08:00</references>");
    expect_in(cancel, "<msgType>Cancel</msgType>");
    expect_in(cancel, "<responseType>AllClear</responseType>");
    expect_in(cancel, "aaaa,2025-11-25T00:00:00+08:00 yujing.example.cn,bbbb,");
    expect_valid("aaaa.xml");
    expect_valid("bbbb.xml");
    expect_valid("cccc.xml");

    const char *feed = contents("feed.atom");
    const char *first = strstr(feed, "cccc.xml"), *last = strstr(feed, "aaaa.xml");
    cr_expect(first && last && first < last, "newest first: %s", feed);
    outlet_close(&outlet);
}

Test(channel_cap, what_follows_nothing_is_a_first_alert)
{
    struct message message = notice("aaaa", "lift");
    open_cap("");
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED);
    expect_in(contents("aaaa.xml"), "<msgType>Alert</msgType>");
    expect_valid("aaaa.xml");
    message = notice("bbbb", "reopen");
    message.references = "aaaa,2025-11-24T00:00:00+08:00";
    send_it(&message);
    expect_in(contents("bbbb.xml"), "<msgType>Alert</msgType>");
    outlet_close(&outlet);
}

Test(channel_cap, national_names_and_fields)
{
    struct message message = notice("aaaa", "raise");
    message.references = "0000,2025-11-24T23:00:00+08:00 1111,2025-11-24T23:30:00+08:00";
    open_cap(national);
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED, "%s", outlet.sent[0].trouble);
    const char *name = "21010041600000_20251125000000_11B00_ORANGE_UPDATE.XML";
    const char *alert = contents(name);
    expect_in(alert, "<identifier>21010041600000_20251125000000</identifier>");
    expect_in(alert, "<references>yujing.example.cn,21010041600000_20251124230000,"
                     "2025-11-24T23:00:00+08:00</references>");
    expect_in(alert, "<valueName>senderCode</valueName>");
    expect_in(alert, "<value>ORANGE</value>");
    expect_in(alert, "<value>210100</value>");
    expect_in(alert, "<polygon>41.9,123.2 41.9,123.6 41.6,123.4 41.9,123.2</polygon>");
    expect_valid(name);
    outlet_close(&outlet);
}

Test(channel_cap, two_of_one_name_are_two_files_and_a_repeat_is_none)
{
    struct message one = notice("aaaa1111x", "issue"), two = notice("bbbb2222y", "issue");
    open_cap("file: '{stamp}.xml'\n");
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(send_it(&one)->outcome, OUTCOME_DELIVERED);
        cr_expect_eq(send_it(&two)->outcome, OUTCOME_DELIVERED);
    }
    cr_expect_eq(count_files(), 3, "two messages and the feed, not %d", count_files());
    expect_in(contents("20251125000000.xml"), "aaaa1111x");
    expect_in(contents("20251125000000-bbbb2222y.xml"), "bbbb2222y");
    outlet_close(&outlet);
}

static void try_drill(const char *more, const char *status)
{
    struct message message = notice("aaaa", "issue");
    outlet.effects = EFFECTS_PAPER;
    message.drill = true;
    message.text = "【演练】发布橙色预警。";
    open_cap(more);
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED, "%s", outlet.sent[0].trouble);
    const char *alert = contents("aaaa.xml");
    expect_in(alert, status);
    expect_in(alert, "<scope>Restricted</scope>");
    cr_expect_null(strstr(alert, "Actual"));
    cr_expect_null(strstr(alert, "Public"));
    expect_valid("aaaa.xml");
    expect_in(contents("feed.atom"), "aaaa.xml");
    outlet_close(&outlet);
}

Test(channel_cap, a_drill_is_an_exercise)
{
    try_drill("", "<status>Exercise</status>");
}

Test(channel_cap, a_drill_is_a_test_where_the_platform_wants_it_so)
{
    try_drill("drill_status: test\n", "<status>Test</status>");
}

Test(channel_cap, a_drill_never_leaves_live_nor_life_in_a_drill)
{
    struct message message = notice("aaaa", "issue");
    open_cap("");
    message.text = "【演练】发布橙色预警。";
    message.drill = true;
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_REFUSED);
    outlet_close(&outlet);
    outlet_init(&outlet);
    outlet.effects = EFFECTS_PAPER;
    open_cap("");
    message.drill = false; /* with the banner, yet Actual: somebody's mistake */
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_REFUSED);
    cr_expect_eq(count_files(), 0);
    outlet_close(&outlet);
}

Test(channel_cap, a_self_check_is_a_test_and_not_in_the_feed)
{
    struct message message = notice("aaaa", NULL);
    message.kind = "test";
    open_cap("");
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_DELIVERED);
    expect_in(contents("aaaa.xml"), "<status>Test</status>");
    cr_expect_null(strstr(contents("feed.atom"), "aaaa"));
    outlet_close(&outlet);
}

Test(channel_cap, what_is_for_one_is_not_for_all)
{
    struct message message = outlet_message();
    open_cap("");
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_REFUSED);
    message = notice("bbbb", NULL);
    message.kind = "correction";
    message.recipient = "E001";
    cr_expect_eq(send_it(&message)->outcome, OUTCOME_REFUSED);
    cr_expect_eq(count_files(), 0);
    outlet_close(&outlet);
}

Test(channel_cap, a_restart_gives_the_same_feed_and_it_stays_bounded)
{
    char id[16];
    open_cap("feed_entries: 3\nlink: https://www.example.cn/cap/\n");
    for (int i = 0; i < 5; i++) {
        snprintf(id, sizeof id, "id%d", i);
        struct message message = notice(id, "issue");
        message.at += i * MINUTE_MS;
        send_it(&message);
    }
    char *before = xstrdup(contents("feed.atom"));
    outlet_close(&outlet);
    outlet_init(&outlet);
    open_cap("feed_entries: 3\nlink: https://www.example.cn/cap/\n");
    struct message again = notice("id4", "issue");
    again.at += 4 * MINUTE_MS;
    send_it(&again);
    const char *after = contents("feed.atom");
    cr_expect_str_eq(before, after);
    free(before);
    expect_in(after, "https://www.example.cn/cap/id4.xml");
    cr_expect_null(strstr(after, "id1.xml"));
    outlet_close(&outlet);
}

static void expect_code(const char *more, const char *code)
{
    char *yaml = xasprintf("folder: f\nsender: a.cn\nevent: x\n%s", more);
    cr_expect_not(outlet_read(&outlet, "cap", yaml), "%s", yaml);
    cr_assert_gt(outlet.findings.count, 0);
    cr_expect_str_eq(outlet.findings.items[0].code, code, "%s: %s", more,
                     outlet.findings.items[0].message);
    findings_release(&outlet.findings);
    outlet.findings = (struct findings){0};
    free(yaml);
}

Test(channel_cap, what_cannot_be_meant_is_told)
{
    expect_code("categories: [Air]\n", "D062");
    expect_code("levels: {red: {severity: Bad}}\n", "D062");
    expect_code("polygon: ['1,2', '3,4', 'x']\n", "D062");
    expect_code("identifier: 'a b'\n", "D062");
    expect_code("file: '{nothing}'\n", "Q003");
    outlet.gateway.channel = NULL;
    outlet_close(&outlet);
}
