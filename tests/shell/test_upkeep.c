/* Upkeep over a real store: figures, anchors, backups, retention, self-check. */
#include "base/buf.h"
#include "base/file.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "peer.h"
#include "shell/anchor_file.h"
#include "shell/backups.h"
#include "shell/counts.h"
#include "shell/dead_man.h"
#include "shell/drill_words.h"
#include "shell/gateways.h"
#include "shell/health.h"
#include "shell/metrics.h"
#include "shell/retention.h"
#include "shell/self_check.h"
#include "shell_box.h"
#include "store/anchor.h"
#include "store/backup.h"
#include "store/journal.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

static struct shell_box shell;
static struct upkeep_conf conf;
static struct upkeep_host host;
static struct inbox inbox;
static struct log silent;
static instant_ms now;
static uv_loop_t loop;
static char alarmed[64];
static int alarms;
static bool deaf; /* nobody can be asked */

static struct view view(void)
{
    return (struct view){
        .live = pipeline_generation(shell.pipeline), .store = shell.box.store, .now = now};
}

static void ask(void *arg, struct question *question)
{
    struct view seen = view();
    (void)arg;
    if (!deaf)
        question->answer(question->arg, &seen);
    question->answered(question->arg, !deaf);
}

static void alarm_raised(void *arg, const char *event, const char *text)
{
    (void)arg;
    cr_expect_gt(strlen(text), 5);
    snprintf(alarmed, sizeof alarmed, "%s", event);
    alarms++;
}

static void filled(void *arg)
{
    (void)arg;
}

static void come(void)
{
    shell_make(&shell, NULL);
    cr_assert_eq(shell_turn(&shell, 0, 100), 0);
    now = shell.now + DAY_MS;
    uv_loop_init(&loop);
    inbox_init(&inbox, 100, filled, NULL);
    silent = (struct log){.clock = clock_fake(&now)};
    conf = (struct upkeep_conf){.backup = {.every = DAY_MS, .keep = 2},
                                .retention = {.days = 1},
                                .self_check = {.every = 7 * (span_ms)DAY_MS, .within = HOUR_MS}};
    host = (struct upkeep_host){.loop = &loop,
                                .conf = &conf,
                                .log = &silent,
                                .clock = clock_fake(&now),
                                .metrics = metrics_new(),
                                .inbox = &inbox,
                                .effects = EFFECTS_LIVE,
                                .by_clock = true,
                                .ask = ask,
                                .alarm = alarm_raised};
}

static void away(void)
{
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    metrics_free(host.metrics);
    shell_remove(&shell);
}

TestSuite(upkeep, .init = come, .fini = away);

static double metric(const char *name, const char *labels)
{
    return metrics_value(host.metrics, name, labels);
}

static char *beside(const char *name)
{
    return xasprintf("%s/%s", shell.box.folder, name);
}

/* ---- figures --------------------------------------------------------------- */

Test(upkeep, gauges_say_what_is_in_the_store)
{
    struct gauges *gauges = xcalloc(1, sizeof *gauges);
    struct view seen = view();
    gauges_take(gauges, &seen);
    cr_expect(gauges->taken && gauges->policy);
    cr_expect_eq(gauges->generations, 1);
    cr_expect_eq(gauges->episodes + gauges->proposals > 0, true, "the haze has begun");
    cr_expect_gt(gauges->store_bytes, 0);
    cr_expect_eq(gauges->behind, engine_now(seen.live->engine) - now);
    gauges_put(gauges, host.metrics);
    cr_expect_eq(metric("yujing_policy_generation", NULL), 1);
    int64_t letters = shell_count(&shell, "SELECT count(*) FROM outbox");
    double told = 0;
    for (int i = 0; i < gauges->outbox_count; i++) {
        char labels[128];
        snprintf(labels, sizeof labels, "gateway=\"%s\",state=\"%s\"", gauges->outbox[i].gateway,
                 outbox_state_name(gauges->outbox[i].state));
        told += metric("yujing_outbox_letters", labels);
    }
    cr_expect_eq((int64_t)told, letters);
    free(gauges);
}

static bool printed(const char *name)
{
    struct buf text = {0};
    char line[96];
    metrics_print(host.metrics, &text);
    snprintf(line, sizeof line, "\n%s", name);
    bool found = strstr(buf_str(&text), line) != NULL;
    buf_release(&text);
    return found;
}

/* Nothing overdue is good news: it must not come of a table that cannot be read. */
Test(upkeep, figures_that_cannot_be_read_are_absent_and_counted_and_hide_no_others)
{
    struct gauges *gauges = xcalloc(1, sizeof *gauges);
    struct view seen = view();
    gauges_take(gauges, &seen);
    gauges_put(gauges, host.metrics);
    cr_expect_not(gauges_count_failures(gauges, host.metrics));
    cr_expect(printed("yujing_chases_overdue ") && printed("yujing_policy_generation "));
    box_meddle(&shell.box, "DROP TABLE chase");
    gauges_take(gauges, &seen);
    gauges_put(gauges, host.metrics);
    cr_expect(gauges_count_failures(gauges, host.metrics));
    cr_expect_not(printed("yujing_chases_overdue "));
    cr_expect(printed("yujing_policy_generation "), "what can be read is there");
    cr_expect(printed("yujing_outbox_letters{"));
    cr_expect_eq(metric("yujing_gauge_failures_total", "part=\"chases\""), 1);
    cr_expect_eq(strncmp(gauges->trouble, "chases: ", 8), 0, "%s", gauges->trouble);
    free(gauges);
}

Test(upkeep, counts_add_up_a_turn)
{
    struct delivery delivery = {.from = "stdin",
                                .tally = {.taken = 5, .repeats = 2, .conflicts = 1, .refused = 3}};
    struct parcel parcel = {.gateway = (char *)(uintptr_t) "hook", .outcome = OUTCOME_RETRY};
    struct turn turn = {.deliveries = &delivery, .returned = &parcel};
    events_add(&turn.events, LOG_ALARM, "clock.jump", "it jumped");
    events_tally(&turn.events, "yujing_decisions_total", "kind", "order");
    events_tally(&turn.events, "yujing_decisions_total", "kind", "order");
    counts_turn(host.metrics, &turn, 0, STORE_FINE, now, 0.25);
    cr_expect_eq(metric("yujing_turn_facts_total", NULL), 5);
    cr_expect_eq(metric("yujing_ingest_facts_total", "source=\"stdin\",result=\"taken\""), 4);
    cr_expect_eq(metric("yujing_ingest_facts_total", "source=\"stdin\",result=\"refused\""), 3);
    cr_expect_eq(metric("yujing_deliveries_total", "gateway=\"hook\",result=\"retry\""), 1);
    cr_expect_eq(metric("yujing_decisions_total", "kind=\"order\""), 2);
    cr_expect_eq(metric("yujing_alarms_total", "event=\"clock.jump\""), 1);
    cr_expect_eq(metric("yujing_clock_jumps_total", NULL), 1);
    counts_turn(host.metrics, &turn, ERR_STORE, STORE_FULL, now, 0.25);
    cr_expect_eq(metric("yujing_turn_facts_total", NULL), 5, "a failed turn took nothing");
    cr_expect_eq(metric("yujing_store_failures_total", "trouble=\"full\""), 1);
    events_release(&turn.events);
}

/* Who watches sees an increase only of what stood there before. */
Test(upkeep, counters_that_are_alarms_stand_at_nothing_from_the_start)
{
    struct gateway hook = {.name = "hook"};
    struct gateways gateways = {.items = &hook, .count = 1};
    struct buf text = {0};
    counts_begin(host.metrics, &gateways);
    metrics_print(host.metrics, &text);
    cr_expect(strstr(buf_str(&text), "yujing_dead_letters_total{gateway=\"hook\"} 0\n"));
    cr_expect(strstr(buf_str(&text), "yujing_store_failures_total{trouble=\"broken\"} 0\n"));
    buf_release(&text);
}

Test(upkeep, ready_needs_all_of_it)
{
    struct health good = {
        .alive = true, .store_writable = true, .room = true, .policy = true, .clock = true};
    cr_expect(health_ready(&good));
    good.fallback = true;
    cr_expect(health_ready(&good), "an archived policy is a policy");
    for (int i = 0; i < 5; i++) {
        struct health bad = good;
        *(bool *[]){&bad.alive, &bad.store_writable, &bad.room, &bad.policy, &bad.clock}[i] = false;
        cr_expect_not(health_ready(&bad), "%d", i);
    }
}

/* ---- anchors ---------------------------------------------------------------- */

static int count_lines(const char *path)
{
    char *text;
    size_t size;
    int lines = 0;
    if (file_read(path, 1 << 20, &text, &size, &shell.box.findings) < 0)
        return -1;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    free(text);
    return lines;
}

Test(upkeep, each_anchor_stands_once_in_the_file)
{
    char *path = beside("anchors");
    const char *trouble;
    struct anchor_file file = {.path = path};
    int64_t anchors = shell_count(&shell, "SELECT count(*) FROM anchor");
    cr_assert_gt(anchors, 0);
    cr_expect_eq(anchor_file_update(&file, shell.box.store, &trouble), anchors);
    cr_expect_eq(anchor_file_update(&file, shell.box.store, &trouble), 0);
    struct anchor_file again = {.path = path}; /* a restart */
    cr_expect_eq(anchor_file_update(&again, shell.box.store, &trouble), 0);
    cr_expect_eq(count_lines(path), anchors);
    free(path);
}

Test(upkeep, half_a_line_of_a_crash_spoils_no_other)
{
    char *path = beside("anchors");
    const char *trouble;
    cr_assert_eq(file_write_atomic(path, "{\"day\":\"20", 10, &shell.box.findings), 0);
    struct anchor_file file = {.path = path};
    int added = anchor_file_update(&file, shell.box.store, &trouble);
    cr_expect_gt(added, 0);
    cr_expect_eq(count_lines(path), added + 1);
    free(path);
}

/* ---- anchors at a start ---- */

static int compare_with(const char *text)
{
    char *path = beside("anchors");
    cr_assert_eq(file_write_atomic(path, text, strlen(text), &shell.box.findings), 0);
    int answer = anchor_file_compare(path, shell.box.store, &shell.box.findings);
    free(path);
    return answer;
}

static char *anchors_text(void)
{
    char *path = beside("anchors"), *text;
    const char *trouble;
    size_t size;
    struct anchor_file file = {.path = path};
    cr_assert_gt(anchor_file_update(&file, shell.box.store, &trouble), 0);
    cr_assert_eq(file_read(path, 1 << 20, &text, &size, &shell.box.findings), 0);
    free(path);
    return text;
}

Test(upkeep, a_store_that_has_every_head_of_its_anchors_file_starts)
{
    char *text = anchors_text();
    char *half = xasprintf("%s{\"day\":\"20", text);
    cr_expect_eq(anchor_file_compare(NULL, shell.box.store, &shell.box.findings), 0);
    cr_expect_eq(anchor_file_compare("/nonexistent/anchors", shell.box.store, &shell.box.findings),
                 0);
    cr_expect_eq(compare_with(text), 0);
    cr_expect_eq(compare_with(half), 0);
    cr_expect_eq(shell.box.findings.count, 0);
    free(half);
    free(text);
}

/* A row that is not there, and one whose link is another. */
Test(upkeep, a_head_that_the_store_does_not_have_is_refused_with_what_to_do)
{
    char *text = anchors_text(), *chain = strstr(text, "\"chain\":\"");
    char *later = xasprintf("%s{\"day\":\"2015-12-01\",\"seq\":999999,\"rows\":999999,%.74s,"
                            "\"written\":\"2015-12-01T00:00:00+00:00\"}\n",
                            text, chain);
    cr_expect_eq(compare_with(later), ERR_INVALID);
    const struct finding *finding = &shell.box.findings.items[0];
    cr_expect_str_eq(finding->code, "D118");
    cr_expect_eq(finding->line, 1 + (int)shell_count(&shell, "SELECT count(*) FROM anchor"));
    cr_expect_not_null(strstr(finding->message, "row 999999"), "%s", finding->message);
    cr_expect_not_null(strstr(finding->hint, "audit verify"), "%s", finding->hint);
    chain[10] = chain[10] == '0' ? '1' : '0';
    cr_expect_eq(compare_with(text), ERR_INVALID);
    cr_expect_eq(shell.box.findings.items[1].line, 1);
    free(later);
    free(text);
}

Test(upkeep, an_anchors_file_that_cannot_be_written_is_told)
{
    const char *trouble = NULL;
    struct anchor_file file = {.path = "/nonexistent/anchors"};
    cr_expect_eq(anchor_file_update(&file, shell.box.store, &trouble), ERR_IO);
    cr_expect_not_null(trouble);
}

/* ---- backups ---------------------------------------------------------------- */

static int count_backups(void)
{
    char *command = xasprintf("ls %s/backup 2>/dev/null | wc -l", shell.box.folder);
    FILE *pipe = popen(command, "r");
    int count = -1;
    cr_assert_eq(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    free(command);
    return count;
}

Test(upkeep, backups_are_made_when_due_and_the_oldest_go)
{
    char *folder = beside("backup");
    conf.backup.folder = folder;
    struct backups *backups = backups_new(&host);
    for (int day = 0; day < 4; day++, now += DAY_MS) {
        backups_consider(backups);
        uv_run(&loop, UV_RUN_DEFAULT);
        backups_consider(backups); /* not due */
        uv_run(&loop, UV_RUN_DEFAULT);
        cr_expect_eq(count_backups(), day < 1 ? 1 : 2);
        cr_expect_eq(metric("yujing_backup_time_seconds", NULL), (double)now / 1000);
    }
    cr_expect_eq(metric("yujing_backup_success", NULL), 1);
    cr_expect_eq(alarms, 0);
    backups_free(backups);
    now -= DAY_MS;
    backups = backups_new(&host); /* a restart does not hurry */
    backups_consider(backups);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(metric("yujing_backup_time_seconds", NULL), (double)now / 1000);
    cr_expect_eq(count_backups(), 2);
    backups_free(backups);
    free(folder);
}

Test(upkeep, a_backup_that_fails_is_an_alarm_and_tried_again)
{
    conf.backup.folder = "/nonexistent/backup";
    struct backups *backups = backups_new(&host);
    backups_consider(backups);
    cr_expect_str_eq(alarmed, "backup.failed");
    backups_consider(backups);
    cr_expect_eq(alarms, 1);
    now += HOUR_MS;
    backups_consider(backups);
    cr_expect_eq(alarms, 2);
    backups_free(backups);
}

Test(upkeep, a_backup_leaves_the_disk_its_low_water_mark)
{
    char *folder = beside("backup");
    conf.backup.folder = folder;
    host.low_water_bytes = INT64_MAX / 2;
    struct backups *backups = backups_new(&host);
    backups_consider(backups);
    cr_expect_str_eq(alarmed, "backup.failed");
    cr_expect_eq(count_backups(), 0);
    backups_free(backups);
    free(folder);
}

Test(upkeep, a_backup_that_nobody_answered_goes_on_later)
{
    char *folder = beside("backup");
    conf.backup.folder = folder;
    struct backups *backups = backups_new(&host);
    deaf = true;
    cr_expect_eq(backups_begin(backups), 0);
    cr_expect_eq(backups_begin(backups), ERR_CONFLICT);
    deaf = false;
    backups_consider(backups);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(count_backups(), 1);
    backups_free(backups);
    free(folder);
}

Test(upkeep, names_of_backups_tell_their_time)
{
    struct buf name = {0};
    instant_ms at = 1446967800000, back;
    backup_name(&name, at);
    cr_expect_str_eq(buf_str(&name), "yujing-20151108T073000Z.db");
    cr_assert_eq(backup_time(buf_str(&name), &back), 0);
    cr_expect_eq(back, at);
    cr_expect_lt(backup_time("yujing-20151108T073000Z.db.part", &back), 0);
    cr_expect_lt(backup_time("yujing.db", &back), 0);
    cr_expect_lt(backup_time("yujing-20151399T073000Z.db", &back), 0);
    buf_release(&name);
}

/* ---- retention ---------------------------------------------------------------- */

Test(upkeep, old_facts_leave_for_an_archive_and_only_they)
{
    char *folder = beside("archive");
    conf.retention.folder = folder;
    shell_stop(&shell); /* with a snapshot, which a start needs */
    int64_t before = shell_count(&shell, "SELECT count(*) FROM journal");
    struct retention *retention = retention_new(&host, shell.box.path);
    now = shell.now + 400 * (instant_ms)DAY_MS;
    retention_consider(retention);
    uv_run(&loop, UV_RUN_DEFAULT);
    int64_t after = shell_count(&shell, "SELECT count(*) FROM journal");
    int64_t retired = shell_count(&shell, "SELECT coalesce(max(seq), 0) FROM retired");
    cr_expect_eq(alarms, 0);
    cr_expect_eq(before - after, retired, "%lld of %lld left, %lld are marked",
                 (long long)(before - after), (long long)before, (long long)retired);
    cr_expect_eq((int64_t)metric("yujing_retired_facts_total", NULL), retired);
    retention_free(retention);
    free(folder);
}

Test(upkeep, an_archive_that_cannot_be_written_keeps_everything)
{
    conf.retention.folder = "/nonexistent/archive";
    shell_stop(&shell);
    int64_t before = shell_count(&shell, "SELECT count(*) FROM journal");
    struct retention *retention = retention_new(&host, shell.box.path);
    now = shell.now + 400 * (instant_ms)DAY_MS;
    retention_consider(retention);
    uv_run(&loop, UV_RUN_DEFAULT);
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM journal"), before);
    retention_free(retention);
}

/* ---- self-check --------------------------------------------------------------- */

/* What was offered is taken by a turn of its own. */
static int take_offered(void)
{
    struct delivery *delivery = inbox_take(&inbox, 100);
    int taken = 0;
    if (!delivery)
        return 0;
    struct turn turn = {.deliveries = delivery};
    shell.now = now;
    cr_assert_eq(pipeline_turn(shell.pipeline, &turn), 0);
    taken = (int)delivery->tally.taken;
    delivery->answered(delivery->arg, &delivery->tally);
    parcels_free(turn.parcels);
    turn.parcels = NULL;
    turn_release(&turn);
    return taken;
}

static void look_and_consider(struct self_check *self_check)
{
    struct view seen = view();
    self_check_look(self_check, &seen);
    self_check_consider(self_check);
}

/* As every start does: what is recorded must be readable. */
static int read_back(void *arg, int64_t seq, const struct fact *fact)
{
    (void)arg;
    (void)seq;
    return fact->kind == FACT_DECISION && !fact->subject;
}

Test(upkeep, a_self_check_is_asked_for_once_a_week)
{
    struct self_check *self_check = self_check_new(&host);
    look_and_consider(self_check);
    cr_expect_eq(take_offered(), 1);
    look_and_consider(self_check);
    cr_expect_eq(take_offered(), 0, "one is under way");
    cr_expect_eq(shell_count(&shell, "SELECT count(*) FROM letter WHERE kind = 'test'"), 1);
    cr_expect_eq(journal_read(shell.box.store, 0, read_back, NULL), 0, "%s",
                 store_message(shell.box.store));
    self_check_free(self_check);
    self_check = self_check_new(&host); /* a restart does not hurry */
    look_and_consider(self_check);
    cr_expect_eq(take_offered(), 0);
    now += 7 * (span_ms)DAY_MS;
    look_and_consider(self_check);
    cr_expect_eq(take_offered(), 1);
    self_check_free(self_check);
}

Test(upkeep, a_test_letter_that_does_not_arrive_is_an_alarm_once)
{
    struct self_check *self_check = self_check_new(&host);
    look_and_consider(self_check);
    take_offered();
    look_and_consider(self_check);
    cr_expect_eq(alarms, 0);
    now += HOUR_MS + 1;
    look_and_consider(self_check);
    look_and_consider(self_check);
    cr_expect_eq(alarms, 1);
    cr_expect_str_eq(alarmed, "self_check.failed");
    cr_expect_eq(metric("yujing_self_check_success", "gateway=\"memory\""), 0);
    self_check_free(self_check);
}

Test(upkeep, in_shadow_nothing_is_checked)
{
    host.effects = EFFECTS_NONE;
    cr_expect_null(self_check_new(&host));
}

/* ---- the switch outside --------------------------------------------------------- */

static void call(struct dead_man *dead_man, bool well, instant_ms steady)
{
    dead_man_consider(dead_man, well, steady);
    while (!dead_man_is_idle(dead_man))
        uv_run(&loop, UV_RUN_ONCE);
}

static struct dead_man *open_switch(struct peer *peer, const char *answer)
{
    static char url[64];
    static struct address_rule rule;
    const char *problem;
    struct dead_man *dead_man = NULL;
    peer_open(peer, &loop, peer_http);
    peer->script = answer;
    snprintf(url, sizeof url, "http://127.0.0.1:%d/alive", peer->port);
    cr_assert_eq(address_rule_parse(&rule, "127.0.0.1", &problem), 0);
    conf.dead_man = (struct dead_man_conf){
        .url = url, .every = MINUTE_MS, .timeout = 5 * SECOND_MS, .allowed = {&rule, 1}};
    cr_assert_eq(dead_man_new(&dead_man, &host, &shell.box.findings), 0);
    return dead_man;
}

Test(upkeep, the_switch_outside_is_called_while_we_are_well)
{
    static struct peer peer;
    struct dead_man *dead_man =
        open_switch(&peer, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    call(dead_man, false, 0);
    cr_expect_eq(peer.requests, 0, "who is not well says nothing");
    call(dead_man, true, 0);
    call(dead_man, true, MINUTE_MS - 1);
    cr_expect_eq(peer.requests, 1);
    call(dead_man, true, MINUTE_MS);
    cr_expect_eq(peer.requests, 2);
    cr_expect_eq(metric("yujing_dead_man_pings_total", "result=\"answered\""), 2);
    cr_expect_eq(strncmp(buf_str(&peer.requested), "POST /alive ", 12), 0);
    dead_man_close(dead_man);
    peer_close(&peer);
}

Test(upkeep, a_switch_that_refuses_is_counted_and_tried_again)
{
    static struct peer peer;
    struct dead_man *dead_man = open_switch(&peer, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    call(dead_man, true, 0);
    call(dead_man, true, MINUTE_MS);
    cr_expect_eq(peer.requests, 2);
    cr_expect_eq(metric("yujing_dead_man_pings_total", "result=\"failed\""), 2);
    dead_man_close(dead_man);
    peer_close(&peer);
}

Test(upkeep, only_the_living_call)
{
    struct dead_man *dead_man = NULL;
    conf.dead_man = (struct dead_man_conf){.url = "https://dead.example.cn/x"};
    host.effects = EFFECTS_PAPER;
    cr_expect_eq(dead_man_new(&dead_man, &host, &shell.box.findings), 0);
    cr_expect_null(dead_man);
    host.effects = EFFECTS_NONE;
    cr_expect_eq(dead_man_new(&dead_man, &host, &shell.box.findings), 0);
    cr_expect_null(dead_man);
}

/* ---- drills ------------------------------------------------------------------- */

Test(upkeep, a_text_that_denies_being_a_drill_is_found)
{
    static const char text[] = "【演练】本通知非演练";
    cr_expect_str_eq(drill_denied(text, sizeof text - 1), "非演练");
    cr_expect_null(drill_denied("【演练】", strlen("【演练】")));
    cr_expect_eq(drill_words_check(shell.bundle, &shell.box.findings), 0);
}
