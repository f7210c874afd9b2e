/* Any bytes at the HTTP server's socket.  Whatever reaches the owner must be a request that a
 * strict reader finds in the same bytes: lines that end in CR LF, none folded, one reading only. */
#include "base/err.h"
#include "shell/http.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uv_loop_t loop;
static struct http *http;
static int handled;
static char first_path[4200];

static void handle(void *arg, struct http_request *request)
{
    (void)arg;
    if (handled++ == 0)
        snprintf(first_path, sizeof first_path, "%s", request->path);
    http_answer(request, 200, "text/plain", "fine", 4, NULL);
}

static void begin(void)
{
    struct findings findings = {0};
    struct http_options options = {.address = "127.0.0.1",
                                   .per_ip_max = -1,
                                   .per_ip_per_second = -1,
                                   .body_max = 4096,
                                   .connections_max = 64};
    struct http_handler handler = {NULL, handle, NULL};
    uv_loop_init(&loop);
    if (http_open(&http, &loop, &options, &handler, &findings) < 0)
        __builtin_trap();
    findings_release(&findings);
}

static int talk(const uint8_t *data, size_t size)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)http_port(http))};
    struct linger reset = {1, 0}; /* no port waits for its end: a run makes millions of them */
    char answer[4096];
    uint64_t before = http_counters(http)->connections;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 ||
        send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
        __builtin_trap();
    for (int i = 0; i < 40; i++) {
        uv_run(&loop, UV_RUN_NOWAIT);
        if (recv(fd, answer, sizeof answer, MSG_DONTWAIT) == 0)
            break;
    }
    close(fd);
    while (http_counters(http)->connections == before || http_counters(http)->connections_open > 0)
        uv_run(&loop, UV_RUN_NOWAIT); /* the fuzzer's own time limit tells of one that stays */
    return handled;
}

/* The bytes up to the first empty line, read by the letter. */
static bool is_strict(const char *text, size_t size)
{
    while (size > 0 && (*text == '\r' || *text == '\n')) { /* empty lines before it */
        text++;
        size--;
    }
    const char *end = memmem(text, size, "\r\n\r\n", 4);
    if (!end)
        return false;
    for (const char *c = text; c < end + 3; c++) {
        if ((c[0] == '\r') != (c[1] == '\n'))
            return false;
        if (c[0] == '\n' && (c[1] == ' ' || c[1] == '\t'))
            return false;
    }
    const char *space = memchr(text, ' ', (size_t)(end - text));
    return space && space[1] == '/';
}

/* Bytes with a NUL or a line of nothing but a colon prove nothing: http_head.c says why. */
static bool is_good(const char *text, size_t size)
{
    return memchr(text, 0, size) || memmem(text, size, "\n:\n", 3) ||
           (is_strict(text, size) && first_path[0] == '/' && !strstr(first_path, "/../"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!http)
        begin();
    handled = 0;
    if (size > 0 && size < 60000 && talk(data, size) > 0 && !is_good((const char *)data, size))
        __builtin_trap();
    if (http_counters(http)->body_bytes != 0 && http_counters(http)->connections_open == 0)
        __builtin_trap();
    return 0;
}
