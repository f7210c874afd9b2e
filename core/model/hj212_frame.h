/* Packets out of a stream of bytes, however it is cut.
 *
 * A frame is taken when the text at ## has four digits, no line end inside, && before its CRC and
 * the right CRC.  What fails costs its first byte and is looked through again, so that the next
 * honest frame is found wherever it begins: a lying length hides nothing behind it, because the
 * line end of the frame that follows proves it wrong.  The same bytes give the same frames, however
 * they come.  At most one frame's bytes are kept. */
#ifndef MODEL_HJ212_FRAME_H
#define MODEL_HJ212_FRAME_H

#include "model/hj212.h"

struct hj212_counts {
    uint64_t frames;    /* handed out as checked */
    uint64_t lines;     /* handed out unchecked */
    uint64_t noise;     /* bytes that belonged to none, line ends after a frame not counted */
    uint64_t crc_wrong; /* candidates of the right shape with another CRC */
    uint64_t cut_short; /* candidates whose length a line end, or the missing &&, proved wrong */
};

/* Zero-initialised is empty and strict; idle it holds no memory. */
struct hj212_framer {
    bool by_line; /* also hand out what is no strict frame, from ## to its line end, unchecked: for
                     sources that are read leniently, and for sealed packets */
    bool ending;  /* set by hj212_framer_end */
    bool after_frame;
    char *kept;
    uint32_t kept_from, kept_to, kept_room;
    uint32_t wanted; /* bytes of the window with which the next question can be answered */
    uint32_t seen;   /* bytes of the candidate known to hold no line end */
    const char *input;
    size_t input_size;
    struct hj212_counts counts;
};
struct hj212_frame {
    struct hj212_text text; /* from ## to the CRC; borrowed until the next call */
    bool checked;           /* by the rules above; else only hj212_parse can say, leniently */
};

/* More bytes of the stream: borrowed until hj212_framer_next has answered false. */
void hj212_framer_feed(struct hj212_framer *framer, const char *bytes, size_t size);
/* The next frame; false: all has been looked at, feed more. */
bool hj212_framer_next(struct hj212_framer *framer, struct hj212_frame *ret_frame);
/* What is kept will not be continued (the stream has ended, or a frame took too long): the next
 * calls of hj212_framer_next hand out what is whole in it, and the rest is noise. */
void hj212_framer_end(struct hj212_framer *framer);
/* Bytes waiting for the rest of their frame: a deadline is due only then. */
size_t hj212_framer_waiting(const struct hj212_framer *framer);
void hj212_framer_release(struct hj212_framer *framer);

#endif
