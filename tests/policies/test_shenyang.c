/* The bundle of Shenyang keeps what it promises: nothing to complain of, the shares of the law,
 * everybody in it. */
#include "base/err.h"
#include "base/str.h"
#include "engine/notice.h"
#include "engine/plan.h"
#include "model/bundle.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct bundle *bundle;
static struct program *program;

static void load(const char *folder)
{
    struct findings findings = {0};
    int err = bundle_load(&bundle, folder, NULL, &findings);

    if (err == 0)
        err = program_new(&program, bundle, &findings);
    if (err == 0)
        notices_check(&bundle->policy, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        bool ours = finding->severity == SEV_ERROR || str_starts(finding->file, folder);

        cr_expect_not(ours, "%s:%d: [%s] %s", finding->file, finding->line, finding->code,
                      finding->message);
    }
    findings_release(&findings);
    cr_assert_eq(err, 0);
}

static void load_shenyang(void)
{
    load("policies/shenyang");
}

static void release(void)
{
    program_free(program);
    bundle_free(bundle);
}

TestSuite(shenyang, .init = load_shenyang, .fini = release);

Test(shenyang, every_level_reaches_its_share_of_every_pollutant)
{
    for (int level = 0; level < (int)bundle->policy.level_count; level++) {
        struct share shares[EMISSIONS];

        plan_shares(&bundle->policy, level, shares);
        for (int e = 0; e < EMISSIONS; e++) {
            cr_assert_gt(shares[e].required_percent, 0);
            cr_assert_geq((wide)shares[e].cut * 100,
                          (wide)shares[e].total * shares[e].required_percent, "%s %s",
                          bundle->policy.levels[level].name, emission_label((enum emission)e));
            cr_assert_lt(shares[e].cut, shares[e].total / 2 + 1, "no plan saves half a city");
        }
    }
}

Test(shenyang, everybody_is_in_it)
{
    const struct registry *registry = &bundle->policy.registry;
    struct intern districts = {0}, industries = {0}, parks = {0}, names = {0};
    size_t kinds[4] = {0}, grades[GRADE_NONE + 1] = {0}, classes[4] = {0};

    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];

        kinds[recipient->kind]++;
        if (recipient->kind != RECIPIENT_ENTERPRISE)
            continue;
        cr_assert_not_null(strstr(recipient->name, "示例"), "%s", recipient->name);
        cr_assert_eq(intern_find(&names, recipient->name), INTERN_NONE, "%s stands twice",
                     recipient->name);
        intern_add(&names, recipient->name);
        intern_add(&districts, recipient->district);
        intern_add(&industries, recipient->industry);
        if (recipient->park)
            intern_add(&parks, recipient->park);
        grades[recipient->grade]++;
        classes[recipient->supply]++;
    }
    cr_assert_geq(kinds[RECIPIENT_ENTERPRISE], 600);
    cr_assert_geq(kinds[RECIPIENT_SITE], 60);
    cr_assert_geq(kinds[RECIPIENT_FLEET], 40);
    cr_assert_eq(districts.count, 13);
    cr_assert_geq(industries.count, 30);
    cr_assert_geq(parks.count, 3);
    for (int grade = GRADE_A_PLUS; grade < GRADE_NONE; grade++)
        cr_assert_gt(grades[grade], 0, "nobody has grade %s", grade_name((enum grade)grade));
    for (int supply = CLASS_NORMAL; supply <= CLASS_LONG_STOPPED; supply++)
        cr_assert_gt(classes[supply], 0);
    intern_release(&districts), intern_release(&industries), intern_release(&parks),
        intern_release(&names);
}

Test(shenyang, nobody_who_reduces_by_himself_or_keeps_people_warm_is_stopped)
{
    const struct registry *registry = &bundle->policy.registry;

    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        bool self = recipient->grade <= GRADE_A || recipient->grade == GRADE_LEADING;

        for (size_t level = 0; level < bundle->policy.level_count; level++)
            for (int k = 0; k < recipient->duty_counts[level]; k++) {
                const struct duty *duty = &recipient->duties[level][k];

                cr_assert_not(recipient->kind == RECIPIENT_ENTERPRISE && self, "%s", recipient->id);
                cr_assert_not(recipient->supply == CLASS_GUARANTEED &&
                                  duty->measure->kind == MEASURE_STOP,
                              "%s", recipient->id);
            }
    }
}

Test(pm25_only, the_smallest_bundle_is_sound, .fini = release)
{
    load("policies/examples/pm25-only");
    cr_assert_eq(bundle->policy.registry.count, 0);
    cr_assert_eq(bundle->policy.level_count, 3);
}
