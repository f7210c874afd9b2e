/* A letter: what is said to whom, and the bytes in which that is kept.
 *
 * Orders, releases and tasks say what a decision says; the daemon's own letters (reminders, pages,
 * corrections …) are made of words.  Everything a way out needs to know of it is here. */
#ifndef SHELL_LETTER_H
#define SHELL_LETTER_H

#include "base/when.h"

struct buf;
struct decision;
struct message;
struct policy;
struct recipient;

enum { LETTER_ID_SIZE = 33 }; /* 32 hex digits */

enum letter_kind {
    LETTER_ORDER,
    LETTER_RELEASE,
    LETTER_TASK,
    LETTER_PUBLIC,
    LETTER_REMINDER,
    LETTER_ESCALATION,
    LETTER_PAGE,
    LETTER_CORRECTION,
    LETTER_WITHDRAWAL,
    LETTER_TEST,
    LETTER_KINDS
};
const char *letter_kind_name(enum letter_kind kind); /* "order" … */
int letter_kind_of(const char *name);                /* or ERR_NOT_FOUND */
extern const char *const letter_kind_words[];        /* by kind, NULL-terminated: for schemas */

struct letter { /* borrowed; NULL where there is none */
    const char *id;
    enum letter_kind kind;
    const char *about; /* the letter it concerns */
    const char *rule, *title, *episode, *level;
    const char *plan;      /* hash of the plan that released it */
    const char *to, *name; /* registry id (or several, with commas) and name */
    const char *measures;  /* JSON */
    const char *subject;   /* one line; NULL: the first of the text */
    const char *text;
    const char *decision_kind; /* public: issue raise … */
    const char *references;    /* public: see struct message */
    const char *ack_url;
    int number;           /* the decision that made it, in its step; -1: none did */
    instant_ms at, begin; /* begin: INSTANT_NONE when it has none */
};
/* The letter of an order, release or task; or of the public, for a transition. */
struct letter letter_of_decision(const struct decision *decision, int number,
                                 const struct policy *policy);
struct letter letter_public(const struct decision *decision, int number);

/* One JSON object and a newline:
 * {"order","kind","at","rule","title","episode","level","begin","to","name","measures","text","policy"};
 * in place of "order" the daemon's own letters have "letter", "about".  Depends on the letter and
 * the policy alone, so a replay of the journal renders equal bytes. */
void letter_print(struct buf *buf, const struct letter *letter, const struct policy *policy,
                  const char *policy_hash);
/* What the channels see of it; `body` is what letter_print gave.  Contact and address are left to
 * the caller.  `subject` must hold the first line of a text, when the letter has no subject. */
void letter_message(struct message *ret_message, const struct letter *letter,
                    const struct policy *policy, const struct buf *body, struct buf *subject);
/* A letter's id out of what identifies it; NULL ends the parts. */
void letter_id(char ret_id[LETTER_ID_SIZE], const char *part, ...) __attribute__((sentinel));

#endif
