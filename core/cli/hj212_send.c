/* The loop: standard input and one connection, by poll.
 *
 * What is not acknowledged when the connection breaks is kept and sent again on the next one, so a
 * server may be killed at any moment and nothing it has not acknowledged is lost here. */
#include "cli/hj212_send.h"
#include "base/err.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include "shell/clock.h"
#include "shell/monitors.h"
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    OPEN_MAX_MORE = 64, /* uploads read ahead of the window */
    PAUSE_FIRST_MS = 100,
    PAUSE_LONGEST_MS = 2000,
};

static const struct example send_examples[] = {
    {"yujing hj212 send 127.0.0.1:9212 --mn 010000A8900016F000169DC0 --password 123456 "
     "<hours.jsonl",
     {"behave like a data logger", "模拟数采仪上报"}},
    {0},
};
/* clang-format off */
static const struct option send_options[] = {
    {0, "mn", OPTION_VALUE, "MN", COMPLETE_NOTHING, {"the logger's number", "设备唯一标识"}, NULL},
    {0, "password", OPTION_VALUE, "PW", COMPLETE_NOTHING, {"its password", "访问密码"}, "123456"},
    {0, "st", OPTION_VALUE, "ST", COMPLETE_NOTHING, {"system code", "系统编码"}, "22"},
    {0, "edition", OPTION_VALUE, "2005|2017|2025", COMPLETE_NOTHING, {"edition of HJ 212", "HJ 212 版本"}, "2017"},
    {0, "split", OPTION_VALUE, "BYTES", COMPLETE_NOTHING, {"longer uploads go in parts", "超过该字节数时分包"}, NULL},
    {0, "key", OPTION_VALUE, "FILE", COMPLETE_FILE, {"seal with this SM4 key", "用该文件中的 SM4 密钥加密"}, NULL},
    {0, "timeout", OPTION_VALUE, "SPAN", COMPLETE_NOTHING, {"wait so long for an answer", "应答超时"}, "10s"},
    {0, "resends", OPTION_VALUE, "N", COMPLETE_NOTHING, {"then send again, so often", "超时重发次数"}, "3"},
    {0, "give-up", OPTION_VALUE, "SPAN", COMPLETE_NOTHING, {"without a connection for so long", "连接中断多久后放弃"}, "30s"},
    {0, "heartbeat", OPTION_VALUE, "SPAN", COMPLETE_NOTHING, {"send a heartbeat (9015) so often", "心跳（9015）间隔"}, NULL},
    {0, "window", OPTION_VALUE, "N", COMPLETE_NOTHING, {"uploads that may wait for answers", "可同时等待应答的上报数"}, "1"},
    {0, "load", OPTION_VALUE, "N", COMPLETE_NOTHING, {"measure: the first line, N times", "压力测试：将首行上报 N 次"}, NULL},
    {0, "connections", OPTION_VALUE, "N", COMPLETE_NOTHING, {"with --load: so many at once", "配合 --load：并发连接数"}, "1"},
    {0},
};
/* clang-format on */
const struct verb verb_hj212_send = {
    .name = "hj212 send",
    .page = "hj212-send",
    .summary = {"behave like a data logger", "模拟数采仪上报（HJ 212）"},
    .synopsis = "HOST:PORT --mn MN",
    .examples = send_examples,
    .options = send_options,
    .operands_min = 1,
    .operands_max = 1,
    .completion = COMPLETE_NOTHING,
    .description =
        {"Reads uploads from standard input, one a line: an object such as "
         "{\"cn\":2061,\"time\":\"2026-11-24T01:00:00+08:00\",\"values\":{\"a34004-Avg\":168,"
         "\"a34004-Flag\":\"N\"}} (\"mn\" may name another logger behind the same line), or a "
         "packet ##…. Each is answered by a line "
         "{\"qn\":\"…\",\"mn\":\"…\",\"cn\":2061,\"acknowledged\":true,\"tries\":1} when 9014 has "
         "come for all of it, or when it was sent in vain; acknowledged is null for a packet that "
         "asks for no answer.\n\n"
         "Questions of the server (1000, 1011, 1012, 1061 to 1064, 1072) are answered. What is not "
         "acknowledged when the connection breaks is sent again on the next one, in edition 2025 "
         "with RF=1.\n\n"
         "Exit 0 when all were acknowledged, 1 when not, 2 when a line cannot be read, 4 without a "
         "connection.",
         "从标准输入逐行读取上报内容：每行一个对象，例如 "
         "{\"cn\":2061,\"time\":\"2026-11-24T01:00:00+08:00\",\"values\":{\"a34004-Avg\":168,"
         "\"a34004-Flag\":\"N\"}}（可用 \"mn\" 指明同一线路上的其他设备），或一条 ##… 报文。"
         "每条上报在全部收到 9014 或发送失败后输出一行 "
         "{\"qn\":\"…\",\"mn\":\"…\",\"cn\":2061,\"acknowledged\":true,\"tries\":1}；"
         "报文不要求应答时 acknowledged 为 null。\n\n"
         "对上位机的请求（1000、1011、1012、1061 至 1064、1072）按标准应答。连接中断时未获应答的"
         "数据在重连后补传，2025 版带 RF=1。\n\n"
         "全部获得应答时退出码为 0，否则为 1；有无法读取的行为 2，无法连接为 4。"},
    .run = hj212_send,
};

struct sender {
    const char *address;
    struct logger_options options;
    struct logger *logger;
    unsigned char key[HJ212_KEY_BYTES];
    struct clock clock;
    int fd;           /* -1: not connected */
    instant_ms lost;  /* when the connection was lost, or first tried */
    instant_ms again; /* when to dial */
    int64_t pause, give_up;
    struct buf in; /* of standard input */
    bool ended, refused, unread;
    const char *why;
};

/* ---- connection ------------------------------------------------------------ */

static int dial_one(const struct addrinfo *at)
{
    int yes = 1, fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, at->ai_addr, at->ai_addrlen) < 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int hj212_dial(const char *address, const char **ret_why)
{
    const char *colon = strrchr(address, ':');
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
    *ret_why = tr("write HOST:PORT", "应写作 主机:端口");
    if (!colon || colon == address)
        return -1;
    bool bracketed = address[0] == '[' && colon[-1] == ']';
    char *host = xstrndup(address + bracketed, (size_t)(colon - address) - 2 * bracketed);
    int answer = getaddrinfo(host, colon + 1, &hints, &list), fd = -1;
    free(host);
    if (answer != 0) {
        *ret_why = gai_strerror(answer);
        return -1;
    }
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = dial_one(at);
    *ret_why = strerror(errno);
    freeaddrinfo(list);
    return fd;
}

static void hang_up(struct sender *sender, instant_ms now)
{
    close(sender->fd);
    sender->fd = -1;
    sender->lost = now;
    sender->pause = PAUSE_FIRST_MS;
    sender->again = now;
    logger_disconnected(sender->logger);
}

static void dial(struct sender *sender, instant_ms now)
{
    sender->fd = hj212_dial(sender->address, &sender->why);
    if (sender->fd >= 0) {
        logger_connected(sender->logger, now);
        return;
    }
    sender->again = now + sender->pause;
    sender->pause = sender->pause * 2 < PAUSE_LONGEST_MS ? sender->pause * 2 : PAUSE_LONGEST_MS;
}

static void hear(struct sender *sender, instant_ms now)
{
    char bytes[65536];
    ssize_t size = recv(sender->fd, bytes, sizeof bytes, 0);
    if (size > 0)
        logger_receive(sender->logger, bytes, (size_t)size, now);
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        hang_up(sender, now);
}

static void speak(struct sender *sender, instant_ms now)
{
    const struct buf *out = logger_out(sender->logger);
    ssize_t size = send(sender->fd, out->data, out->size, MSG_NOSIGNAL);
    if (size > 0)
        logger_sent(sender->logger, (size_t)size);
    else if (size < 0 && errno != EAGAIN && errno != EINTR)
        hang_up(sender, now);
}

/* ---- lines ----------------------------------------------------------------- */

static bool queue_object(struct sender *sender, const json_t *line)
{
    const json_t *command = json_object_get(line, "cn");
    char stamp[HJ212_STAMP_BYTES];
    struct buf cp = {0};
    instant_ms time;
    if (!json_is_integer(command) || !hj212_read_time(line, &time))
        return false;
    if (time != INSTANT_NONE) {
        hj212_stamp(stamp, time, sender->options.zone);
        buf_printf(&cp, "DataTime=%.14s", stamp);
    }
    hj212_put_values(&cp, json_object_get(line, "values"));
    int err =
        logger_upload(sender->logger, json_string_value(json_object_get(line, "mn")),
                      (int)json_integer_value(command), buf_str(&cp), clock_now(&sender->clock));
    buf_release(&cp);
    return err == 0;
}

static bool queue_line(struct sender *sender, const char *text, size_t size)
{
    struct findings findings = {0};
    if (size > 2 && memcmp(text, "##", 2) == 0)
        return logger_packet(sender->logger, text, size) == 0;
    json_t *line = json_read(text, size, "-", 1, &findings);
    bool good = json_is_object(line) && queue_object(sender, line);
    json_decref(line);
    findings_release(&findings);
    return good;
}

/* Takes whole lines out of what was read, as many as may be open. */
static void take_lines(struct sender *sender)
{
    struct buf *in = &sender->in;
    size_t used = 0;
    const char *end;
    while (logger_open(sender->logger) < sender->options.window + OPEN_MAX_MORE &&
           (end = memchr(buf_str(in) + used, '\n', in->size - used))) {
        const char *text = in->data + used;
        size_t size = (size_t)(end - text);
        used += size + 1;
        size -= size > 0 && text[size - 1] == '\r';
        if (size > 0 && !queue_line(sender, text, size)) {
            sender->unread = true;
            verb_complain(
                &verb_hj212_send,
                tr("neither an upload nor a packet: %.*s", "既不是上报内容也不是报文：%.*s"),
                (int)(size < 200 ? size : 200), text);
        }
    }
    memmove(in->data, in->data + used, in->size - used);
    in->size -= used;
}

static void read_input(struct sender *sender)
{
    char chunk[16384];
    ssize_t size = read(STDIN_FILENO, chunk, sizeof chunk);
    if (size > 0)
        buf_add(&sender->in, chunk, (size_t)size);
    if (size < 0 && errno == EINTR)
        return;
    if (size <= 0 && !sender->ended) {
        sender->ended = true;
        buf_putc(&sender->in, '\n'); /* of a last line without one */
    }
    if (sender->in.size > FACT_LINE_BYTES_MAX)
        sender->ended = sender->unread = true;
}

/* ---- what became of it ------------------------------------------------------- */

static void tell(void *arg, const struct logger_outcome *outcome)
{
    struct sender *sender = arg;
    sender->refused |= outcome->asked && !outcome->acknowledged;
    printf("{\"qn\":\"%s\",\"mn\":\"%s\",\"cn\":%d,\"acknowledged\":%s,\"tries\":%d}\n",
           outcome->qn, outcome->mn, outcome->command,
           !outcome->asked         ? "null"
           : outcome->acknowledged ? "true"
                                   : "false",
           outcome->tries);
}

static void tell_question(void *arg, int command, const char *cp)
{
    (void)arg;
    fprintf(stderr, tr("asked: %d %s\n", "上位机请求：%d %s\n"), command, cp);
}

/* ---- the loop -------------------------------------------------------------- */

static int wait_ms(const struct sender *sender, instant_ms now)
{
    instant_ms due = sender->fd < 0 ? sender->again : logger_due(sender->logger);
    if (due == INT64_MAX)
        return -1;
    return due <= now ? 0 : due - now < 60000 ? (int)(due - now) : 60000;
}

static bool is_over(const struct sender *sender)
{
    return sender->ended && sender->in.size == 0 && logger_open(sender->logger) == 0;
}

static void wait_and_move(struct sender *sender)
{
    bool hungry =
        !sender->ended && logger_open(sender->logger) < sender->options.window + OPEN_MAX_MORE;
    short events = POLLIN | (logger_out(sender->logger)->size > 0 ? POLLOUT : 0);
    struct pollfd fds[2] = {{.fd = hungry ? STDIN_FILENO : -1, .events = POLLIN},
                            {.fd = sender->fd, .events = events}};
    poll(fds, 2, wait_ms(sender, clock_now(&sender->clock)));
    instant_ms now = clock_now(&sender->clock);
    if (fds[0].revents)
        read_input(sender);
    take_lines(sender);
    if (sender->fd >= 0 && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
        hear(sender, now);
    if (sender->fd >= 0)
        logger_tick(sender->logger, now);
    if (sender->fd >= 0 && logger_out(sender->logger)->size > 0)
        speak(sender, now);
    if (sender->fd >= 0 && logger_is_unusable(sender->logger))
        hang_up(sender, now);
    fflush(stdout);
}

static int run(struct sender *sender)
{
    sender->fd = -1;
    sender->lost = sender->again = clock_now(&sender->clock);
    sender->pause = PAUSE_FIRST_MS;
    while (!is_over(sender)) {
        instant_ms now = clock_now(&sender->clock);
        if (sender->fd < 0 && now - sender->lost >= sender->give_up) {
            verb_complain(&verb_hj212_send, "%s: %s", sender->address, sender->why);
            return EXIT_RUNTIME;
        }
        if (sender->fd < 0 && now >= sender->again)
            dial(sender, now);
        wait_and_move(sender);
    }
    return sender->unread ? EXIT_MISUSE : sender->refused ? EXIT_FOUND : EXIT_OK;
}

/* ---- the verb ---------------------------------------------------------------- */

static bool read_span(const struct options *options, const char *name, span_ms *ret)
{
    const char *text = option_value(options, name);
    if (!text || span_parse(text, ret) == 0)
        return true;
    verb_misuse(&verb_hj212_send, "--timeout 10s", tr("--%s: %s is no span", "--%s：%s 不是时长"),
                name, text);
    return false;
}

static bool read_options(struct sender *sender, const struct options *options)
{
    struct logger_options *logger = &sender->options;
    struct findings findings = {0};
    int64_t resends = 0, window = 1, part = 0;
    *logger = logger_defaults();
    logger->mn = option_value(options, "mn");
    logger->password = option_value(options, "password");
    logger->st = option_value(options, "st");
    int year = atoi(option_value(options, "edition"));
    logger->edition = year == 2005 ? HJ212_2005 : year == 2025 ? HJ212_2025 : HJ212_2017;
    if (!read_span(options, "timeout", &logger->timeout) ||
        !read_span(options, "heartbeat", &logger->heartbeat) ||
        !read_span(options, "give-up", &sender->give_up) ||
        !option_int(options, "resends", 0, 100, &resends) ||
        !option_int(options, "window", 1, 100000, &window) ||
        !option_int(options, "split", 64, HJ212_SEGMENT_MAX, &part))
        return false;
    logger->resends = (int)resends;
    logger->window = (size_t)window;
    logger->part_bytes = (size_t)part;
    const char *path = option_value(options, "key");
    bool good = !path || monitors_key_read(sender->key, path, &findings) == 0;
    logger->key = path ? sender->key : NULL;
    if (!good)
        verb_misuse(&verb_hj212_send, findings.items[0].hint, "%s: %s", path,
                    findings.items[0].message);
    findings_release(&findings);
    return good;
}

static int read_template_and_load(struct sender *sender, const struct options *options)
{
    struct load_options load = {.address = sender->address,
                                .logger = &sender->options,
                                .window = (int)sender->options.window,
                                .uploads = 1000};
    int64_t connections = 1;
    if (!option_int(options, "load", 1, 1000000000, &load.uploads) ||
        !option_int(options, "connections", 1, 10000, &connections))
        return EXIT_MISUSE;
    load.connections = (int)connections;
    char *text = NULL;
    size_t room = 0;
    ssize_t size = getline(&text, &room, stdin);
    struct findings findings = {0};
    struct buf values = {0};
    json_t *line = size > 0 ? json_read(text, (size_t)size, "-", 1, &findings) : NULL;
    int exit_code = EXIT_MISUSE;
    if (json_is_object(line) && hj212_read_time(line, &load.time) && load.time != INSTANT_NONE) {
        hj212_put_values(&values, json_object_get(line, "values"));
        load.values = buf_str(&values);
        load.command = (int)json_integer_value(json_object_get(line, "cn"));
        exit_code = hj212_load(&load);
    } else {
        verb_complain(&verb_hj212_send, "%s",
                      tr("--load wants one upload with its time on standard input",
                         "--load 需从标准输入读取一条带 time 的上报内容"));
    }
    json_decref(line);
    findings_release(&findings);
    buf_release(&values);
    free(text);
    return exit_code;
}

int hj212_send(int argc, char **argv)
{
    struct options options;
    struct sender sender = {.clock = clock_wall()};
    int exit_code;
    if (!options_parse(&verb_hj212_send, argc, argv, &options, &exit_code))
        return exit_code;
    sender.address = options.operands[0];
    if (!read_options(&sender, &options)) {
        exit_code = EXIT_MISUSE;
    } else if (!sender.options.mn && option_given(&options, "load")) {
        exit_code =
            verb_misuse(&verb_hj212_send, "--mn", tr("--load needs --mn", "--load 须配合 --mn"));
    } else if (option_given(&options, "load")) {
        exit_code = read_template_and_load(&sender, &options);
    } else {
        sender.options.mn = sender.options.mn ? sender.options.mn : "";
        sender.options.done = tell;
        sender.options.asked = tell_question;
        sender.options.arg = &sender;
        sender.logger = logger_new(&sender.options);
        exit_code = run(&sender);
        if (sender.fd >= 0)
            close(sender.fd);
        logger_free(sender.logger);
    }
    buf_release(&sender.in);
    options_release(&options);
    return exit_code;
}
