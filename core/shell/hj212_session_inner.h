/* Between the files of a session; nobody else includes this. */
#ifndef SHELL_HJ212_SESSION_INNER_H
#define SHELL_HJ212_SESSION_INNER_H

#include "base/arena.h"
#include "shell/hj212_session.h"

/* A logger that has spoken here. */
struct hj212_peer {
    const struct hj212_source *source;
    char *password, *st;
    int flag; /* of its last packet; -1: none */
};
/* A question of ours. */
struct hj212_question {
    uint64_t number; /* 0: a free place */
    const struct hj212_source *source;
    char qn[HJ212_STAMP_BYTES];
    char *packet;
    size_t size;
    int resends;
    bool accepted; /* 9011 came */
    instant_ms due;
};
/* An upload whose answer waits for its commit: a run of session.answers; size 0: settled. */
struct hj212_debt {
    uint64_t token;
    size_t at, size;
};
struct hj212_session {
    struct hj212_session_options options;
    struct hj212_framer framer;
    struct arena arena; /* of one frame */
    struct buf out;
    struct hj212_peer *peers;
    size_t peer_count, peer_capacity;
    struct hj212_question questions[HJ212_QUESTIONS_MAX];
    struct hj212_parts parts[HJ212_PARTS_MAX]; /* pnum 0: a free place */
    int questions_open, parts_open; /* mostly none: then they need not be looked through */
    struct hj212_debt *debts;       /* in the order of their tokens, from the first
                                       that is not settled */
    size_t debt_count, debt_capacity, debt_first, debts_open;
    struct buf answers; /* of the debts; emptied when all are settled */
    uint64_t last_token, last_question;
    instant_ms now, last_sound, frame_begun, last_qn;
    span_ms ahead;         /* of the time of day */
    uint64_t noise_before; /* counts.noise at the last sound packet */
    bool hung_up;
};

void hj212_tell(struct hj212_session *session, const struct hj212_event *event);
void hj212_hang_up(struct hj212_session *session, enum hj212_why why);
/* The peer of a source, or NULL when it has not spoken here. */
struct hj212_peer *hj212_peer_of(struct hj212_session *session, const struct hj212_source *source);

/* hj212_asking.c */
int64_t hj212_ask(struct hj212_session *session, const struct hj212_peer *peer, int command,
                  const char *cp);
/* The open question with this packet's QN, or NULL. */
struct hj212_question *hj212_question_of(struct hj212_session *session,
                                         const struct hj212_source *source, struct hj212_text qn);
/* 9011 and 9012. */
void hj212_take_answer(struct hj212_session *session, struct hj212_event *event);
void hj212_questions_tick(struct hj212_session *session);
instant_ms hj212_questions_due(const struct hj212_session *session);
void hj212_questions_free(struct hj212_session *session);

/* hj212_parts.c */
void hj212_take_part(struct hj212_session *session, const struct hj212_event *event);
void hj212_parts_tick(struct hj212_session *session);
instant_ms hj212_parts_due(const struct hj212_session *session);

#endif
