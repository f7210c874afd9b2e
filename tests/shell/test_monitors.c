/* Which loggers are known, and what their codes mean. */
#include "base/err.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/logger_box.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct bundle *bundle;
static struct monitors *monitors;
static struct findings findings;

static void make(void)
{
    bundle = logger_bundle();
}

static void away(void)
{
    monitors_free(monitors);
    findings_release(&findings);
    bundle_free(bundle);
    logger_remove();
}

static int read_monitors(const char *text)
{
    return monitors_read(&monitors, text ? logger_file(text) : NULL, &bundle->policy, &findings);
}

static const struct monitor *find(const char *mn)
{
    return monitors_find(monitors, hj212_text_of(mn));
}

/* "subject series times/divide" of a code, or "". */
static const char *meaning(const char *mn, const char *code, enum hj212_kind kind)
{
    static char text[128];
    const struct hj212_item item = {.code = hj212_text_of(code), .kind = kind};
    const struct monitor *monitor = find(mn);
    cr_assert_not_null(monitor, "%s", mn);
    const struct channel_of_monitor *channel = monitor_channel(monitor, &item);
    text[0] = 0;
    if (channel)
        snprintf(text, sizeof text, "%s %s %lld/%lld", channel->subject,
                 bundle->policy.series[channel->series].name, (long long)channel->times,
                 (long long)channel->divide);
    return text;
}

TestSuite(monitors, .init = make, .fini = away);

Test(monitors, the_policy_alone_names_loggers)
{
    cr_assert_eq(read_monitors(NULL), 0);
    cr_expect_eq(monitors_count(monitors), 3);
    cr_expect_null(find("MN-S1")->source.password, "any is taken");
    cr_expect_str_eq(meaning("MN-S1", "a34004", HJ212_AVG), "s1 pm25 1/1");
    cr_expect_str_eq(meaning("MN-S1", "a34004", HJ212_RTD), "", "a moment is no hour");
    cr_expect_str_eq(meaning("MN-DA1", "a21002", HJ212_ZS_AVG), "210102-0001/DA001 nox_zs 1/1");
    cr_expect_str_eq(meaning("MN-DA1", "a21002", HJ212_AVG), "", "not converted, not that series");
    cr_expect_str_eq(meaning("MN-DA1", "a34013", HJ212_RTD), "210102-0001/DA001 smoke 1/1");
    cr_expect_str_eq(meaning("MN-P1", "d20105", HJ212_RTD), "210102-0001/L1 production_kw 1/1");
    cr_expect_str_eq(meaning("MN-P1", "d20205", HJ212_RTD), "");
    cr_expect_null(find("MN-S"));
    cr_expect_null(find(""));
}

Test(monitors, the_file_adds_what_the_operator_knows)
{
    cr_assert_eq(read_monitors("  - {mn: MN-S1, password: \"123456\", units: {a34004: mg/m³}}\n"
                               "  - {mn: MN-S2, subject: s2, lenient: true, from: [10.1.0.0/16]}\n"
                               "  - {mn: MN-X, points: {d20105: {series: production_kw, subject: "
                               "210102-0001/L1}}, units: {d20105: W}}\n"),
                 0, "%s", findings.count ? findings.items[0].message : "");
    cr_expect_str_eq(find("MN-S1")->source.password, "123456");
    cr_expect_str_eq(meaning("MN-S1", "a34004", HJ212_AVG), "s1 pm25 1000/1");
    cr_expect(find("MN-S2")->source.lenient);
    cr_expect_str_eq(meaning("MN-S2", "a34004", HJ212_AVG), "s2 pm25 1/1");
    cr_expect_str_eq(meaning("MN-X", "d20105", HJ212_RTD), "210102-0001/L1 production_kw 1/1000");
    cr_expect_eq(monitors_count(monitors), 5);
    cr_expect_neq(find("MN-S1")->number, find("MN-X")->number);
    struct address inside, outside;
    cr_assert_eq(address_parse(&inside, "10.1.2.3", 0), 0);
    cr_assert_eq(address_parse(&outside, "10.2.2.3", 0), 0);
    cr_expect(address_is_listed(&inside, &find("MN-S2")->from));
    cr_expect_not(address_is_listed(&outside, &find("MN-S2")->from));
}

static void complains(const char *code, const char *text)
{
    struct monitors *made = NULL;
    struct findings heard = {0};
    int err = monitors_read(&made, logger_file(text), &bundle->policy, &heard);
    bool found = false;
    for (size_t i = 0; i < heard.count; i++)
        found |= str_equal(heard.items[i].code, code);
    cr_expect(found, "%s is not said of %s", code, text);
    cr_expect_eq(err<0, heard.errors> 0);
    monitors_free(made);
    findings_release(&heard);
}

Test(monitors, slips_are_told)
{
    complains("O002", "  - {mn: A, from: [10.1.0.0/8]}\n");
    complains("O003", "  - {mn: A, points: {d1: {series: production_kw}}}\n");
    complains("O003", "  - {mn: A, subject: s1, points: {d1: {series: nonsense}}}\n");
    complains("O004", "  - {mn: MN-S1, units: {a34004: kW}}\n");
    complains("O005", "  - {mn: MN-S1, units: {a99999: mg/m³}}\n");
    complains("O006", "  - {mn: A, subject: nobody}\n");
    complains("O012", "  - {mn: A}\n  - {mn: A}\n");
    complains("O013", "  - {mn: A, sealed_only: true}\n");
    complains("S001", "  - {mn: A, pasword: x}\n");
    complains("S002", "  - {password: x}\n");
}

Test(monitors, all_slips_are_told_at_once)
{
    cr_expect_eq(read_monitors("  - {mn: A, subject: nobody}\n  - {mn: B, subject: nobody}\n"),
                 ERR_INVALID);
    cr_expect_eq(findings.errors, 2);
    cr_expect_eq(findings.items[1].line, 3);
    cr_expect_null(monitors);
}

Test(monitors, a_file_that_others_may_read_is_refused)
{
    const char *path = logger_file("  - {mn: MN-S1, password: \"123456\"}\n");
    chmod(path, 0640);
    cr_expect_eq(monitors_read(&monitors, path, &bundle->policy, &findings), ERR_INVALID);
    cr_expect_str_eq(findings.items[0].code, "O007");
    cr_expect_null(strstr(findings.items[0].message, "123456"));
}

Test(monitors, keys_are_read_from_files_of_their_own)
{
    logger_file("  - {mn: MN-S1, key_file: sm4.key, sealed_only: true}\n");
    char path[256];
    snprintf(path, sizeof path, "%s", logger_file("  - {mn: MN-S1, key_file: sm4.key}\n"));
    strcpy(strrchr(path, '/'), "/sm4.key");
    FILE *file = fopen(path, "w");
    fputs("30313233343536373839414243444546\n", file);
    fclose(file);
    chmod(path, 0600);
    cr_assert_eq(read_monitors("  - {mn: MN-S1, key_file: sm4.key}\n"), 0);
    cr_expect_eq(memcmp(find("MN-S1")->source.key, "0123456789ABCDEF", HJ212_KEY_BYTES), 0);
    file = fopen(path, "w");
    fputs("3031\n", file);
    fclose(file);
    complains("O001", "  - {mn: MN-S1, key_file: sm4.key}\n");
}

Test(monitors, units_turn_into_one_another)
{
    static const struct {
        const char *from, *to;
        int64_t times, divide; /* 0: not */
    } cases[] = {
        {"mg/m³", "µg/m³", 1000, 1}, {"µg/m³", "mg/m³", 1, 1000}, {"mg/m3", "mg/m³", 1, 1},
        {"W", "kW", 1, 1000},        {"MW", "kW", 1000, 1},       {"m³/s", "m³/h", 3600, 1},
        {"L/s", "m³/h", 18, 5},      {"kPa", "Pa", 1000, 1},      {"mg/m³", "kW", 0, 0},
        {"ppm", "mg/m³", 0, 0},      {"辆次", "辆次", 1, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t times, divide;
        int err = unit_convert(cases[i].from, cases[i].to, &times, &divide);
        cr_expect_eq(err, cases[i].times ? 0 : ERR_NOT_FOUND, "%s", cases[i].from);
        if (cases[i].times)
            cr_expect(times * cases[i].divide == cases[i].times * divide, "%s %s: %lld/%lld",
                      cases[i].from, cases[i].to, (long long)times, (long long)divide);
    }
}
