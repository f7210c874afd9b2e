/* Allocation that does not fail: out of memory ends the process with one line on stderr and
 * exit 71. */
#ifndef BASE_XALLOC_H
#define BASE_XALLOC_H

#include <stddef.h>

/* For a library's own allocation that failed. */
_Noreturn void out_of_memory(void);
void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xrealloc(void *memory, size_t size);
char *xstrdup(const char *text);
char *xstrndup(const char *text, size_t size);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Makes room for one more item: grows *items (of item_size bytes each) when count == *capacity. */
void xgrow(void **items, size_t count, size_t *capacity, size_t item_size);
/* Gives the system back what freed memory it can; for after something large.  Every thread that
 * read a large policy would otherwise sit on its rubbish for ever.  Takes up to a tenth of a
 * second, so not on the loop's thread. */
void xtrim(void);

#endif
