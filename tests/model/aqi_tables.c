/* Reading the tables that travel inside the program. */
#include "model/aqi_tables.h"
#include "base/resource.h"
#include "base/yaml.h"
#include <criterion/criterion.h>

struct aqi_standards national_tables(struct arena *arena)
{
    struct findings findings = {0};
    struct aqi_standards standards = {0};
    const struct resource *resource = resource_find("policies/national/aqi.yaml");
    cr_assert_not_null(resource);
    struct yaml *root =
        yaml_read(arena, "aqi.yaml", (const char *)resource->data, resource->size, &findings);
    cr_assert_not_null(root);
    int err = aqi_standards_read(arena, root, &standards, &findings);
    cr_assert_eq(findings.count, 0, "%s", findings.count ? findings.items[0].message : "");
    cr_assert_eq(err, 0);
    findings_release(&findings);
    return standards;
}
