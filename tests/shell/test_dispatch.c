/* Dispatch and the spool: parcels out and back. */
#include "base/err.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "channel_memory.h"
#include "room.h"
#include "shell/dispatch.h"
#include "shell/pace.h"
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static int changes;

static void hear(void *arg)
{
    (void)arg;
    changes++;
}

static struct parcel *parcel(const char *id, const char *bytes)
{
    struct parcel *made = xcalloc(1, sizeof *made);
    made->id = xstrdup(id);
    made->bytes = xstrdup(bytes);
    made->size = strlen(bytes);
    made->attempts = 1;
    made->gateway = xstrdup("memory");
    return made;
}

TestSuite(dispatch);

static struct gateway gateway;
static struct gateways gateways;
static struct dispatch *dispatch;
static struct memory *memory;

static void open_dispatch(int per_host)
{
    struct channel_options options = {.effects = EFFECTS_LIVE};
    struct findings findings = {0};
    gateway = memory_gateway();
    gateway.per_host = per_host;
    gateways = memory_gateways(&gateway);
    dispatch = dispatch_new(&gateways, hear, NULL);
    cr_assert_eq(dispatch_open(dispatch, NULL, &options, &findings), 0);
    memory = memory_opened();
}

static void close_dispatch(void)
{
    dispatch_close(dispatch);
    dispatch_free(dispatch);
}

Test(dispatch, parcels_come_back_with_their_news)
{
    open_dispatch(2);
    memory->failures = 1;
    struct parcel *two = parcel("a", "x");
    two->next = parcel("b", "y");
    dispatch_send(dispatch, two);
    cr_expect_eq(dispatch_under_way(dispatch), 2);
    memory_answer(memory);
    cr_expect_eq(changes, 2);
    cr_expect_eq(dispatch_under_way(dispatch), 0);
    cr_expect_str_eq(memory->ids, "a b ");
    struct parcel *back = dispatch_take_returned(dispatch);
    cr_expect_str_eq(back->trouble, "no route");
    cr_expect_eq(back->outcome, OUTCOME_RETRY);
    cr_expect_null(back->next->trouble);
    cr_expect_eq(back->next->outcome, OUTCOME_DELIVERED);
    cr_expect_null(dispatch_take_returned(dispatch));
    parcels_free(back);
    close_dispatch();
}

Test(dispatch, a_host_is_not_crowded)
{
    open_dispatch(1);
    struct parcel *three = parcel("a", "x");
    three->next = parcel("b", "x");
    three->next->next = parcel("c", "x");
    three->host = xstrdup("one");
    three->next->host = xstrdup("one");
    three->next->next->host = xstrdup("two");
    dispatch_send(dispatch, three);
    cr_expect_str_eq(memory->ids, "a c ", "b waits for a");
    memory_answer(memory);
    cr_expect_str_eq(memory->ids, "a c b ");
    cr_expect_eq(dispatch_under_way(dispatch), 1);
    memory_answer(memory);
    parcels_free(dispatch_take_returned(dispatch));
    close_dispatch();
}

Test(dispatch, what_had_not_begun_is_recalled_at_a_stop)
{
    open_dispatch(1);
    struct parcel *two = parcel("a", "x");
    two->next = parcel("b", "x");
    two->host = xstrdup("one");
    two->next->host = xstrdup("one");
    dispatch_send(dispatch, two);
    dispatch_recall(dispatch);
    cr_expect_eq(dispatch_under_way(dispatch), 1);
    struct parcel *back = dispatch_take_returned(dispatch);
    cr_assert_not_null(back);
    cr_expect_str_eq(back->id, "b");
    cr_expect(back->recalled);
    parcels_free(back);
    memory_answer(memory);
    cr_expect_str_eq(memory->ids, "a ");
    parcels_free(dispatch_take_returned(dispatch));
    close_dispatch();
}

Test(dispatch, a_gateway_that_is_gone_is_told)
{
    open_dispatch(1);
    struct parcel *one = parcel("a", "x");
    free(one->gateway);
    one->gateway = xstrdup("fax");
    dispatch_send(dispatch, one);
    struct parcel *back = dispatch_take_returned(dispatch);
    cr_assert_not_null(back);
    cr_expect_eq(back->outcome, OUTCOME_REFUSED);
    parcels_free(back);
    close_dispatch();
}

Test(dispatch, pauses_lengthen_and_never_fall_below_their_step)
{
    static const int64_t steps[] = {5000, 30000, 120000, 600000, 1800000, 3600000, 3600000};
    int64_t seen[7] = {0};
    for (int letter = 0; letter < 200; letter++) {
        char *id = xasprintf("letter-%d", letter);
        int64_t sum = 0;
        for (int i = 0; i < 11; i++) {
            int64_t step = steps[i < 6 ? i : 6], pause = pace_pause_ms(id, i + 1);
            cr_expect(pause >= step && pause < 2 * step);
            cr_expect_eq(pause, pace_pause_ms(id, i + 1), "the same each time");
            if (i < 7 && pause - step > seen[i])
                seen[i] = pause - step;
            sum += pause;
        }
        cr_expect_gt(sum, 6 * HOUR_MS, "twelve attempts outlast six hours");
        free(id);
    }
    for (int i = 0; i < 7; i++)
        cr_expect_gt(seen[i], steps[i] * 9 / 10, "the jitter is as wide as the step");
}

/* ---- the spool --------------------------------------------------------- */

static char folder[] = "/tmp/yujing-spool-XXXXXX";
static uv_loop_t loop;
static char *news;

static void make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    uv_loop_init(&loop);
    news = xstrdup("");
}

static void away(void)
{
    room_remove(folder);
    free(news);
    cr_expect_eq(uv_loop_close(&loop), 0);
}

TestSuite(spool, .init = make, .fini = away);

static void done(void *arg, enum outcome outcome, const char *trouble, int64_t retry_after_ms)
{
    (void)arg, (void)retry_after_ms;
    cr_expect_eq(outcome == OUTCOME_DELIVERED, !trouble);
    char *more = xasprintf("%s%s|", news, trouble ? trouble : "sent");
    free(news);
    news = more;
}

static void closed(void *arg)
{
    (void)arg;
}

static void *open_spool(enum effects effects)
{
    struct channel_options options = {.effects = effects};
    struct findings findings = {0};
    struct arena arena = {0};
    char *text = xasprintf("{kind: spool, folder: %s}", folder);
    const struct yaml *node = yaml_read(&arena, "test", text, strlen(text), &findings);
    void *conf = NULL, *self = NULL;
    cr_assert_eq(channel_spool.read(&conf, &arena, node, "/etc/x.yaml", &findings), 0);
    cr_assert_eq(channel_spool.open(&self, &loop, conf, &options, &findings), 0);
    arena_release(&arena);
    free(text);
    return self;
}

static void send_one(enum effects effects, const char *id, const char *bytes)
{
    struct parcel *one = parcel(id, bytes);
    void *self = open_spool(effects);
    channel_spool.send(self, one, done, NULL);
    cr_expect_str_eq(news, "", "done is called later");
    uv_run(&loop, UV_RUN_DEFAULT);
    channel_spool.close(self, closed, NULL);
    parcel_free(one);
}

static int files(void)
{
    int count = 0;
    DIR *stream = opendir(folder);
    struct dirent *entry;
    while ((entry = readdir(stream)))
        count += entry->d_name[0] != '.';
    closedir(stream);
    return count;
}

static void expect_file(const char *name, const char *bytes)
{
    char *path = xasprintf("%s/%s", folder, name), *data = NULL;
    size_t size = 0;
    struct findings findings = {0};
    cr_assert_eq(file_read(path, 1000, &data, &size, &findings), 0);
    cr_expect_str_eq(data, bytes);
    free(data);
    free(path);
}

Test(spool, an_order_becomes_one_file)
{
    send_one(EFFECTS_LIVE, "00ff", "{}\n");
    cr_expect_str_eq(news, "sent|");
    cr_expect_eq(files(), 1);
    expect_file("00ff.json", "{}\n");
}

Test(spool, sending_again_writes_the_same_file)
{
    send_one(EFFECTS_LIVE, "00ff", "{}\n");
    free(news);
    news = xstrdup("");
    send_one(EFFECTS_LIVE, "00ff", "{}\n");
    cr_expect_eq(files(), 1);
    expect_file("00ff.json", "{}\n");
}

Test(spool, paper_refuses_bytes_without_the_banner)
{
    send_one(EFFECTS_PAPER, "00ff", "{\"text\":\"立即停产\"}\n");
    cr_expect_not_null(strstr(news, "【演练】"), "%s", news);
    cr_expect_eq(files(), 0);
}

Test(spool, paper_takes_bytes_with_the_banner)
{
    send_one(EFFECTS_PAPER, "00ff", "{\"text\":\"【演练】立即停产\"}\n");
    cr_expect_str_eq(news, "sent|");
    cr_expect_eq(files(), 1);
}

Test(spool, live_refuses_what_belongs_to_a_drill)
{
    send_one(EFFECTS_LIVE, "00ff", "{\"text\":\"【演练】立即停产\"}\n");
    cr_expect_not_null(strstr(news, "【演练】"), "%s", news);
    cr_expect_eq(files(), 0);
}

Test(spool, an_id_never_leads_out_of_the_folder)
{
    send_one(EFFECTS_LIVE, "../00ff", "{}\n");
    cr_expect_str_neq(news, "sent|");
    cr_expect_eq(files(), 0);
}

Test(spool, a_failed_write_is_told)
{
    struct parcel *one = parcel("00ff", "{}\n");
    void *self = open_spool(EFFECTS_LIVE);
    cr_assert_eq(rmdir(folder), 0);
    channel_spool.send(self, one, done, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_str_neq(news, "sent|");
    channel_spool.close(self, closed, NULL);
    parcel_free(one);
}
