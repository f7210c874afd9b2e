/* What systemd is told. */
#include "shell/notify.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/yujing-notify-XXXXXX";
static char path[64];
static int fd;

static void come(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    setenv("NOTIFY_SOCKET", path, 1);
}

static void away(void)
{
    close(fd);
    unlink(path);
    rmdir(folder);
}

TestSuite(notify, .init = come, .fini = away);

static void expect(const char *wanted)
{
    char got[256] = "";
    ssize_t size = recv(fd, got, sizeof got - 1, 0);
    cr_assert_gt(size, 0, "nothing was said");
    cr_expect_eq(strncmp(got, wanted, strlen(wanted)), 0, "%s", got);
}

Test(notify, says_it_to_the_socket)
{
    notify("READY=1");
    expect("READY=1");
    notify_reloading();
    expect("RELOADING=1\nMONOTONIC_USEC=");
}

Test(notify, is_silent_where_nobody_listens)
{
    unsetenv("NOTIFY_SOCKET");
    notify("READY=1");
    char got[8];
    cr_expect_lt(recv(fd, got, sizeof got, 0), 0);
}

Test(notify, the_watchdog_is_ours_or_nobodys)
{
    char pid[24];
    unsetenv("WATCHDOG_USEC");
    cr_expect_eq(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    cr_expect_eq(notify_watchdog_ms(), 30000);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    setenv("WATCHDOG_PID", pid, 1);
    cr_expect_eq(notify_watchdog_ms(), 30000);
    setenv("WATCHDOG_PID", "1", 1);
    cr_expect_eq(notify_watchdog_ms(), 0);
}
