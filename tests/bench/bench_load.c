/* Load of HJ 212: frames of data loggers, each answered by 9014 when it is durable.
 *
 * usage: bench_load PORT CONNECTIONS WINDOW SECONDS
 * Every connection keeps WINDOW uploads unanswered.  An upload is a minute of an outlet
 * (2051, about 250 bytes); its MN is one of the first hundred of bundle.sh, and no minute is sent
 * twice.  One connection speaks for all of them in turn, as a gateway does; of several each has its
 * own.  An answer is taken for the oldest upload without one: latency is from send to answer.
 * Prints one line of key=value words; anything but 9014 ends it with 1. */
#include "base/xalloc.h"
#include "model/hj212.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum { LOGGERS = 100, FRAME_MAX = 512, LATENCIES_MAX = 8000000, PERIOD_S = 60 };

struct connection {
    int fd, number;
    int oldest, in_flight;
    double *sent; /* a ring of WINDOW */
    char *out;    /* room for WINDOW frames */
    size_t out_size, out_sent, line_size;
    char line[FRAME_MAX];
    long frames;
};
static int window, connections;
static time_t first_minute;
static float *latencies;
static long answered;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* One upload; its minute moves on each time the same MN speaks. */
static size_t print_frame(char *ret, struct connection *connection)
{
    long frame = connection->frames++;
    int logger = connections == 1 ? (int)(frame % LOGGERS) : connection->number % LOGGERS;
    time_t minute = first_minute + (connections == 1 ? frame / LOGGERS : frame) * PERIOD_S;
    static time_t known = -1;
    static char stamp[16];
    if (minute != known) {
        struct tm tm;
        gmtime_r(&minute, &tm);
        strftime(stamp, sizeof stamp, "%Y%m%d%H%M", &tm);
        known = minute;
    }
    int size = snprintf(ret + 6, FRAME_MAX - 6,
                        "QN=%s30%03d;ST=31;CN=2051;PW=123456;MN=010000A8900016F0%08d;Flag=5;"
                        "CP=&&DataTime=%s00;a34013-ZsAvg=4.%02ld,a34013-Flag=N;a21026-Avg=12.%ld,"
                        "a21026-ZsAvg=15.%ld,a21026-Flag=N;a21002-ZsAvg=%ld.%ld,a21002-Flag=N&&",
                        stamp, logger, logger, stamp, frame % 60, frame % 7, frame % 9,
                        60 + frame % 90, frame % 10);
    char head[8];
    snprintf(head, sizeof head, "##%04d", size);
    memcpy(ret, head, 6);
    return 6 + (size_t)size +
           (size_t)snprintf(ret + 6 + size, 8, "%04X\r\n", hj212_crc(ret + 6, (size_t)size));
}

static void fill(struct connection *connection, double at)
{
    connection->out_size = connection->out_sent = 0;
    while (connection->in_flight < window) {
        connection->out_size += print_frame(connection->out + connection->out_size, connection);
        connection->sent[(connection->oldest + connection->in_flight++) % window] = at;
    }
}

static void push(struct connection *connection)
{
    for (;;) {
        if (connection->out_sent == connection->out_size) {
            if (connection->in_flight == window)
                return;
            fill(connection, now());
        }
        ssize_t sent =
            send(connection->fd, connection->out + connection->out_sent,
                 connection->out_size - connection->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN)
            die("send");
        if (sent <= 0)
            return;
        connection->out_sent += (size_t)sent;
    }
}

static void take_answer(struct connection *connection, double at)
{
    connection->line[connection->line_size] = 0;
    if (!strstr(connection->line, ";CN=9014;") || connection->in_flight == 0) {
        fprintf(stderr, "no 9014: %s\n", connection->line);
        exit(1);
    }
    if (answered < LATENCIES_MAX)
        latencies[answered] = (float)(at - connection->sent[connection->oldest]);
    answered++;
    connection->oldest = (connection->oldest + 1) % window;
    connection->in_flight--;
}

static void pull(struct connection *connection)
{
    static char bytes[1 << 16];
    ssize_t size;
    while ((size = recv(connection->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0) {
        double at = now();
        for (char *from = bytes, *end; from < bytes + size; from = end) {
            char *newline = memchr(from, '\n', (size_t)(bytes + size - from));
            end = newline ? newline + 1 : bytes + size;
            size_t part = (size_t)(end - from);
            if (connection->line_size + part >= FRAME_MAX)
                exit(1);
            memcpy(connection->line + connection->line_size, from, part);
            connection->line_size += part;
            if (newline) {
                take_answer(connection, at);
                connection->line_size = 0;
            }
        }
    }
    if (size == 0) {
        fprintf(stderr, "the server hung up\n");
        exit(1);
    }
}

static void dial(struct connection *connection, int number, int port, int epoll)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    *connection = (struct connection){.fd = socket(AF_INET, SOCK_STREAM, 0), .number = number};
    connection->sent = xcalloc((size_t)window, sizeof *connection->sent);
    connection->out = xmalloc((size_t)window * FRAME_MAX);
    if (connect(connection->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static double quantile(long count, int percent)
{
    return count > 0 ? (double)latencies[count * percent / 100] * 1e6 : 0;
}

int main(int argc, char **argv)
{
    if (argc < 5)
        return 2;
    connections = (int)strtol(argv[2], NULL, 10);
    window = (int)strtol(argv[3], NULL, 10);
    double seconds = strtod(argv[4], NULL), start, at;
    int epoll = epoll_create1(0);
    struct connection *all = xcalloc((size_t)connections, sizeof *all);
    latencies = xcalloc(LATENCIES_MAX, sizeof *latencies);
    first_minute = time(NULL) / 86400 * 86400 - 86400 * (time_t)30;
    for (int i = 0; i < connections; i++)
        dial(&all[i], i, (int)strtol(argv[1], NULL, 10), epoll);
    for (start = at = now(); at - start < seconds; at = now()) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, 100);
        for (int i = 0; i < count; i++) {
            pull(events[i].data.ptr);
            push(events[i].data.ptr);
        }
    }
    long kept = answered < LATENCIES_MAX ? answered : LATENCIES_MAX;
    qsort(latencies, (size_t)kept, sizeof *latencies, compare);
    printf("name=hj212-c%d-w%d events=%ld eval_s=%.4f p50_us=%.0f p99_us=%.0f\n", connections,
           window, answered, at - start, quantile(kept, 50), quantile(kept, 99));
    return 0;
}
