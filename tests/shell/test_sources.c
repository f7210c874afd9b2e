/* The sources: lines from a pipe, files in a folder. */
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "room.h"
#include "shell/ingest_dir.h"
#include "shell/ingest_stdin.h"
#include "store/store_box.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#define READING(id, value)                                                                \
    "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"t\",\"id\":\"" id         \
    "\",\"subject\":\"s1\",\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":{\"values\":{" \
    "\"pm25\":" #value "}}}"

static char folder[] = "/tmp/yujing-source-XXXXXX";
static uv_loop_t loop;
static struct inbox inbox;
static struct bundle *bundle;
static struct log silent;
static struct surroundings around;
static struct intern told;
static instant_ms never;
static uv_timer_t patience;

static void run_out(uv_timer_t *timer)
{
    (void)timer;
    cr_assert_fail("nothing happened for ten seconds");
}

static void make(void)
{
    cr_assert_not_null(mkdtemp(folder));
    uv_loop_init(&loop);
    bundle = box_bundle("rule.lua", "return nil\n");
    inbox_init(&inbox, 100, NULL, NULL);
    silent = (struct log){.clock = clock_fake(&never)};
    around = (struct surroundings){&loop, &inbox, &silent, &bundle->policy, 2, &told, false};
    uv_timer_init(&loop, &patience);
    uv_timer_start(&patience, run_out, 10000, 0);
}

static void away(void)
{
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&loop), 0);
    room_remove(folder);
    bundle_free(bundle);
    intern_release(&told);
}

/* Takes the next delivery, waiting for it; its facts' ids as text. */
static struct delivery *next(char ret_ids[64])
{
    struct delivery *delivery;
    while (!(delivery = inbox_take(&inbox, 1)))
        uv_run(&loop, UV_RUN_ONCE);
    ret_ids[0] = 0;
    for (size_t i = 0; i < delivery->count; i++)
        snprintf(ret_ids + strlen(ret_ids), 64 - strlen(ret_ids), "%s ", delivery->facts[i]->id);
    return delivery;
}

static void answer(struct delivery *delivery)
{
    delivery->tally = (struct tally){.taken = delivery->count};
    delivery->answered(delivery->arg, &delivery->tally);
}

static void expect_next(const char *expected)
{
    char ids[64];
    struct delivery *delivery = next(ids);
    cr_expect_str_eq(ids, expected);
    answer(delivery);
}

/* ---- standard input ---------------------------------------------------- */

TestSuite(stdin_source, .init = make, .fini = away);

static int input[2], output[2];
static bool ended;
static struct ingest_stdin *in;

static void hear_end(void *arg)
{
    (void)arg;
    ended = true;
}

static void open_input(void)
{
    cr_assert_eq(pipe(input), 0);
    cr_assert_eq(pipe(output), 0);
    struct ingest_stdin_options options = {input[0], output[1], hear_end, NULL};
    struct findings findings = {0};
    in = ingest_stdin_new(&around, &options, &findings);
    cr_assert_eq(findings.count, 0);
    ingest_stdin_resume(in);
}

static void say(const char *text)
{
    cr_assert_eq(write(input[1], text, strlen(text)), (ssize_t)strlen(text));
}

static void close_input(void)
{
    ingest_stdin_stop(in);
    uv_run(&loop, UV_RUN_NOWAIT);
    while (uv_loop_alive(&loop) && uv_is_active((uv_handle_t *)&patience) && loop.active_reqs.count)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
    ingest_stdin_free(in);
}

static void expect_said(const char *expected)
{
    char text[256] = "";
    while (loop.active_reqs.count)
        uv_run(&loop, UV_RUN_ONCE);
    ssize_t size = read(output[0], text, sizeof text - 1);
    cr_assert_gt(size, 0);
    cr_expect_str_eq(text, expected);
}

Test(stdin_source, lines_are_cut_wherever_the_bytes_are)
{
    open_input();
    say(READING("a", 1) "\n{\"spec");
    expect_next("a ");
    say("version\":\"1.0\",\"type\":\"reading\",\"source\":\"t\",\"id\":\"b\",\"subject\":\"s1\","
        "\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":{\"values\":{\"pm25\":2}}}\r\n");
    expect_next("b ");
    close_input();
}

Test(stdin_source, the_last_line_needs_no_newline)
{
    open_input();
    say(READING("a", 1));
    close(input[1]);
    expect_next("a ");
    while (!ended)
        uv_run(&loop, UV_RUN_ONCE);
    close_input();
}

Test(stdin_source, nothing_is_acknowledged_before_it_is_answered)
{
    char ids[64];
    open_input();
    say(READING("a", 1) "\n" READING("b", 2) "\n" READING("c", 3) "\n");
    struct delivery *first = next(ids);
    cr_expect_str_eq(ids, "a b ");
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    char byte;
    cr_expect_lt(read(output[0], &byte, 1), 0, "nothing yet");
    answer(first);
    expect_said("{\"accepted\":2}\n");
    expect_next("c ");
    expect_said("{\"accepted\":3}\n");
    close_input();
}

Test(stdin_source, bad_lines_are_passed_over_and_count)
{
    open_input();
    say("{\"nonsense\n\n" READING("a", 1) "\n");
    expect_next("a ");
    expect_said("{\"accepted\":3}\n");
    close_input();
}

Test(stdin_source, what_only_we_may_state_is_refused)
{
    open_input();
    say("{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"t\",\"id\":\"x\",\"time\":"
        "\"2015-11-01T00:00:00+08:00\"}\n" READING("a", 1) "\n");
    expect_next("a ");
    close_input();
}

#define ACT                                                                                    \
    "{\"specversion\":\"1.0\",\"type\":\"decision\",\"source\":\"/people/wang\",\"id\":\"d\"," \
    "\"subject\":\"p\",\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":{\"act\":\"approve\","  \
    "\"by\":\"wang\",\"note\":\"同意\",\"plan\":\"0000000000000000000000000000000000000000"  \
    "000000000000000000000000\"}}\n"

/* Whoever can write here could sign as anybody; but a rehearsal plays the people too. */
Test(stdin_source, nobody_decides_by_it_but_in_a_rehearsal)
{
    open_input();
    say(ACT READING("a", 1) "\n");
    expect_next("a ");
    close_input();
    around.acts = true;
    open_input();
    say(ACT);
    expect_next("d ");
    close_input();
}

Test(stdin_source, csv_is_told_by_its_header)
{
    open_input();
    say("\xef\xbb\xbftime,subject,series,value\n2015-11-01 00:00,s1,pm25,168\n");
    char ids[64];
    struct delivery *delivery = next(ids);
    cr_assert_eq(delivery->count, 1);
    cr_expect_eq(delivery->facts[0]->reading.values[0].value, 168 * MICRO);
    answer(delivery);
    expect_said("{\"accepted\":2}\n");
    close_input();
}

Test(stdin_source, a_line_without_end_is_bounded)
{
    open_input();
    char *flood = xmalloc(60001);
    memset(flood, 'x', 60000);
    flood[60000] = 0;
    say("{");
    for (int i = 0; i < 20; i++) {
        say(flood);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    free(flood);
    say("\n" READING("a", 1) "\n");
    expect_next("a ");
    expect_said("{\"accepted\":2}\n");
    close_input();
}

Test(stdin_source, it_stops_reading_when_the_inbox_is_full)
{
    open_input();
    inbox.facts_max = 2;
    say(READING("a", 1) "\n" READING("b", 2) "\n" READING("c", 3) "\n");
    char ids[64];
    while (!inbox.first)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_expect_eq(inbox.facts, 2);
    struct delivery *first = next(ids);
    answer(first);
    ingest_stdin_resume(in);
    expect_next("c ");
    close_input();
}

/* ---- a watched folder -------------------------------------------------- */

/* What a source writes to the log while `act` runs; caller frees. */
static char *logged(void (*act)(void))
{
    char *text = NULL;
    size_t size;
    lang_set(LANG_EN);
    silent.stream = open_memstream(&text, &size);
    act();
    fclose(silent.stream);
    silent.stream = NULL;
    return text;
}

static int times(const char *text, const char *words)
{
    int count = 0;
    for (; (text = strstr(text, words)) != NULL; text++)
        count++;
    return count;
}

#define ROWS                              \
    "time,subject,series,value\n"         \
    "2015-11-01 00:00,nowhere,pm25,168\n" \
    "2015-11-01 00:00,s1,smell,1\n"       \
    "2015-11-01 01:00,nowhere,pm25,168\n" \
    "2015-11-01 01:00,s1,pm25,168\n"

static void send_rows(void)
{
    char ids[64];
    say(ROWS);
    for (int taken = 0; taken < 4;) {
        struct delivery *delivery = next(ids);
        taken += (int)delivery->count;
        answer(delivery);
    }
}

static void send_events(void)
{
    say("{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"t\",\"id\":\"a\",\"subject\":"
        "\"nowhere\",\"time\":\"2015-11-01T00:00:00+08:00\",\"data\":{\"values\":{\"pm25\":1}}}\n"
        "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"t\",\"id\":\"b\",\"subject\":"
        "\"nowhere\",\"time\":\"2015-11-01T01:00:00+08:00\",\"data\":{\"values\":{\"pm25\":1}}}\n");
    expect_next("a b ");
}

Test(stdin_source, rows_that_will_not_be_used_are_told_of_once)
{
    open_input();
    char *text = logged(send_rows);
    cr_expect_eq(times(text, "fact.unused"), 2, "%s", text);
    cr_expect(strstr(text, "stdin:2:18: [N040] the policy knows no `nowhere`: not used; this is"),
              "%s", text);
    cr_expect(strstr(text, "stdin:3:21: [N041] there is no series `smell`"), "%s", text);
    free(text);
    close_input();
}

Test(stdin_source, events_that_will_not_be_used_are_told_of_once)
{
    open_input();
    char *text = logged(send_events);
    cr_expect_eq(times(text, "fact.unused"), 1, "%s", text);
    cr_expect(strstr(text, "stdin:1:1: [N040] the policy knows no `nowhere`"), "%s", text);
    free(text);
    close_input();
}

TestSuite(watched_folder, .init = make, .fini = away);

static struct ingest_dir *dir;

static void open_dir(void)
{
    struct findings findings = {0};
    cr_assert_eq(ingest_dir_new(&dir, &around, folder, 4096, &findings), 0);
    ingest_dir_resume(dir);
}

static void close_dir(void)
{
    ingest_dir_stop(dir);
    while (loop.active_reqs.count)
        uv_run(&loop, UV_RUN_ONCE);
    uv_run(&loop, UV_RUN_NOWAIT);
    ingest_dir_free(dir);
}

static void drop(const char *name, const char *text)
{
    char *path = xasprintf("%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs(text, file);
    fclose(file);
    free(path);
}

static bool there(const char *name)
{
    char *path = xasprintf("%s/%s", folder, name);
    bool found = access(path, F_OK) == 0;
    free(path);
    return found;
}

static void until(const char *name)
{
    while (!there(name))
        uv_run(&loop, UV_RUN_ONCE);
}

Test(watched_folder, files_found_at_the_start_are_taken_by_name)
{
    drop("b.jsonl", READING("b", 1));
    drop("a.jsonl", READING("a", 1));
    open_dir();
    expect_next("a ");
    expect_next("b ");
    until("done/b.jsonl");
    cr_expect(there("done/a.jsonl") && !there("a.jsonl") && !there("b.jsonl"));
    close_dir();
}

Test(watched_folder, a_file_that_comes_later_is_seen)
{
    open_dir();
    drop("a.jsonl", READING("a", 1));
    expect_next("a ");
    until("done/a.jsonl");
    cr_expect(ingest_dir_idle(dir));
    close_dir();
}

Test(watched_folder, a_file_moves_only_after_its_last_fact_is_answered)
{
    char ids[64];
    drop("a.jsonl", READING("a", 1) "\n" READING("b", 2) "\n" READING("c", 3) "\n");
    open_dir();
    struct delivery *first = next(ids), *second = next(ids);
    cr_expect_str_eq(ids, "c ");
    answer(first);
    uv_run(&loop, UV_RUN_NOWAIT);
    cr_expect(there("a.jsonl"));
    answer(second);
    until("done/a.jsonl");
    close_dir();
}

Test(watched_folder, a_bad_file_is_not_taken_at_all_and_says_why)
{
    open_dir();
    drop("a.jsonl", READING("a", 1) "\n{\"nonsense\"\n");
    until("failed/a.jsonl");
    cr_expect(there("failed/a.jsonl.reason"));
    cr_expect_null(inbox.first);
    close_dir();
}

static void send_files(void)
{
    drop("a.csv", ROWS);
    drop("b.csv", "time,subject,series,value\n2015-11-01 02:00,nowhere,pm25,1\n");
    open_dir();
    for (int taken = 0; taken < 5;) {
        char ids[64];
        struct delivery *delivery = next(ids);
        taken += (int)delivery->count;
        answer(delivery);
    }
    until("done/b.csv");
}

Test(watched_folder, what_will_not_be_used_is_told_of_once_over_all_files)
{
    char *text = logged(send_files);
    cr_expect_eq(times(text, "fact.unused"), 2, "%s", text);
    cr_expect(strstr(text, "a.csv:2:18: [N040]") && strstr(text, "a.csv:3:21: [N041]"), "%s", text);
    free(text);
    close_dir();
}

Test(watched_folder, work_in_progress_is_left_alone)
{
    open_dir();
    drop(".a.jsonl", READING("a", 1));
    drop("b.jsonl.part", READING("b", 1));
    drop("c.tmp", READING("c", 1));
    drop("d.jsonl", READING("d", 1));
    expect_next("d ");
    until("done/d.jsonl");
    cr_expect(there(".a.jsonl") && there("b.jsonl.part") && there("c.tmp"));
    close_dir();
}

static void put_strangers(void)
{
    char *link = xasprintf("%s/link.jsonl", folder), *deep = xasprintf("%s/deep", folder),
         *late = xasprintf("%s/late", folder);
    cr_assert_eq(symlink("/etc/hosts", link), 0);
    cr_assert_eq(mkdir(deep, 0700), 0);
    open_dir(); /* those are found at the start, the others come later */
    cr_assert_eq(mkdir(late, 0700), 0);
    drop("a.jsonl", READING("a", 1));
    expect_next("a ");
    until("done/a.jsonl");
    free(link);
    free(deep);
    free(late);
}

Test(watched_folder, what_is_no_file_is_told_of_once)
{
    char *text = logged(put_strangers);
    cr_expect_eq(times(text, "watch.ignored"), 3, "%s", text);
    cr_expect_eq(times(text, "link.jsonl is not taken: it is a symbolic link"), 1, "%s", text);
    cr_expect_eq(times(text, "/deep is not taken: it is a folder"), 1, "%s", text);
    cr_expect_eq(times(text, "/late is not taken: it is a folder"), 1, "%s", text);
    cr_expect(there("link.jsonl") && there("deep") && there("late"));
    free(text);
    close_dir();
}

Test(watched_folder, a_name_taken_before_gets_a_number)
{
    open_dir();
    drop("a.jsonl", READING("a", 1));
    expect_next("a ");
    until("done/a.jsonl");
    drop("a.jsonl", READING("b", 1));
    expect_next("b ");
    until("done/a.jsonl.2");
    close_dir();
}

/* How often the words stand in it. */
static int read_reason(const char *name, const char *words)
{
    char *path = xasprintf("%s/%s", folder, name), *text = NULL;
    size_t size;
    struct findings findings = {0};
    cr_assert_eq(file_read(path, 1 << 16, &text, &size, &findings), 0);
    int count = times(text, words);
    free(text);
    free(path);
    return count;
}

Test(watched_folder, a_file_too_large_is_refused)
{
    char *text = xmalloc(5001);
    memset(text, ' ', 5000);
    text[5000] = 0;
    drop("a.jsonl", text);
    open_dir();
    until("failed/a.jsonl");
    free(text);
    cr_expect_eq(read_reason("failed/a.jsonl.reason", "a.jsonl: [F003] "), 1,
                 "no line of it is meant");
    close_dir();
}

Test(watched_folder, stopping_leaves_an_unanswered_file_where_it_is)
{
    char ids[64];
    drop("a.jsonl", READING("a", 1));
    open_dir();
    struct delivery *delivery = next(ids);
    delivery->answered(delivery->arg, NULL);
    cr_expect(there("a.jsonl"));
    close_dir();
}
