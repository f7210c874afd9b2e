/* See http_client.h. */
#include "shell/http_client.h"
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { PATIENCE_MS = 60000 }; /* also under valgrind on a busy machine */

static uv_loop_t *the_loop;
static uv_timer_t patience, nap; /* what fails leaves the function, and the loop keeps them */

static void run_out(uv_timer_t *timer)
{
    (void)timer;
    cr_assert_fail("nothing happened for a minute");
}

void client_loop_open(uv_loop_t *loop)
{
    the_loop = loop;
    uv_loop_init(loop);
    uv_timer_init(loop, &patience);
    uv_timer_init(loop, &nap);
    uv_unref((uv_handle_t *)&patience);
    uv_unref((uv_handle_t *)&nap);
}

void client_loop_close(uv_loop_t *loop)
{
    uv_close((uv_handle_t *)&patience, NULL);
    uv_close((uv_handle_t *)&nap, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(loop), 0);
}

/* The clients' sockets are no part of the loop, so it must not sleep for long. */
static void nap_over(uv_timer_t *timer)
{
    (void)timer;
}

void client_run_until(bool (*done)(void *arg), void *arg)
{
    uv_ref((uv_handle_t *)&nap);
    uv_timer_start(&nap, nap_over, 1, 1);
    uv_timer_start(&patience, run_out, PATIENCE_MS, 0);
    while (!done(arg))
        uv_run(the_loop, UV_RUN_ONCE);
    uv_timer_stop(&patience);
    uv_timer_stop(&nap);
    uv_unref((uv_handle_t *)&nap);
}

void client_run_some(void)
{
    for (int i = 0; i < 20; i++)
        uv_run(the_loop, UV_RUN_NOWAIT);
}

/* ---- talking ------------------------------------------------------------- */

void client_connect_from(struct http_client *client, const char *address, int port)
{
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    *client = (struct http_client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    inet_pton(AF_INET, address, &from.sin_addr);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons((uint16_t)port);
    cr_assert_eq(bind(client->fd, (struct sockaddr *)&from, sizeof from), 0);
    cr_assert_eq(connect(client->fd, (struct sockaddr *)&to, sizeof to), 0);
    int yes = 1;
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    fcntl(client->fd, F_SETFL, O_NONBLOCK);
}

void client_connect(struct http_client *client, int port)
{
    client_connect_from(client, "127.0.0.1", port);
}

struct sending {
    struct http_client *client;
    const char *bytes;
    size_t left;
};

/* A server that has refused need not take the rest. */
static bool sent(void *arg)
{
    struct sending *sending = arg;
    ssize_t size = send(sending->client->fd, sending->bytes, sending->left, MSG_NOSIGNAL);
    if (size < 0)
        return errno != EAGAIN;
    sending->bytes += size;
    sending->left -= (size_t)size;
    return sending->left == 0;
}

void client_send(struct http_client *client, const void *bytes, size_t size)
{
    struct sending sending = {client, bytes, size};
    client_run_until(sent, &sending);
}

void client_say(struct http_client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

static void take_in(struct http_client *client)
{
    char bytes[65536];
    ssize_t size;
    while (!client->ended && (size = recv(client->fd, bytes, sizeof bytes, 0)) != -1) {
        if (size == 0)
            client->ended = true;
        else
            buf_add(&client->got, bytes, (size_t)size);
    }
    if (!client->ended && errno != EAGAIN)
        client->ended = true;
}

/* ---- hearing ------------------------------------------------------------- */

/* The size of the whole answer at the head of these bytes, or 0. */
static size_t whole(const char *bytes, size_t got)
{
    const char *end = got > 0 ? memmem(bytes, got, "\r\n\r\n", 4) : NULL;
    if (!end)
        return 0;
    size_t size = (size_t)(end - bytes) + 4;
    const char *length = strcasestr(bytes, "\r\nContent-Length: ");
    bool empty = strncmp(bytes + strlen("HTTP/1.1 "), "304", 3) == 0;
    if (length && length < end && !empty)
        size += strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
    return got >= size ? size : 0;
}

static size_t next_size(const struct http_client *client)
{
    return whole(client->got.data + client->answered, client->got.size - client->answered);
}

static bool has_answer(void *arg)
{
    struct http_client *client = arg;
    take_in(client);
    return client->ended || next_size(client) > 0;
}

const char *client_answer(struct http_client *client)
{
    client_run_until(has_answer, client);
    const char *answer = buf_str(&client->got) + client->answered;
    size_t size = next_size(client);
    client->answered += size > 0 ? size : client->got.size - client->answered;
    return answer;
}

int client_status(struct http_client *client)
{
    const char *answer = client_answer(client);
    return strncmp(answer, "HTTP/1.", 7) == 0 ? atoi(answer + 9) : 0;
}

struct waiting {
    struct http_client *client;
    const char *text;
};

static bool has_come(void *arg)
{
    struct waiting *waiting = arg;
    take_in(waiting->client);
    return strstr(buf_str(&waiting->client->got), waiting->text) || waiting->client->ended;
}

const char *client_wait_for(struct http_client *client, const char *text)
{
    struct waiting waiting = {client, text};
    client_run_until(has_come, &waiting);
    cr_assert(strstr(buf_str(&client->got), text), "closed before \"%s\" came", text);
    return buf_str(&client->got);
}

static bool has_ended(void *arg)
{
    struct http_client *client = arg;
    take_in(client);
    return client->ended;
}

bool client_is_closed(struct http_client *client)
{
    client_run_until(has_ended, client);
    return true;
}

void client_leave(struct http_client *client)
{
    close(client->fd);
    buf_release(&client->got);
}

const char *client_body(const char *answer)
{
    const char *end = strstr(answer, "\r\n\r\n");
    return end ? end + 4 : "";
}
