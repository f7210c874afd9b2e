/* The HTTP server by itself, for the checks and measurements that need a process of their own.
 *
 *     bench_http serve [CERT KEY [CA [CRL]]]   prints its port, serves until standard input ends
 *     bench_http idle N                        holds N idle connections: memory, and what one more
 * sees
 *
 * `serve` answers every request with 202 and a small body; the subject of a client's certificate
 * comes back as X-Subject.  With CERT, "renew" on standard input reads the files anew. */
#include "base/err.h"
#include "base/file.h"
#include "shell/http.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { PEM_BYTES_MAX = 1 << 20, CONNECTIONS = 20000 };

static uv_loop_t loop;
static struct http *http;
static char **paths; /* certificate, key, CA, revoked */
static int path_count;
static char *pems[4];

static void handle(void *arg, struct http_request *request)
{
    static const char body[] = "{\"accepted\":1,\"repeats\":0}\n";
    struct http_field fields[] = {{"X-Subject", request->subject ? request->subject : "-"},
                                  {NULL, NULL}};
    (void)arg;
    http_answer(request, 202, "application/json", body, sizeof body - 1, fields);
}

static void read_pems(void)
{
    struct findings findings = {0};
    for (int i = 0; i < path_count && i < 4; i++) {
        size_t size;
        free(pems[i]);
        pems[i] = NULL;
        if (file_read(paths[i], PEM_BYTES_MAX, &pems[i], &size, &findings) < 0) {
            fprintf(stderr, "%s\n", findings.items[0].message);
            exit(1);
        }
    }
    findings_release(&findings);
}

static void complain(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        fprintf(stderr, "[%s] %s\n", findings->items[i].code, findings->items[i].message);
}

static void begin(void)
{
    struct findings findings = {0};
    struct http_handler handler = {NULL, handle, NULL};
    struct http_options options = {
        .address = "127.0.0.1",
        .certificate = pems[0],
        .key = pems[1],
        .client_ca = pems[2],
        .client_revoked = pems[3],
        .client_required = true,
        .connections_max = CONNECTIONS,
        .per_ip_max = -1,
        .per_ip_per_second = -1,
        .header_ms = getenv("HEADER_MS") ? atoi(getenv("HEADER_MS")) : 0,
    };
    uv_loop_init(&loop);
    if (http_open(&http, &loop, &options, &handler, &findings) < 0) {
        complain(&findings);
        exit(1);
    }
    findings_release(&findings);
    printf("%d\n", http_port(http));
    fflush(stdout);
}

/* ---- serve --------------------------------------------------------------- */

static void on_input(uv_poll_t *poll, int status, int events)
{
    struct findings findings = {0};
    char line[64];
    (void)status;
    (void)events;
    ssize_t size = read(0, line, sizeof line);
    if (size <= 0) {
        uv_close((uv_handle_t *)poll, NULL);
        http_close(http);
        return;
    }
    read_pems();
    int err = http_renew(http, pems[0], pems[1], pems[2], pems[3], &findings);
    complain(&findings);
    findings_release(&findings);
    printf("%s\n", err < 0 ? "kept" : "renewed");
    fflush(stdout);
}

static int serve(void)
{
    uv_poll_t input;
    read_pems();
    begin();
    uv_poll_init(&loop, &input, 0);
    uv_poll_start(&input, UV_READABLE, on_input);
    uv_run(&loop, UV_RUN_DEFAULT);
    const bool clean = uv_loop_close(&loop) == 0;
    for (int i = 0; i < 4; i++)
        free(pems[i]);
    return clean ? 0 : 1;
}

/* ---- idle ---------------------------------------------------------------- */

static int connect_to(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) {
        perror("connect");
        exit(1);
    }
    return fd;
}

static double ask(int fd)
{
    static const char text[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[4096];
    struct timespec from, to;
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (write(fd, text, sizeof text - 1) < 0 || read(fd, answer, sizeof answer) <= 0) {
        perror("ask");
        exit(1);
    }
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    const double *left = a, *right = b;
    return (*left > *right) - (*left < *right);
}

static double p99(int port, int rounds)
{
    double *times = calloc((size_t)rounds, sizeof *times);
    int fd = connect_to(port);
    for (int i = 0; i < rounds; i++)
        times[i] = ask(fd);
    close(fd);
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    double answer = times[rounds * 99 / 100];
    free(times);
    return answer;
}

static long figure_of(pid_t pid, const char *path, const char *name)
{
    char file[64], line[256];
    long figure = 0;
    snprintf(file, sizeof file, "/proc/%d/%s", (int)pid, path);
    FILE *stream = fopen(file, "r");
    while (stream && fgets(line, sizeof line, stream)) {
        if (strncmp(line, name, strlen(name)) == 0)
            figure = atol(line + strlen(name));
    }
    if (stream)
        fclose(stream);
    return figure;
}

/* User and system time, in hundredths of a second. */
static long ticks_of(pid_t pid)
{
    char file[64];
    long user = 0, system = 0;
    snprintf(file, sizeof file, "/proc/%d/stat", (int)pid);
    FILE *stream = fopen(file, "r");
    if (stream && fscanf(stream, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld",
                         &user, &system) != 2)
        user = system = -1;
    if (stream)
        fclose(stream);
    return user + system;
}

/* Silent ones first, then each has asked once and stays. */
static void hold(pid_t pid, int port, int number)
{
    int *fds = calloc((size_t)number, sizeof *fds);
    double alone = p99(port, 2000);
    long before = figure_of(pid, "status", "VmRSS:");
    for (int i = 0; i < number; i++)
        fds[i] = connect_to(port);
    double beside = p99(port, 2000);
    long silent = figure_of(pid, "status", "VmRSS:"), ticks = ticks_of(pid);
    sleep(2);
    long idle_ticks = ticks_of(pid) - ticks;
    for (int i = 0; i < number; i++)
        ask(fds[i]);
    long kept = figure_of(pid, "status", "VmRSS:");
    printf("connections=%d rss_kib=%ld silent_bytes_each=%ld asked_bytes_each=%ld "
           "p99_alone_ms=%.3f p99_beside_ms=%.3f idle_cpu_percent=%.1f\n",
           number, before, (silent - before) * 1024 / number, (kept - before) * 1024 / number,
           alone, beside, (double)idle_ticks / 2);
    free(fds);
}

static int idle(int number)
{
    int port = 0, out[2], in[2];
    if (pipe(out) < 0 || pipe(in) < 0)
        return 1;
    pid_t pid = fork();
    if (pid == 0) {
        dup2(out[1], 1);
        dup2(in[0], 0);
        close(in[1]);
        setenv("HEADER_MS", "60000", 1);
        exit(serve());
    }
    FILE *said = fdopen(out[0], "r");
    if (!said || fscanf(said, "%d", &port) != 1)
        return 1;
    hold(pid, port, number);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc >= 2 && strcmp(argv[1], "serve") == 0) {
        paths = argv + 2;
        path_count = argc - 2;
        return serve();
    }
    if (argc == 3 && strcmp(argv[1], "idle") == 0)
        return idle(atoi(argv[2]));
    fprintf(stderr, "usage: bench_http serve [CERT KEY [CA [CRL]]] | idle N\n");
    return 64;
}
