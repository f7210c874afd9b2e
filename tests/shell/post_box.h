/* A pipeline with four gateways of different kinds, and a world that answers them: time is virtual,
 * so hours of trouble take no time at all. */
#ifndef TESTS_SHELL_POST_BOX_H
#define TESTS_SHELL_POST_BOX_H

#include "base/buf.h"
#include "shell/letter.h"
#include "shell_box.h"

enum { POST_GATEWAYS = 4, POST_LATENCY_MS = 50 };

struct post_box {
    struct shell_box shell;
    struct gateway gateways[POST_GATEWAYS]; /* hook, mail, sms, file */
    instant_ms steady;                      /* true time; shell.now is what the wall clock says */
    /* What comes of an attempt; NULL: it is delivered. */
    enum outcome (*answer)(struct post_box *box, const struct parcel *parcel);
    int64_t retry_after_ms; /* said with every failure */
    struct flying {
        struct parcel *parcel;
        instant_ms back;
    } * flying;
    size_t flying_count, flying_capacity;
    int sent, delivered;
    struct buf sent_log; /* "KIND GATEWAY ADDRESS\n" for every attempt */
    struct buf events;   /* "NAME: TEXT\n" */
    instant_ms due;      /* of the last turn */
    bool more;
};
/* `routes` and what replaces keys of policy.yaml; `with` may be NULL. */
void post_make(struct post_box *box, const char *routes, const char *with);
void post_remove(struct post_box *box);
/* As after kill -9: what flies is forgotten. */
void post_crash(struct post_box *box);

/* One turn, in which facts may arrive. */
void post_turn(struct post_box *box, const struct fact *const *facts, size_t count);
/* Turns until nothing more happens before `until`, or for ever idle; then it is `until`. */
void post_run(struct post_box *box, instant_ms until);
/* Makes a letter outside of any rule: an order of the level to the enterprise, its id `id`; by the
 * routes, or to `address` of the first gateway when given. */
void post_order(struct post_box *box, const char *id, const char *level, const char *address);
/* A letter of another kind in that episode, by the routes; to the enterprise, or to the public. */
void post_other(struct post_box *box, enum letter_kind kind, const char *id, const char *episode);
/* A decision fact or a receipt about `subject`; in the box's arena. */
const struct fact *post_act(struct post_box *box, const char *act, const char *subject,
                            const char *more);
const struct fact *post_receipt(struct post_box *box, const char *letter, const char *kind);
/* So many attempts in the log that contain the words. */
int post_count(const struct post_box *box, const char *words);
bool post_told(const struct post_box *box, const char *event);
int64_t post_rows(struct post_box *box, const char *sql);
/* How many of something: the environment's, which long_numbers.sh sets, or the usual. */
int number_from(const char *name, int usual);

#endif
