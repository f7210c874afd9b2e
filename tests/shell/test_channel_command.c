/* Commands: what they are given, what their exit means, and that nothing of them stays. */
#include "base/file.h"
#include "base/xalloc.h"
#include "outlet.h"
#include "room.h"
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct outlet outlet;

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/yujing-command-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    outlet_init(&outlet);
}

static void tear_down(void)
{
    room_remove(folder);
}

TestSuite(channel_command, .init = set_up, .fini = tear_down, .timeout = 60);

static void open_script(const char *script, const char *more)
{
    char *text = xasprintf("#!/bin/sh\n%s\n", script);
    room_write(folder, "run", text, 0755);
    free(text);
    text =
        xasprintf("run: [%s/run, '$(touch evil)', \"a b\"]\nfolder: %s\n%s", folder, folder, more);
    outlet_open(&outlet, "command", text);
    free(text);
}

static char *contents(const char *name)
{
    struct findings findings = {0};
    char path[128], *text;
    size_t size;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (file_read(path, 1 << 20, &text, &size, &findings) < 0)
        text = xstrdup("(none)");
    findings_release(&findings);
    return text;
}

static void expect_contents(const char *name, const char *expected)
{
    char *text = contents(name);
    cr_expect_str_eq(text, expected);
    free(text);
}

static struct sent *send_one(void)
{
    struct message message = outlet_message();
    struct sent *sent = outlet_send_message(&outlet, &message);
    outlet_run(&outlet, outlet.count);
    return sent;
}

Test(channel_command, it_reads_the_letter_and_knows_it_by_its_environment)
{
    setenv("SITE_ROOM", "b 7", 1);
    setenv("CANARY", "secret", 1);
    /* What the shell and valgrind add by themselves aside. */
    open_script("cat >letter; env | grep -v -E '^(PWD|SHLVL|_|OLDPWD|LD_PRELOAD|VALGRIND_LIB)=' | "
                "sort >env;"
                " printf '%s|' \"$@\" >words",
                "env: [SITE_ROOM, NOT_SET]\n");
    cr_expect_eq(send_one()->outcome, OUTCOME_DELIVERED, "%s", outlet.sent[0].trouble);
    expect_contents("letter", outlet_message().body);
    expect_contents("env",
                    "LANG=C.UTF-8\nPATH=/usr/local/bin:/usr/bin:/bin\nSITE_ROOM=b 7\n"
                    "YUJING_ADDRESS=13800000000\nYUJING_ATTEMPT=1\nYUJING_EFFECTS=live\n"
                    "YUJING_ID=0123456789abcdef\nYUJING_KIND=order\nYUJING_RECIPIENT=E001\n");
    expect_contents("words", "$(touch evil)|a b|");
    expect_contents("evil", "(none)");
    outlet_close(&outlet);
}

static const struct {
    const char *script;
    enum outcome outcome;
    const char *trouble; /* a part of it */
} ends[] = {
    {"exit 0", OUTCOME_DELIVERED, ""},
    {"exit 75", OUTCOME_RETRY, "75"},
    {"exit 1", OUTCOME_REFUSED, "1"},
    {"echo 'line busy' >&2; exit 75", OUTCOME_RETRY, "line busy"},
    {"kill -SEGV $$", OUTCOME_REFUSED, "11"},
    {"exec <&-; exit 0", OUTCOME_DELIVERED, ""},
    {"cat >/dev/null; yes | head -c 300000 >&2; exit 3", OUTCOME_REFUSED, "3: y y"},
};

Test(channel_command, its_exit_is_the_answer)
{
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (i > 0)
            outlet_init(&outlet);
        open_script(ends[i].script, "");
        struct sent *sent = send_one();
        cr_expect_eq(sent->outcome, ends[i].outcome, "%s: %s", ends[i].script, sent->trouble);
        cr_expect_not_null(strstr(sent->trouble, ends[i].trouble), "%s", sent->trouble);
        outlet_close(&outlet);
    }
}

static int pid_in(const char *name)
{
    char *text = contents(name);
    int pid = atoi(text);
    free(text);
    return pid;
}

/* A zombie that nobody has buried yet is gone too. */
static bool is_alive(int pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    if (fscanf(file, "%*d %*s %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z' && state != 'X';
}

/* It was killed before the attempt was told, and dies when the kernel gets to it. */
static bool is_gone(int pid)
{
    uint64_t until = uv_hrtime() + UINT64_C(5000000000);
    while (is_alive(pid) && uv_hrtime() < until)
        sched_yield();
    return !is_alive(pid);
}

Test(channel_command, what_takes_too_long_is_ended_with_its_children)
{
    outlet.gateway.timeout = 1000; /* under valgrind a process begins slowly */
    open_script(
        "trap '' TERM; (trap '' TERM; sleep 300) & echo $! >child; echo $$ >self; wait; sleep 300",
        "");
    struct sent *sent = send_one();
    cr_expect_eq(sent->outcome, OUTCOME_RETRY, "%s", sent->trouble);
    cr_assert_gt(pid_in("self"), 0);
    cr_expect(is_gone(pid_in("self")));
    cr_expect(is_gone(pid_in("child")));
    outlet_close(&outlet);
}

Test(channel_command, one_that_listens_is_only_asked)
{
    outlet.gateway.timeout = 1000; /* under valgrind a process begins slowly */
    open_script("trap 'echo asked >asked; exit 0' TERM; sleep 300 & wait", "");
    cr_expect_eq(send_one()->outcome, OUTCOME_RETRY);
    expect_contents("asked", "asked\n");
    outlet_close(&outlet);
}

Test(channel_command, what_it_leaves_behind_does_not_stay)
{
    open_script("sleep 300 & echo $! >child; exit 0", "");
    cr_expect_eq(send_one()->outcome, OUTCOME_DELIVERED);
    cr_assert_gt(pid_in("child"), 0);
    cr_expect(is_gone(pid_in("child")));
    outlet_close(&outlet);
}

Test(channel_command, many_at_once)
{
    struct message message = outlet_message();
    open_script("cat >/dev/null", "");
    for (int i = 0; i < 40; i++)
        outlet_send_message(&outlet, &message);
    outlet_run(&outlet, 40);
    for (int i = 0; i < 40; i++)
        cr_expect_eq(outlet.sent[i].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[i].trouble);
    outlet_close(&outlet);
}

Test(channel_command, what_cannot_be_run_is_told_at_the_start)
{
    struct channel_options options = {.effects = EFFECTS_LIVE, .gateway = &outlet.gateway};
    cr_assert(outlet_read(&outlet, "command", "run: [/nowhere/at/all]\n"));
    cr_expect_eq(channel_command.open(&outlet.self, &outlet.loop, outlet.gateway.conf, &options,
                                      &outlet.findings),
                 ERR_INVALID);
    cr_expect_str_eq(outlet.findings.items[0].code, "D061");
    outlet_close(&outlet);
}

/* It vanished after the start. */
Test(channel_command, what_cannot_be_begun_is_tried_again)
{
    char path[128];
    open_script("exit 0", "");
    snprintf(path, sizeof path, "%s/run", folder);
    unlink(path);
    cr_expect_eq(send_one()->outcome, OUTCOME_RETRY);
    outlet_close(&outlet);
}

Test(channel_command, drills_do_not_run_live)
{
    open_script("touch ran", "");
    struct sent *sent = outlet_send(&outlet, "x", "E001", "【演练】");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_REFUSED);
    expect_contents("ran", "(none)");
    outlet_close(&outlet);
}
