/* Metrics: what the daemon counts, in the text form that Prometheus scrapes.
 *
 * Every name is declared once, in the table of metrics.c, with its type and help; a name that is
 * not there is a programmer's mistake.  Labels are few and bounded: a channel, a result, a source;
 * never an enterprise.  Used on the loop's thread only. */
#ifndef SHELL_METRICS_H
#define SHELL_METRICS_H

#include <stdbool.h>

struct buf;
struct metrics;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics); /* NULL is fine */

/* `labels` is as it will stand between the braces (`channel="hook",result="delivered"`), NULL for
 * none; copied.  `metrics` NULL: nothing is counted, so that a part can be tested without. */
void metrics_add(struct metrics *metrics, const char *name, const char *labels, double add);
void metrics_set(struct metrics *metrics, const char *name, const char *labels, double value);
void metrics_observe(struct metrics *metrics, const char *name, const char *labels, double seconds);

/* All values of a gauge become 0, whatever their labels: before it is filled anew. */
void metrics_clear(struct metrics *metrics, const char *name);

/* All values of a gauge go, whatever their labels, as if it had never been set: it is not known. */
void metrics_forget(struct metrics *metrics, const char *name);

/* The value of a counter or gauge; 0 when it was never touched. */
double metrics_value(const struct metrics *metrics, const char *name, const char *labels);
/* Text exposition format 0.0.4: in the order of the table, labels sorted, so that two prints of
 * equal values are equal bytes.  A declared counter without labels is printed as 0 from the start.
 */
void metrics_print(const struct metrics *metrics, struct buf *ret_text);

#endif
