/* The daemon's parts, put together and taken apart.  For loop.c alone, which says what they do. */
#ifndef SHELL_DAEMON_H
#define SHELL_DAEMON_H

#include "shell/dispatch.h"
#include "shell/ingest_dir.h"
#include "shell/ingest_stdin.h"
#include "shell/loop.h"
#include "shell/worker.h"
#include <uv.h>

enum { MIB = 1 << 20 };
enum ending { NOT_ENDING, DRAINING, STOPPING, OVER };

struct daemon {
    const struct loop_options *options;
    const struct conf *conf;
    struct log log;
    uv_loop_t loop;
    uv_signal_t signals[2];
    uv_timer_t timer;
    struct bundle *bundle; /* as configured; what is at work is the pipeline's */
    struct store *store;
    struct pipeline *pipeline;
    struct inbox inbox;
    struct dispatch dispatch;
    struct worker *worker;
    struct ingest_stdin *in; /* NULL: not configured */
    struct ingest_dir *dir;
    struct turn turn; /* the worker's while `turning` */
    int turn_err;
    bool turning;
    bool ready, short_of_room; /* said so */
    enum ending ending;
    int exit_code;
};
/* What the parts call; all but `work` from the loop's thread, with the daemon as argument. */
struct daemon_calls {
    void (*work)(void *daemon); /* one turn, on the worker's thread */
    void (*turn_over)(void *daemon);
    void (*asked)(void *daemon); /* something came in or came back */
    void (*ended)(void *daemon); /* standard input */
    uv_signal_cb signalled;
};
/* EX_OK, or the exit code after saying why.  daemon_close in either case. */
int daemon_open(struct daemon *daemon, const struct daemon_calls *calls);
/* Everything is idle but the channel.  Frees the daemon. */
void daemon_close(struct daemon *daemon);

void daemon_stop_sources(struct daemon *daemon);
/* Answers deliveries that will not be taken. */
void daemon_give_up(struct delivery *deliveries);
/* Says all findings when one is an error; mere warnings are `check`'s to list, and would stand here
 * at every start. */
void daemon_tell(const struct daemon *daemon, const char *event, const struct findings *findings);

#endif
