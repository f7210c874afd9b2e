/* Any bytes as a table of the list: no crash, no leak, and a table that is taken gives texts that
 * load. */
#include "base/err.h"
#include "model/bundle.h"
#include "model/list_csv.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bundle *small_bundle(void)
{
    static const char policy[] =
        "authority: 示例\ncity: \"210100\"\nzone: Asia/Shanghai\nvalid_from: 2024-12-16\n"
        "areas: [{code: \"210100\", name: 示例, stations: [s1]}]\nstations: [{id: s1, name: "
        "一站}]\n"
        "pollutants: [pm25]\nlevels: [{name: red, title: 红色}]\nrules: []\n";
    static const char series[] =
        "series:\n  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: "
        "0, high: 5000}\n";
    static const char measures[] = "measures:\n  stop: {kind: stop, text: \"{lines}停产\"}\n";
    static const char registry[] =
        "- id: e1\n  name: 示例\n  district: \"210106\"\n  industry: other\n  grade: B\n"
        "  day: {pm: 0.2}\n  lines:\n    - {id: L1, name: 一线, day: {pm: 0.1}}\n"
        "    - {id: L2, name: 二线, day: {pm: 0.1}}\n"
        "  measures:\n    red: [{do: stop, lines: [L2]}]\n"
        "  contacts: [{name: 值班室, phone: \"1\"}]\n";
    static const struct bundle_text texts[] = {
        {"policy.yaml", "policy.yaml", policy, sizeof policy - 1},
        {"series.yaml", "series.yaml", series, sizeof series - 1},
        {"measures.yaml", "measures.yaml", measures, sizeof measures - 1},
        {"registry/a.yaml", "registry/a.yaml", registry, sizeof registry - 1},
    };
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    if (bundle_build(&bundle, texts, 4, NULL, &findings) < 0)
        __builtin_trap();
    findings_release(&findings);
    return bundle;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle *bundle;
    if (!bundle)
        bundle = small_bundle();
    struct sheet sheet;
    struct list_diff diff;
    struct findings findings = {0};
    if (sheet_read(&sheet, "fuzz.csv", (const char *)data, size, &findings) == 0) {
        int err = list_import(bundle, &sheet, false, &diff, &findings);
        if ((err < 0) != (findings.errors > 0) || (err < 0 && diff.file_count > 0))
            __builtin_trap();
        list_diff_release(&diff);
    } else if (findings.errors == 0) {
        __builtin_trap();
    }
    sheet_release(&sheet);
    findings_release(&findings);
    return 0;
}
