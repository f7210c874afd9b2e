/* Lines of standard input, for verbs that answer line by line for ever.
 *
 * What has been answered is on its way before we wait for more, so that a program at the other end
 * of two pipes is never kept waiting; and a line has a bound, so that no input can fill the memory.
 */
#ifndef CLI_LINES_H
#define CLI_LINES_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised is at the start. */
struct lines {
    struct buf bytes;
    size_t used; /* of bytes */
    bool begun, ended, skipping;
    int error; /* errno of a read that failed; 0: none */
};
enum line_answer {
    LINE_READ,
    LINE_TOO_LONG, /* beyond limits.h FACT_LINE_BYTES_MAX; what follows is the next line */
    LINE_NONE,     /* the input has ended, or could not be read: then `error` says why */
};
/* The next line without its line end; a byte order mark before the first one is skipped.  Borrowed
 * until the next call.  Flushes stdout before it waits. */
enum line_answer lines_next(struct lines *lines, const char **ret_text, size_t *ret_size);
void lines_release(struct lines *lines);

#endif
