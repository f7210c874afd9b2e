/* A folder of one test's own, made with mkdtemp, and what is in it. */
#ifndef TESTS_SHELL_ROOM_H
#define TESTS_SHELL_ROOM_H

#include <sys/types.h>

/* A file in it, as whole as the daemon would find it. */
void room_write(const char *folder, const char *name, const char *text, mode_t mode);
/* With all that is in it. */
void room_remove(const char *folder);

#endif
