/* YAML as trees that remember where each value was written.
 *
 * libyaml gives the events; this refuses what a policy file must not have: anchors and aliases,
 * tags, more than one document, duplicate keys, tabs, a depth or size beyond limits.h, bad UTF-8,
 * control characters; and it warns of what people mistype: full-width digits and punctuation,
 * yes/no/on/off, 010, 12:30, text that looks like a key without the space after its colon.  All
 * findings are collected. */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/decimal.h"
#include "base/err.h"
#include "base/when.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct shelf;

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* 48 bytes: a city's list has millions. */
struct yaml {
    int line, col; /* where it starts, from 1; 0 in a kept tree */
    uint32_t count;
    enum yaml_kind kind : 8;
    bool quoted;         /* scalar: written in quotes or as a block: text, never a number */
    const char *file;    /* borrowed from the caller of yaml_read; NULL in a kept tree */
    const char *text;    /* scalar */
    struct yaml **items; /* list: items; map: values, in the order written */
    struct yaml **keys;  /* map: scalar keys, parallel to items */
};

/* The root node, in `arena`, or NULL when nothing could be read; findings (Y…) say why.  `file`
 * must live as long as the arena.  An empty document gives an empty map. */
struct yaml *yaml_read(struct arena *arena, const char *file, const char *text, size_t size,
                       struct findings *findings);

/* What becomes of the items of a long list. */
struct yaml_items {
    /* Is given each as soon as it is whole; the node is gone with the next one, its texts stay. */
    void (*take)(void *arg, const struct yaml *item);
    void *arg;
    struct shelf *shelf; /* the texts stand on */
};
/* yaml_read, but of a root that is a list the items are taken one by one and not kept: it has their
 * count, and no items.  Any other root is whole.  When the text turns out to be unreadable further
 * down (NULL), items have been taken all the same. */
struct yaml *yaml_read_items(struct arena *arena, const char *file, const char *text, size_t size,
                             const struct yaml_items *items, struct findings *findings);
/* A copy that stays, on the shelf that the node's texts stand on: without places, and equal parts
 * stand there once. */
const struct yaml *yaml_keep(struct shelf *shelf, const struct yaml *node);

struct place yaml_place(const struct yaml *node);
/* The value of a key, or NULL; `map` may be NULL or no map. */
const struct yaml *yaml_get(const struct yaml *map, const char *key);
const char *yaml_text(const struct yaml *map, const char *key); /* scalar text or NULL */
bool yaml_is_null(const struct yaml *node); /* NULL, `~`, `null` or empty, unquoted */

/* Typed reading with findings.  Each returns false, and has added an error, when the node is not
 * such a value; NULL and null are a missing value.  (For a figure in full-width characters
 * yaml_read has added it.) */
bool yaml_micro(const struct yaml *node, micro *ret, struct findings *findings);
bool yaml_int(const struct yaml *node, int64_t low, int64_t high, int64_t *ret,
              struct findings *findings);
bool yaml_bool(const struct yaml *node, bool *ret,
               struct findings *findings); /* true | false only */
bool yaml_span(const struct yaml *node, span_ms *ret, struct findings *findings);
bool yaml_date(const struct yaml *node, int64_t *ret_day, struct findings *findings);
bool yaml_instant(const struct yaml *node, span_ms zone, instant_ms *ret,
                  struct findings *findings);

#endif
