/* The table of answers. */
#include "shell/status.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "shell/transfer.h"
#include <stdlib.h>
#include <uv.h>

enum { SHOWN_BYTES = 200 };

static enum outcome outcome_of(long status)
{
    if (status >= 200 && status < 300)
        return OUTCOME_DELIVERED;
    if (status == 410)
        return OUTCOME_GONE;
    bool passes = status == 408 || status == 425 || status == 429 || status >= 500 || status == 0;
    return passes ? OUTCOME_RETRY : OUTCOME_REFUSED;
}

/* One line of what it wrote: control characters would break the log. */
void status_show(struct buf *trouble, const struct transfer_answer *answer)
{
    size_t size = answer->size < SHOWN_BYTES ? answer->size : SHOWN_BYTES;
    while (size > 0 && size < answer->size && (answer->body[size] & 0xC0) == 0x80)
        size--; /* not in the middle of a character */
    if (size > 0)
        buf_printf(trouble, ": ");
    for (size_t i = 0; i < size; i++)
        buf_putc(trouble, (unsigned char)answer->body[i] < ' ' ? ' ' : answer->body[i]);
}

enum outcome status_outcome(const struct transfer_answer *answer, struct buf *ret_trouble)
{
    if (answer->trouble) {
        const char *what = answer->certificate ? tr("certificate: ", "证书：") : "";
        buf_printf(ret_trouble, "%s%s", what, answer->trouble);
        return answer->forbidden ? OUTCOME_REFUSED : OUTCOME_RETRY;
    }
    enum outcome outcome = outcome_of(answer->status);
    if (outcome == OUTCOME_DELIVERED)
        return outcome;
    buf_printf(ret_trouble, tr("the server answered %ld", "对方返回 %ld"), answer->status);
    status_show(ret_trouble, answer);
    return outcome;
}

/* ---- refusing ---------------------------------------------------------- */

struct refusing {
    uv_timer_t timer;
    channel_done *done;
    void *arg;
    char *why;
};

static void free_refusing(uv_handle_t *handle)
{
    struct refusing *refusing = handle->data;
    free(refusing->why);
    free(refusing);
}

static void on_timer(uv_timer_t *timer)
{
    struct refusing *refusing = timer->data;
    refusing->done(refusing->arg, OUTCOME_REFUSED, refusing->why, -1);
    uv_close((uv_handle_t *)timer, free_refusing);
}

void channel_refuse(uv_loop_t *loop, const char *why, channel_done *done, void *arg)
{
    struct refusing *refusing = xcalloc(1, sizeof *refusing);
    *refusing = (struct refusing){.done = done, .arg = arg, .why = xstrdup(why)};
    uv_timer_init(loop, &refusing->timer);
    refusing->timer.data = refusing;
    uv_timer_start(&refusing->timer, on_timer, 0, 0);
}
