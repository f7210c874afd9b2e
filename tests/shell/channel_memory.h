/* The twin of a channel: keeps what it was given, and fails when told to. */
#ifndef TESTS_SHELL_CHANNEL_MEMORY_H
#define TESTS_SHELL_CHANNEL_MEMORY_H

#include "shell/gateways.h"

enum { MEMORY_WAITING_MAX = 4096 };
struct memory {
    int sent;             /* attempts in all */
    int failures;         /* so many attempts fail before one succeeds */
    enum outcome outcome; /* as what they fail; OUTCOME_RETRY unless set */
    int64_t retry_after_ms;
    char *ids;                              /* "a b a ", in the order of attempts */
    channel_done *done[MEMORY_WAITING_MAX]; /* waiting to be answered by memory_answer */
    void *args[MEMORY_WAITING_MAX];
    int waiting;
    bool *closed; /* told when it is closed; may be NULL */
};
/* Its address is the recipient; its bytes are the letter's. */
extern const struct channel channel_memory;
/* Answers what is waiting, as the loop would; what that lets in waits for the next call. */
void memory_answer(struct memory *memory);
/* One gateway of it, named "memory", with bounds that do not bite. */
struct gateway memory_gateway(void);
/* The same as a whole configuration; nothing to release. */
struct gateways memory_gateways(struct gateway *gateway);
/* The memory behind the last channel that was opened. */
struct memory *memory_opened(void);

#endif
