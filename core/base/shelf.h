/* A shelf: bytes that are put away for good, equal ones at one place.
 *
 * What stands in a long list repeats itself: grades, districts, keys, whole measures.  A shelf
 * remembers the last few thousand things that were put on it and gives the same place for the same
 * bytes; what it no longer remembers is put there once more.  So equal places mean equal bytes, and
 * never the other way round, and the shelf itself stays small however much is put on it. */
#ifndef BASE_SHELF_H
#define BASE_SHELF_H

#include <stddef.h>

struct arena;
struct shelf_mark;
struct shelf {
    struct arena *arena; /* that everything stands in; borrowed */
    struct shelf_mark *marks;
    char *front, *back; /* of the room at hand: things from the front, texts from the back */
};

void shelf_init(struct shelf *shelf, struct arena *arena);
/* A copy of the bytes, aligned to 8, that lives as long as the arena; it must not be changed.  NULL
 * for no bytes at all. */
const void *shelf_put(struct shelf *shelf, const void *bytes, size_t size);
/* The same for a text, with the NUL that stands at text[size]. */
const char *shelf_text(struct shelf *shelf, const char *text, size_t size);
/* Forgets what is where; what was put away stays. */
void shelf_release(struct shelf *shelf);

#endif
