/* What must be right with the bytes of a YAML file before libyaml may see them. */
#ifndef BASE_YAML_SCAN_H
#define BASE_YAML_SCAN_H

#include <stdbool.h>
#include <stddef.h>

struct findings;

/* Encoding, control and invisible characters (Y008), tabs in the indentation (Y007): false when
 * there was one, as parsing such a text would only add confusion.  Also a value cut short by its #
 * (Y020, a warning). */
bool yaml_scan(const char *file, const char *text, size_t size, struct findings *findings);

#endif
