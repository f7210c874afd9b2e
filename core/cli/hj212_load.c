/* --load: one packet per connection is made once; from then on only its digits change.
 *
 * The client shares the machine with the server it measures, so it must be the cheaper of the two.
 * Answers come in the order of the uploads; a connection that is closed ends the measurement. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "cli/hj212_send.h"
#include "model/hj212_frame.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { EVENTS = 256, LATENCIES_MAX = 1 << 20, OUT_BYTES = 64 << 10 };

struct load_line { /* one connection */
    int fd;
    struct buf packet, out;
    size_t qn_at, time_at, segment_size; /* in the packet */
    instant_ms time, qn;
    int64_t sent, answered;
    int64_t *sent_ns; /* a ring of `window` */
    struct hj212_framer framer;
    bool writing;
};
struct load {
    const struct load_options *options;
    struct load_line *lines;
    span_ms period;
    int64_t sent, answered;
    int64_t *latencies;
    int epoll;
    bool broken;
};

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static span_ms period_of(int command)
{
    switch (command) {
    case 2061:
        return HOUR_MS;
    case 2031:
        return DAY_MS;
    case 2051:
        return 10 * MINUTE_MS;
    default:
        return MINUTE_MS;
    }
}

/* ---- writing ----------------------------------------------------------------- */

static int make_packet(const struct load *load, struct load_line *line, int number)
{
    const struct logger_options *logger = load->options->logger;
    char qn[HJ212_STAMP_BYTES], mn[80], cn[16];
    struct buf cp = {0};
    hj212_stamp(qn, line->qn, logger->zone);
    snprintf(cn, sizeof cn, "%04d", load->options->command);
    if (load->options->connections > 1)
        snprintf(mn, sizeof mn, "%s%04d", logger->mn, number + 1);
    else
        snprintf(mn, sizeof mn, "%s", logger->mn);
    buf_printf(&cp, "DataTime=%.14s;%s", qn, load->options->values);
    struct hj212_letter letter = {.qn = hj212_text_of(qn),
                                  .st = hj212_text_of(logger->st),
                                  .cn = hj212_text_of(cn),
                                  .pw = hj212_text_of(logger->password),
                                  .mn = hj212_text_of(mn),
                                  .flag = (int)logger->edition << HJ212_FLAG_VERSION_SHIFT |
                                          HJ212_FLAG_ANSWER};
    int err = hj212_print(&line->packet, &letter, cp.data, cp.size);
    buf_release(&cp);
    if (err < 0)
        return err;
    line->qn_at = 6 + 3;
    line->time_at = (size_t)(strstr(line->packet.data, "DataTime=") - line->packet.data) + 9;
    line->segment_size = line->packet.size - 6 - 6;
    return 0;
}

static void patch(struct load *load, struct load_line *line)
{
    char stamp[HJ212_STAMP_BYTES], crc[8];
    span_ms zone = load->options->logger->zone;
    hj212_stamp(stamp, line->qn++, zone);
    memcpy(line->packet.data + line->qn_at, stamp, 17);
    hj212_stamp(stamp, line->time, zone);
    memcpy(line->packet.data + line->time_at, stamp, 14);
    line->time += load->period;
    snprintf(crc, sizeof crc, "%04X", hj212_crc(line->packet.data + 6, line->segment_size));
    memcpy(line->packet.data + 6 + line->segment_size, crc, 4);
}

static void watch(struct load *load, struct load_line *line, int how, bool writing)
{
    struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0), .data.ptr = line};
    line->writing = writing;
    epoll_ctl(load->epoll, how, line->fd, &event);
}

static void flush(struct load *load, struct load_line *line)
{
    struct buf *out = &line->out;
    ssize_t size = send(line->fd, out->data, out->size, MSG_NOSIGNAL);
    if (size < 0 && errno != EAGAIN)
        load->broken = true;
    if (size > 0) {
        memmove(out->data, out->data + size, out->size - (size_t)size);
        out->size -= (size_t)size;
    }
    if ((out->size > 0) != line->writing)
        watch(load, line, EPOLL_CTL_MOD, out->size > 0);
}

static void fill(struct load *load, struct load_line *line)
{
    int window = load->options->window;
    while (line->sent - line->answered < window && load->sent < load->options->uploads &&
           line->out.size < OUT_BYTES) {
        patch(load, line);
        buf_add(&line->out, line->packet.data, line->packet.size);
        line->sent_ns[line->sent++ % window] = now_ns();
        load->sent++;
    }
    if (line->out.size > 0)
        flush(load, line);
}

/* ---- reading ----------------------------------------------------------------- */

static void take_answers(struct load *load, struct load_line *line)
{
    char bytes[65536];
    struct hj212_frame frame;
    ssize_t size = recv(line->fd, bytes, sizeof bytes, 0);
    if (size == 0 || (size < 0 && errno != EAGAIN)) {
        load->broken = true;
        return;
    }
    if (size < 0)
        return;
    int64_t now = now_ns();
    hj212_framer_feed(&line->framer, bytes, (size_t)size);
    while (hj212_framer_next(&line->framer, &frame)) {
        if (!memmem(frame.text.at, frame.text.size, ";CN=9014;", 9))
            continue;
        int64_t *latency = &load->latencies[load->answered++ % LATENCIES_MAX];
        *latency = now - line->sent_ns[line->answered++ % load->options->window];
    }
}

static void turn(struct load *load)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load->epoll, events, EVENTS, (int)load->options->logger->timeout);
    if (count == 0)
        load->broken = true; /* nobody answers any more */
    for (int i = 0; i < count && !load->broken; i++) {
        struct load_line *line = events[i].data.ptr;
        if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            take_answers(load, line);
        fill(load, line);
    }
}

/* ---- together ---------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const int64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static void tell(struct load *load, int64_t took_ns)
{
    size_t count = (size_t)(load->answered < LATENCIES_MAX ? load->answered : LATENCIES_MAX);
    double seconds = (double)took_ns / 1e9;
    qsort(load->latencies, count, sizeof *load->latencies, compare);
    double p50 = count ? (double)load->latencies[count / 2] / 1e6 : 0;
    double p99 = count ? (double)load->latencies[count * 99 / 100] / 1e6 : 0;
    printf("{\"connections\":%d,\"window\":%d,\"sent\":%lld,\"acknowledged\":%lld,\"seconds\":%.3f,"
           "\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f}\n",
           load->options->connections, load->options->window, (long long)load->sent,
           (long long)load->answered, seconds, seconds > 0 ? (double)load->answered / seconds : 0,
           p50, p99);
}

static bool connect_all(struct load *load)
{
    const struct load_options *options = load->options;
    const char *why;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    for (int i = 0; i < options->connections; i++) {
        struct load_line *line = &load->lines[i];
        line->qn = wall.tv_sec * 1000ll;
        line->time = options->time;
        line->sent_ns = xcalloc((size_t)options->window, sizeof *line->sent_ns);
        line->fd = hj212_dial(options->address, &why);
        if (line->fd < 0 || make_packet(load, line, i) < 0) {
            verb_complain(&verb_hj212_send, "%s: %s", options->address,
                          line->fd < 0 ? why : tr("the upload is too long", "上报内容过长"));
            return false;
        }
        watch(load, line, EPOLL_CTL_ADD, false);
    }
    return true;
}

static void release(struct load *load)
{
    for (int i = 0; i < load->options->connections; i++) {
        struct load_line *line = &load->lines[i];
        if (line->fd > 0)
            close(line->fd);
        buf_release(&line->packet);
        buf_release(&line->out);
        free(line->sent_ns);
        hj212_framer_release(&line->framer);
    }
    free(load->lines);
    free(load->latencies);
    close(load->epoll);
}

int hj212_load(const struct load_options *options)
{
    struct load load = {.options = options,
                        .period = period_of(options->command),
                        .epoll = epoll_create1(EPOLL_CLOEXEC)};
    load.lines = xcalloc((size_t)options->connections, sizeof *load.lines);
    load.latencies = xcalloc(LATENCIES_MAX, sizeof *load.latencies);
    int exit_code = EXIT_RUNTIME;
    if (connect_all(&load)) {
        int64_t begun = now_ns();
        for (int i = 0; i < options->connections; i++)
            fill(&load, &load.lines[i]);
        while (load.answered < options->uploads && !load.broken)
            turn(&load);
        tell(&load, now_ns() - begun);
        exit_code = load.answered == options->uploads ? EXIT_OK : EXIT_FOUND;
    }
    release(&load);
    return exit_code;
}
