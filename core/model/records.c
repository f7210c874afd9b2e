/* See records.h. */
#include "model/records.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/resource.h"
#include "base/yaml.h"

/* Were the file spoilt, nothing might go at all. */
int64_t records_days_min(void)
{
    const struct resource *resource = resource_find(RECORDS_FILE);
    struct arena arena = {0};
    struct findings findings = {0};
    int64_t days = INT64_MAX;
    const struct yaml *root =
        yaml_read(&arena, RECORDS_FILE, (const char *)resource->data, resource->size, &findings);
    yaml_int(yaml_get(root, "days_min"), 1, 36500, &days, &findings);
    findings_release(&findings);
    arena_release(&arena);
    return days;
}
