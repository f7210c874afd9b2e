/* Where a bundle's texts come from: a folder, or memory.
 *
 * Both answer the same questions, so that a bundle read from the store has the hash of the one read
 * from the folder. */
#ifndef MODEL_BUNDLE_SOURCE_H
#define MODEL_BUNDLE_SOURCE_H

#include "base/arena.h"
#include "model/bundle.h"

struct bundle_source {
    const char *folder;              /* NULL: memory */
    const struct bundle_text *texts; /* memory */
    size_t count;
    struct bundle_text *taken; /* the same, when their data may be taken; or NULL */
};

bool source_has(const struct bundle_source *source, const char *name);
/* The text of that name: its names in the arena, its data from malloc.  Fails with a finding (F…)
 * when it cannot be read. */
int source_read(const struct bundle_source *source, struct arena *arena, const char *name,
                struct bundle_text *ret_text, struct findings *findings);
/* Names of the plain files directly in `directory` ("" or "registry/"), with the directory in
 * front, sorted; hidden ones left out.  The list is in the arena.  A folder that is not there is an
 * empty one; one that cannot be looked into is not, and leads to a finding (F002). */
const char **source_list(const struct bundle_source *source, struct arena *arena,
                         const char *directory, size_t *ret_count, struct findings *findings);
/* "policies/shenyang/../../scripts/x.lua" → "scripts/x.lua", for people to read. */
const char *source_shown(const struct bundle_source *source, struct arena *arena, const char *name);

#endif
