/* The daemon's parts, put together and taken apart.  For loop.c alone, which says what they do. */
#ifndef SHELL_DAEMON_H
#define SHELL_DAEMON_H

#include "base/str.h"
#include "shell/ahead.h"
#include "shell/dispatch.h"
#include "shell/loop.h"
#include "shell/sources.h"
#include "shell/tidings.h"
#include "shell/upkeep.h"
#include "shell/worker.h"
#include <uv.h>

enum {
    MIB = 1 << 20,
    QUESTIONS_MAX = 1024,  /* waiting; a question more is answered "not asked" */
    QUESTIONS_A_TURN = 64, /* so that looking never holds up what comes in */
    SUBSCRIBERS_MAX = 8,
};
enum ending { NOT_ENDING, DRAINING, STOPPING, OVER };

struct api;
struct daemon {
    const struct loop_options *options;
    const struct conf *conf;
    struct log log;
    struct metrics *metrics;
    struct upkeep_conf upkeep_conf;
    struct upkeep *upkeep;
    struct events alarms; /* of the loop, for the next turn */
    uv_loop_t loop;
    uv_signal_t signals[3];
    uv_timer_t timer;
    struct bundle *bundle; /* as configured; what is at work is the pipeline's */
    bool fallen_back;      /* the folder cannot be used: it is the policy that was in force */
    struct store *store;
    struct pipeline *pipeline;
    struct inbox inbox;
    struct gateways gateways;
    struct routing *routing;
    struct ack_links *ack; /* set before the first turn by who serves receipt pages; or NULL */
    struct dispatch *dispatch;
    struct question *asked, **asked_last; /* waiting for a turn */
    int asked_count;
    struct subscriber {
        void (*on_event)(void *arg, const struct event *event);
        void *arg;
    } subscribers[SUBSCRIBERS_MAX];
    int subscriber_count;
    struct worker *worker;
    struct sources sources;
    struct tidings tidings; /* of a policy that came into force: the worker's while `turning` */
    struct api *api;        /* NULL: no `http:` */
    struct intern told;     /* slips of the sources */
    struct turn turn;       /* the worker's while `at_work` */
    struct ahead *ahead;    /* what it goes on with then */
    int turn_err;
    bool turning;              /* a turn is under way: at work, or over and being dealt with */
    bool at_work;              /* the worker is */
    bool resting;              /* what it is at is no turn: nothing asked for one */
    bool ready, short_of_room; /* said so */
    bool full;         /* the last turn was refused for want of room, or by a lock held for long */
    uint64_t news_due; /* on the loop's clock: by then returned parcels are settled; 0: none */
    uint64_t turn_began, gather_until; /* likewise; see loop.c */
    uint64_t room_until;               /* likewise: until then there is room, as far as we know */
    size_t gather_for;                 /* so many facts wait for no others */
    enum ending ending;
    int exit_code;
};
/* What the parts call; all but `work` from the loop's thread, with the daemon as argument. */
struct daemon_calls {
    bool (*work)(void *daemon); /* one turn, on the worker's thread; true: it has the next one */
    void (*told)(void *daemon, bool idle); /* turns are over; idle: the worker is */
    void (*asked)(void *daemon);           /* something came in or came back */
    void (*ended)(void *daemon);           /* standard input */
    uv_signal_cb signalled;
};
/* EX_OK, or the exit code after saying why.  daemon_close in either case. */
int daemon_open(struct daemon *daemon, const struct daemon_calls *calls);
/* Everything is idle but the channel.  Frees the daemon. */
void daemon_close(struct daemon *daemon);

/* Queues a question for the next turn; the question stays the caller's until it was answered.  When
 * too many wait, or we are stopping, `answered` is called at once, with false. */
void daemon_ask(struct daemon *daemon, struct question *question);
/* Calls `on_event` for every event of every turn that succeeded, from the loop's thread. */
void daemon_subscribe(struct daemon *daemon, void (*on_event)(void *arg, const struct event *event),
                      void *arg);

/* An alarm that arose beside the turns: the next one logs it and pages.  For upkeep_host. */
void daemon_alarm(void *daemon, const char *event, const char *text);

void daemon_stop_sources(struct daemon *daemon);
/* Tells sources and API of a policy that came into force in the last turn. */
void daemon_spread_tidings(struct daemon *daemon);
/* Answers deliveries that will not be taken. */
void daemon_give_up(struct delivery *deliveries);
/* Answers questions that will not be asked. */
void daemon_give_up_questions(struct question *questions);
/* Says all findings when one is an error; mere warnings are `check`'s to list, and would stand here
 * at every start. */
void daemon_tell(const struct daemon *daemon, const char *event, const struct findings *findings);

#endif
