/* Anchors held against the chain: each must be a link of its fact. */
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "store/audit_inner.h"
#include <stdlib.h>
#include <string.h>

static void add(struct audit *audit, const struct anchor *anchor, bool elsewhere)
{
    if (anchor->seq <= audit->options->from || anchor->seq <= audit->retired)
        return;
    void *items = audit->anchors;
    xgrow(&items, audit->anchor_count, &audit->anchor_capacity, sizeof *audit->anchors);
    audit->anchors = items;
    audit->anchors[audit->anchor_count++] =
        (struct known_anchor){.anchor = *anchor, .elsewhere = elsewhere};
}

static int add_ours(void *arg, const struct anchor *anchor)
{
    add(arg, anchor, false);
    return 0;
}

static int by_seq(const void *a, const void *b)
{
    const struct known_anchor *x = a, *y = b;
    if (x->anchor.seq != y->anchor.seq)
        return x->anchor.seq < y->anchor.seq ? -1 : 1;
    return x->elsewhere - y->elsewhere;
}

int audit_anchors_gather(struct audit *audit)
{
    int err = anchor_read(audit->store, add_ours, audit);
    if (err < 0)
        return audit_unreadable(audit, "anchor");
    for (size_t i = 0; i < audit->options->anchor_count; i++)
        add(audit, &audit->options->anchors[i], true);
    if (audit->anchor_count > 0)
        qsort(audit->anchors, audit->anchor_count, sizeof *audit->anchors, by_seq);
    return 0;
}

void audit_anchors_meet(struct audit *audit, int64_t seq, const unsigned char link[HASH_BYTES])
{
    for (size_t i = audit->anchor_next; i < audit->anchor_count; i++) {
        struct known_anchor *known = &audit->anchors[i];
        if (known->anchor.seq > seq)
            break;
        if (known->anchor.seq == seq && memcmp(known->anchor.chain, link, HASH_BYTES) == 0)
            known->met = true;
    }
}

static void tell_rewritten(struct audit *audit, const struct known_anchor *known)
{
    audit_tell(audit, DAMAGE_REWRITTEN, known->elsewhere ? "anchors file" : "anchor",
               known->elsewhere
                   ? tr("the journal was written anew after the anchor of %s: row %lld is not the "
                        "one the anchors file knows",
                        "锚点 %s 之后日志被改写：第 %lld 行与锚点文件记载不符")
                   : tr("the anchor of %s and row %lld of the journal do not fit: one of them was "
                        "changed",
                        "锚点 %s 与日志第 %lld 行不符：其中之一被改动"),
               known->anchor.day, (long long)known->anchor.seq);
}

void audit_anchors_pass(struct audit *audit, int64_t seq, bool bad)
{
    for (; audit->anchor_next < audit->anchor_count; audit->anchor_next++) {
        struct known_anchor *known = &audit->anchors[audit->anchor_next];
        if (known->anchor.seq > seq)
            return;
        audit->report->anchors += known->met;
        if (!known->met && !bad)
            tell_rewritten(audit, known);
    }
}

/* An anchor beyond the end says how far the journal once reached. */
void audit_anchors_end(struct audit *audit)
{
    if (audit->anchor_next == audit->anchor_count || audit->unreadable)
        return;
    const struct anchor *last = &audit->anchors[audit->anchor_count - 1].anchor;
    audit_tell(audit, DAMAGE_TRUNCATED, "journal",
               tr("the end of the journal is gone: it ends at row %lld, and the anchor of %s saw "
                  "row %lld",
                  "日志末尾缺失：现止于第 %lld 行，而锚点 %s 记载到第 %lld 行"),
               (long long)audit->report->last, last->day, (long long)last->seq);
}
