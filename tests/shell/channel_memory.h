/* The twin of a channel: keeps what it was given, and fails when told to. */
#ifndef TESTS_SHELL_CHANNEL_MEMORY_H
#define TESTS_SHELL_CHANNEL_MEMORY_H

#include "shell/channel.h"

struct memory {
    int sent;               /* attempts in all */
    int failures;           /* so many attempts fail before one succeeds */
    char *ids;              /* "a b a ", in the order of attempts */
    channel_done *done[16]; /* waiting to be answered by memory_answer */
    void *args[16];
    int waiting;
};
extern const struct channel channel_memory;
/* Answers what is waiting, as the loop would. */
void memory_answer(struct memory *memory);

#endif
