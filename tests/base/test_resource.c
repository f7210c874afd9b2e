/* What travels inside the binary. */
#include "base/resource.h"
#include <criterion/criterion.h>
#include <string.h>

Test(resource, every_resource_is_found_and_ends_with_a_nul)
{
    for (const struct resource *resource = resources; resource->path; resource++) {
        cr_expect_eq(resource_find(resource->path), resource);
        cr_expect_eq(resource->data[resource->size], 0, "%s", resource->path);
        cr_expect_eq(strlen((const char *)resource->data), resource->size, "%s", resource->path);
    }
}

Test(resource, they_are_sorted_by_path)
{
    for (const struct resource *resource = resources; resource->path; resource++) {
        if (resource[1].path)
            cr_expect_lt(strcmp(resource->path, resource[1].path), 0);
    }
}

Test(resource, an_unknown_path_is_none)
{
    cr_expect_null(resource_find("policies/national/none.yaml"));
    cr_expect_null(resource_find(""));
}
