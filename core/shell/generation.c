/* Making, replacing and freeing a policy at work. */
#include "shell/generation.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "store/archive.h"
#include <stdlib.h>

int generation_new(struct generation **ret_generation, struct bundle *bundle,
                   const struct engine_options *options, struct findings *findings)
{
    struct generation *generation = xcalloc(1, sizeof *generation);
    generation->bundle = bundle;
    int err = program_new(&generation->program, bundle, findings);
    if (err == 0)
        err = engine_new(&generation->engine, generation->program, options);
    if (err < 0) {
        generation_free(generation);
        return err;
    }
    *ret_generation = generation;
    return 0;
}

int generation_at_hand(struct generation **ret_generation, struct store *store, const char *hash,
                       const struct bundle *at_hand, const struct engine_options *options,
                       struct findings *findings)
{
    struct bundle *bundle = NULL;
    bool same = at_hand && str_equal(at_hand->hash, hash);
    int err = same ? archive_check(store, hash, findings)
                   : archive_bundle(store, hash, &bundle, findings);
    if (err < 0)
        return err;
    return generation_new(ret_generation, same ? bundle_share(at_hand) : bundle, options, findings);
}

int generation_of_store(struct generation **ret_generation, struct store *store, const char *hash,
                        const struct engine_options *options, struct findings *findings)
{
    return generation_at_hand(ret_generation, store, hash, NULL, options, findings);
}

int generation_inherit(struct generation *to, const struct generation *from, char **ret_dropped)
{
    *ret_dropped = NULL;
    if (!from)
        return 0;
    struct buf bytes = {0};
    engine_save(from->engine, &bytes);
    int err = engine_load(to->engine, bytes.data, bytes.size, ret_dropped);
    buf_release(&bytes);
    return err;
}

const char *generation_hash(const struct generation *generation)
{
    return generation->bundle->hash;
}

void generation_free(struct generation *generation)
{
    if (!generation)
        return;
    engine_free(generation->engine);
    program_free(generation->program);
    bundle_free(generation->bundle);
    free(generation);
}
