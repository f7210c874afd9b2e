/* Text: UTF-8, widths, near misses, full-width habits; and names made into small numbers. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_equal(const char *a, const char *b); /* NULL equals only NULL */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
/* The byte offset of the first byte that is not valid UTF-8, or `size` when all is valid.  Overlong
 * forms, surrogates and values above U+10FFFF are invalid. */
size_t str_utf8_bad(const char *text, size_t size);
size_t str_chars(const char *text, size_t size); /* characters (code points) in valid UTF-8 */
int str_columns(const char *text);               /* terminal columns; wide characters count 2 */
/* True when the text holds full-width ASCII (U+FF01–FF5E), an ideographic space or one of “”‘’。、.
 */
bool str_has_fullwidth(const char *text);
/* ASCII in place of full-width forms; caller frees. */
char *str_halfwidth(const char *text);
/* The nearest of `known` within a third of the word's length (Damerau-Levenshtein), or NULL. */
const char *str_nearest(const char *word, const char *const *known, size_t count);
/* A word list for a message: "a, b, c"; caller frees. */
char *str_join(const char *const *words, size_t count, const char *separator);
uint64_t str_hash(const char *text, size_t size); /* fixed, not seeded: never used for order */

/* Names to dense numbers 0, 1, 2… in order of first sight.  Zero-initialised is empty. */
struct intern {
    char **names;
    uint32_t *slots; /* open addressing; number + 1, 0 is empty */
    uint64_t *hashes;
    uint32_t count, capacity, slot_count;
};
enum { INTERN_NONE = -1 };
int intern_add(struct intern *intern, const char *name);          /* its number, new or old */
int intern_find(const struct intern *intern, const char *name);   /* or INTERN_NONE */
const char *intern_name(const struct intern *intern, int number); /* borrowed */
void intern_release(struct intern *intern);

#endif
