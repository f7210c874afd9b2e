/* Allocations that fail.
 *
 * Loaded before libc.  From shim_begin on, allocation number MEMORY_AT fails; with MEMORY_STICKY so
 * do all after it.  MEMORY_LOG gets a line when one has. */
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

void shim_begin(void);

static long at = -1, count;
static int begun, sticky, told;

static void tell(void)
{
    const char *path = getenv("MEMORY_LOG");
    int fd = path && !told ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    told = 1;
    if (fd >= 0 && write(fd, "failed\n", 7) == 7)
        close(fd);
}

void shim_begin(void)
{
    const char *text = getenv("MEMORY_AT");
    at = text ? atol(text) : -1;
    sticky = getenv("MEMORY_STICKY") != NULL;
    begun = 1;
}

static int fails(void)
{
    if (!begun || at < 0)
        return 0;
    count++;
    if (count != at && !(sticky && count > at))
        return 0;
    tell();
    return 1;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return fails() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size)
{
    return fails() ? NULL : __libc_realloc(memory, size);
}
