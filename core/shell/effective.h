/* The effective configuration: what was written and what holds where nothing was, for people.
 *
 * Every part is read by the module that knows its keys, while schema_watch looks on; so defaults
 * come from the code that uses them and from nowhere else. */
#ifndef SHELL_EFFECTIVE_H
#define SHELL_EFFECTIVE_H

#include "shell/conf.h"

/* Reads every part of a configuration as a start would, its policy too, and looks at every file
 * that is named as a secret: it must be there, readable by us, and by no stranger; and whether the
 * folders are there in which a start makes the store and the watched folder.  All findings
 * are collected. */
void effective_check(const struct conf *conf, struct findings *findings);
/* Whether the folder of the policy has one; else a finding at the line that names it, for whoever
 * wrote the wrong folder wrote it there. */
bool effective_has_policy(const struct conf *conf, struct findings *findings);
/* As YAML.  Of a secret only a fingerprint is shown, of a web address only the host. */
void effective_print(struct buf *ret_yaml, const char *path, bool live, struct findings *findings);

/* Every map that a schema read, for tests. */
struct effective_seen {
    const struct schema *schema;
    const struct yaml *node;
    char **defaults, **values; /* parallel to the schema's fields; NULL: none */
};
struct effective {
    struct conf conf;
    struct effective_seen *items;
    size_t count, capacity;
};
/* conf_read and effective_check, watched; release in either case. */
void effective_read(struct effective *ret_effective, const char *path, bool live,
                    struct findings *findings);
void effective_release(struct effective *effective);

#endif
