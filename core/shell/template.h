/* Templates of the daemon's own letters: notices/reminder.txt, escalation.txt, correction.txt,
 * withdrawal.txt, test.txt of the bundle; or plain words where it has none.  What is withdrawn
 * decides what follows from it, so orders, releases, tasks and notices to the public may each have
 * a text of their own (withdrawal_release.txt …) and share withdrawal.txt otherwise.
 *
 * Not those of model/template.h: there a gateway's form is filled in for a machine, so every value
 * is escaped and an unknown name is an error; here a sentence is for people, so a line without its
 * value goes, and what is no placeholder of ours stays as it was written.  One mechanism would have
 * to be told at each call which of the two it is. */
#ifndef SHELL_TEMPLATE_H
#define SHELL_TEMPLATE_H

#include <stddef.h>

struct buf;
struct policy;

enum template_kind {
    TEMPLATE_REMINDER,
    TEMPLATE_ESCALATION,
    TEMPLATE_CORRECTION,
    TEMPLATE_WITHDRAWAL,
    TEMPLATE_WITHDRAWAL_ORDER,
    TEMPLATE_WITHDRAWAL_RELEASE,
    TEMPLATE_WITHDRAWAL_TASK,
    TEMPLATE_WITHDRAWAL_PUBLIC,
    TEMPLATE_TEST
};
const char *template_text(const struct policy *policy, enum template_kind kind);

struct template_value {
    const char *name, *value; /* value NULL: none */
};                            /* a list ends with the name NULL */
/* {name} becomes its value; a line that holds nothing but a placeholder without a value, also with
 * a colon after it (whom it addresses), is left out, and with it the heading right above it, a line
 * that ends in a colon; an unknown placeholder stays as it is. */
void template_fill(struct buf *buf, const char *text, const struct template_value *values);
/* The "text" in a letter's JSON; caller frees; NULL: there is none. */
char *template_text_of_body(const void *body, size_t size);

#endif
