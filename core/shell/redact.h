/* Redaction: what must not stand in a log, blacked out.
 *
 * A log is read by many and kept for long.  Whatever looks like a secret of ours (a token, a
 * webhook secret, a password of a URL) is struck out wherever it stands; telephone numbers and mail
 * addresses of people keep only what tells two of them apart. */
#ifndef SHELL_REDACT_H
#define SHELL_REDACT_H

struct buf;

/* Appends `text` with secrets as *** and, when `people` is true, 138****5678 and z***@example.com.
 */
void redact(struct buf *buf, const char *text, int people);

#endif
