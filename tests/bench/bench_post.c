/* From an event by HTTP to the webhook that it leads to: driver and sink in one process, one clock.
 *
 * usage: bench_post yujing|alertmanager PORT SINK_PORT COUNT RATE [TOKEN]
 * RATE 0: in sequence, the next event when the webhook of the one before has come.  Otherwise an
 * open loop: events are due at fixed times, whatever happens, and latency runs from the due time to
 * the webhook's arrival.  The client's connections come from addresses of their own, as senders do;
 * so nobody's limit by address is met.  Prints one line of key=value words. */
#include "base/xalloc.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    CLIENTS = 64,
    PLACES = 1000, /* enterprises of the bundle: event K is beside number K % PLACES */
    BYTES_MAX = 1 << 16,
    SECONDS_MAX = 60,
};
enum kind { LISTENER, CLOCK, HOOK, CLIENT };

struct connection {
    enum kind kind;
    int fd;
    bool busy;
    size_t size;
    char bytes[BYTES_MAX];
};
static struct connection *clients[CLIENTS];
static int epoll, port, count, rate, sent, arrived, refused, waiting_from;
static bool alertmanager;
static const char *token = "";
static uint64_t *due, *came;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void watch(struct connection *connection)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection->fd, &event);
}

static struct connection *connection_new(enum kind kind, int fd)
{
    struct connection *connection = xmalloc(sizeof *connection);
    connection->kind = kind;
    connection->fd = fd;
    connection->busy = false;
    connection->size = 0;
    watch(connection);
    return connection;
}

/* ---- events ------------------------------------------------------------ */

static struct connection *dial(int number)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in from = {.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(0x7f000100u + 1u + (unsigned)number)};
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return connection_new(CLIENT, fd);
}

static int print_event(char *ret, size_t room, int number)
{
    if (alertmanager)
        return snprintf(ret, room,
                        "[{\"labels\":{\"alertname\":\"seen\",\"id\":\"%d\",\"station\":\"S042\"},"
                        "\"annotations\":{\"value\":\"168.3\"}}]",
                        number);
    char stamp[32];
    time_t seconds = time(NULL);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
    int place = number % PLACES, again = number / PLACES;
    return snprintf(ret, room,
                    "{\"specversion\":\"1.0\",\"type\":\"incident\",\"source\":\"bench\",\"id\":"
                    "\"e%d\",\"subject\":\"e%d\",\"time\":\"%s\",\"data\":{\"kind\":\"odour\","
                    "\"lon\":%.5f,\"lat\":%.5f,\"confidence\":0.9}}",
                    number, number, stamp, 123 + place % 100 / 50.0 + again * 3e-5,
                    41 + place / 100 / 50.0);
}

static void post(struct connection *client, int number)
{
    char body[512], request[1024];
    int size = print_event(body, sizeof body, number);
    int all = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n"
                       "Content-Type: application/%s\r\nContent-Length: %d\r\n\r\n%s",
                       alertmanager ? "/api/v2/alerts" : "/api/v1/facts", port, token,
                       alertmanager ? "json" : "cloudevents+json", size, body);
    client->busy = true;
    if (send(client->fd, request, (size_t)all, MSG_NOSIGNAL) != all)
        die("send");
}

/* Events go out in order, by the next connection that is free. */
static void post_due(void)
{
    static int turn;
    for (int tried = 0; waiting_from < sent && tried < CLIENTS; tried++) {
        int number = turn++ % CLIENTS;
        if (!clients[number])
            clients[number] = dial(number);
        if (clients[number]->busy)
            continue;
        post(clients[number], waiting_from++);
        tried = -1;
    }
}

static void next_event(uint64_t at)
{
    due[sent++] = at;
    post_due();
}

static void on_clock(struct connection *clock, uint64_t start)
{
    uint64_t expired;
    if (read(clock->fd, &expired, sizeof expired) < 0)
        return;
    for (;;) {
        uint64_t at = start + (uint64_t)sent * 1000000000u / (uint64_t)rate;
        if (sent == count || at > now())
            return;
        next_event(at);
    }
}

/* ---- messages ---------------------------------------------------------- */

/* The size of the first whole message, or 0. */
static size_t whole(struct connection *connection)
{
    connection->bytes[connection->size] = 0;
    char *end = memmem(connection->bytes, connection->size, "\r\n\r\n", 4);
    if (!end)
        return 0;
    size_t head = (size_t)(end - connection->bytes) + 4;
    char *length = strcasestr(connection->bytes, "\ncontent-length:");
    char *chunked = strcasestr(connection->bytes, "\ntransfer-encoding: chunked");
    if (chunked && chunked < end) {
        char *last =
            memmem(end, connection->size - (size_t)(end - connection->bytes), "\r\n0\r\n\r\n", 7);
        return last ? (size_t)(last - connection->bytes) + 7 : 0;
    }
    size_t all = head + (length && length < end ? strtoul(length + 16, NULL, 10) : 0);
    return connection->size >= all ? all : 0;
}

/* Ours names the event as the episode's subject, Alertmanager in a label. */
static void note(const char *body, size_t size)
{
    const char *word = alertmanager ? "\"id\":\"" : "\"episode\":\"seen/e";
    size_t word_size = strlen(word);
    uint64_t at = now();
    for (const char *from = body;
         (from = memmem(from, size - (size_t)(from - body), word, word_size));) {
        from += word_size;
        long number = strtol(from, NULL, 10);
        if (number >= 0 && number < count && due[number] && !came[number]) {
            came[number] = at;
            arrived++;
        }
    }
}

static void on_message(struct connection *connection, size_t size)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (connection->kind == HOOK) {
        note(connection->bytes, size);
        if (send(connection->fd, ok, sizeof ok - 1, MSG_NOSIGNAL) < 0)
            perror("hook");
    } else {
        refused += strncmp(connection->bytes + 9, "20", 2) != 0;
        connection->busy = false;
        post_due();
    }
    connection->size -= size;
    memmove(connection->bytes, connection->bytes + size, connection->size);
}

static void hang_up(struct connection *connection)
{
    close(connection->fd);
    for (int i = 0; i < CLIENTS; i++)
        if (clients[i] == connection)
            clients[i] = NULL;
    free(connection);
}

static void on_bytes(struct connection *connection)
{
    ssize_t size = recv(connection->fd, connection->bytes + connection->size,
                        BYTES_MAX - 1 - connection->size, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN)
        return;
    if (size <= 0) {
        hang_up(connection);
        return;
    }
    connection->size += (size_t)size;
    for (size_t message; (message = whole(connection)) > 0;)
        on_message(connection, message);
    if (rate == 0 && sent < count && arrived == sent)
        next_event(now());
}

static void take_in(const struct connection *listener)
{
    int on = 1, fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    connection_new(HOOK, fd);
}

static void listen_at(int sink)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)sink),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 1024) < 0)
        die("listen");
    connection_new(LISTENER, fd);
}

static void start_clock(void)
{
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec each = {{0, 500000}, {0, 500000}};
    timerfd_settime(fd, 0, &each, NULL);
    connection_new(CLOCK, fd);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void report(uint64_t start)
{
    uint64_t *latencies = xcalloc((size_t)count + 1, sizeof *latencies), last = start;
    int got = 0;
    for (int i = 0; i < count; i++) {
        if (!came[i])
            continue;
        latencies[got++] = came[i] - due[i];
        last = came[i] > last ? came[i] : last;
    }
    qsort(latencies, (size_t)got, sizeof *latencies, compare);
    const int parts[] = {50, 90, 99};
    printf("name=%s rate=%d sent=%d arrived=%d refused=%d",
           alertmanager ? "alertmanager" : "yujing", rate, sent, got, refused);
    for (int i = 0; i < 3; i++)
        printf(" p%d_us=%.0f", parts[i],
               got > 0 ? (double)latencies[got * parts[i] / 100] / 1e3 : 0.0);
    printf(" max_us=%.0f eval_s=%.3f\n", got > 0 ? (double)latencies[got - 1] / 1e3 : 0.0,
           (double)(last - start) / 1e9);
    free(latencies);
}

int main(int argc, char **argv)
{
    if (argc < 6)
        return 2;
    alertmanager = strcmp(argv[1], "alertmanager") == 0;
    port = (int)strtol(argv[2], NULL, 10);
    count = (int)strtol(argv[4], NULL, 10);
    rate = (int)strtol(argv[5], NULL, 10);
    token = argc > 6 ? argv[6] : "";
    due = xcalloc((size_t)count + 1, sizeof *due);
    came = xcalloc((size_t)count + 1, sizeof *came);
    epoll = epoll_create1(0);
    listen_at((int)strtol(argv[3], NULL, 10));
    uint64_t start = now();
    if (rate > 0)
        start_clock();
    else
        next_event(start);
    while (arrived < count && now() - start < SECONDS_MAX * (uint64_t)1000000000u) {
        struct epoll_event events[128];
        int ready = epoll_wait(epoll, events, 128, 1000);
        for (int i = 0; i < ready; i++) {
            struct connection *connection = events[i].data.ptr;
            if (connection->kind == LISTENER)
                take_in(connection);
            else if (connection->kind == CLOCK)
                on_clock(connection, start);
            else
                on_bytes(connection);
        }
    }
    report(start);
    return arrived == count ? 0 : 1;
}
