/* HJ 212 packets as JSON: what `yujing hj212` answers. */
#ifndef CLI_HJ212_FILTER_H
#define CLI_HJ212_FILTER_H

#include "base/arena.h"
#include "model/hj212.h"

struct buf;

/* What the answers are made with; one for all lines. */
struct hj212_filter {
    struct arena arena; /* of one line */
    enum hj212_mode mode;
};

/* {"packet":"##…"} → {"ok":true,"header":{…},"cp":[…],"error":null}; a filter_answer. */
void hj212_answer_packet(void *filter, const char *text, size_t size, struct buf *out);
/* {"chunks_b64":["…"]} → {"packets":["##…",…]}; a filter_answer. */
void hj212_answer_frames(void *filter, const char *text, size_t size, struct buf *out);
/* The first of these answers, for bytes.  False: the packet was refused. */
bool hj212_answer(struct hj212_filter *filter, const char *packet, size_t size, struct buf *out);
/* Bytes of a packet as UTF-8 in the filter's arena: as they are, or read as GBK when they are none.
 * Two GBK characters may happen to be good UTF-8; the standard's encoding then has precedence. */
const char *hj212_utf8(struct hj212_filter *filter, struct hj212_text text);

#endif
