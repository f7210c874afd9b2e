/* The mailer: mails handed to one mail server, by a few sessions that are kept open.
 *
 * libcurl waits inside its own call for a mail server's last word, so it must not run on the loop:
 * a slow server would hold up everything.  Each session has a thread of its own, which knows
 * nothing but the mail in its hands; what is told is told from the loop. */
#ifndef SHELL_MAILER_H
#define SHELL_MAILER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uv_loop_s uv_loop_t;

enum { MAIL_SESSIONS_MAX = 16 };
struct mailer_options {          /* borrowed while the mailer lives */
    const char *server;          /* smtp://host:port or smtps://host:port */
    const char *user, *password; /* or NULL */
    const char *ca_file;         /* PEM of the authorities to trust; NULL: the system's */
    const char *from;            /* a bare address */
    bool must_encrypt;           /* STARTTLS or nothing */
    int sessions;                /* at once, 1 … MAIL_SESSIONS_MAX */
    int64_t timeout_ms;          /* of one mail */
};
struct mailer;
struct mailer *mailer_new(uv_loop_t *loop, const struct mailer_options *options);
/* Nothing may be under way.  The sessions say good-bye on their threads; `closed` is called from
 * the loop. */
void mailer_close(struct mailer *mailer, void (*closed)(void *arg), void *arg);

struct mail_answer {     /* borrowed */
    const char *trouble; /* NULL: the server has taken the mail over */
    long status;         /* its last code; 0 without one */
    bool denied;         /* it refused us before it saw the letter, which is not at fault */
    bool certificate;    /* it is not who it says, or we do not know who vouches for it */
};
/* The bytes stay until `done`, which is called exactly once, later, from the loop; `to`, a bare
 * address, is copied. */
void mailer_send(struct mailer *mailer, const char *to, const void *bytes, size_t size,
                 void (*done)(void *arg, const struct mail_answer *answer), void *arg);

#endif
