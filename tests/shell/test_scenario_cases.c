/* The cases of the policies in the repository, as `yujing test` runs them. */
#include "shell/scenario_case.h"
#include <criterion/criterion.h>

static size_t run_cases(const char *folder)
{
    struct path_list paths = {0};
    struct bench bench = {0};
    struct run_options options = {.fork_at = INSTANT_NONE};
    cr_assert(cases_find(&paths, folder), "run the tests from the top of the repository");
    for (size_t i = 0; i < paths.count; i++) {
        struct findings findings = {0};
        struct case_run run;
        case_run(&run, &bench, paths.items[i], &options, &findings);
        cr_expect(run.ran, "%s: %s", paths.items[i],
                  findings.count ? findings.items[0].message : "");
        for (size_t k = 0; run.ran && k < run.scenario->expect_count; k++)
            cr_expect_neq(run.run.results[k].outcome, OUTCOME_FAILED, "%s: %s: expected %s, got %s",
                          paths.items[i], run.scenario->expects[k].id, run.run.results[k].expected,
                          run.run.results[k].got);
        case_release(&run);
        findings_release(&findings);
    }
    size_t count = paths.count;
    bench_release(&bench);
    path_list_release(&paths);
    return count;
}

Test(scenario_cases, shenyang)
{
    cr_assert_geq(run_cases("policies/shenyang"), 40);
}

Test(scenario_cases, the_smallest_bundle)
{
    cr_assert_geq(run_cases("policies/examples/pm25-only"), 1);
}

Test(scenario_cases, the_november_of_2015)
{
    cr_assert_eq(run_cases("examples/2015-11-shenyang/scenario.yaml"), 1);
}
