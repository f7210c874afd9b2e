/* Putting away, once.
 *
 * The memory is a table with one mark for each hash: a new thing takes the place of an old one in
 * it.  What is common is met again long before it is displaced, and only that is worth sharing. */
#include "base/shelf.h"
#include "base/arena.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS = 1 << 14, ROOM_BYTES = 64 << 10, ALIGNMENT = 8 };

struct shelf_mark {
    const void *at; /* NULL: nothing */
    uint32_t size, hash;
};

void shelf_init(struct shelf *shelf, struct arena *arena)
{
    *shelf = (struct shelf){.arena = arena, .marks = xcalloc(MARKS, sizeof *shelf->marks)};
}

/* Of the gap between things and texts; what is big gets room of its own. */
static char *make_room(struct shelf *shelf, size_t size)
{
    if (size > ROOM_BYTES / 8)
        return NULL;
    if ((size_t)(shelf->back - shelf->front) < size) {
        shelf->front = arena_alloc(shelf->arena, ROOM_BYTES);
        shelf->back = shelf->front + ROOM_BYTES;
    }
    return shelf->front;
}

static void *place_thing(struct shelf *shelf, size_t size)
{
    size_t whole = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    char *room = make_room(shelf, whole);
    if (!room)
        return arena_alloc(shelf->arena, size);
    shelf->front += whole;
    return room;
}

static void *place_text(struct shelf *shelf, size_t size)
{
    if (!make_room(shelf, size))
        return arena_alloc(shelf->arena, size);
    return shelf->back -= size;
}

/* Things and texts have hashes of their own, so that no thing is given a text's place, which is not
 * aligned. */
static const void *put(struct shelf *shelf, const void *bytes, size_t size, bool is_text)
{
    uint64_t hash = str_hash(bytes, size) + is_text;
    struct shelf_mark *mark = &shelf->marks[hash % MARKS];
    uint32_t rest = (uint32_t)(hash >> 32);
    if (mark->at && mark->hash == rest && mark->size == size && memcmp(mark->at, bytes, size) == 0)
        return mark->at;
    void *at = is_text ? place_text(shelf, size) : place_thing(shelf, size);
    memcpy(at, bytes, size);
    *mark = (struct shelf_mark){at, (uint32_t)size, rest};
    return at;
}

const void *shelf_put(struct shelf *shelf, const void *bytes, size_t size)
{
    return size > 0 ? put(shelf, bytes, size, false) : NULL;
}

const char *shelf_text(struct shelf *shelf, const char *text, size_t size)
{
    assert(text[size] == 0);
    return put(shelf, text, size + 1, true);
}

void shelf_release(struct shelf *shelf)
{
    free(shelf->marks);
    *shelf = (struct shelf){0};
}
