/* Lua's patterns, matched by a matcher that counts.
 *
 * The stock matcher bounds only its depth; eight hundred bytes can keep it busy for minutes.  Here
 * every comparison of a character takes one step off the caller's count, and when none is left the
 * match ends. The language is the one of the Lua manual, §6.4.1: classes, sets, `* + - ?`, `%b`,
 * `%f`, captures, back references.  Bytes, not characters; classes are ASCII in every locale. */
#ifndef ENGINE_PATTERN_H
#define ENGINE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    PATTERN_CAPTURES_MAX = 32,
    PATTERN_BYTES_MAX = 1024, /* the matcher's depth is at most this */
};

/* size == PATTERN_POSITION: a `()` capture, only `start` counts. */
#define PATTERN_POSITION ((size_t)-1)
struct pattern_capture {
    size_t start, size;
};
struct pattern_match {
    size_t start, end; /* of the whole match in the subject */
    int count;
    struct pattern_capture captures[PATTERN_CAPTURES_MAX];
};
/* Filled by the caller; texts are borrowed. */
struct pattern {
    const char *text;
    size_t size;
    const char *subject;
    size_t subject_size;
    bool anchored;      /* match at `from` only; the caller took the leading ^ off */
    int64_t steps_left; /* counts down */
    const char *error;  /* after ERR_SYNTAX: what is wrong with the pattern */
};

/* The first match that starts at `from` or later: 1 found, 0 none, ERR_SYNTAX for a malformed
 * pattern, ERR_LIMIT when the steps are spent. */
int pattern_find(struct pattern *pattern, size_t from, struct pattern_match *ret_match);
/* True when the pattern is plain text. */
bool pattern_is_plain(const char *text, size_t size);

#endif
