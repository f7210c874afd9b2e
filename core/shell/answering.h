/* Answering: a recipient's answer to a letter becomes a receipt, by whatever way it came.
 *
 * The fact's identity and its every byte follow from the letter and the answer alone, so a double
 * tap, a repeated SMS and a client that asks again are one fact. */
#ifndef SHELL_ANSWERING_H
#define SHELL_ANSWERING_H

#include "model/fact.h"
#include "shell/api_inner.h"

struct answering {
    char letter[RECEIPT_LETTER_SIZE];
    /* Found by answering_look. */
    bool found;
    bool answerable; /* somebody is asked to answer it */
    instant_ms at, begin;
    const char *recipient, *kind, *about, *closed; /* in the arena; may be NULL */
    json_t *body;                                  /* of the letter; caller frees */
    instant_ms receipts[RECEIPT_DONE + 1];         /* INSTANT_NONE: not yet */
    const char *reason;                            /* of a refusal */
    /* What was said of it later, also after it was answered. */
    const char *correction; /* the text of the newest; or NULL */
    bool superseded;
};
/* Fills it; on the worker's thread.  ERR_STORE; a letter that is not there is `found` false. */
int answering_look(struct answering *answering, struct call *call, const struct view *view);
/* The receipt.  `source`, `by` and `reason` are borrowed. */
struct fact answering_fact(struct call *call, const struct answering *answering,
                           enum receipt_kind kind, const char *source, const char *by,
                           const char *reason);

#endif
