/* Whole files, for callers above the engine.  The engine itself opens nothing. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

struct findings;
/* Reads a regular file (or "-" for stdin) up to limit bytes.  Caller frees *ret_data, which is
 * followed by a NUL.  On failure ERR_IO, ERR_NOT_FOUND or ERR_LIMIT and one finding (F…). */
int file_read(const char *path, size_t limit, char **ret_data, size_t *ret_size,
              struct findings *findings);
/* The same of a pipe or a device as well, whose writer is waited for: facts may come by one. */
int file_read_stream(const char *path, size_t limit, char **ret_data, size_t *ret_size,
                     struct findings *findings);
/* Writes by a temporary neighbour, fsync and rename, so that a reader sees the old or the new,
 * never a half.  Links are followed; what is no regular file, such as a pipe, is written into. */
int file_write_atomic(const char *path, const void *data, size_t size, struct findings *findings);
/* Makes an empty file for its owner alone where there is none; what is there is closed to all but
 * owner and group.  What cannot be done is for whoever opens it next to find out. */
void file_keep_private(const char *path);
/* Gives a finished file its name for good: fsync, rename, fsync of the folder.  0 or an errno. */
int file_put_in_place(const char *temporary, const char *path);
/* Why the system refused (an errno), in the language in force; the rare reasons stay English.
 * Never NULL. */
const char *file_trouble(int error);

#endif
