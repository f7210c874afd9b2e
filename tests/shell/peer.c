/* Bytes in, a script out. */
#include "peer.h"
#include "base/xalloc.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void make_room(uv_handle_t *handle, size_t size, uv_buf_t *ret)
{
    (void)handle;
    *ret = uv_buf_init(xcalloc(1, size), (unsigned)size);
}

static void forget(uv_handle_t *handle)
{
    struct caller *caller = handle->data, **at = &caller->peer->first;
    while (*at && *at != caller)
        at = &(*at)->next;
    if (*at)
        *at = caller->next;
    buf_release(&caller->in);
    free(caller);
}

void caller_leave(struct caller *caller)
{
    if (!uv_is_closing((uv_handle_t *)&caller->tcp))
        uv_close((uv_handle_t *)&caller->tcp, forget);
}

static void on_bytes(uv_stream_t *stream, ssize_t size, const uv_buf_t *bytes)
{
    struct caller *caller = stream->data;
    if (size > 0) {
        buf_add(&caller->in, bytes->base, (size_t)size);
        caller->peer->hear(caller);
    } else if (size < 0) {
        caller_leave(caller);
    }
    free(bytes->base);
}

static void on_caller(uv_stream_t *server, int status)
{
    struct peer *peer = server->data;
    struct caller *caller = xcalloc(1, sizeof *caller);
    cr_assert_eq(status, 0);
    caller->peer = peer;
    caller->tcp.data = caller;
    caller->next = peer->first;
    peer->first = caller;
    peer->callers++;
    uv_tcp_init(peer->loop, &caller->tcp);
    cr_assert_eq(uv_accept(server, (uv_stream_t *)&caller->tcp), 0);
    uv_read_start((uv_stream_t *)&caller->tcp, make_room, on_bytes);
    peer->hear(caller); /* a mail server speaks first */
}

void peer_open(struct peer *peer, uv_loop_t *loop, void (*hear)(struct caller *caller))
{
    struct sockaddr_in address;
    int size = sizeof address;
    *peer = (struct peer){.loop = loop, .hear = hear, .script = peer->script};
    uv_ip4_addr("127.0.0.1", 0, &address);
    uv_tcp_init(loop, &peer->tcp);
    peer->tcp.data = peer;
    cr_assert_eq(uv_tcp_bind(&peer->tcp, (struct sockaddr *)&address, 0), 0);
    cr_assert_eq(uv_listen((uv_stream_t *)&peer->tcp, 512, on_caller), 0);
    cr_assert_eq(uv_tcp_getsockname(&peer->tcp, (struct sockaddr *)&address, &size), 0);
    peer->port = ntohs(address.sin_port);
}

void peer_close(struct peer *peer)
{
    uv_close((uv_handle_t *)&peer->tcp, NULL);
    for (struct caller *caller = peer->first; caller; caller = caller->next)
        caller_leave(caller);
    buf_release(&peer->requested);
}

static void said(uv_write_t *write, int status)
{
    (void)status;
    free(write->data);
    free(write);
}

void caller_say_bytes(struct caller *caller, const void *bytes, size_t size)
{
    uv_write_t *write = xcalloc(1, sizeof *write);
    write->data = xcalloc(1, size + 1);
    memcpy(write->data, bytes, size);
    uv_buf_t said_bytes = uv_buf_init(write->data, (unsigned)size);
    if (uv_is_closing((uv_handle_t *)&caller->tcp) ||
        uv_write(write, (uv_stream_t *)&caller->tcp, &said_bytes, 1, said) < 0)
        said(write, -1);
}

void caller_say(struct caller *caller, const char *text)
{
    caller_say_bytes(caller, text, strlen(text));
}

void caller_take(struct caller *caller, size_t size)
{
    memmove(caller->in.data, caller->in.data + size, caller->in.size - size + 1);
    caller->in.size -= size;
}

static size_t head_size(const char *request)
{
    const char *end = strstr(request, "\r\n\r\n");
    return end ? (size_t)(end - request) + 4 : 0;
}

const char *header_of(const char *request, const char *name)
{
    static char values[4][4096];
    static int turn;
    char *value = values[turn++ % 4];
    size_t head = head_size(request), size = strlen(name);
    const char *line = strstr(request, "\r\n");
    *value = 0;
    for (; line && (size_t)(line - request) + 2 < head; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, size) != 0 || line[2 + size] != ':')
            continue;
        const char *from = line + 3 + size + strspn(line + 3 + size, " ");
        size_t length = strcspn(from, "\r\n");
        memcpy(value, from, length);
        value[length] = 0;
        break;
    }
    return value;
}

const char *body_of(const char *request)
{
    return request + head_size(request);
}

size_t caller_request(const struct caller *caller)
{
    const char *request = buf_str(&caller->in);
    size_t head = head_size(request);
    size_t size = head ? head + strtoul(header_of(request, "content-length"), NULL, 10) : 0;
    return caller->in.size >= size ? size : 0;
}

void peer_http(struct caller *caller)
{
    struct peer *peer = caller->peer;
    size_t size;
    while ((size = caller_request(caller)) > 0) {
        buf_add(&peer->requested, caller->in.data, size);
        caller_take(caller, size);
        caller->requests++;
        peer->requests++;
        if (peer->script)
            caller_say(caller, peer->script);
    }
}
