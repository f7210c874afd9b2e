/* Putting away, once.
 *
 * The memory is a table with two marks for each hash, the one met last first: a new thing takes the
 * place of the other.  What is common is met again long before it is displaced, also when two
 * common things have one hash, and only that is worth sharing. */
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

static bool is_same(const struct shelf_mark *known, const struct shelf_mark *mark)
{
    return known->at && known->hash == mark->hash && known->size == mark->size &&
           memcmp(known->at, mark->at, mark->size) == 0;
}

/* Things and texts have hashes of their own, so that no thing is given a text's place, which is not
 * aligned. */
static const void *put(struct shelf *shelf, const void *bytes, size_t size, bool is_text)
{
    uint64_t hash = str_hash(bytes, size) + is_text;
    struct shelf_mark *marks = &shelf->marks[hash % (MARKS / 2) * 2];
    struct shelf_mark mark = {bytes, (uint32_t)size, (uint32_t)(hash >> 32)};
    if (is_same(&marks[0], &mark))
        return marks[0].at;
    if (is_same(&marks[1], &mark)) {
        mark = marks[1];
    } else {
        void *at = is_text ? place_text(shelf, size) : place_thing(shelf, size);
        mark.at = memcpy(at, bytes, size);
    }
    marks[1] = marks[0];
    marks[0] = mark;
    return mark.at;
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
