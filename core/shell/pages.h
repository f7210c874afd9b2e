/* Pages: what the duty officers are called for: alarms, proposals, letters that reached nobody.
 *
 * Every event of the level alarm pages; those of one turn share a page.  Letters that are lost are
 * named together, at most every five minutes, and none is forgotten: which have been named stands
 * in the outbox. */
#ifndef SHELL_PAGES_H
#define SHELL_PAGES_H

#include "shell/post.h"

struct decision;

/* A proposal waits for a person. */
int page_proposal(struct post *post, const struct decision *decision);
/* Nobody has acted on it: a task to its signer, then to the deputy, when everybody is called. */
int page_unsigned(struct post *post, const struct decision *decision);
/* At the end of a turn: its alarms, and lost letters.  *ret_due: when
 * more lost letters may be named (wall clock); INSTANT_NONE: there are none. */
int pages_run(struct post *post, instant_ms *ret_due);
/* One page to everybody, whatever their role. */
int page_everybody(struct post *post, const char *key, const char *subject, const char *text);

#endif
