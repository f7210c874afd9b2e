/* A schema: which keys a map of YAML may have, what their values must be, and where they go.
 *
 * One table per kind of map says it all; schema_read walks the node once, fills the struct and
 * collects every finding (S…).  A field that is wrong or absent leaves its default in the struct
 * untouched, so reading can go on and the author sees all mistakes of a file in one run. */
#ifndef MODEL_SCHEMA_H
#define MODEL_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct findings;
struct yaml;

enum field_type {
    FIELD_TEXT,   /* const char *: any scalar that is not empty */
    FIELD_FLAGS,  /* const char *: letters, possibly none */
    FIELD_ID,     /* const char *: printable, no blanks or separators, at most 64 bytes */
    FIELD_WORD,   /* int: position in `words` */
    FIELD_ONE_OF, /* const char *: one of `words` */
    FIELD_INT,    /* int: low … high */
    FIELD_MICRO,  /* micro: low … high, in micro */
    FIELD_BOOL,   /* bool */
    FIELD_SPAN,   /* span_ms: low … high, in ms */
    FIELD_DATE,   /* int64_t: days since 1970-01-01 */
    FIELD_TEXTS,  /* const struct yaml *: a list of scalars, each one of `words` when given; low …
                     high long */
    FIELD_LIST,   /* const struct yaml *: a list; low … high long */
    FIELD_MAP,    /* const struct yaml *: a map */
    FIELD_NODE,   /* const struct yaml *: anything */
};
#define FIELD_NOT_STORED SIZE_MAX

struct field {
    const char *key;
    enum field_type type;
    size_t offset; /* of the value in the target, or FIELD_NOT_STORED */
    bool required;
    int64_t low, high;        /* both 0: unbounded */
    const char *const *words; /* ends with NULL */
    const char *unit;         /* for messages: "t/d"; or NULL */
};
#define FIELD(key_, type_, offset_, ...)                             \
    {                                                                \
        .key = key_, .type = type_, .offset = offset_, ##__VA_ARGS__ \
    }
struct schema {
    const char *english, *chinese; /* "a station", "站点" */
    const struct field *fields;    /* at most 64 */
    size_t count;
    bool open; /* further keys are attributes; only near misses of known keys are warned of */
};

/* Fills `target` from `node`.  False when a finding is an error. */
bool schema_read(const struct schema *schema, const struct yaml *node, void *target,
                 struct findings *findings);
/* Shows every map that this thread reads from now on to `seen`: before its values are filled in,
 * when the defaults stand in the target, and after.  NULL ends it.  For those who print a
 * configuration with its defaults, or hold the defaults against what a document says of them. */
struct schema_watch {
    void (*seen)(void *arg, const struct schema *schema, const struct yaml *node,
                 const void *target, bool after);
    void *arg;
};
void schema_watch(const struct schema_watch *watch); /* borrowed */
/* The value that stands in the target, as a person would write it; false when there is none, or
 * none that the field's bounds allow. */
struct buf;
bool schema_print(struct buf *buf, const struct field *field, const void *target);
/* Position of `text` in a NULL-terminated list of words, or -1. */
int schema_word(const char *const *words, const char *text);
/* The scalars of a FIELD_TEXTS, in the arena; `node` may be NULL. */
void schema_texts(struct arena *arena, const struct yaml *node, const char *const **ret_items,
                  int *ret_count);
/* False, with a finding, when the node is not of that kind.  `what` names it in the message. */
bool schema_is_map(const struct yaml *node, const char *what, struct findings *findings);
bool schema_is_list(const struct yaml *node, const char *what, struct findings *findings);
/* One number of a map that has no fixed keys: `what` names it. */
bool schema_micro(const struct yaml *node, const char *what, int64_t low, int64_t high,
                  const char *unit, int64_t *ret, struct findings *findings);
/* A scalar with something in it, or NULL with a finding. */
const char *schema_text(const struct yaml *node, const char *what, struct findings *findings);
/* True when a FIELD_ID takes this text. */
bool schema_is_id(const char *text);

#endif
