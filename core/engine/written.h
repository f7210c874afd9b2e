/* What an author wrote, as C values with places.
 *
 * The tables a script returns are copied once out of Lua into this tree; everything after that
 * (program_*.c) reads the tree and never touches Lua.  Each value knows where it stands: file,
 * line, column. */
#ifndef ENGINE_WRITTEN_H
#define ENGINE_WRITTEN_H

#include "base/decimal.h"
#include "base/err.h"
#include "engine/sandbox.h"

struct arena;
struct places;
struct spots;
struct yaml;

enum written_kind {
    WRITTEN_TEXT,
    WRITTEN_NUMBER,
    WRITTEN_BOOL,
    WRITTEN_TABLE,
    WRITTEN_FIGURE, /* p.… */
    WRITTEN_FUNCTION,
    WRITTEN_BROKEN, /* already complained of: accepted everywhere, says nothing */
    WRITTEN_OTHER,  /* nothing a rule can hold */
};
struct written {
    enum written_kind kind;
    struct place at;         /* of its key, or of the item itself */
    const char *key;         /* the name it has in its table, or NULL for an item */
    int index;               /* of an item, from 1; 0 for a named one */
    const char *text;        /* TEXT; OTHER: the Lua type; FIGURE: the path without "p." */
    size_t size;             /* TEXT: bytes, may hold a NUL */
    micro number;            /* NUMBER; MICRO_NONE: no finite number within bounds */
    bool truth;              /* BOOL */
    int function;            /* FUNCTION: position in the list of functions, from 1 */
    const struct yaml *node; /* FIGURE: as written in the bundle; NULL when there is no bundle */
    /* TABLE */
    const char *word;      /* the word it was given to ("any", "doc"), or NULL */
    struct written *items; /* items by index, then names bytewise */
    int count;
};

/* Where one file is copied from. */
struct reading {
    struct sandbox *box;
    struct arena *arena;
    struct places *places; /* of the file */
    const char *file;      /* as shown */
    int functions;         /* stack index of the list functions are kept in */
    struct findings *findings;
    int nodes_left; /* of the rule being copied */
};

/* Copies the rule (a marked table { name, body }) at `index`; raises Lua errors only for a lack of
 * budget. */
struct written *written_rule(struct reading *reading, int index);

/* The entry of that name, or NULL; `table` may be NULL or no table. */
const struct written *written_get(const struct written *table, const char *key);
/* The item of that index, or NULL. */
const struct written *written_item(const struct written *table, int index);
/* Items (not names) of a table. */
int written_items(const struct written *table);
bool written_is(const struct written *value, const char *word);
/* "a number", "a text", "a table": for complaints. */
const char *written_kind_name(const struct written *value);

#endif
