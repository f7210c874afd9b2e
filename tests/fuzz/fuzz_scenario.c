/* Any bytes as a scenario: no crash, no leak, no hang; what is wrong is told; what is right is
 * bound to the smallest bundle and run.  No file is read but the bundle's: a feed is left out. */
#include "cli/cases.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DAYS_MAX = 40, RUN_BYTES_MAX = 4096 };

/* A run of years, or of many, would be honest work and not a finding. */
static bool is_short(const struct scenario *scenario)
{
    span_ms longest = DAYS_MAX * (span_ms)DAY_MS;
    if (scenario->stop_at == MOMENT_NONE || scenario->stop_at > longest)
        return false;
    for (size_t i = 0; i < scenario->inject_count; i++)
        if (scenario->injects[i].at > longest || scenario->injects[i].at < -longest)
            return false;
    return true;
}

static void run_bound(struct scenario *scenario, struct bench *bench)
{
    struct run run;
    struct run_options options = {.drill = true, .fork_at = INSTANT_NONE};
    if (!is_short(scenario))
        return;
    run_scenario(&run, scenario, bench->program, &options);
    run_release(&run);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bench bench;
    struct findings findings = {0};
    struct scenario *scenario;
    if (!bench.program && bench_load(&bench, "policies/examples/pm25-only", NULL, &findings) < 0)
        __builtin_trap(); /* run it from the top of the repository */
    int err = scenario_read_text(&scenario, "fuzz/cases/x.yaml", (const char *)data, size, NULL, 0,
                                 &findings);
    if ((err < 0) != (findings.errors > 0))
        __builtin_trap(); /* refused in silence, or accepted in spite of a finding */
    if (err >= 0 && size <= RUN_BYTES_MAX) {
        scenario->feed_count = 0;
        err = scenario_bind(scenario, bench.program, &findings);
        if (err >= 0)
            run_bound(scenario, &bench);
    }
    scenario_free(scenario);
    findings_release(&findings);
    return 0;
}
