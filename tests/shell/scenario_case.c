#include "shell/scenario_case.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "shell/expect_words.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void play(struct played *ret, const char *text, const struct run_options *options)
{
    struct run_options plain = {.fork_at = INSTANT_NONE};
    *ret = (struct played){0};
    int err = scenario_read_text(&ret->scenario, "tests/scenarios/test.yaml", text, strlen(text),
                                 NULL, 0, &ret->findings);
    if (err >= 0)
        err = bench_load(&ret->bench, ret->scenario->bundle, ret->scenario->with_json,
                         &ret->findings);
    if (err >= 0)
        err = scenario_bind(ret->scenario, ret->bench.program, &ret->findings);
    ret->bound = err >= 0;
    if (err >= 0)
        err =
            run_scenario(&ret->run, ret->scenario, ret->bench.program, options ? options : &plain);
    ret->ran = err >= 0;
}

void play_small(struct played *ret, const char *text, const struct run_options *options)
{
    char *all = xasprintf("title: t\nstart: 2026-01-05 16:00\n"
                          "bundle: ../../policies/examples/pm25-only\n%s",
                          text);
    play(ret, all, options);
    for (size_t i = 0; i < ret->findings.count; i++)
        cr_log_info("%d:%d %s %s", ret->findings.items[i].line, ret->findings.items[i].col,
                    ret->findings.items[i].code, ret->findings.items[i].message);
    cr_assert(ret->ran, "run the tests from the top of the repository");
    free(all);
}

char *played_transitions(const struct played *played)
{
    struct buf buf = {0};
    transitions_print(&buf, &played->run, NULL);
    return buf_detach(&buf);
}

enum outcome played_outcome(const struct played *played, const char *id)
{
    int number = scenario_expect(played->scenario, id);
    cr_assert(number >= 0, "no expectation %s", id);
    return played->run.results[number].outcome;
}

void played_release(struct played *played)
{
    if (played->bound)
        run_release(&played->run);
    scenario_free(played->scenario);
    bench_release(&played->bench);
    findings_release(&played->findings);
}
