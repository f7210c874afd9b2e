/* Data loggers of a city in compressed time, for long_soak.sh.
 *
 * usage: e2e_loggers PORT LOGGERS STATIONS BEGINNING MONOTONIC SPEED
 * BEGINNING is the city's time of day (ms since the epoch) when CLOCK_MONOTONIC stood at MONOTONIC
 * (ms); from there it runs SPEED times as fast.  Every logger has a connection of its own and
 * sends, spread over the minute, what a real one sends: 2011 each minute, 2051 each ten minutes,
 * 2061 each hour, each to be answered by 9014.  The first STATIONS are air stations, the others
 * outlets of bundle.sh.  Every two hours each hangs up and dials again; of two, one cuts a frame in
 * the middle and resets the connection, because that is where servers leak.  Whoever is hung up on
 * (as all are when the policy changes) dials again and sends again what was not answered.
 *
 * Prints a line of key=value words every second, and one at the end (SIGTERM), when what was still
 * unanswered has had two seconds. */
#include "base/xalloc.h"
#include "model/hj212.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum {
    FRAME_MAX = 512,
    PENDING_MAX = 12,
    OUT_MAX = PENDING_MAX * FRAME_MAX,
    QN_DIGITS = 17,
    QN_SIZE = 20,
    MINUTE = 60,
    REDIAL_MINUTES = 120,
    ZONE_S = 8 * 3600,
    HIGH_OF = 100, /* of so many outlets one exceeds its limit … */
    HIGH_EVERY_S = 6 * 3600,
    HIGH_FROM_S = 4 * 3600, /* … for the last two of six hours */
};

struct pending { /* a frame that has no answer yet */
    char qn[QN_SIZE];
    size_t size;
    char frame[FRAME_MAX];
};
struct logger {
    int fd, number, unanswered;
    size_t out_size, line_size;
    char out[OUT_MAX], line[FRAME_MAX];
    struct pending pending[PENDING_MAX];
};
static struct logger *loggers;
static long number_of_loggers, stations, port, speed;
static int64_t beginning_ms, monotonic_ms;
static int epoll;
static long sent, sent_kept, answered, again, held, redials, cut, other, hung_up;
static volatile sig_atomic_t over;

static int64_t monotonic_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t city_now(void)
{
    return beginning_ms + (monotonic_now() - monotonic_ms) * speed;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

/* ---- connections --------------------------------------------------------------- */

static void dial(struct logger *logger)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    logger->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (logger->fd < 0 || connect(logger->fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("connect");
    setsockopt(logger->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    logger->out_size = logger->line_size = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = logger};
    epoll_ctl(epoll, EPOLL_CTL_ADD, logger->fd, &event);
}

static void redial(struct logger *logger)
{
    static const char begun[] = "##0250QN=2026";
    if (logger->number % 2) {
        struct linger now = {.l_onoff = 1};
        cut += send(logger->fd, begun, sizeof begun - 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
        setsockopt(logger->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    close(logger->fd);
    redials++;
    dial(logger);
}

/* What the socket does not take now goes with the next frame. */
static void push(struct logger *logger)
{
    ssize_t taken = send(logger->fd, logger->out, logger->out_size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN)
        die("send");
    if (taken > 0) {
        logger->out_size -= (size_t)taken;
        memmove(logger->out, logger->out + taken, logger->out_size);
    }
}

static void take_answer(struct logger *logger)
{
    logger->line[logger->line_size] = 0;
    logger->line_size = 0;
    const char *qn = strstr(logger->line, "QN=");
    for (int i = 0; qn && strstr(logger->line, ";CN=9014;") && i < logger->unanswered; i++)
        if (strncmp(logger->pending[i].qn, qn + 3, QN_DIGITS) == 0) {
            answered++;
            memmove(&logger->pending[i], &logger->pending[i + 1],
                    (size_t)(--logger->unanswered - i) * sizeof *logger->pending);
            return;
        }
    other++;
}

static void put_out(struct logger *logger, const struct pending *pending)
{
    memcpy(logger->out + logger->out_size, pending->frame, pending->size);
    logger->out_size += pending->size;
}

static void begin_anew(struct logger *logger)
{
    hung_up++;
    close(logger->fd);
    dial(logger);
    for (int i = 0; i < logger->unanswered; i++)
        put_out(logger, &logger->pending[i]);
    again += logger->unanswered;
    push(logger);
}

static void pull(struct logger *logger)
{
    char bytes[4096];
    ssize_t size;
    while ((size = recv(logger->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        for (ssize_t i = 0; i < size; i++) {
            if (logger->line_size + 1 == FRAME_MAX)
                exit(1);
            logger->line[logger->line_size++] = bytes[i];
            if (bytes[i] == '\n')
                take_answer(logger);
        }
    if (size == 0 || errno != EAGAIN)
        begin_anew(logger);
}

/* ---- frames -------------------------------------------------------------------- */

static void stamp(char ret[16], int64_t second)
{
    time_t local = (time_t)(second + ZONE_S);
    struct tm tm;
    gmtime_r(&local, &tm);
    strftime(ret, 16, "%Y%m%d%H%M%S", &tm);
}

static int print_values(char *ret, size_t size, const struct logger *logger, int command,
                        int64_t second)
{
    const char *kind = command == 2011 ? "Rtd" : "Avg";
    int64_t wave = (second / MINUTE + logger->number) % 90;
    if (logger->number < stations)
        return snprintf(ret, size, "a34004-%s=%d.%d,a34004-Flag=N", kind, (int)(60 + wave), 3);
    bool high = logger->number % HIGH_OF == 7 &&
                (second - beginning_ms / 1000) % HIGH_EVERY_S > HIGH_FROM_S;
    return snprintf(ret, size,
                    "a34013-%s=4.%d,a34013-Zs%s=5.%d,a34013-Flag=N;a21002-%s=%d.2,a21002-Zs%s=%d.5,"
                    "a21002-Flag=N",
                    kind, (int)(wave % 10), kind, (int)(wave % 7), kind, (int)(50 + wave), kind,
                    (int)(high ? 400 : 60 + wave));
}

static void say(struct logger *logger, int command, int64_t at, int64_t data)
{
    char qn[16], time_of_data[16], values[256], head[8];
    if (logger->unanswered == PENDING_MAX || logger->out_size + FRAME_MAX > OUT_MAX) {
        held++;
        return;
    }
    struct pending *pending = &logger->pending[logger->unanswered++];
    stamp(qn, at);
    stamp(time_of_data, data);
    print_values(values, sizeof values, logger, command, data);
    snprintf(pending->qn, sizeof pending->qn, "%s%03d", qn, command % 1000);
    int size = snprintf(pending->frame + 6, FRAME_MAX - 6,
                        "QN=%s;ST=%s;CN=%d;PW=123456;MN=010000A8900016F0%08d;Flag=5;CP=&&"
                        "DataTime=%s;%s&&",
                        pending->qn, logger->number < stations ? "22" : "31", command,
                        logger->number, time_of_data, values);
    snprintf(head, sizeof head, "##%04d", size);
    memcpy(pending->frame, head, 6);
    pending->size = 6 + (size_t)size;
    pending->size += (size_t)snprintf(pending->frame + pending->size, 8, "%04X\r\n",
                                      hj212_crc(pending->frame + 6, (size_t)size));
    put_out(logger, pending);
    sent++;
    sent_kept += command != 2011;
}

/* All that a logger says in this minute of its life. */
static void speak(struct logger *logger, int64_t minute)
{
    int64_t at = (beginning_ms / 1000 / MINUTE + minute) * MINUTE;
    if ((minute + logger->number) % REDIAL_MINUTES == 77 && logger->unanswered == 0)
        redial(logger);
    say(logger, 2011, at, at);
    if (at / MINUTE % 10 == 0)
        say(logger, 2051, at, at - 10 * MINUTE);
    if (at / MINUTE % 60 == 0)
        say(logger, 2061, at, at - 60 * MINUTE);
    push(logger);
}

/* ---- running ------------------------------------------------------------------- */

static void tell(void)
{
    long unanswered = 0;
    for (long i = 0; i < number_of_loggers; i++)
        unanswered += loggers[i].unanswered;
    printf("sent=%ld kept=%ld answered=%ld unanswered=%ld again=%ld held=%ld redials=%ld cut=%ld "
           "other=%ld "
           "hung_up=%ld\n",
           sent, sent_kept, answered, unanswered, again, held, redials, cut, other, hung_up);
    fflush(stdout);
}

static void listen_for(int patience_ms)
{
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, patience_ms);
    for (int i = 0; i < count; i++)
        pull(events[i].data.ptr);
}

static void end(int signal)
{
    (void)signal;
    over = 1;
}

int main(int argc, char **argv)
{
    if (argc != 7)
        return 2;
    port = strtol(argv[1], NULL, 10);
    number_of_loggers = strtol(argv[2], NULL, 10);
    stations = strtol(argv[3], NULL, 10);
    beginning_ms = strtoll(argv[4], NULL, 10);
    monotonic_ms = strtoll(argv[5], NULL, 10);
    speed = strtol(argv[6], NULL, 10);
    signal(SIGTERM, end);
    epoll = epoll_create1(0);
    loggers = xcalloc((size_t)number_of_loggers, sizeof *loggers);
    for (long i = 0; i < number_of_loggers; i++) {
        loggers[i].number = (int)i;
        dial(&loggers[i]);
    }
    /* From the next full minute on; each logger has a moment of its own in every minute. */
    int64_t first = (city_now() - beginning_ms) / 1000 / MINUTE + 1, told = 0;
    for (int64_t turn = 0; !over;) {
        int64_t due_ms = beginning_ms / 60000 * 60000 + (first + turn / number_of_loggers) * 60000 +
                         turn % number_of_loggers * 60000 / number_of_loggers;
        if (due_ms <= city_now()) {
            speak(&loggers[turn % number_of_loggers], first + turn / number_of_loggers);
            turn++;
            if (turn % 16 == 0)
                listen_for(0);
        } else {
            listen_for(2);
        }
        if (monotonic_now() - told >= 1000) {
            told = monotonic_now();
            tell();
        }
    }
    for (int64_t until = monotonic_now() + 2000; monotonic_now() < until;)
        listen_for(50);
    tell();
    return 0;
}
