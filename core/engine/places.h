/* Where in a script its tables stand.
 *
 * A Lua table forgets the line its keys were written on.  So the text is read a second time, only
 * for places: split into tokens, and the braces after `warning "name"` followed, so that a
 * complaint about levels[2].issue_when[1].above can name line and column of that very word.  What
 * is not written in place (a table out of a variable or a function) has no spot of its own; then
 * the place of the key that holds it is used. */
#ifndef ENGINE_PLACES_H
#define ENGINE_PLACES_H

#include <stddef.h>

struct arena;
struct spots;

/* One entry of a table constructor: a key or an item, and the constructor in its value, if any. */
struct spot {
    const char *key; /* not terminated; NULL for an item */
    size_t key_size;
    int index; /* of an item, from 1 */
    int line, col;
    const struct spots *child;
};
struct spots {
    const struct spot *items;
    int count;
};

struct places;
/* `text` is borrowed; everything is in the arena. */
struct places *places_new(struct arena *arena, const char *text, size_t size);
/* The constructor that follows `word "name"` on that line (or `word` alone when no name fits), or
 * NULL. *ret_col is the column of the word, or 0. */
const struct spots *places_rule(struct places *places, int line, const char *word, const char *name,
                                int *ret_col);
/* The line of the last `return`, or 1. */
int places_last_return(const struct places *places);
const struct spot *spots_key(const struct spots *spots, const char *key);
const struct spot *spots_item(const struct spots *spots, int index);

#endif
