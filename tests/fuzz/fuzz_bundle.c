/* Any text as policy.yaml, series.yaml or a registry file of a bundle: no crash, no leak, no hang,
 * and a bundle that fails always says why.
 *
 * The first byte chooses the file; the others of the bundle are small and good. */
#include "base/err.h"
#include "model/bundle.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "authority: 示例\ncity: \"210100\"\nzone: Asia/Shanghai\nvalid_from: 2024-12-16\n"
    "areas: [{code: \"210100\", name: 示例, stations: [s1]}]\nstations: [{id: s1, name: 一站}]\n"
    "pollutants: [pm25]\nlevels: [{name: yellow, title: 黄色, share: 10}, {name: red, title: "
    "红色}]\n"
    "rules: []\n";
static const char series[] =
    "series:\n  pm25: {kind: measured, pollutant: pm25, step: 1h, span: 1h, unit: µg/m³, low: 0, "
    "high: 5000}\n";
static const char measures[] = "measures:\n  stop: {kind: stop, text: \"{lines}停产\"}\n"
                               "  limit: {kind: limit, text: \"{lines}限产{percent}%\"}\n";
static const char *const names[] = {"policy.yaml",    "series.yaml",     "measures.yaml",
                                    "inventory.yaml", "registry/a.yaml", "grid.yaml",
                                    "calendar.yaml"};
enum { NAMES = sizeof names / sizeof *names };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct bundle_text texts[4] = {
        {"policy.yaml", "policy.yaml", policy, sizeof policy - 1},
        {"series.yaml", "series.yaml", series, sizeof series - 1},
        {"measures.yaml", "measures.yaml", measures, sizeof measures - 1},
    };
    const char *name = names[data[0] % NAMES];
    size_t slot = data[0] % NAMES < 3 ? data[0] % NAMES : 3;
    texts[slot] = (struct bundle_text){name, name, (const char *)data + 1, size - 1};
    struct findings findings = {0};
    struct bundle *bundle = NULL;
    int err = bundle_build(&bundle, texts, slot < 3 ? 3 : 4, NULL, &findings);
    if ((err < 0) != (findings.errors > 0))
        __builtin_trap(); /* refused and nobody was told why, or the reverse */
    bundle_free(bundle);
    findings_release(&findings);
    return 0;
}
