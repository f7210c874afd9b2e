/* For those who watch us from outside: alive, ready, metrics; and what this API is. */
#include "base/resource.h"
#include "shell/api_inner.h"
#include "shell/metrics.h"

static void answer_plain(struct call *call, const char *text)
{
    call->type = "text/plain; charset=utf-8";
    buf_puts(&call->out, text);
    call_answer(call);
}

void api_healthy(struct call *call)
{
    bool alive = call->api->host.health(call->api->host.host).alive;
    call->status = alive ? 200 : 503;
    answer_plain(call, alive ? "alive\n" : "not alive\n");
}

void api_ready(struct call *call)
{
    struct health health = call->api->host.health(call->api->host.host);
    bool ready = health_ready(&health);
    call->status = ready ? 200 : 503;
    answer_plain(call, ready ? "ready\n" : "not ready\n");
}

static void set_gauges(struct api *api)
{
    const struct http_counters *counters = http_counters(api->http);
    metrics_set(api->host.metrics, "yujing_http_connections", "listener=\"api\"",
                counters->connections_open);
    metrics_set(api->host.metrics, "yujing_http_streams", NULL, counters->streams_open);
    api->host.refresh(api->host.host);
}

void api_metrics(struct call *call)
{
    struct api *api = call->api;
    if (api->host.metrics) {
        set_gauges(api);
        metrics_print(api->host.metrics, &call->out);
    }
    call->type = "text/plain; version=0.0.4; charset=utf-8";
    call_answer(call);
}

void api_description(struct call *call)
{
    const struct resource *resource = resource_find("core/shell/openapi.json");
    buf_add(&call->out, resource->data, resource->size);
    call_answer(call);
}

/* Both sheets of style are this route's: `?print` chooses the one for paper. */
void api_style(struct call *call)
{
    bool print = http_query(call->request, "print") != NULL;
    call_answer_asset(call, print ? &call->api->print_style : &call->api->style);
}
