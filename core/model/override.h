/* Overrides: a scenario's `with`, laid over policy.yaml. */
#ifndef MODEL_OVERRIDE_H
#define MODEL_OVERRIDE_H

struct arena;
struct findings;
struct yaml;

/* A copy of the map `root` in which each top-level key of the JSON object has the object's value;
 * null takes the key away.  The new nodes' file is "with:KEY…", so that findings name the override.
 * The root itself, after a finding, when `with_json` is no JSON object. */
const struct yaml *override_apply(struct arena *arena, const struct yaml *root,
                                  const char *with_json, struct findings *findings);

#endif
