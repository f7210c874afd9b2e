/* Standard input as a source: JSON Lines or CSV, for ever.
 *
 * The first line tells which: CSV begins with its header.  A bad line is complained about and
 * passed over.  With `ack` the source answers on standard output with {"accepted":N}: the first N
 * lines (the CSV header and bad lines count) are on the disk or were refused, and need not be sent
 * again.  A sender that keeps the rest and sends it again after a crash loses nothing and doubles
 * nothing. */
#ifndef SHELL_INGEST_STDIN_H
#define SHELL_INGEST_STDIN_H

#include "shell/intake.h"

struct ingest_stdin;
struct ingest_stdin_options {
    int input, output;        /* file descriptors; output -1: no acknowledgement */
    void (*ended)(void *arg); /* the input has ended and all of it is answered; may be NULL */
    void *arg;
};
/* Never NULL.  An input that cannot be read leads to a finding (D026). */
struct ingest_stdin *ingest_stdin_new(const struct surroundings *around,
                                      const struct ingest_stdin_options *options,
                                      struct findings *findings);
/* Reads on when there is room; call it at the start and after every turn. */
void ingest_stdin_resume(struct ingest_stdin *in);
/* A policy that came into force; borrowed. */
void ingest_stdin_change(struct ingest_stdin *in, const struct policy *policy);
/* Reads nothing more; what is in the inbox may still be answered. */
void ingest_stdin_stop(struct ingest_stdin *in);
void ingest_stdin_free(struct ingest_stdin *in); /* after the loop has closed its handles */

#endif
