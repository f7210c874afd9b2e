/* Allocation that does not fail.
 *
 * Checking every allocation would double the code and never be tested.  Stopping is safe here:
 * nothing is promised to anyone before it is durable, and every start recovers. */
#include "base/xalloc.h"
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_NO_MEMORY = 71 }; /* sysexits' EX_OSERR */

_Noreturn void out_of_memory(void)
{
    static const char text[] = "yujing: out of memory 内存不足\n";
    ssize_t ignored = write(STDERR_FILENO, text, sizeof text - 1);
    (void)ignored;
    _exit(EXIT_NO_MEMORY);
}

void *xmalloc(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xcalloc(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size > 0 ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

void *xrealloc(void *memory, size_t size)
{
    memory = realloc(memory, size > 0 ? size : 1);
    if (!memory)
        out_of_memory();
    return memory;
}

char *xstrdup(const char *text)
{
    return xstrndup(text, strlen(text));
}

char *xstrndup(const char *text, size_t size)
{
    size = strnlen(text, size);
    char *copy = xmalloc(size + 1);
    memcpy(copy, text, size);
    copy[size] = 0;
    return copy;
}

char *xasprintf(const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        out_of_memory();
    return text;
}

void xgrow(void **items, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return;
    size_t wanted = *capacity > 0 ? *capacity * 2 : 8;
    if (wanted <= *capacity || wanted > SIZE_MAX / item_size)
        out_of_memory();
    *items = xrealloc(*items, wanted * item_size);
    *capacity = wanted;
}

void xtrim(void)
{
    malloc_trim(0);
}
