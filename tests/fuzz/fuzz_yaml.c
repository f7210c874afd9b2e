/* Any bytes as a policy file: no crash, no leak, no hang; and every scalar read as every kind of
 * value. */
#include "base/arena.h"
#include "base/yaml.h"
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_scalar(const struct yaml *node, struct findings *findings)
{
    micro figure;
    int64_t number, day;
    bool truth;
    span_ms span;
    instant_ms instant;
    yaml_micro(node, &figure, findings);
    yaml_int(node, -100, 100, &number, findings);
    yaml_bool(node, &truth, findings);
    yaml_span(node, &span, findings);
    yaml_date(node, &day, findings);
    yaml_instant(node, 8 * HOUR_MS, &instant, findings);
}

static void walk(const struct yaml *node, struct findings *findings)
{
    if (node->kind == YAML_SCALAR)
        read_scalar(node, findings);
    for (size_t i = 0; i < node->count; i++)
        walk(node->items[i], findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct findings findings = {0};
    const struct yaml *root = yaml_read(&arena, "fuzz", (const char *)data, size, &findings);
    if (root)
        walk(root, &findings);
    else if (findings.errors == 0)
        __builtin_trap(); /* nothing was read and nobody was told why */
    findings_sort(&findings);
    findings_release(&findings);
    arena_release(&arena);
    return 0;
}
