/* Many connections, slow ones, and such as are no more. */
#include "base/err.h"
#include "shell/logger_rig.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define S1 "  - {mn: MN-S1, password: \"123456\"}\n"

TestSuite(ingest_hj212_crowd, .init = rig_make, .fini = rig_away);

static bool may_open(rlim_t files)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= files;
}

static int dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? fd : -1;
}

static void upload(struct http_client *to, int number)
{
    struct buf packet = {0};
    logger_hour(&packet, "MN-S1", number, 1, 100);
    client_send(to, packet.data, packet.size);
    buf_release(&packet);
}

static size_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    cr_assert_eq(fscanf(file, "%*u %lu", &pages), 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

Test(ingest_hj212_crowd, no_more_than_the_limit_of_one_address)
{
    struct http_client clients[3], other;
    rig.conf.per_address_max = 2;
    rig_start(S1);
    rig_connect(&clients[0]);
    rig_connect(&clients[1]);
    client_connect(&clients[2], ingest_hj212_port(rig.server));
    cr_expect(client_is_closed(&clients[2]));
    client_connect_from(&other, "127.0.0.2", ingest_hj212_port(rig.server));
    rig_wait_connections(3);
    client_leave(&clients[0]);
    rig_wait_connections(2);
    rig_connect(&clients[0]);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", "source=\"hj212\",reason=\"crowded\""),
                 1);
    for (int i = 0; i < 3; i++)
        client_leave(&clients[i]);
    client_leave(&other);
}

Test(ingest_hj212_crowd, no_more_than_the_limit_of_all)
{
    struct http_client clients[3];
    rig.conf.connections_max = 2;
    rig_start(S1);
    rig_connect(&clients[0]);
    rig_connect(&clients[1]);
    client_connect(&clients[2], ingest_hj212_port(rig.server));
    cr_expect(client_is_closed(&clients[2]));
    for (int i = 0; i < 3; i++)
        client_leave(&clients[i]);
}

/* reliability B1.  The loggers are another process, so that only the server's memory is weighed;
 * each has sent a heartbeat before it falls silent. */
static void be_loggers(int port, int count, int ready, int until)
{
    struct buf packet = {0};
    char byte;
    logger_box_packet(&packet,
                      "QN=20261124020000002;ST=22;CN=9015;PW=123456;MN=MN-S1;Flag=9;CP=&&&&");
    for (int i = 0; i < count; i++) {
        int fd = dial(port);
        if (fd < 0 || write(fd, packet.data, packet.size) != (ssize_t)packet.size)
            _exit(1);
    }
    if (write(ready, "r", 1) != 1 || read(until, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

static bool all_spoken(void *arg)
{
    const int *count = arg;
    return rig_counted("yujing_ingest_frames_total", "command=\"9015\",result=\"notice\"") >=
           *count;
}

Test(ingest_hj212_crowd, idle_connections_cost_little)
{
    int ready[2], until[2], count = 10000, status = 0;
    struct http_client active;
    if (!may_open((rlim_t)count + 200))
        cr_skip_test("10,000 files may not be opened");
    rig_start(S1);
    cr_assert_eq(pipe(ready), 0);
    cr_assert_eq(pipe(until), 0);
    size_t before = resident_bytes();
    pid_t loggers = fork();
    if (loggers == 0) {
        close(until[1]);
        be_loggers(ingest_hj212_port(rig.server), count, ready[1], until[0]);
    }
    close(until[0]);
    client_run_until(all_spoken, &count);
    cr_expect_eq(ingest_hj212_connections(rig.server), count);
    size_t each = (resident_bytes() - before) / (size_t)count;
    cr_expect_lt(each, 64 << 10, "%zu bytes for each", each);
    fprintf(stderr, "%zu bytes for each idle connection\n", each);
    client_connect(&active, ingest_hj212_port(rig.server));
    upload(&active, 1);
    rig_commit_facts(1);
    client_wait_for(&active, "9014");
    close(until[1]);
    cr_expect_eq(waitpid(loggers, &status, 0), loggers);
    cr_expect_eq(status, 0);
    client_leave(&active);
    rig_wait_connections(0);
}

/* reliability B3: frames that are begun and never ended.  They are hung up on; meanwhile others are
 * served. */
Test(ingest_hj212_crowd, slow_frames_are_hung_up_on)
{
    enum { SLOW = 2000 };
    static int slow[SLOW];
    struct http_client active;
    if (!may_open(2 * SLOW + 200))
        cr_skip_test("4,000 files may not be opened");
    rig_start(S1);
    for (int i = 0; i < SLOW; i++) {
        slow[i] = dial(ingest_hj212_port(rig.server));
        cr_assert_geq(slow[i], 0);
        cr_assert_eq(write(slow[i], "##0", 3), 3);
        if (i % 100 == 0)
            client_run_some();
    }
    rig_wait_connections(SLOW);
    rig_connect(&active);
    upload(&active, 1);
    rig_commit_facts(1);
    client_wait_for(&active, "9014");
    rig_wait_connections(1);
    cr_expect_eq(rig_counted("yujing_ingest_refused_total", "source=\"hj212\",reason=\"slow\""),
                 SLOW);
    upload(&active, 2);
    rig_commit_facts(1);
    for (int i = 0; i < SLOW; i++)
        close(slow[i]);
    client_leave(&active);
}

static bool set_loopback(bool up)
{
    struct ifreq request = {.ifr_name = "lo"};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (ioctl(fd, SIOCGIFFLAGS, &request) != 0)
        return false;
    request.ifr_flags = (short)(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
    bool done = ioctl(fd, SIOCSIFFLAGS, &request) == 0;
    close(fd);
    return done;
}

/* reliability B2: the line is cut, nobody says good-bye.  In a network of its own, whose only line
 * is taken down. */
Test(ingest_hj212_crowd, peers_that_are_no_more_are_noticed)
{
    struct http_client client;
    if (unshare(CLONE_NEWNET) != 0 || !set_loopback(true))
        cr_skip_test("needs the right to make a network namespace");
    rig.conf.dead_after = 3 * SECOND_MS;
    rig_start(S1);
    rig_connect(&client);
    upload(&client, 1);
    rig_commit_facts(1);
    client_wait_for(&client, "9014");
    cr_assert(set_loopback(false));
    client_run_some();
    cr_expect_eq(ingest_hj212_connections(rig.server), 1, "nobody has said anything yet");
    rig_wait_connections(0); /* within the test's patience of ten seconds */
    client_leave(&client);
}
