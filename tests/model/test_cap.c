/* CAP 1.2 against the schema of OASIS by xmllint, where both are at hand, and against what the
 * schema lets through. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "model/cap.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] = "../shared/data/cap/cap12.xsd";
enum { ZONE = 8 * HOUR_MS };
#define SENT INT64_C(1446971400000) /* 2015-11-08T16:30:00+08:00 */
#define SENT_LATER (SENT + 3 * (instant_ms)HOUR_MS)

static const char *const env[] = {"Env", "Health"};
static const char *const prepare[] = {"Prepare", "Monitor"};
static const struct cap_value codes[] = {{"行政区划代码", "210100"}};
static const struct cap_value fields[] = {
    {"senderCode", "21010041600000"}, {"secClassification", "None"}, {"预警颜色", "橙色<&>"}};
static const struct cap_value events[] = {{"eventType", "11B99"}};
static const struct cap_point outline[] = {
    {41800000, 123400000}, {41900000, 123500000}, {41700000, 123600000}};
static const struct cap_area areas[] = {{"沈阳市", outline, 3, {codes, 1}},
                                        {"示例区", NULL, 0, {NULL, 0}}};
static const struct cap_resource resources[] = {
    {"通知全文", "application/pdf", "https://example.com/1.pdf", NULL}};
static const struct cap_reference before[] = {
    {"示例市应急指挥部", "21010041600000_20151108163000", SENT}};

static struct cap_info info_of(const char *language)
{
    return (struct cap_info){.language = language,
                             .categories = {env, 2},
                             .responses = {prepare, 2},
                             .event = "重污染天气",
                             .urgency = "Expected",
                             .severity = "Severe",
                             .certainty = "Likely",
                             .event_codes = {events, 1},
                             .effective = SENT,
                             .onset = SENT_LATER,
                             .expires = INSTANT_NONE,
                             .sender_name = "示例市应急指挥部",
                             .headline = "示例市发布重污染天气橙色预警",
                             .description = "预计未来三日 AQI > 200 & 持续。",
                             .instruction = "请减少户外活动。",
                             .web = "https://example.com/",
                             .contact = "值班室",
                             .parameters = {fields, 3},
                             .resources = resources,
                             .resource_count = 1,
                             .areas = areas,
                             .area_count = 2};
}

static struct cap_alert alert_of(enum cap_type type, const struct cap_info *infos, size_t count)
{
    struct cap_alert alert = {.identifier = "21010041600000_20151108193000",
                              .sender = "示例市应急指挥部",
                              .sent = SENT_LATER,
                              .zone = ZONE,
                              .type = type,
                              .infos = infos,
                              .info_count = count};
    if (type != CAP_ALERT) {
        alert.references = before;
        alert.reference_count = 1;
        alert.note = "按预案调整";
    }
    return alert;
}

/* The verdict of xmllint on a text, with the schema or only for being well-formed. */
static int lint(const char *folder, const struct buf *text, const char *xsd)
{
    char path[64], command[256];
    struct findings findings = {0};
    snprintf(path, sizeof path, "%s/x.xml", folder);
    cr_assert_eq(file_write_atomic(path, text->data, text->size, &findings), 0);
    findings_release(&findings);
    snprintf(command, sizeof command, "xmllint --nonet --noout %s%s %s >/dev/null 2>&1",
             xsd ? "--schema " : "", xsd ? xsd : "", path);
    int status = system(command);
    unlink(path);
    return status;
}

static void need_xmllint(const char *file)
{
    if (access(file, R_OK) != 0)
        cr_skip_test("%s is not here", file);
    if (system("command -v xmllint >/dev/null") != 0)
        cr_skip_test("xmllint is not installed");
}

static void expect_valid(const char *folder, const struct cap_alert *alert)
{
    struct buf buf = {0};
    struct findings findings = {0};
    cr_expect_eq(cap_print(&buf, alert, &findings), 0);
    for (size_t i = 0; i < findings.count; i++)
        cr_expect(false, "%s", findings.items[i].message);
    cr_expect_eq(lint(folder, &buf, schema), 0, "%s", buf_str(&buf));
    findings_release(&findings);
    buf_release(&buf);
}

Test(cap, valid_by_the_schema)
{
    char folder[] = "/tmp/yujing-cap-XXXXXX";
    struct cap_info infos[] = {info_of("zh-CN"), info_of("en-US")};
    need_xmllint(schema);
    cr_assert_not_null(mkdtemp(folder));
    for (enum cap_type type = CAP_ALERT; type <= CAP_CANCEL; type++) {
        for (enum cap_status status = CAP_ACTUAL; status <= CAP_TEST; status++) {
            for (size_t count = type == CAP_CANCEL ? 0 : 1; count <= 2; count++) {
                struct cap_alert alert = alert_of(type, infos, count);
                alert.status = status;
                expect_valid(folder, &alert);
            }
        }
    }
    struct cap_alert restricted = alert_of(CAP_ALERT, infos, 1);
    restricted.scope = CAP_RESTRICTED;
    restricted.restriction = "限成员单位";
    restricted.zone = 0;
    expect_valid(folder, &restricted);
    /* The control: the same text spoilt must not pass. */
    struct buf buf = {0};
    struct findings findings = {0};
    cr_assert_eq(cap_print(&buf, &restricted, &findings), 0);
    char *sent = strstr(buf.data, "-00:00</sent>");
    cr_assert_not_null(sent, "UTC is written -00:00");
    memcpy(sent, "Z00:00", 6);
    cr_expect_neq(lint(folder, &buf, schema), 0, "the schema does not judge");
    buf_release(&buf);
    findings_release(&findings);
    rmdir(folder);
}

Test(cap, equal_alerts_have_equal_bytes_and_the_chain_is_named)
{
    struct cap_info infos[] = {info_of("zh-CN")};
    struct cap_alert alert = alert_of(CAP_UPDATE, infos, 1);
    struct buf once = {0}, twice = {0};
    struct findings findings = {0};
    cr_assert_eq(cap_print(&once, &alert, &findings), 0);
    cr_assert_eq(cap_print(&twice, &alert, &findings), 0);
    cr_expect_str_eq(once.data, twice.data);
    static const char *const parts[] = {
        ("<references>示例市应急指挥部,21010041600000_20151108163000,2015-11-08T16:30:00+08:00"
         "</references>"),
        "<sent>2015-11-08T19:30:00+08:00</sent>",
        "<valueName>预警颜色</valueName>\n      <value>橙色&lt;&amp;&gt;</value>",
        "<polygon>41.8,123.4 41.9,123.5 41.7,123.6 41.8,123.4</polygon>",
        "<msgType>Update</msgType>",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(once.data, parts[i]), "%s", parts[i]);
    buf_release(&once);
    buf_release(&twice);
    findings_release(&findings);
}

static size_t problems_of(const struct cap_alert *alert)
{
    struct buf buf = {0};
    struct findings findings = {0};
    cr_expect_eq(cap_print(&buf, alert, &findings), ERR_INVALID);
    cr_expect_eq(buf.size, 0);
    size_t errors = findings.errors;
    findings_release(&findings);
    return errors;
}

Test(cap, what_the_schema_lets_through_is_refused)
{
    struct cap_info good[] = {info_of("zh-CN")};
    struct cap_alert alert = alert_of(CAP_UPDATE, good, 1);
    alert.reference_count = 0;
    cr_expect_eq(problems_of(&alert), 1, "an update replaces something");
    alert = alert_of(CAP_CANCEL, NULL, 0);
    alert.sent = SENT - 1;
    cr_expect_eq(problems_of(&alert), 1, "what is replaced came before");
    alert = alert_of(CAP_ALERT, NULL, 0);
    cr_expect_eq(problems_of(&alert), 1, "an alert says something");
    alert = alert_of(CAP_ALERT, good, 1);
    alert.identifier = "a b";
    alert.sender = "a,b";
    cr_expect_eq(problems_of(&alert), 2);
    alert = alert_of(CAP_ALERT, good, 1);
    alert.scope = CAP_RESTRICTED;
    cr_expect_eq(problems_of(&alert), 1);
    struct cap_info bad[] = {info_of("zh-CN")};
    bad[0].severity = "Orange";
    bad[0].urgency = NULL;
    bad[0].categories.count = 0;
    struct cap_point nowhere[] = {{123400000, 41800000}, {0, 0}, {1, 1}};
    struct cap_area area = {"示例", nowhere, 3, {NULL, 0}};
    bad[0].areas = &area;
    bad[0].area_count = 1;
    alert = alert_of(CAP_ALERT, bad, 1);
    cr_expect_eq(problems_of(&alert), 4, "all of them are told");
}

Test(cap, instants_have_whole_seconds_and_never_z)
{
    static const struct {
        span_ms zone;
        const char *text;
    } zones[] = {{ZONE, "2015-11-08T16:30:00+08:00"},
                 {0, "2015-11-08T08:30:00-00:00"},
                 {-90 * MINUTE_MS, "2015-11-08T07:00:00-01:30"}};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        struct buf buf = {0};
        cap_instant_print(&buf, SENT + 999, zones[i].zone);
        cr_expect_str_eq(buf_str(&buf), zones[i].text);
        buf_release(&buf);
    }
}

Test(cap, the_feed_is_well_formed)
{
    char folder[] = "/tmp/yujing-cap-XXXXXX";
    const struct atom_entry entries[] = {
        {"urn:yujing:2", "解除 <橙色>", "说明 & 要求", SENT_LATER, "https://example.com/2.xml?a&b"},
        {"urn:yujing:1", "橙色预警", NULL, SENT, "https://example.com/1.xml"}};
    struct atom_feed feed = {.id = "urn:yujing:feed",
                             .title = "示例市预警",
                             .author = "示例市应急指挥部",
                             .link = "https://example.com/feed.atom",
                             .updated = SENT_LATER,
                             .zone = ZONE,
                             .entries = entries,
                             .entry_count = 2};
    struct buf buf = {0};
    atom_print(&buf, &feed);
    cr_expect_not_null(strstr(buf.data, "<link rel=\"alternate\" type=\"application/cap+xml\" "
                                        "href=\"https://example.com/2.xml?a&amp;b\"/>"),
                       "%s", buf.data);
    cr_expect_not_null(strstr(buf.data, "<updated>2015-11-08T19:30:00+08:00</updated>"));
    cr_expect_not_null(strstr(buf.data, "<title>解除 &lt;橙色&gt;</title>"));
    need_xmllint("/");
    cr_assert_not_null(mkdtemp(folder));
    cr_expect_eq(lint(folder, &buf, NULL), 0);
    buf.size -= 4;
    cr_expect_neq(lint(folder, &buf, NULL), 0, "xmllint does not judge");
    buf_release(&buf);
    rmdir(folder);
}
