/* One connection of a data logger, from the city's side, without the connection.
 *
 * Bytes and the time go in; events come out through one function, and bytes to be sent collect in
 * `out`.  Nothing here reads a clock, opens a socket or waits, so that a fake clock can play a
 * night in a millisecond.
 *
 * The promise: 9014 says "we have it", so it is written only when hj212_session_durable is called
 * for the upload's token, after the commit.  Each part of a split upload is an upload of its own,
 * answered by itself, because a logger sends the next part only then; what the session keeps of
 * the parts is which ones came.
 *
 * Who sends is decided by MN: an unknown one, a wrong password, or a habit that its source is not
 * allowed, is refused and told of, never answered. */
#ifndef SHELL_HJ212_SESSION_H
#define SHELL_HJ212_SESSION_H

#include "base/buf.h"
#include "model/hj212_frame.h"

/* What the registry knows of one MN.  Borrowed, outlives the session. */
struct hj212_source {
    const char *mn;
    const char *password;     /* NULL: any */
    const unsigned char *key; /* of SM4, HJ212_KEY_BYTES; NULL: none agreed */
    bool sealed_only;         /* with a key: uploads in the clear are refused */
    bool lenient;             /* known habits are forgiven */
};

enum hj212_why {
    HJ212_WELL,
    HJ212_BROKEN,     /* no packet by any reading: see `problem` */
    HJ212_NOT_STRICT, /* a packet only leniently, and its source is not lenient: `problem` */
    HJ212_UNKNOWN_MN, /* no such source */
    HJ212_WRONG_PASSWORD,
    HJ212_NO_KEY,          /* sealed, and no key is agreed */
    HJ212_SEAL_BROKEN,     /* sealed, and the key does not open it */
    HJ212_NOT_SEALED,      /* in the clear where its source seals */
    HJ212_UNKNOWN_COMMAND, /* nothing that a logger sends */
    HJ212_STRAY_ANSWER,    /* to a question that is not open */
    HJ212_TOO_MANY_PARTS,  /* more split uploads begun than are kept */
    HJ212_SLOW,            /* a frame was begun and not ended in time */
    HJ212_SILENT,          /* nothing sound came for too long, or a question was never answered */
    HJ212_NOISY,           /* too many bytes that belong to no packet */
    HJ212_WHYS,
};
const char *hj212_why_word(enum hj212_why why); /* "wrong_password": for counts */

enum hj212_event_kind {
    HJ212_UPLOAD,     /* make it durable, then say so with `token` */
    HJ212_REPLY,      /* data that answers a question of ours (`question`) and is no upload */
    HJ212_NOTICE,     /* heartbeat, log-in, or the wish to have its clock set: answered already */
    HJ212_OUTCOME,    /* `question` has come to its end: `result`, `code` */
    HJ212_REFUSED,    /* `why` */
    HJ212_INCOMPLETE, /* parts of an upload never came: `packet` is none, see `parts` */
    HJ212_HANG_UP,    /* close the connection: `why` */
};
enum hj212_result {
    HJ212_DONE,      /* ExeRtn=1 */
    HJ212_FAILED,    /* ExeRtn says why: `code` */
    HJ212_DECLINED,  /* QnRtn says why: `code` */
    HJ212_NO_ANSWER, /* not even to the last resend */
    HJ212_NO_RESULT, /* accepted, and then nothing more */
    HJ212_GONE,      /* the connection ended before: for who waits, no session says so */
};
const char *hj212_result_name(enum hj212_result result); /* "done", "no_answer" … */
/* A split upload that waits for the rest. */
struct hj212_parts {
    char mn[64], command[8], time[24]; /* MN, CN and DataTime: what its parts have in common */
    int pnum;
    uint64_t seen[4]; /* bit for PNO - 1 */
    instant_ms due;
};
/* Everything is borrowed until the function returns. */
struct hj212_event {
    enum hj212_event_kind kind;
    enum hj212_why why;
    const struct hj212_source *source;   /* NULL when unknown */
    const struct hj212_packet *packet;   /* NULL when there is none */
    const struct hj212_problem *problem; /* of HJ212_BROKEN and HJ212_NOT_STRICT */
    struct hj212_text text;              /* the bytes that were refused */
    uint64_t token;                      /* of an upload; 0: no answer is wanted */
    uint64_t question;                   /* that it answers; 0: none */
    enum hj212_result result;
    int code; /* QnRtn or ExeRtn; 0: none came */
    const struct hj212_parts *parts;
};

enum {
    HJ212_QUESTIONS_MAX = 16, /* open at once on one connection */
    HJ212_PARTS_MAX = 16,     /* split uploads under way at once */
    HJ212_PNUM_MAX = 256,     /* parts of one upload: a day of minutes has fewer */
};
struct hj212_session_options {
    const struct hj212_source *(*find)(void *arg, struct hj212_text mn);
    /* May answer tokens and ask questions, but not free the session. */
    void (*event)(void *arg, const struct hj212_event *event);
    void *arg;
    span_ms zone;           /* of the loggers' clocks */
    span_ms answer_within;  /* OverTime: before a question is sent again (standard: 10 s) */
    int resends;            /* ReCount (standard: 3) */
    span_ms result_within;  /* from 9011 to 9012 */
    span_ms frame_within;   /* from the first byte of a frame to its last */
    span_ms silent_at_most; /* between sound packets; 0: for ever */
    span_ms parts_within;   /* from the first part to the last */
    size_t noise_bytes_max; /* between sound packets */
    size_t answers_max;     /* uploads that are not durable yet: see hj212_session_is_full */
    size_t out_bytes_max;   /* unsent: likewise */
    bool sets_clocks;       /* 1013 is followed by 1012 */
};
/* 10 s, 3 resends, 60 s, 10 s, for ever, 5 min, 64 KiB, 256 answers, 64 KiB, clocks are set. */
struct hj212_session_options hj212_session_defaults(void);

struct hj212_session;
struct hj212_session *hj212_session_new(const struct hj212_session_options *options,
                                        instant_ms now);
void hj212_session_free(struct hj212_session *session); /* open questions come to no end */

/* The instants given to the other calls are a steady clock's, so that a clock that is set hangs up
 * nobody; the time of day is `ahead` of them.  Loggers' clocks are compared with it and set by it;
 * 0 until it is said. */
void hj212_session_tell_time(struct hj212_session *session, span_ms ahead);

/* What came.  Calls `event` for everything in it. */
void hj212_session_receive(struct hj212_session *session, const char *bytes, size_t size,
                           instant_ms now);
/* When hj212_session_tick is wanted; INT64_MAX: not at all. */
instant_ms hj212_session_due(const struct hj212_session *session);
void hj212_session_tick(struct hj212_session *session, instant_ms now);

/* The upload is durable: its answer goes out.  False for a token that is not waiting. */
bool hj212_session_durable(struct hj212_session *session, uint64_t token);
/* It could not be kept: it is not answered, and the logger will send it again. */
bool hj212_session_forget(struct hj212_session *session, uint64_t token);
/* Do not read from the connection now: too many uploads wait for their commit, or the peer does not
 * read its answers.  What one read brings is always taken whole. */
bool hj212_session_is_full(const struct hj212_session *session);

/* Asks a logger of this connection; sent at once, again when not answered.  The question's number,
 * from 1; ERR_NOT_FOUND when this MN has not spoken here yet; ERR_LIMIT when too many are open or
 * `cp` is too long. */
int64_t hj212_session_ask(struct hj212_session *session, const char *mn, int command,
                          const char *cp, instant_ms now);

/* What is to be sent, and that so much of it was. */
const struct buf *hj212_session_out(const struct hj212_session *session);
void hj212_session_sent(struct hj212_session *session, size_t size);

#endif
