/* What the files of the box share.  Nobody else includes this. */
#ifndef ENGINE_SANDBOX_INNER_H
#define ENGINE_SANDBOX_INNER_H

#include "engine/sandbox.h"

/* Why the allocator said no; the last time it did. */
enum refusal { REFUSED_NOTHING, REFUSED_STRING, REFUSED_BYTES, REFUSED_CEILING, REFUSED_STACK };

struct sandbox_file {
    const char *shown;
    const char *text; /* while it is being loaded: finds columns */
    size_t size;
    bool ours;
};
struct sandbox {
    lua_State *L;
    struct sandbox_limits limits;
    size_t memory;      /* bytes in use */
    const void *stack;  /* the block that is Lua's stack */
    const void *newest; /* the block allocated last */
    size_t newest_size;
    int64_t steps_left, bytes_left;
    int armed;             /* instructions until the hook comes */
    int weight;            /* of an instruction, in steps */
    size_t longest;        /* longest string made so far, bytes */
    size_t longest_loaded; /* the same when loading ended: every call starts from it */
    bool spent;            /* sticky until the call ends */
    enum refusal refusal;
    int line_read;         /* by the compiler */
    struct place error_at; /* innermost author's frame when the error was raised */
    struct sandbox_failure failure;
    struct sandbox_file *files;
    size_t file_count, file_capacity;
    struct findings *findings; /* while loading */
    char **words;              /* sorted */
    size_t word_count, word_capacity;
};

/* Lua's own message without its place, in the language in force. */
void sandbox_message(char *ret, size_t size, const char *message);
/* "#3:12: rest" → 3, 12 and the rest; false when the text has no such prefix. */
bool sandbox_split(const char *message, int *ret_file, int *ret_line, const char **ret_rest);
/* Makes the shared tables: words, broken value. */
void sandbox_furnish(struct sandbox *box);

#endif
