/* Noticing, and copying out of the archive. */
#include "shell/tidings.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/generation.h"
#include "shell/readership.h"
#include "store/archive.h"
#include <stdio.h>
#include <stdlib.h>

void tidings_look(struct tidings *tidings, const struct generation *generation,
                  const char *configured, struct store *store, struct findings *findings)
{
    const char *hash = generation ? generation_hash(generation) : "";
    if (!hash[0] || str_equal(hash, tidings->heard))
        return;
    bool first = !tidings->heard[0] && str_equal(hash, configured);
    struct bundle *bundle = NULL;
    snprintf(tidings->heard, sizeof tidings->heard, "%s", hash);
    if (!first && archive_bundle(store, hash, &bundle, findings) < 0)
        return;
    tidings_release(tidings);
    tidings->bundle = bundle;
    tidings->reads = readership_of(generation->program);
    tidings->fresh = true;
}

void tidings_release(struct tidings *tidings)
{
    bundle_free(tidings->bundle);
    free(tidings->reads);
    tidings->bundle = NULL;
    tidings->reads = NULL;
    tidings->fresh = false;
}
