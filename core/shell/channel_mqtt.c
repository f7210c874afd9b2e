/* MQTT: a letter published with QoS 1, delivered when the broker has acknowledged it.
 *
 * libmosquitto runs on our loop; looking up the broker's name, which may block, is done on a thread
 * of the pool.  A connection that is lost is thrown away whole: the letters under way stay here and
 * are published on the next one, until their time is up.  Version 5 of the protocol is spoken by
 * default, because before it a broker acknowledges also what it will not deliver. */
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/template.h"
#include "shell/channel.h"
#include "shell/log.h"
#include "shell/mqtt_gateway.h"
#include "shell/secret_file.h"
#include "shell/status.h"
#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    TICK_MS = 500,
    PAUSE_FIRST_MS = 500, /* between tries to reach the broker, doubled up to the longest */
    PAUSE_LONGEST_MS = 30000,
    CONNECT_MS_MAX = 15000,
    TOPIC_BYTES_MAX = 1024,
};
struct pending {
    const struct parcel *parcel;
    char *topic;
    int number; /* the library's; 0: not published on this connection */
    uint64_t until;
    channel_done *done;
    void *arg;
    bool ended;
    enum outcome outcome;
    char *trouble;
    struct pending *next;
};
struct mqtt {
    uv_loop_t *loop;
    const struct gateway *gateway;
    const struct mqtt_gateway *conf;
    const struct log *log;
    enum effects effects;
    char *password;
    uv_timer_t timer;
    uv_work_t work;
    bool working, connected, closing, said;
    int answer; /* of the attempt to connect */
    struct mosquitto *client;
    uv_poll_t *poll; /* one for each connection: numbers of sockets are used again */
    uint64_t next_try, tried, pause;
    struct pending *first, **last;
    int handles; /* and work; not ended yet */
    void (*closed)(void *arg);
    void *closed_arg;
};

static int mqtt_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                     const char *conf_path, struct findings *findings)
{
    struct mqtt_gateway *gateway;
    int err = mqtt_gateway_read(&gateway, arena, node, conf_path, findings);
    *ret_conf = gateway;
    return err;
}

/* ---- letters under way ------------------------------------------------------ */

static void end(struct pending *pending, enum outcome outcome, const char *trouble)
{
    pending->ended = true;
    pending->outcome = outcome;
    pending->trouble = trouble ? xstrdup(trouble) : NULL;
}

/* Tells what has ended; never within a call of the library's, because what is told may lead to the
 * next letter. */
static void settle(struct mqtt *mqtt)
{
    struct pending **at = &mqtt->first, *ended = NULL, **ended_last = &ended;
    while (*at) {
        struct pending *pending = *at;
        if (!pending->ended) {
            at = &pending->next;
            continue;
        }
        *at = pending->next;
        pending->next = NULL;
        *ended_last = pending;
        ended_last = &pending->next;
    }
    mqtt->last = at;
    while (ended) {
        struct pending *pending = ended;
        ended = pending->next;
        pending->done(pending->arg, pending->outcome, pending->trouble, -1);
        free(pending->trouble);
        free(pending->topic);
        free(pending);
    }
}

static void publish(struct mqtt *mqtt, struct pending *pending)
{
    const struct parcel *parcel = pending->parcel;
    int answer = mosquitto_publish(mqtt->client, &pending->number, pending->topic,
                                   (int)parcel->size, parcel->bytes, 1, mqtt->conf->retain);
    if (answer == MOSQ_ERR_SUCCESS)
        return;
    pending->number = 0; /* for the next connection … */
    if (answer == MOSQ_ERR_INVAL || answer == MOSQ_ERR_PAYLOAD_SIZE ||
        answer == MOSQ_ERR_MALFORMED_UTF8 || answer == MOSQ_ERR_OVERSIZE_PACKET)
        end(pending, OUTCOME_REFUSED, mosquitto_strerror(answer)); /* … unless none will do */
}

/* ---- what the library tells --------------------------------------------------- */

static void on_connect(struct mosquitto *client, void *arg, int answer, int flags,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)flags;
    (void)properties;
    struct mqtt *mqtt = arg;
    mqtt->answer = answer;
    if (answer != 0)
        return; /* the broker closes */
    mqtt->connected = true;
    mqtt->pause = PAUSE_FIRST_MS;
    for (struct pending *pending = mqtt->first; pending; pending = pending->next)
        if (!pending->ended)
            publish(mqtt, pending);
}

/* Nobody hears what has no subscriber, now or waiting: another try is better than silence. */
static void on_publish(struct mosquitto *client, void *arg, int number, int reason,
                       const mosquitto_property *properties)
{
    (void)client;
    (void)properties;
    struct mqtt *mqtt = arg;
    struct pending *pending = mqtt->first;
    while (pending && pending->number != number)
        pending = pending->next;
    if (!pending || pending->ended)
        return; /* its time was up */
    if (reason == MQTT_RC_NO_MATCHING_SUBSCRIBERS && mqtt->conf->heard && !mqtt->conf->retain)
        end(pending, OUTCOME_RETRY, tr("nobody has subscribed to the topic", "无人订阅该主题"));
    else if (reason == MQTT_RC_QUOTA_EXCEEDED || reason == MQTT_RC_UNSPECIFIED)
        end(pending, OUTCOME_RETRY, mosquitto_reason_string(reason));
    else if (reason >= MQTT_RC_UNSPECIFIED)
        end(pending, OUTCOME_REFUSED, mosquitto_reason_string(reason));
    else
        end(pending, OUTCOME_DELIVERED, NULL);
}

/* ---- the connection -------------------------------------------------------------- */

static void ended(struct mqtt *mqtt)
{
    if (--mqtt->handles > 0)
        return;
    secret_file_free(mqtt->password);
    mqtt->closed(mqtt->closed_arg);
    free(mqtt);
}

static void poll_closed(uv_handle_t *handle)
{
    struct mqtt *mqtt = handle->data;
    free(handle);
    ended(mqtt);
}

static void say(struct mqtt *mqtt, bool lost, const char *why)
{
    if (mqtt->said == !lost || !mqtt->log)
        return;
    mqtt->said = !lost;
    if (lost)
        log_event(mqtt->log, LOG_WARNING, "gateway.lost",
                  tr("%s: no connection to %s (%s); trying again",
                     "%s：与 %s 的连接中断（%s），正在重试"),
                  mqtt->gateway->name, mqtt->conf->broker, why);
    else
        log_event(mqtt->log, LOG_INFO, "gateway.connected",
                  tr("%s: connected to %s", "%s：已连接 %s"), mqtt->gateway->name,
                  mqtt->conf->broker);
}

/* Throws the connection away; what was under way on it waits for the next one. */
static void drop(struct mqtt *mqtt, const char *why)
{
    if (mqtt->poll) {
        uv_poll_stop(mqtt->poll);
        uv_close((uv_handle_t *)mqtt->poll, poll_closed);
        mqtt->poll = NULL;
    }
    if (mqtt->client)
        mosquitto_destroy(mqtt->client);
    mqtt->client = NULL;
    mqtt->connected = false;
    for (struct pending *pending = mqtt->first; pending; pending = pending->next)
        pending->number = 0;
    mqtt->next_try = uv_now(mqtt->loop) + mqtt->pause;
    mqtt->pause = mqtt->pause * 2 < PAUSE_LONGEST_MS ? mqtt->pause * 2 : PAUSE_LONGEST_MS;
    if (!mqtt->closing)
        say(mqtt, true, why);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct mqtt *mqtt)
{
    if (mqtt->poll)
        uv_poll_start(mqtt->poll,
                      UV_READABLE | (mosquitto_want_write(mqtt->client) ? UV_WRITABLE : 0),
                      on_ready);
}

static const char *why_lost(const struct mqtt *mqtt, int answer)
{
    return mqtt->answer > 0 && mqtt->conf->protocol == MQTT_5
               ? mosquitto_reason_string(mqtt->answer)
           : mqtt->answer > 0 ? mosquitto_connack_string(mqtt->answer)
                              : mosquitto_strerror(answer);
}

/* An error of the socket comes as a negative status; the library must read to notice it, else the
 * loop would spin. */
static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct mqtt *mqtt = poll->data;
    bool was = mqtt->connected;
    int answer = MOSQ_ERR_SUCCESS;
    if (status < 0 || (events & UV_READABLE))
        answer = mosquitto_loop_read(mqtt->client, 1);
    if (answer == MOSQ_ERR_SUCCESS && (events & UV_WRITABLE))
        answer = mosquitto_loop_write(mqtt->client, 1);
    if (answer != MOSQ_ERR_SUCCESS)
        drop(mqtt, why_lost(mqtt, answer));
    else if (mqtt->connected && !was)
        say(mqtt, false, NULL);
    settle(mqtt);
    watch(mqtt);
}

static int set_up_client(struct mqtt *mqtt)
{
    const struct mqtt_gateway *conf = mqtt->conf;
    struct mosquitto *client = mqtt->client = mosquitto_new(conf->client, true, mqtt);
    if (!client)
        return MOSQ_ERR_NOMEM;
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
                         conf->protocol == MQTT_5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_connect_v5_callback_set(client, on_connect);
    mosquitto_publish_v5_callback_set(client, on_publish);
    mosquitto_max_inflight_messages_set(client, (unsigned)mqtt->gateway->concurrency);
    int answer = MOSQ_ERR_SUCCESS;
    if (conf->user)
        answer = mosquitto_username_pw_set(client, conf->user, mqtt->password);
    if (answer == MOSQ_ERR_SUCCESS && conf->at.secure)
        answer = mosquitto_tls_set(client, conf->ca_file, conf->ca_file ? NULL : "/etc/ssl/certs",
                                   conf->cert_file, conf->key_file, NULL);
    return answer;
}

/* On a thread of the pool; nothing else touches the client meanwhile. */
static void connect_broker(uv_work_t *work)
{
    struct mqtt *mqtt = work->data;
    const struct mqtt_gateway *conf = mqtt->conf;
    mqtt->answer = set_up_client(mqtt);
    if (mqtt->answer == MOSQ_ERR_SUCCESS)
        mqtt->answer = mosquitto_connect_async(mqtt->client, conf->at.host, conf->at.port,
                                               (int)(conf->keep_alive / SECOND_MS));
}

static void finish_close(struct mqtt *mqtt);

static void begin_watch(struct mqtt *mqtt, int socket)
{
    uv_poll_t *poll = xcalloc(1, sizeof *poll);
    int err = uv_poll_init(mqtt->loop, poll, socket);
    if (err < 0) {
        free(poll);
        drop(mqtt, uv_strerror(err));
        return;
    }
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    poll->data = mqtt;
    mqtt->poll = poll;
    mqtt->handles++;
    watch(mqtt);
}

static void connect_begun(uv_work_t *work, int status)
{
    struct mqtt *mqtt = work->data;
    (void)status;
    int answer = mqtt->answer, socket = mqtt->client ? mosquitto_socket(mqtt->client) : -1;
    mqtt->working = false;
    mqtt->answer = 0;
    mqtt->tried = uv_now(mqtt->loop);
    if (answer != MOSQ_ERR_SUCCESS || socket < 0)
        drop(mqtt, mosquitto_strerror(answer != MOSQ_ERR_SUCCESS ? answer : MOSQ_ERR_NO_CONN));
    else
        begin_watch(mqtt, socket);
    if (mqtt->closing)
        finish_close(mqtt);
    ended(mqtt);
}

static void try_connect(struct mqtt *mqtt)
{
    mqtt->working = true;
    mqtt->work.data = mqtt;
    mqtt->handles++;
    uv_queue_work(mqtt->loop, &mqtt->work, connect_broker, connect_begun);
}

/* A broker that lets a letter wait for so long is not well: a new connection may be. */
static bool expire(struct mqtt *mqtt)
{
    bool unanswered = false;
    for (struct pending *pending = mqtt->first; pending; pending = pending->next) {
        if (pending->ended || uv_now(mqtt->loop) < pending->until)
            continue;
        unanswered |= pending->number != 0;
        end(pending, OUTCOME_RETRY,
            mqtt->connected ? tr("the broker does not answer", "MQTT 服务器无应答")
                            : tr("no connection to the broker", "未连接 MQTT 服务器"));
    }
    return unanswered;
}

static void on_tick(uv_timer_t *timer)
{
    struct mqtt *mqtt = timer->data;
    int answer = MOSQ_ERR_SUCCESS;
    bool late = mqtt->poll && !mqtt->connected && uv_now(mqtt->loop) > mqtt->tried + CONNECT_MS_MAX;
    if (mqtt->poll)
        answer = mosquitto_loop_misc(mqtt->client);
    bool unanswered = expire(mqtt);
    if (answer != MOSQ_ERR_SUCCESS || late || (unanswered && mqtt->connected))
        drop(mqtt, why_lost(mqtt, answer));
    if (!mqtt->client && !mqtt->working && uv_now(mqtt->loop) >= mqtt->next_try)
        try_connect(mqtt);
    settle(mqtt);
    watch(mqtt);
}

/* ---- the channel ------------------------------------------------------------------ */

static int mqtt_open(void **ret_self, uv_loop_t *loop, const void *conf_,
                     const struct channel_options *options, struct findings *findings)
{
    static bool ready;
    const struct mqtt_gateway *conf = conf_;
    char *password = NULL;
    if (conf->password_file && secret_file_read(&password, conf->password_file, findings) < 0)
        return ERR_INVALID;
    if (!ready)
        mosquitto_lib_init();
    ready = true;
    struct mqtt *mqtt = xcalloc(1, sizeof *mqtt);
    *mqtt = (struct mqtt){.loop = loop,
                          .gateway = options->gateway,
                          .conf = conf,
                          .log = options->log,
                          .effects = options->effects,
                          .password = password,
                          .pause = PAUSE_FIRST_MS,
                          .said = true,
                          .handles = 1};
    mqtt->last = &mqtt->first;
    uv_timer_init(loop, &mqtt->timer);
    mqtt->timer.data = mqtt;
    uv_timer_start(&mqtt->timer, on_tick, TICK_MS, TICK_MS);
    try_connect(mqtt);
    *ret_self = mqtt;
    return 0;
}

static const char *lookup(void *arg, const char *name)
{
    const struct parcel *parcel = arg;
    return str_equal(name, "id")        ? parcel->id
           : str_equal(name, "kind")    ? parcel->kind
           : str_equal(name, "address") ? parcel->address
           : parcel->recipient          ? parcel->recipient
                                        : "public";
}

/* What is filled in must not add a level to the topic, or be one that cannot be published to. */
static char *topic_of(const struct mqtt *mqtt, const struct parcel *parcel)
{
    struct buf topic = {0};
    const char *values[] = {parcel->id, parcel->kind, parcel->address, parcel->recipient};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i] && strpbrk(values[i], "/+#\x7f\n\r\t"))
            return NULL;
    template_expand(&topic, mqtt->conf->topic, TEMPLATE_HEADER, lookup, (void *)(uintptr_t)parcel);
    if (topic.size > 0 && topic.size <= TOPIC_BYTES_MAX)
        return buf_detach(&topic);
    buf_release(&topic);
    return NULL;
}

static void mqtt_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct mqtt *mqtt = self;
    const char *refused = parcel_refused(parcel, mqtt->effects);
    char *topic = refused ? NULL : topic_of(mqtt, parcel);
    if (!refused && !topic)
        refused = tr("the recipient cannot be a level of a topic", "接收单位编号不能用作主题层级");
    if (refused) {
        channel_refuse(mqtt->loop, refused, done, arg);
        return;
    }
    struct pending *pending = xcalloc(1, sizeof *pending);
    *pending = (struct pending){.parcel = parcel,
                                .topic = topic,
                                .until = uv_now(mqtt->loop) + (uint64_t)mqtt->gateway->timeout,
                                .done = done,
                                .arg = arg};
    *mqtt->last = pending;
    mqtt->last = &pending->next;
    if (mqtt->connected)
        publish(mqtt, pending);
    watch(mqtt);
}

static void timer_closed(uv_handle_t *handle)
{
    ended(handle->data);
}

static void finish_close(struct mqtt *mqtt)
{
    if (mqtt->connected)
        mosquitto_disconnect(mqtt->client);
    drop(mqtt, "");
}

static void mqtt_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct mqtt *mqtt = self;
    if (!mqtt) {
        closed(arg);
        return;
    }
    mqtt->closing = true;
    mqtt->closed = closed;
    mqtt->closed_arg = arg;
    uv_timer_stop(&mqtt->timer);
    uv_close((uv_handle_t *)&mqtt->timer, timer_closed);
    if (!mqtt->working)
        finish_close(mqtt);
}

const struct channel channel_mqtt = {
    .kind = "mqtt",
    .address = ADDRESS_RECIPIENT,
    .read = mqtt_read,
    .render = channel_render_json,
    .open = mqtt_open,
    .send = mqtt_send,
    .close = mqtt_close,
};
