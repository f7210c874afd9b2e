/* Folders the daemon works in. */
#ifndef SHELL_FOLDER_H
#define SHELL_FOLDER_H

#include <stddef.h>
#include <stdint.h>

struct findings;
/* Makes the folder when its parent is there and it is not.  ERR_IO and one finding otherwise. */
int folder_make(const char *path, struct findings *findings);
/* Bytes free for us on the disk that holds the path; INT64_MAX when the system does not say. */
int64_t folder_free_bytes(const char *path);
/* Writes FOLDER/NAME so that a reader sees the whole file or none, durably.  The work in progress
 * has a hidden name of its own, .NAME.part, which the next attempt takes over: a crash leaves
 * nothing behind for good. */
int folder_write(const char *folder, const char *name, const void *bytes, size_t size,
                 struct findings *findings);
/* Moves a file into a folder of the same disk, durably, under its own name or NAME.2, NAME.3 … when
 * that is taken. 0 or ERR_IO with one finding. */
int folder_move(const char *path, const char *folder, struct findings *findings);

#endif
