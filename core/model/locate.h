/* Where a field stands in a JSON text.
 *
 * The parser keeps values but forgets where they stood.  A complaint must say where, and a figure
 * must be read as written; for those few moments the text is walked again. */
#ifndef MODEL_LOCATE_H
#define MODEL_LOCATE_H

#include <stddef.h>

/* The offset of the value at `pointer` ("/data/values/pm25", "/data/values/3") in a text that is
 * valid JSON; of the deepest value on the way to it that is there, where it is not.  Keys written
 * with escapes are not found. */
size_t json_locate(const char *text, size_t size, const char *pointer);
/* Where the value at `at` ends (one past its last byte). */
size_t json_value_end(const char *text, size_t size, size_t at);
/* The offset behind the blanks at `at`. */
size_t json_skip_blanks(const char *text, size_t size, size_t at);

#endif
