#include "channel_memory.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct memory *opened;

static int memory_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                       const char *conf_path, struct findings *findings)
{
    (void)arena, (void)node, (void)conf_path, (void)findings;
    *ret_conf = NULL;
    return 0;
}

static int memory_open(void **ret_self, uv_loop_t *loop, const void *conf,
                       const struct channel_options *options, struct findings *findings)
{
    (void)loop, (void)conf, (void)options, (void)findings;
    struct memory *memory = xcalloc(1, sizeof *memory);
    memory->ids = xstrdup("");
    memory->outcome = OUTCOME_RETRY;
    memory->retry_after_ms = -1;
    *ret_self = opened = memory;
    return 0;
}

static void memory_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct memory *memory = self;
    char *ids = xasprintf("%s%s ", memory->ids, parcel->id);
    free(memory->ids);
    memory->ids = ids;
    memory->sent++;
    cr_assert_lt(memory->waiting, MEMORY_WAITING_MAX);
    memory->done[memory->waiting] = done;
    memory->args[memory->waiting++] = arg;
}

void memory_answer(struct memory *memory)
{
    int count = memory->waiting;
    memory->waiting = 0;
    channel_done *done[MEMORY_WAITING_MAX];
    void *args[MEMORY_WAITING_MAX];
    for (int i = 0; i < count; i++) {
        done[i] = memory->done[i];
        args[i] = memory->args[i];
    }
    for (int i = 0; i < count; i++) {
        bool fails = memory->failures > 0;
        memory->failures -= fails;
        done[i](args[i], fails ? memory->outcome : OUTCOME_DELIVERED, fails ? "no route" : NULL,
                fails ? memory->retry_after_ms : -1);
    }
}

static void memory_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct memory *memory = self;
    if (memory) {
        if (memory->closed)
            *memory->closed = true;
        free(memory->ids);
    }
    free(memory);
    opened = NULL;
    closed(arg);
}

struct memory *memory_opened(void)
{
    return opened;
}

struct gateway memory_gateway(void)
{
    return (struct gateway){
        .name = "memory",
        .channel = &channel_memory,
        .burst = 1,
        .concurrency = 1000,
        .per_host = 1000,
        .attempts_max = 1000,
        .timeout = 30 * SECOND_MS,
    };
}

struct gateways memory_gateways(struct gateway *gateway)
{
    return (struct gateways){.items = gateway, .count = 1};
}

const struct channel channel_memory = {
    .kind = "memory",
    .address = ADDRESS_RECIPIENT,
    .read = memory_read,
    .open = memory_open,
    .send = memory_send,
    .close = memory_close,
};
