/* Reading by what has come, not by what would fill a buffer: a filter in a pipe must answer at
 * once. */
#include "cli/lines.h"
#include "base/limits.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Waits for more bytes.  What was used makes room first. */
static void wait_for_more(struct lines *lines)
{
    char chunk[65536];
    size_t left = lines->bytes.size - lines->used;
    if (lines->used > 0)
        memmove(lines->bytes.data, lines->bytes.data + lines->used, left);
    lines->bytes.size = left;
    lines->used = 0;
    fflush(stdout);
    ssize_t size;
    do
        size = read(STDIN_FILENO, chunk, sizeof chunk);
    while (size < 0 && errno == EINTR);
    if (size < 0)
        lines->error = errno;
    if (size <= 0)
        lines->ended = true;
    else
        buf_add(&lines->bytes, chunk, (size_t)size);
}

/* The line that has come so far, up to its end or to all there is; true when it is whole. */
static bool look(const struct lines *lines, const char **ret_text, size_t *ret_size)
{
    const char *text = buf_str(&lines->bytes) + lines->used;
    size_t size = lines->bytes.size - lines->used;
    const char *end = memchr(text, '\n', size);
    *ret_text = text;
    *ret_size = end ? (size_t)(end - text) : size;
    return end != NULL;
}

/* Three bytes decide whether a mark stands at the start. */
static void skip_mark(struct lines *lines)
{
    static const char mark[] = "\xef\xbb\xbf";
    while (lines->bytes.size < 3 && !lines->ended &&
           memcmp(buf_str(&lines->bytes), mark, lines->bytes.size) == 0)
        wait_for_more(lines);
    lines->begun = true;
    if (lines->bytes.size >= 3 && memcmp(lines->bytes.data, mark, 3) == 0)
        lines->used = 3;
}

enum line_answer lines_next(struct lines *lines, const char **ret_text, size_t *ret_size)
{
    if (!lines->begun)
        skip_mark(lines);
    for (;;) {
        bool whole = look(lines, ret_text, ret_size);
        bool too_long = *ret_size > FACT_LINE_BYTES_MAX;
        if (!whole && !too_long && !lines->ended) {
            wait_for_more(lines);
            continue;
        }
        if (!whole && *ret_size == 0)
            return LINE_NONE;
        bool skipped = lines->skipping;
        lines->skipping = !whole && !lines->ended;
        lines->used += *ret_size + whole;
        if (!skipped)
            return too_long ? LINE_TOO_LONG : LINE_READ;
    }
}

void lines_release(struct lines *lines)
{
    buf_release(&lines->bytes);
    *lines = (struct lines){0};
}
