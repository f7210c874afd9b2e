/* Tables of facts: what spreadsheets write is read, what would change a meaning is refused where it
 * stands. */
#include "model/feed_case.h"
#include <criterion/criterion.h>
#include <string.h>

#define HEAD "time,subject,series,value\n"

/* Each text gives these facts and no finding. */
static const struct good {
    const char *what, *text, *facts;
} goods[] = {
    {"plain", HEAD "2015-11-08 14:00,s1,pm25,168\n2015-11-08 15:00,s1,pm25,1361.5\n",
     "2015-11-08T14:00 s1 pm25=168\n2015-11-08T15:00 s1 pm25=1361.5\n"},
    {"no line end at the end", HEAD "2015-11-08 14:00,s1,pm25,168",
     "2015-11-08T14:00 s1 pm25=168\n"},
    {"BOM and CRLF",
     "\xef\xbb\xbf"
     "time,subject,series,value\r\n2015-11-08 14:00,s1,pm25,168\r\n\r\n",
     "2015-11-08T14:00 s1 pm25=168\n"},
    {"columns in any order, with flag",
     "value,flag,series,time,subject\n168,N,pm25,2015-11-08T14:00,s1\n1,,o3,2015-11-08T14:00,s1\n",
     "2015-11-08T14:00 s1 pm25=168/N\n2015-11-08T14:00 s1 o3=1\n"},
    {"blanks around cells", HEAD "2015-11-08 14:00 ,\t s1, pm25 , 168 \n",
     "2015-11-08T14:00 s1 pm25=168\n"},
    {"a blank value was not reported, null was",
     HEAD "2015-11-08 14:00,s1,pm25,\n2015-11-08 15:00,s1,pm25,null\n",
     "2015-11-08T15:00 s1 pm25=null\n"},
    {"blank lines and lines of commas", HEAD "\n,,,\n   \n2015-11-08 14:00,s1,pm25,168\n,,,\n",
     "2015-11-08T14:00 s1 pm25=168\n"},
    {"times with their offset",
     HEAD "2015-11-08T06:00:00Z,s1,pm25,1\n2015-11-08T16:00+09:00,s1,pm25,2\n",
     "2015-11-08T14:00 s1 pm25=1\n2015-11-08T15:00 s1 pm25=2\n"},
    {"24:00 is the end of its day", HEAD "2015-11-08 24:00,s1,pm25,1\n", "2015-11-09 s1 pm25=1\n"},
    {"figures",
     HEAD "2015-11-08,a,x,-0.5\n2015-11-08,b,x,1e2\n2015-11-08,c,x,000.1234565\n2015-11-08,d,x,"
          "1000000000\n",
     "2015-11-08 a x=-0.5\n2015-11-08 b x=100\n2015-11-08 c x=0.123456\n2015-11-08 d "
     "x=1000000000\n"},
    {"Chinese names", HEAD "2015-11-08 14:00,森林路（旧）,pm25,1\n",
     "2015-11-08T14:00 森林路（旧） pm25=1\n"},
};

Test(feed_csv, what_spreadsheets_write_is_read)
{
    for (size_t i = 0; i < sizeof goods / sizeof *goods; i++) {
        struct findings findings = {0};
        struct feed *feed = feed_of_text("a.csv", goods[i].text, strlen(goods[i].text), &findings);
        expect_text(feed_lines(feed), goods[i].facts, goods[i].what);
        expect_text(finding_places(&findings), "", goods[i].what);
        feed_free(feed);
        findings_release(&findings);
    }
}

/* Each text gives these complaints (line:col CODE), and keeps this many facts. */
static const struct bad {
    const char *text, *places;
    size_t kept;
} bads[] = {
    {"2015-11-08 14:00,s1,pm25,168\n", "1:1 N003", 0},
    {"time,subject,series\n2015-11-08,s1,pm25\n", "1:1 N003", 0},
    {"time,subject,series,vlaue\n", "1:21 N003 1:1 N003", 0},
    {"time,subject,series,value,value\n", "1:27 N003", 0},
    {"time,subject,series,value,falg\n2015-11-08,s1,pm25,1,D\n", "1:27 N003", 0},
    {"time,subject,series,value,remark\n2015-11-08,s1,pm25,1,ok\n", "1:27 N003", 1},
    {"time;subject;series;value\n", "1:1 N003", 0},
    {HEAD "2015/11/8 14:00,s1,pm25,1\n2015-11-08,s1,pm25,1\n", "2:1 N006", 1},
    {HEAD "2015-02-29,s1,pm25,1\n", "2:1 N006", 0},
    {HEAD "2015-11-08 25:00,s1,pm25,1\n", "2:1 N006", 0},
    {HEAD "，2015-11-08,s1,pm25,1\n", "2:1 N006", 0},
    {HEAD "２０１５-11-08,s1,pm25,1\n", "2:1 N006", 0},
    {HEAD ",s1,pm25,1\n", "2:1 N006", 0},
    {HEAD "2015-11-08,森林路,pm25,１２\n", "2:21 N007", 0},
    {HEAD "2015-11-08,s1,pm25,\"1,234\"\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25,NA\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25,12µg\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25,1.\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25,1e10\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25,99999999999999999999\n", "2:20 N007", 0},
    {HEAD "2015-11-08,s1,pm25\n", "2:15 N004", 0},
    {HEAD "2015-11-08,s1,pm25,1,2\n", "2:22 N004", 0},
    {HEAD "2015-11-08,,pm25,1\n", "2:12 N009", 0},
    {HEAD "2015-11-08,s1,a/b,1\n", "2:15 N009", 0},
    {HEAD "2015-11-08,s\x01,pm25,1\n", "2:12 N009", 0},
    {HEAD "2015-11-08,\"s1,pm25,1\n2015-11-08,s1,pm25,1\n2015-11-08,s2,pm25,1\n", "2:12 N005", 2},
    {HEAD "2015-11-08,\"s1\"x,pm25,1\n2015-11-08,s1,pm25,1\n", "2:12 N005", 1},
    {HEAD "x,,1,y\n", "2:1 N006 2:3 N009 2:6 N007", 0},
    {"time,subject,series,value,flag\n2015-11-08,s1,pm25,1,NN\n", "2:22 N008", 0},
    {"time,subject,series,value,period\n2015-11-08,s1,pm25,1,1\n", "2:22 N010", 0},
    {"time,subject,series,value,period\n2015-11-08,s1,pm25,1,0h\n", "2:22 N010", 0},
    {"\xff\xfet\0i\0", "1:0 N002", 0},
    {"", "0:0 N014", 0},
    {" \r\n\n", "0:0 N014", 0},
    {HEAD, "0:0 N014", 0},
    {HEAD ",,,\n\n", "0:0 N014", 0},
    {",,,\n,,,\n", "0:0 N014", 0},
    {HEAD "2015-11-08,s1,pm25,\n2015-11-08,s2,pm25,\n", "0:0 N014", 0},
    {HEAD "2015-11-08,s1,pm25,\n2015-11-08,s2,pm25,x\n", "3:20 N007", 0},
    {"time,subject,series,value\r2015-11-08,s1,pm25,1\r2015-11-08,s2,pm25,1\r", "1:1 N017", 0},
    {HEAD "2015-11-08;s1;pm25;1\n2015-11-08;s2;pm25;1\n", "2:1 N004", 0},
    {HEAD "2015-11-08;s1;pm25;1,5\n2015-11-08;s2;pm25;1,5\n", "2:1 N004", 0},
    {HEAD "2015-11-08\ts1\tpm25\t1\n2015-11-08\ts2\tpm25\t1\n", "2:1 N004", 0},
    {HEAD "0215-11-08,s1,pm25,1\n2015-11-08,s1,pm25,1\n2500-11-08,s1,pm25,1\n", "2:1 N015 4:1 N015",
     1},
    {"value,time,subject,series\n1,2015-11-08,s1,pm25\n1,2105-11-08,s1,pm25\n"
     "1,2015-11-09,s1,pm25\n",
     "3:3 N016", 2},
    {HEAD "2015-11-08,s1,pm25,1\n2105-11-08,s1,pm25,1\n", "", 2},
    {HEAD "2004-11-08,s1,pm25,1\n2015-11-08,s1,pm25,1\n2025-11-08,s1,pm25,1\n", "2:1 N016", 2},
};

Test(feed_csv, what_would_change_a_meaning_is_refused_where_it_stands)
{
    for (size_t i = 0; i < sizeof bads / sizeof *bads; i++) {
        struct findings findings = {0};
        struct feed *feed = feed_of_text("a.csv", bads[i].text, strlen(bads[i].text), &findings);
        expect_text(finding_places(&findings), bads[i].places, bads[i].text);
        cr_expect_eq(feed_count(feed), bads[i].kept, "%s: %zu", bads[i].text, feed_count(feed));
        feed_free(feed);
        findings_release(&findings);
    }
}

Test(feed_csv, a_year_that_is_wrong_in_every_row_is_told_twenty_times_and_then_counted)
{
    struct findings findings = {0};
    struct buf text = {0};
    buf_puts(&text, HEAD);
    for (int i = 0; i < 816; i++)
        buf_printf(&text, "0215-11-08,s%d,pm25,1\n", i);
    struct feed *feed = feed_of_text("a.csv", buf_str(&text), text.size, &findings);
    cr_assert_eq(findings.count, 21);
    cr_expect_eq(findings.errors, 816);
    cr_expect_eq(findings.items[20].line, 22);
    cr_expect(strstr(findings.items[20].message, "796"));
    feed_free(feed);
    findings_release(&findings);
    buf_release(&text);
}

static void expect_hint(const char *text, const char *hint)
{
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a.csv", text, strlen(text), &findings);
    cr_assert_gt(findings.count, 0, "%s", text);
    cr_expect_str_eq(findings.items[0].hint, hint, "%s: %s", text, findings.items[0].hint);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed_csv, hints_say_what_to_do)
{
    expect_hint(HEAD "2015/11/8 14:00,s1,pm25,1\n", "write 2015-11-08 14:00, not 2015/11/8 14:00");
    expect_hint(HEAD "2015-11-08,s1,pm25,１２\n", "type digits and punctuation half-width");
    expect_hint(HEAD "2015-11-08,s1,pm25,NA\n",
                "not reported: leave it blank; reported as unknown: null");
    expect_hint(HEAD "2015-11-08,s1,pm25,\"1,234\"\n", "write no thousands separator");
    expect_hint(HEAD "2015-11-08,s1,pm25,12µg\n", "write the number alone, without a unit");
    expect_hint("time,subject,series,value,falg\n", "did you mean `flag`?");
    expect_hint("time，subject，series，value\n", "separate the columns with half-width commas");
    expect_hint("time\tsubject\tseries\tvalue\n", "separate the columns with commas");
}

Test(feed_csv, quoted_cells_hold_commas_quotes_and_line_ends)
{
    static const char text[] = "\"time\",subject,series,value\n"
                               "\"2015-11-08 14:00\",\"a, \"\"b\"\"\",\"pm25\",\"168\"\n"
                               "2015-11-08 15:00,\"c\n\",pm25,1\n"
                               "2015-11-08 16:00,\"d\"\"\"\"d\" ,pm25,x\n";
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a.csv", text, sizeof text - 1, &findings);
    cr_assert_eq(feed_count(feed), 1);
    cr_expect_str_eq(feed_fact(feed, 0)->subject, "a, \"b\"");
    expect_text(finding_places(&findings), "3:18 N009 5:33 N007",
                "a name over two lines is refused, and lines are counted on");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed_csv, gbk_is_read_and_said_so)
{
    static const char text[] =
        HEAD "2015-11-08 14:00,\xc9\xad\xc1\xd6\xc2\xb7,pm25,168\n"; /* 森林路 */
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a.csv", text, sizeof text - 1, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 森林路 pm25=168\n", "GBK");
    expect_text(finding_places(&findings), "2:0 N001", "said so");
    cr_expect_eq(findings.items[0].severity, SEV_REVIEW);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed_csv, bytes_of_no_encoding_are_refused)
{
    static const char text[] = HEAD "2015-11-08 14:00,\xc9\xad\xff\xff,pm25,168\n";
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a.csv", text, sizeof text - 1, &findings);
    expect_text(finding_places(&findings), "2:0 N002", "neither");
    cr_expect_eq(feed_count(feed), 0);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed_csv, a_row_is_a_reading_with_an_identity_of_its_own)
{
    static const char text[] = "time,subject,series,value,period,source\n"
                               "2015-11-08 14:00,s1,pm25,168,,\n"
                               "2015-11-08,s1,pm25_day,168,P1D,epb\n";
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a.csv", text, sizeof text - 1, &findings);
    cr_assert_eq(feed_count(feed), 2);
    const struct fact *fact = feed_fact(feed, 0);
    cr_expect_eq(fact->kind, FACT_READING);
    cr_expect_str_eq(fact->source, "csv");
    cr_expect_str_eq(fact->id, "s1/pm25/2015-11-08T06:00:00Z");
    cr_expect_eq(fact->reading.period, HOUR_MS);
    cr_expect_eq(fact->arrival, fact->time + HOUR_MS);
    fact = feed_fact(feed, 1);
    cr_expect_str_eq(fact->source, "epb");
    cr_expect_eq(fact->reading.period, DAY_MS);
    cr_expect_eq(fact->arrival, fact->time + DAY_MS);
    feed_free(feed);
    findings_release(&findings);
}
