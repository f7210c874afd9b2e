/* Filters: verbs that read one JSON object a line and answer each with one, in order, for ever.
 *
 * A line that cannot be read is answered by {"error":…} and the next one is read, so that one bad
 * question costs nobody else an answer. */
#ifndef CLI_FILTER_H
#define CLI_FILTER_H

#include <jansson.h>
#include <stddef.h>

struct buf;
struct verb;

/* Adds the answer to `out`, without a line end. */
typedef void filter_answer(void *arg, const char *text, size_t size, struct buf *out);
/* Answers standard input to its end; the exit code. */
int filter_run(const struct verb *verb, filter_answer *answer, void *arg);

/* {"error":problem} */
void filter_refuse(struct buf *out, const char *problem);
/* The line as an object, to be freed by json_decref; or NULL, and the refusal is in `out`. */
json_t *filter_object(const char *text, size_t size, struct buf *out);
/* A text of the object, or NULL, and the refusal is in `out`. */
const char *filter_text(const json_t *object, const char *key, struct buf *out);

#endif
