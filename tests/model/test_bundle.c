/* Bundles: which texts, which hash, which overrides. */
#include "base/buf.h"
#include "base/err.h"
#include "base/yaml.h"
#include "model/bundle_case.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char base[] = "tests/bundles/base";

static struct bundle *load(const char *with)
{
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    int err = bundle_load(&bundle, base, with, &findings);
    cr_assert(err == 0, "%s", findings.count > 0 ? findings.items[0].message : "");
    findings_release(&findings);
    return bundle;
}

Test(bundle, the_base_bundle_is_good)
{
    struct bundle *bundle = load(NULL);
    const struct policy *policy = &bundle->policy;
    cr_expect_str_eq(policy->city, "210100");
    cr_expect(policy->zone == 8 * HOUR_MS);
    cr_expect(policy->area_count == 1 && policy->areas[0].station_count == 2);
    cr_expect(policy->stations[0].area == 0);
    cr_expect(policy->level_count == 3 && policy->levels[2].share_percent == 30);
    cr_expect(policy->pollutants == (1u << PM25 | 1u << O3) && policy->required == 1u << PM25);
    cr_expect(policy->standards.count == 2 && policy->hours_min_day == 20 &&
              policy->hours_min_8h == 6);
    cr_expect(policy->inventory.total[E_NOX] == 18 * MICRO);
    cr_expect(policy->grid_count == 4 && policy->grid[3].parent == 2);
    cr_expect_str_eq(policy_notice(policy, "issue"), "示例市决定启动{response}响应。\n");
    cr_expect(bundle->script_count == 1);
    cr_expect_str_eq(bundle->scripts[0]->name, "rules/heavy.lua");
    bundle_free(bundle);
}

Test(bundle, a_city_that_is_no_area_is_an_error)
{
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    cr_expect(bundle_load(&bundle, base, "{\"city\":\"210110\"}", &findings) < 0);
    cr_expect(findings.errors == 1 && strcmp(findings.items[0].code, "P015") == 0);
    findings_release(&findings);
    bundle_free(bundle);
}

Test(bundle, what_is_not_written_has_its_default)
{
    static const char with[] =
        "{\"settle_after\":null,\"stations_min_share\":null,\"bulletin_max_age\":null,"
        "\"unknown_alarm\":null,\"forecast_use\":null,\"approvals\":null,\"required\":null,"
        "\"valid_to\":null,\"recipients_max\":null}";
    struct bundle *bundle = load(with);
    const struct policy *policy = &bundle->policy;
    cr_expect(policy->settle_after == 30 * MINUTE_MS);
    cr_expect(policy->stations_min_share == 750000);
    cr_expect(policy->bulletin_max_age == 36 * (span_ms)HOUR_MS);
    cr_expect(policy->unknown_alarm == 3 * HOUR_MS);
    cr_expect(policy->forecast_use == FORECAST_MID);
    cr_expect(policy->remind_after == 30 * MINUTE_MS && policy->deputy_after == 60 * MINUTE_MS);
    cr_expect(policy->required == policy->pollutants);
    cr_expect(policy->valid_to == INT64_MAX && policy->recipients_max == 0);
    bundle_free(bundle);
}

Test(bundle, texts_are_sorted_and_include_the_standards)
{
    struct bundle *bundle = load(NULL);
    bool standards = false;
    for (size_t i = 0; i < bundle->text_count; i++) {
        cr_expect(i == 0 || strcmp(bundle->texts[i - 1].name, bundle->texts[i].name) < 0);
        standards |= strcmp(bundle->texts[i].name, "resource:policies/national/aqi.yaml") == 0;
    }
    cr_expect(standards);
    bundle_free(bundle);
}

Test(bundle, a_folder_and_its_texts_in_memory_have_one_hash)
{
    struct bundle *loaded = load(NULL), *built = NULL;
    struct findings findings = {0};
    int err = bundle_build(&built, loaded->texts, loaded->text_count, NULL, &findings);
    cr_expect(err == 0 && findings.count == 0);
    cr_expect_str_eq(built->hash, loaded->hash);
    cr_expect(built->text_count == loaded->text_count);
    bundle_free(built);
    bundle_free(loaded);
}

/* Root may read everything, so the folder is a link that leads nowhere but to itself. */
Test(bundle, a_folder_that_cannot_be_looked_into_is_no_empty_one)
{
    char room[] = "/tmp/bundle-XXXXXX", command[400];
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    cr_assert(mkdtemp(room));
    snprintf(command, sizeof command,
             "cp -R %s/. %s && rm -rf %s/registry && ln -s registry %s/registry", base, room, room,
             room);
    cr_assert(system(command) == 0);
    cr_expect(bundle_load(&bundle, room, NULL, &findings) < 0);
    bool told = false;
    for (size_t i = 0; i < findings.count; i++)
        told |= strcmp(findings.items[i].code, "F002") == 0;
    cr_expect(told);
    bundle_free(bundle);
    findings_release(&findings);
    snprintf(command, sizeof command, "rm -rf %s", room);
    cr_assert(system(command) == 0);
}

Test(bundle, every_byte_counts_in_the_hash)
{
    struct bundle *loaded = load(NULL);
    for (size_t i = 0; i < loaded->text_count; i++) {
        struct bundle_text *texts = malloc(loaded->text_count * sizeof *texts);
        struct findings findings = {0};
        struct bundle *changed = NULL;
        struct buf data = {0};
        memcpy(texts, loaded->texts, loaded->text_count * sizeof *texts);
        buf_add(&data, texts[i].data, texts[i].size);
        buf_putc(&data, '\n');
        texts[i].data = buf_str(&data);
        texts[i].size = data.size;
        bundle_build(&changed, texts, loaded->text_count, NULL, &findings);
        cr_expect(strcmp(changed->hash, loaded->hash) != 0, "%s", texts[i].name);
        bundle_free(changed);
        buf_release(&data);
        findings_release(&findings);
        free(texts);
    }
    bundle_free(loaded);
}

Test(bundle, overrides_change_values_and_hash)
{
    struct bundle *plain = load(NULL);
    struct bundle *over = load("{\"required\": [\"o3\"], \"settle_after\": \"15m\"}");
    struct bundle *same = load("{\"settle_after\":\"15m\",\"required\":[\"o3\"]}");
    cr_expect(over->policy.required == 1u << O3);
    cr_expect(over->policy.settle_after == 15 * MINUTE_MS);
    cr_expect(strcmp(over->hash, plain->hash) != 0);
    cr_expect_str_eq(over->hash, same->hash, "the order of keys does not matter");
    bundle_free(plain);
    bundle_free(over);
    bundle_free(same);
}

Test(bundle, overridden_figures_are_what_scripts_see)
{
    struct bundle *bundle = load("{\"figures\": {\"city\": \"210100\", \"heavy\": 300}}");
    const struct yaml *heavy = yaml_get(bundle->policy.figures, "heavy");
    cr_expect(heavy && !heavy->quoted && strcmp(heavy->text, "300") == 0);
    cr_expect(yaml_get(bundle->policy.figures, "city")->quoted);
    bundle_free(bundle);
}

Test(bundle, a_broken_bundle_is_still_given_back)
{
    struct bundle *bundle = NULL;
    struct findings findings = {0};
    cr_expect(bundle_load(&bundle, "tests/bundles/nowhere", NULL, &findings) < 0);
    cr_expect(findings.errors > 0);
    bundle_free(bundle);
    findings_release(&findings);
}

static instant_ms at(const char *text)
{
    instant_ms instant = 0;
    cr_assert(instant_parse(text, 8 * HOUR_MS, &instant) == 0);
    return instant;
}

Test(bundle, the_figure_in_force_is_the_newest_not_after_the_day)
{
    struct bundle *bundle = load(NULL);
    const struct yaml *heavy = yaml_get(bundle->policy.figures, "heavy");
    span_ms zone = bundle->policy.zone;
    cr_expect(figure_is_dated(heavy));
    cr_expect(figure_at(heavy, at("2018-08-21 23:59"), zone) == NULL);
    cr_expect_str_eq(figure_at(heavy, at("2018-08-22"), zone)->text, "250");
    cr_expect_str_eq(figure_at(heavy, at("2023-12-31 23:59"), zone)->text, "250");
    cr_expect_str_eq(figure_at(heavy, at("2024-01-01"), zone)->text, "200");
    const struct yaml *city = yaml_get(bundle->policy.figures, "city");
    cr_expect(!figure_is_dated(city) && figure_at(city, 0, zone) == city);
    bundle_free(bundle);
}

Test(bundle, names_are_found_or_not)
{
    struct bundle *bundle = load(NULL);
    const struct policy *policy = &bundle->policy;
    cr_expect(policy_area(policy, "210100") == 0 && policy_area(policy, "x") == -1);
    cr_expect(policy_station(policy, "s2") == 1 && policy_station(policy, "") == -1);
    cr_expect(policy_series(policy, "pm25") == 0 && policy_series(policy, "PM25") == -1);
    cr_expect(policy_level(policy, "red") == 2 && policy_level(policy, "blue") == -1);
    cr_expect_str_eq(policy_document(policy, "plan")->number, "示政办发〔2024〕3号");
    cr_expect(policy_document(policy, "plan9") == NULL && policy_notice(policy, "lift") == NULL);
    bundle_free(bundle);
}

static int64_t day(const char *text)
{
    int64_t number = 0;
    cr_assert(date_parse(text, &number) == 0);
    return number;
}

Test(bundle, swapped_workdays_beat_weekends_and_holidays_beat_weekdays)
{
    struct bundle *bundle = load(NULL);
    const struct calendar *calendar = &bundle->policy.calendar;
    cr_expect(calendar_workday(calendar, day("2026-02-13")), "a Friday");
    cr_expect(calendar_workday(calendar, day("2026-02-14")), "a Saturday that is worked");
    cr_expect(!calendar_workday(calendar, day("2026-02-16")), "a Monday in the Spring Festival");
    cr_expect(!calendar_workday(calendar, day("2026-02-23")), "its last day");
    cr_expect(calendar_workday(calendar, day("2026-02-24")), "the day after");
    cr_expect(!calendar_workday(calendar, day("2026-03-01")), "a Sunday");
    cr_expect(!calendar_workday(calendar, day("1969-12-28")), "a Sunday before 1970");
    cr_expect(calendar_workday(calendar, day("1969-12-29")));
    bundle_free(bundle);
}

/* Attacks: refused with a place, in no time. */
static void expect_refused(const char *text, size_t size, const char *what)
{
    struct bundle_case bundle_case;
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    bundle_case_base(&bundle_case, base);
    for (size_t i = 0; i < bundle_case.count; i++) {
        if (strcmp(bundle_case.texts[i].name, "inventory.yaml") == 0) {
            bundle_case.texts[i].data = text;
            bundle_case.texts[i].size = size;
        }
    }
    int err = bundle_build(&bundle, bundle_case.texts, bundle_case.count, NULL, &findings);
    cr_expect(err < 0 && findings.errors > 0, "%s", what);
    for (size_t i = 0; i < findings.count; i++)
        cr_expect(findings.items[i].file[0] && findings.items[i].line > 0, "%s: %s", what,
                  findings.items[i].message);
    bundle_free(bundle);
    findings_release(&findings);
    bundle_case_release(&bundle_case);
}

Test(bundle, a_depth_of_100000_is_refused)
{
    struct buf buf = {0};
    buf_puts(&buf, "day: ");
    for (int i = 0; i < 100000; i++)
        buf_putc(&buf, '[');
    for (int i = 0; i < 100000; i++)
        buf_putc(&buf, ']');
    expect_refused(buf_str(&buf), buf.size, "lists");
    buf_clear(&buf);
    for (int i = 0; i < 100000; i++)
        buf_puts(&buf, "{a: ");
    expect_refused(buf_str(&buf), buf.size, "maps");
    buf_release(&buf);
}

/* ---- owners and texts ---- */

Test(bundle, a_share_outlives_the_first_owner)
{
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    cr_assert(bundle_load(&bundle, base, NULL, &findings) >= 0);
    struct bundle *share = bundle_share(bundle);
    bundle_free(bundle);
    cr_expect_str_eq(share->policy.city, "210100");
    cr_expect_eq(registry_find(&share->policy.registry, "210106-0001"), 0);
    bundle_free(share);
    findings_release(&findings);
}

Test(bundle, what_was_read_stays_when_the_texts_are_forgotten)
{
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    cr_assert(bundle_load(&bundle, base, NULL, &findings) >= 0);
    cr_expect(bundle_forget_texts(bundle));
    cr_expect_not(bundle_forget_texts(bundle));
    for (size_t i = 0; i < bundle->text_count; i++)
        if (strstr(bundle->texts[i].name, ".yaml"))
            cr_expect(!bundle->texts[i].data && bundle->texts[i].size == 0);
    cr_expect(bundle->scripts[0]->size > 0, "scripts stay");
    cr_expect(bundle->policy.notices[0].text[0] != 0, "and so do notices");
    const struct recipient *one = &bundle->policy.registry.recipients[0];
    cr_expect_str_eq(one->name, "示例铸造有限公司");
    cr_expect_str_eq(yaml_text(one->lines[0].node, "name"), "1#中频炉");
    bundle_free(bundle);
    findings_release(&findings);
}

Test(bundle, texts_can_be_taken_over)
{
    struct findings findings = {0};
    struct bundle *loaded = NULL, *built = NULL;
    cr_assert(bundle_load(&loaded, base, NULL, &findings) >= 0);
    size_t count = loaded->text_count;
    struct bundle_text *texts = malloc((count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        texts[i] = loaded->texts[i];
        texts[i].data = strndup(texts[i].data, texts[i].size);
    }
    texts[count] = (struct bundle_text){"unread.txt", NULL, strdup("left alone"), 10};
    cr_expect(bundle_build_of(&built, texts, count + 1, NULL, &findings) >= 0);
    cr_expect_str_eq(built->hash, loaded->hash);
    for (size_t i = 0; i < count; i++)
        cr_expect_null(texts[i].data);
    cr_expect_str_eq(texts[count].data, "left alone");
    free((char *)(uintptr_t)texts[count].data);
    free(texts);
    bundle_free(built);
    bundle_free(loaded);
    findings_release(&findings);
}

Test(bundle, a_key_of_200_kB_is_refused)
{
    struct buf buf = {0};
    for (int i = 0; i < 200000; i++)
        buf_putc(&buf, 'k');
    buf_puts(&buf, ": 1\n");
    expect_refused(buf_str(&buf), buf.size, "key");
    buf_release(&buf);
}

Test(bundle, the_collected_attacks_are_refused)
{
    static const char folder[] = "../shared/data/yaml";
    DIR *opened = opendir(folder);
    if (!opened)
        cr_skip_test("no ../shared/data/yaml here");
    const struct dirent *entry;
    while ((entry = readdir(opened)) != NULL) {
        char path[512], data[70000];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "r");
        cr_assert(file);
        size_t size = fread(data, 1, sizeof data - 1, file);
        data[size] = 0;
        fclose(file);
        expect_refused(data, size, entry->d_name);
    }
    closedir(opened);
}
