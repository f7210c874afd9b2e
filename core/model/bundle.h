/* A bundle: one version of the policy, known by the SHA-256 of its bytes.
 *
 * It is a set of named texts (policy.yaml, series.yaml, registry/…, the rule scripts it names …),
 * read from a folder, from the store or out of a test, then turned into a struct policy.  Names are
 * relative to the bundle's folder and sorted; the hash covers names and bytes, so two machines
 * agree on it. */
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
    const char *data;
    size_t size;
};
struct bundle {
    struct arena arena;
    struct bundle_text *texts; /* sorted by name */
    size_t text_count, text_capacity;
    char hash[HASH_HEX]; /* of everything above and of the overrides */
    struct policy policy;
    /* The rule scripts, in the order policy.yaml names them. */
    const struct bundle_text **scripts;
    size_t script_count;
};

/* Reads the folder's files (policy.yaml first, then what it names), nothing else.  `with` may be
 * NULL, or a JSON object whose keys replace top-level keys of policy.yaml (a scenario's `with:`);
 * it goes into the hash. Fails (negative) when any finding is an error; the findings are all there
 * are, sorted.  Caller frees *ret_bundle with bundle_free in either case when it is not NULL. */
int bundle_load(struct bundle **ret_bundle, const char *folder, const char *with_json,
                struct findings *findings);
/* The same out of texts in memory (tests, the store).  Texts are copied. */
int bundle_build(struct bundle **ret_bundle, const struct bundle_text *texts, size_t count,
                 const char *with_json, struct findings *findings);
void bundle_free(struct bundle *bundle);

#endif
