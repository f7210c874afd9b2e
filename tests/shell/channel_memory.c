#include "channel_memory.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static int memory_open(void **ret_self, uv_loop_t *loop, const struct channel_options *options,
                       struct findings *findings)
{
    (void)loop, (void)options, (void)findings;
    struct memory *memory = xcalloc(1, sizeof *memory);
    memory->ids = xstrdup("");
    *ret_self = memory;
    return 0;
}

static void memory_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct memory *memory = self;
    char *ids = xasprintf("%s%s ", memory->ids, parcel->id);
    free(memory->ids);
    memory->ids = ids;
    memory->sent++;
    cr_assert_lt(memory->waiting, 16);
    memory->done[memory->waiting] = done;
    memory->args[memory->waiting++] = arg;
}

void memory_answer(struct memory *memory)
{
    for (int i = 0; i < memory->waiting; i++) {
        bool fails = memory->failures > 0;
        memory->failures -= fails;
        memory->done[i](memory->args[i], fails ? "no route" : NULL);
    }
    memory->waiting = 0;
}

static void memory_close(void *self)
{
    struct memory *memory = self;
    free(memory->ids);
    free(memory);
}

const struct channel channel_memory = {"memory", memory_open, memory_send, memory_close};
