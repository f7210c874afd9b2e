/* A bundle: one version of the policy, known by the SHA-256 of its bytes.
 *
 * It is a set of named texts (policy.yaml, series.yaml, registry/…, the rule scripts it names …),
 * read from a folder, from the store or out of a test, then turned into a struct policy.  Names are
 * relative to the bundle's folder and sorted; the hash covers names and bytes, so two machines
 * agree on it.
 *
 * Once made it is not changed any more, so threads may share it. */
#ifndef MODEL_BUNDLE_H
#define MODEL_BUNDLE_H

#include "base/arena.h"
#include "base/hash.h"
#include "model/policy.h"
#include <stddef.h>

struct findings;

struct bundle_text {
    const char *name;  /* "policy.yaml", "../../scripts/rules/heavy_pollution.lua" */
    const char *shown; /* path for findings */
    const char *data;  /* a NUL follows; of a bundle's own, owned */
    size_t size;
};
struct bundle {
    _Atomic unsigned shares; /* besides the first */
    struct arena arena;
    struct bundle_text *texts; /* sorted by name; without data when they have been forgotten */
    size_t text_count, text_capacity;
    char hash[HASH_HEX]; /* of everything above and of the overrides */
    struct policy policy;
    /* The rule scripts, in the order policy.yaml names them. */
    const struct bundle_text **scripts;
    size_t script_count;
    bool scripts_missing; /* some that it names are not there or could not be read */
};

/* Reads the folder's files (policy.yaml first, then what it names), nothing else.  `with` may be
 * NULL, or a JSON object whose keys replace top-level keys of policy.yaml (a scenario's `with:`);
 * it goes into the hash. Fails (negative) when any finding is an error; the findings are all there
 * are, sorted.  Caller frees *ret_bundle with bundle_free in either case when it is not NULL. */
int bundle_load(struct bundle **ret_bundle, const char *folder, const char *with_json,
                struct findings *findings);
/* The same out of texts in memory (tests).  Texts are copied. */
int bundle_build(struct bundle **ret_bundle, const struct bundle_text *texts, size_t count,
                 const char *with_json, struct findings *findings);
/* The same, taking over the data of the texts it reads, each from malloc: they are NULL then. */
int bundle_build_of(struct bundle **ret_bundle, struct bundle_text *texts, size_t count,
                    const char *with_json, struct findings *findings);
/* One more owner, who calls bundle_free too; on any thread. */
struct bundle *bundle_share(const struct bundle *bundle);
void bundle_free(struct bundle *bundle);
/* Gives up the YAML texts, for a policy that others keep (the archive) and that has been compiled:
 * a city's list has megabytes.  No other thread may be looking at texts.  False: there were none
 * any more. */
bool bundle_forget_texts(struct bundle *bundle);
/* What the hash is made of: the texts in the order of their names, each followed by its bytes, and
 * the overrides at the end (NULL: none). */
void bundle_hash_text(struct hasher *hasher, const char *name, size_t size);
void bundle_hash_with(struct hasher *hasher, const char *with_json);

#endif
