/* Looking up what was built in.  A walk: there are a dozen, and they are asked for once. */
#include "base/resource.h"
#include <string.h>

const struct resource *resource_find(const char *path)
{
    for (const struct resource *resource = resources; resource->path; resource++) {
        if (strcmp(resource->path, path) == 0)
            return resource;
    }
    return NULL;
}
