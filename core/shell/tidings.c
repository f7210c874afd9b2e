/* Noticing. */
#include "shell/tidings.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/generation.h"
#include "shell/readership.h"
#include <stdio.h>
#include <stdlib.h>

void tidings_look(struct tidings *tidings, const struct generation *generation,
                  const char *configured)
{
    const char *hash = generation ? generation_hash(generation) : "";
    if (!hash[0] || str_equal(hash, tidings->heard))
        return;
    bool first = !tidings->heard[0] && str_equal(hash, configured);
    snprintf(tidings->heard, sizeof tidings->heard, "%s", hash);
    tidings_release(tidings);
    tidings->bundle = first ? NULL : bundle_share(generation->bundle);
    tidings->reads = readership_of(generation->program);
    tidings->fresh = true;
    xtrim();
}

void tidings_release(struct tidings *tidings)
{
    bundle_free(tidings->bundle);
    free(tidings->reads);
    tidings->bundle = NULL;
    tidings->reads = NULL;
    tidings->fresh = false;
}
