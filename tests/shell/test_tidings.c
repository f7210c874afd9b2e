/* What sources are told of the policy in force, and which of its series anybody reads. */
#include "base/err.h"
#include "model/bundle.h"
#include "shell/readership.h"
#include "shell/shell_box.h"
#include "shell/sources.h"
#include "shell/tidings.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct shell_box shell;
static struct tidings tidings;
static struct findings findings;

static void away(void)
{
    tidings_release(&tidings);
    findings_release(&findings);
    shell_remove(&shell);
}

TestSuite(tidings, .fini = away);

static void look(const char *configured)
{
    tidings_look(&tidings, pipeline_generation(shell.pipeline), configured);
}

static bool reads(const char *series)
{
    return tidings.reads[policy_series(&shell.bundle->policy, series)];
}

Test(tidings, a_policy_is_told_of_once)
{
    shell_make(&shell, NULL);
    look(shell.bundle->hash);
    cr_expect_not(tidings.fresh, "none is in force before the first turn");
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    look(shell.bundle->hash);
    cr_assert(tidings.fresh);
    cr_expect_null(tidings.bundle, "everybody was opened with it");
    tidings_release(&tidings);
    look(shell.bundle->hash);
    cr_expect_not(tidings.fresh);
}

Test(tidings, another_policy_comes_as_a_share_of_it)
{
    shell_make(&shell, NULL);
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    look("another");
    cr_assert(tidings.fresh);
    cr_assert_not_null(tidings.bundle);
    cr_expect_str_eq(tidings.bundle->hash, shell.bundle->hash);
    cr_expect_eq(tidings.bundle, pipeline_generation(shell.pipeline)->bundle);
    struct sources sources = {0};
    sources_change(&sources, tidings.bundle, tidings.reads, &findings);
    cr_expect_eq(sources.bundle, tidings.bundle);
    tidings = (struct tidings){0};
    look("another");
    struct bundle *before = sources.bundle;
    sources_change(&sources, tidings.bundle, tidings.reads, &findings);
    cr_expect_eq(sources.retired_count, 1);
    cr_expect_eq(sources.retired[0], before);
    sources_resume(&sources);
    cr_expect_eq(sources.retired_count, 0, "no file is under way");
    tidings = (struct tidings){0};
    sources_free(&sources);
}

Test(tidings, indices_read_their_pollutants)
{
    shell_make(&shell, NULL);
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    look(shell.bundle->hash);
    cr_expect(reads("pm25"));
    cr_expect(reads("aqi_day"));
    cr_expect_not(reads("aqi_hour"), "no rule looks at it");
}

Test(tidings, a_function_may_look_at_anything)
{
    shell_make(&shell,
               "return watch \"w\" {\n"
               "  title = \"示例\", basis = doc \"plan\", per = stations {},\n"
               "  when = { observed = \"pm25\", where = function(v) return v.value > 5 end },\n"
               "  steps = { { to = \"district\", text = \"核查\" } },\n"
               "}\n");
    cr_assert_eq(shell_turn(&shell, 0, 1), 0);
    look(shell.bundle->hash);
    cr_expect(reads("aqi_hour"));
}
