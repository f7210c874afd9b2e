/* What the files of the audit share.  Not for others. */
#ifndef STORE_AUDIT_INNER_H
#define STORE_AUDIT_INNER_H

#include "store/audit.h"
#include "store/chain.h"

enum damage {
    DAMAGE_FLIPPED,   /* the row is there and no longer says what it said */
    DAMAGE_DELETED,   /* it is gone from among others */
    DAMAGE_ADDED,     /* nobody wrote it when it should have been written */
    DAMAGE_REORDERED, /* it stands in another's place */
    DAMAGE_TRUNCATED, /* the end is gone */
    DAMAGE_REWRITTEN, /* the chain fits, and is not the one an anchor knows */
    DAMAGE_STRUCTURE, /* the file itself is damaged */
    DAMAGES
};
enum { AUDIT_TOLD_MAX = 64, AUDIT_DOUBTS_MAX = 64 };

/* A row whose link does not fit, until it is known why. */
struct doubt {
    int64_t seq;
    unsigned char before[HASH_BYTES];
    bool moved; /* decided: it stands in another's place */
};
struct known_anchor {
    struct anchor anchor;
    bool elsewhere; /* out of a file, not out of the store */
    bool met;
};
struct audit {
    struct store *store;
    const struct audit_options *options;
    struct audit_report *report;
    struct findings *findings;
    int64_t retired;                  /* the last retired fact */
    int64_t total;                    /* for the progress */
    bool unreadable;                  /* some table could not be read to its end */
    const char *told[AUDIT_TOLD_MAX]; /* tables of which a damage was told … */
    enum damage told_kind[AUDIT_TOLD_MAX];
    int told_count;
    struct doubt doubts[AUDIT_DOUBTS_MAX];
    int doubt_count;
    struct known_anchor *anchors; /* by seq */
    size_t anchor_count, anchor_capacity, anchor_next;
};

/* Counts a damage and tells the first of its kind in its table; `table` is a literal. */
void audit_tell(struct audit *audit, enum damage damage, const char *table, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* SQLite could not go on reading the table: told as damage of the structure; returns 0. */
int audit_unreadable(struct audit *audit, const char *table);

/* audit_anchor.c */
int audit_anchors_gather(struct audit *audit);
/* A link at fact `seq`: does an anchor know it? */
void audit_anchors_meet(struct audit *audit, int64_t seq, const unsigned char link[HASH_BYTES]);
/* Beyond fact `seq`: anchors of it that met no link are told, unless the row is known to be bad. */
void audit_anchors_pass(struct audit *audit, int64_t seq, bool bad);
void audit_anchors_end(struct audit *audit);

/* audit_walk.c: the chain, from audit->options->from on. */
int audit_walk(struct audit *audit);
/* audit_rest.c: the other tables and the file. */
int audit_rest(struct audit *audit);

#endif
