/* Dispatch and the spool: parcels out and back. */
#include "base/err.h"
#include "base/file.h"
#include "base/xalloc.h"
#include "channel_memory.h"
#include "shell/dispatch.h"
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
    return made;
}

TestSuite(dispatch);

Test(dispatch, parcels_come_back_with_their_news)
{
    struct dispatch dispatch;
    struct memory *memory;
    channel_memory.open((void **)&memory, NULL, NULL, NULL);
    memory->failures = 1;
    dispatch_init(&dispatch, &channel_memory, memory, 2, hear, NULL);
    struct parcel *two = parcel("a", "x");
    two->next = parcel("b", "y");
    dispatch_send(&dispatch, two);
    cr_expect_eq(dispatch_room(&dispatch), 0);
    memory_answer(memory);
    cr_expect_eq(changes, 2);
    cr_expect_eq(dispatch_room(&dispatch), 2);
    cr_expect_str_eq(memory->ids, "a b ");
    struct parcel *back = dispatch_take_returned(&dispatch);
    cr_expect_str_eq(back->trouble, "no route");
    cr_expect_null(back->next->trouble);
    cr_expect_null(dispatch_take_returned(&dispatch));
    parcels_free(back);
    dispatch_release(&dispatch);
}

Test(dispatch, without_a_channel_there_is_no_room)
{
    struct dispatch dispatch;
    dispatch_init(&dispatch, NULL, NULL, 9, hear, NULL);
    cr_expect_eq(dispatch_room(&dispatch), 0);
    dispatch_release(&dispatch);
}

Test(dispatch, pauses_double_up_to_five_minutes)
{
    cr_expect_eq(dispatch_pause_ms(1), 1000);
    cr_expect_eq(dispatch_pause_ms(2), 2000);
    cr_expect_eq(dispatch_pause_ms(5), 16000);
    cr_expect_eq(dispatch_pause_ms(500), 300000);
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
    char *command = xasprintf("rm -rf %s", folder);
    cr_expect_eq(system(command), 0);
    free(command);
    free(news);
    cr_expect_eq(uv_loop_close(&loop), 0);
}

TestSuite(spool, .init = make, .fini = away);

static void done(void *arg, const char *trouble)
{
    (void)arg;
    char *more = xasprintf("%s%s|", news, trouble ? trouble : "sent");
    free(news);
    news = more;
}

static void send_one(enum effects effects, const char *id, const char *bytes)
{
    struct channel_options options = {effects, folder};
    struct findings findings = {0};
    struct parcel *one = parcel(id, bytes);
    void *self;
    cr_assert_eq(channel_spool.open(&self, &loop, &options, &findings), 0);
    channel_spool.send(self, one, done, NULL);
    cr_expect_str_eq(news, "", "done is called later");
    uv_run(&loop, UV_RUN_DEFAULT);
    channel_spool.close(self);
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
    struct channel_options options = {EFFECTS_LIVE, folder};
    struct findings findings = {0};
    struct parcel *one = parcel("00ff", "{}\n");
    void *self;
    cr_assert_eq(channel_spool.open(&self, &loop, &options, &findings), 0);
    cr_assert_eq(rmdir(folder), 0);
    channel_spool.send(self, one, done, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_str_neq(news, "sent|");
    channel_spool.close(self);
    parcel_free(one);
}
