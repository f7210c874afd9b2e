/* See order_text.h.  What is new, stricter, looser or dropped follows from the order of obligations
 * in unite.h: stricter is what covers something that was held. */
#include "engine/order_text.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

enum difference { ADDED, STRICTER, LOOSER, DROPPED, UNCHANGED };

static enum difference difference_of(const struct obligation *item,
                                     const struct obligations *before)
{
    enum difference difference = ADDED;

    for (size_t i = 0; i < before->count; i++) {
        if (obligation_equal(item, &before->items[i]))
            return UNCHANGED;
        if (obligation_covers(item, &before->items[i]))
            difference = STRICTER;
        else if (obligation_covers(&before->items[i], item) && difference == ADDED)
            difference = LOOSER;
    }
    return difference;
}

/* An obligation of before that nothing now continues, stricter or looser. */
static bool is_dropped(const struct obligation *item, const struct obligations *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (obligation_covers(item, &now->items[i]) || obligation_covers(&now->items[i], item))
            return false;
    return true;
}

static void select_difference(struct obligations *ret, enum difference wanted,
                              const struct obligations *now, const struct obligations *before)
{
    const struct obligations *from = wanted == DROPPED ? before : now;

    ret->count = 0;
    for (size_t i = 0; i < from->count; i++)
        if (wanted == DROPPED ? is_dropped(&from->items[i], now)
                              : difference_of(&from->items[i], before) == wanted)
            ret->items[ret->count++] = from->items[i];
}

static void add_changes(struct buf *buf, const struct listing *now,
                        const struct obligations *before)
{
    static const char *const words[] = {"新增：", "加严：", "放宽：", "解除："};
    struct obligations part = {0};
    struct listing list = *now;

    if (!before) {
        buf_puts(buf, "以下列全部措施为准，此前的通知同时停止执行。");
        return;
    }
    part.items = xcalloc(now->set->count + before->count + 1, sizeof(*part.items));
    list.set = &part;
    for (int wanted = ADDED; wanted <= DROPPED; wanted++) {
        select_difference(&part, (enum difference)wanted, now->set, before);
        if (part.count == 0)
            continue;
        buf_printf(buf, "%s%s\n", buf->size > 0 ? "\n" : "", words[wanted]);
        listing_print(buf, &list);
    }
    if (buf->size == 0)
        buf_puts(buf, "措施内容不变，生效时间调整，以下列措施为准。");
    free(part.items);
}

void order_text(struct buf *buf, struct order_parts *parts, const struct order_words *words,
                const struct listing *now, const struct order *order,
                const struct obligations *before)
{
    const char *values[SLOTS];

    memcpy(values, words->values, sizeof(values));
    buf_clear(&parts->measures);
    buf_clear(&parts->proof);
    buf_clear(&parts->changes);
    listing_print(&parts->measures, now);
    listing_proofs(&parts->proof, now);
    if (order->change == ORDER_CHANGED)
        add_changes(&parts->changes, now, before);
    values[SLOT_MEASURES] = buf_str(&parts->measures);
    values[SLOT_PROOF] = buf_str(&parts->proof);
    values[SLOT_CHANGES] = buf_str(&parts->changes);
    values[SLOT_NAME] = now->recipient->name;
    values[SLOT_ID] = now->recipient->id;
    values[SLOT_ORDER] = order->id;
    if (words->drill)
        buf_puts(buf, "【演练】");
    notice_print(buf, &words->change[order->change], values);
}

void order_parts_release(struct order_parts *parts)
{
    buf_release(&parts->measures);
    buf_release(&parts->proof);
    buf_release(&parts->changes);
}
