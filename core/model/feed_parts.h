/* What the files of the feed share.  For feed*.c only. */
#ifndef MODEL_FEED_PARTS_H
#define MODEL_FEED_PARTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "model/feed.h"

/* What can be wrong with a reading that is well written: it would be kept and count for nothing. */
enum feed_fault {
    FAULT_SUBJECT, /* nobody the policy knows */
    FAULT_SERIES,  /* no series of the policy */
    FAULT_BOUNDS,  /* outside the series' low and high */
    FAULT_FLAG,    /* a flag that no series and no protocol gives a meaning */
    FAULT_START,   /* does not begin with a step of its series */
    FAULT_PERIOD,  /* covers another span than its series' step */
    FAULTS
};
/* Where one is met first; line 0: not yet. */
struct feed_spot {
    int line, col;
};

/* What rows of CSV have in common.  Strings are interned: equal names are the same pointer. */
struct feed_stream {
    const char *source, *subject, *series;
    span_ms written, period; /* as the row said (0: nothing), and as it counts */
    char flag;
    int file;                   /* number in feed.names */
    uint64_t hash;              /* of source, subject and series */
    const struct series *known; /* the policy's; NULL where it has none, or there is no policy */
    unsigned standing;          /* faults of every row, a bit set over enum feed_fault */
    unsigned noted;             /* those with a spot */
    struct feed_spot spots[FAULTS];
    int time_col; /* of the first row's time */
};

/* One fact, 24 bytes.  stream > 0: a row of CSV, with its time and value.  stream == 0: a fact kept
 * whole, which is number `value` of feed.whole, and `time` is its arrival. */
struct feed_row {
    instant_ms time;
    micro value;
    uint32_t stream : 31, conflict : 1;
    uint32_t line;
};

struct feed_whole {
    struct fact fact;
    int file;
    struct feed_spot at, subject, fault; /* its event, and in it the subject and the first fault */
};

/* The one struct fact that feed_fact shows of a row. */
struct feed_view {
    struct fact fact;
    struct reading_value value;
    struct buf id;
};

struct feed {
    span_ms zone;
    const struct policy *policy;
    struct arena arena; /* of whole facts */
    struct intern names;
    struct feed_row *rows;
    size_t count, capacity;
    struct feed_whole *whole;
    size_t whole_count, whole_capacity;
    struct feed_stream *streams; /* number 0 is not used */
    size_t stream_count, stream_capacity;
    uint32_t *stream_slots; /* open addressing over streams; 0 is empty */
    size_t stream_slot_count;
    size_t repeats;
    size_t refused_times; /* of the file being read … */
    int silent_line;      /* … and where the first one stands that is not told by itself */
    struct feed_view *view;
};

/* A name, interned; lives with the feed. */
const char *feed_name(struct feed *feed, const char *text, size_t size);
int feed_file(struct feed *feed, const char *name); /* its number in feed.names */

/* The cells of a row that make its stream; period 0: what the policy says of the series. */
struct feed_stream_key {
    const char *source, *subject, *series;
    size_t source_size, subject_size, series_size;
    span_ms period;
    char flag;
    int file;
};
/* Of source, subject and series. */
uint64_t feed_names_hash(const struct feed_stream_key *key);
uint32_t feed_stream_of(struct feed *feed, const struct feed_stream_key *key);
void feed_push_row(struct feed *feed, uint32_t stream, instant_ms time, micro value, int line);
/* The fact's memory is the feed's arena. */
struct feed_whole *feed_push_whole(struct feed *feed, const struct fact *fact, int file, int line);

instant_ms feed_row_arrival(const struct feed *feed, const struct feed_row *row);
/* Appends the id of a CSV row: subject/series/instant. */
void feed_row_id(struct buf *buf, const struct feed_stream *stream, instant_ms time);
/* The fact of a row: a whole one, or one shown in the view. */
const struct fact *feed_row_fact(const struct feed *feed, const struct feed_row *row,
                                 struct feed_view *view);

/* feed_review.c */
/* Faults of all rows of a stream whose names are set; sets `known`. */
void feed_stream_review(const struct feed *feed, struct feed_stream *stream);
unsigned feed_row_faults(const struct feed *feed, const struct feed_stream *stream, instant_ms time,
                         micro value);
/* Whom a reading or a bulletin speaks of is in the policy. */
bool feed_subject_is_known(const struct policy *policy, const struct fact *fact);
/* Where a reading's first fault beside its subject stands, as a JSON pointer into its event (caller
 * frees), or NULL when it has none. */
char *feed_fact_fault(const struct feed *feed, const struct fact *fact);

/* feed_time.c */
bool feed_time_is_plausible(instant_ms time);
/* The first few of a file are told one by one, the rest as a number by feed_tell_refused. */
void feed_refuse_time(struct feed *feed, struct findings *findings, struct place place,
                      instant_ms time);
/* At the end of a file. */
void feed_tell_refused(struct feed *feed, const char *name, struct findings *findings);
/* Leaves out rows from `first` on that lie many years from the others of their file, with a finding
 * each. */
void feed_drop_far(struct feed *feed, size_t first, struct findings *findings);

struct place feed_row_place(const struct feed *feed, const struct feed_row *row);

/* Readers take text piece by piece: each call gives what has come and not yet been used, and
 * answers how much of it was used.  `last`: nothing follows. */
typedef size_t feed_reader(void *self, const char *text, size_t size, bool last);

/* feed_csv.c */
struct csv;
struct csv *csv_new(struct feed *feed, const char *name, span_ms offset, struct findings *findings);
feed_reader csv_read;
void csv_free(struct csv *csv);

/* feed_json.c */
struct json_lines {
    struct feed *feed;
    const char *name;
    int file;
    span_ms offset;
    struct findings *findings;
    int line;      /* of the text to come */
    bool skipping; /* inside a line that is too long */
};
feed_reader json_lines_read;
/* Objects over many lines, or one array of them. */
void json_text_read(struct json_lines *json, const char *text, size_t size);

#endif
