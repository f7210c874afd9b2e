/* JSON.  Reading is jansson's strict parser (duplicate keys, bad UTF-8, NaN, leading zeros
 * refused), with line and column; writing is ours, so that equal values have equal bytes: no
 * spaces, keys in the order given, no \u escapes for text that is valid UTF-8. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/decimal.h"
#include "base/when.h"
#include <jansson.h>
#include <stdbool.h>

struct buf;
struct findings;

/* One document out of `size` bytes.  On failure NULL, and one finding (J001) at `file`, `line` plus
 * jansson's own line - 1.  The depth is bounded by limits.h. */
json_t *json_read(const char *text, size_t size, const char *file, int line,
                  struct findings *findings);

/* How many values a document has at most, by its commas and brackets: what reading it costs, to be
 * known before. */
size_t json_values(const char *text, size_t size);

/* A value inside an object or array under construction.  The writer inserts commas itself. */
struct json_writer {
    struct buf *buf;
    uint64_t filled; /* bit per depth: something stands before */
    int depth;
    bool after_key;
};
void jw_begin(struct json_writer *writer, char open); /* '{' or '[' */
void jw_end(struct json_writer *writer, char close);
void jw_key(struct json_writer *writer, const char *key);
void jw_text(struct json_writer *writer, const char *text); /* NULL writes null */
void jw_int(struct json_writer *writer, int64_t value);
void jw_micro(struct json_writer *writer, micro value); /* MICRO_NONE writes null */
void jw_bool(struct json_writer *writer, bool value);
void jw_null(struct json_writer *writer);
void jw_instant(struct json_writer *writer, instant_ms instant, span_ms zone);
void jw_raw(struct json_writer *writer, const char *json); /* already JSON */
/* Quotes and escapes one string. */
void json_quote(struct buf *buf, const char *text);
/* Canonical form of a parsed value: keys sorted bytewise, numbers as micro decimals when they fit.
 */
void json_canonical(struct buf *buf, const json_t *value);

#endif
