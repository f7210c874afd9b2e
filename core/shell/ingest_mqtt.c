/* The queue between the library's thread and the loop. */
#include "shell/ingest_mqtt.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/feed.h"
#include "model/policy.h"
#include "model/schema.h"
#include "shell/conf.h"
#include "shell/folder.h"
#include "shell/metrics.h"
#include "shell/mqtt_gateway.h"
#include "shell/mqtt_spool.h"
#include "shell/secret_file.h"
#include "shell/worker.h"
#include <MQTTClient.h>
#include <mosquitto.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum {
    PAUSE_FIRST_MS = 500, /* between tries to reach the broker, doubled up to the longest */
    PAUSE_LONGEST_MS = 30000,
    STOP_MS = 1000,
    HELD_MAX = 256, /* messages, and bytes of them, that wait for their commit at most … */
    HELD_BYTES_MAX = 8 << 20,
    TAKE_BYTES = 64 << 10, /* … and that are read before others of the loop get their turn */
};

/* Ours until its facts are committed. */
struct arrival {
    struct ingest_mqtt *mqtt;
    char *topic; /* ours, like the bytes */
    void *bytes;
    size_t size;
    int file; /* of the spool, that holds it */
    struct load *load;
    struct arrival *next;
};

struct ingest_mqtt {
    struct surroundings around;
    struct mqtt_conf conf;
    struct metrics *metrics;
    char *failed, *password;
    struct mqtt_spool *spool;
    MQTTClient client;
    uv_async_t wake;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t changed;
    /* Under the lock. */
    struct arrival *first, **last; /* that the loop has not seen yet */
    int held;                      /* these, and those that are being committed */
    size_t held_bytes;
    bool stopping, lost;
    int said; /* 1 connected, −1 lost: for the log, which is the loop's */
    /* The loop's. */
    int last_said;
    int64_t failed_count;
    bool started;
};

/* ---- configuration ----------------------------------------------------- */

struct read_conf {
    struct mqtt_conf conf;
    const struct yaml *topics;
};
#define AT(member) offsetof(struct read_conf, conf.member)
static const struct field fields[] = {
    FIELD("broker", FIELD_TEXT, AT(broker), .required = true),
    FIELD("client", FIELD_ID, AT(client)),
    FIELD("topics", FIELD_TEXTS, offsetof(struct read_conf, topics), .required = true, .low = 1,
          .high = MQTT_TOPICS_MAX),
    FIELD("user", FIELD_TEXT, AT(user)),
    FIELD("password_file", FIELD_TEXT, AT(password_file)),
    FIELD("ca_file", FIELD_TEXT, AT(ca_file)),
    FIELD("cert_file", FIELD_TEXT, AT(cert_file)),
    FIELD("key_file", FIELD_TEXT, AT(key_file)),
    FIELD("spool", FIELD_TEXT, AT(spool), .required = true),
    FIELD("keep_alive", FIELD_SPAN, AT(keep_alive), .low = 5 * SECOND_MS, .high = HOUR_MS),
};
static const struct schema schema = {"mqtt", "mqtt", fields, sizeof fields / sizeof *fields, false};

/* A broker refuses a wrong filter only when it is asked, and then nothing ever comes. */
static void check_topics(const struct yaml *list, struct findings *findings)
{
    for (size_t i = 0; i < list->count; i++)
        if (mosquitto_sub_topic_check(list->items[i]->text) != MOSQ_ERR_SUCCESS)
            findings_add(
                findings, SEV_ERROR, "D065", yaml_place(list->items[i]),
                tr("+ stands for one whole part, # for all that follow: city/+/air, city/#",
                   "+ 代表完整的一级，# 代表其后各级且须在末尾，例如 city/+/air、city/#"),
                tr("no broker takes “%s” as a topic to subscribe to", "“%s”不是可订阅的主题"),
                list->items[i]->text);
}

bool mqtt_conf_read(struct mqtt_conf *ret_conf, const struct conf *conf, struct findings *findings)
{
    const struct yaml *node = conf_part(conf, "mqtt");
    struct arena *arena = (struct arena *)(uintptr_t)&conf->arena;
    struct read_conf read = {.conf = {.client = "yujing", .keep_alive = 30 * SECOND_MS}};
    if (!node || !schema_read(&schema, node, &read, findings))
        return false;
    struct mqtt_broker broker;
    size_t errors = findings->errors;
    mqtt_broker_read(&broker, arena, yaml_get(node, "broker"), findings);
    check_topics(read.topics, findings);
    if (findings->errors > errors)
        return false;
    const char *const *topics;
    schema_texts(arena, read.topics, &topics, &read.conf.topic_count);
    memcpy(read.conf.topics, topics, (size_t)read.conf.topic_count * sizeof *topics);
    const char **paths[] = {&read.conf.password_file, &read.conf.ca_file, &read.conf.cert_file,
                            &read.conf.key_file, &read.conf.spool};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        *paths[i] = conf_beside(arena, conf->path, *paths[i]);
    *ret_conf = read.conf;
    return true;
}

/* ---- the library's threads --------------------------------------------- */

static bool has_room(const struct ingest_mqtt *mqtt)
{
    return mqtt->held < HELD_MAX && mqtt->held_bytes < HELD_BYTES_MAX;
}

/* Under the lock. */
static void put(struct ingest_mqtt *mqtt, const char *topic, const void *bytes, size_t size,
                int file)
{
    struct arrival *arrival = xcalloc(1, sizeof *arrival);
    *arrival = (struct arrival){.mqtt = mqtt,
                                .topic = xstrdup(topic),
                                .bytes = xmalloc(size + 1),
                                .size = size,
                                .file = file};
    memcpy(arrival->bytes, bytes, size);
    *mqtt->last = arrival;
    mqtt->last = &arrival->next;
    mqtt->held++;
    mqtt->held_bytes += size;
}

/* What was taken and not committed when we ended comes first. */
static void put_again(void *arg, const char *topic, const void *bytes, size_t size, int file)
{
    put(arg, topic, bytes, size, file);
}

/* Runs on the library's thread, and keeps it while too much waits: then the broker waits, too.  1:
 * we hold it, and the library need not; 0: it stays in the library's own spool and comes again. */
static int arrived(void *arg, char *topic, int topic_size, MQTTClient_message *message)
{
    struct ingest_mqtt *mqtt = arg;
    bool named = topic_size > 0; /* else a length only for names with zeroes in them */
    bool odd = named && memchr(topic, 0, (size_t)topic_size);
    size_t size = odd ? 0 : (size_t)message->payloadlen;
    uv_mutex_lock(&mqtt->lock);
    while (!mqtt->stopping && !has_room(mqtt))
        uv_cond_wait(&mqtt->changed, &mqtt->lock);
    int file =
        mqtt->stopping ? ERR_IO : mqtt_spool_hold(mqtt->spool, topic, message->payload, size);
    if (file >= 0) {
        put(mqtt, topic, message->payload, size, file);
        uv_async_send(&mqtt->wake);
    }
    uv_mutex_unlock(&mqtt->lock);
    if (file < 0)
        return 0;
    MQTTClient_freeMessage(&message);
    MQTTClient_free(topic);
    return 1;
}

static void lost(void *arg, char *cause)
{
    (void)cause;
    struct ingest_mqtt *mqtt = arg;
    uv_mutex_lock(&mqtt->lock);
    mqtt->lost = true;
    uv_cond_broadcast(&mqtt->changed);
    uv_mutex_unlock(&mqtt->lock);
}

static bool connect_once(struct ingest_mqtt *mqtt)
{
    MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;
    MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
    const struct mqtt_conf *conf = &mqtt->conf;
    tls.trustStore = conf->ca_file;
    tls.keyStore = conf->cert_file;
    tls.privateKey = conf->key_file;
    tls.verify = 1;
    options.keepAliveInterval = (int)(conf->keep_alive / SECOND_MS);
    options.cleansession = 0; /* the broker keeps what comes while we are away */
    options.connectTimeout = MQTT_CONNECT_SECONDS;
    options.username = conf->user;
    options.password = mqtt->password;
    if (strncmp(conf->broker, "ssl://", 6) == 0)
        options.ssl = &tls;
    if (MQTTClient_connect(mqtt->client, &options) != MQTTCLIENT_SUCCESS)
        return false;
    bool subscribed = true;
    for (int i = 0; i < conf->topic_count; i++) {
        int answer = MQTTClient_subscribe(mqtt->client, conf->topics[i], 1);
        subscribed &= answer == MQTTCLIENT_SUCCESS;
    }
    if (!subscribed)
        MQTTClient_disconnect(mqtt->client, 0);
    return subscribed;
}

static void say(struct ingest_mqtt *mqtt, int what)
{
    mqtt->said = what;
    if (!mqtt->stopping) /* then the handle is closed */
        uv_async_send(&mqtt->wake);
}

/* Keeps the connection: connects, waits until it is lost, and again. */
static void keep(void *arg)
{
    struct ingest_mqtt *mqtt = arg;
    int pause = PAUSE_FIRST_MS;
    uv_mutex_lock(&mqtt->lock);
    while (!mqtt->stopping) {
        mqtt->lost = false;
        uv_mutex_unlock(&mqtt->lock);
        bool connected = connect_once(mqtt);
        uv_mutex_lock(&mqtt->lock);
        if (connected)
            pause = PAUSE_FIRST_MS;
        say(mqtt, connected ? 1 : -1);
        while (connected && !mqtt->lost && !mqtt->stopping)
            uv_cond_wait(&mqtt->changed, &mqtt->lock);
        if (mqtt->stopping)
            break;
        say(mqtt, -1);
        uv_cond_timedwait(&mqtt->changed, &mqtt->lock, (uint64_t)pause * 1000000);
        pause = pause * 2 < PAUSE_LONGEST_MS ? pause * 2 : PAUSE_LONGEST_MS;
    }
    uv_mutex_unlock(&mqtt->lock);
}

/* ---- the loop ---------------------------------------------------------- */

/* Through with it, or it stays in the spool for the next start. */
static void arrival_free(struct arrival *arrival, bool done)
{
    struct ingest_mqtt *mqtt = arrival->mqtt;
    if (done)
        mqtt_spool_let_go(mqtt->spool, arrival->file);
    uv_mutex_lock(&mqtt->lock);
    mqtt->held--;
    mqtt->held_bytes -= arrival->size;
    uv_cond_broadcast(&mqtt->changed);
    uv_mutex_unlock(&mqtt->lock);
    free(arrival->topic);
    free(arrival->bytes);
    load_free(arrival->load);
    free(arrival);
}

static void answered(void *arg, const struct tally *tally)
{
    arrival_free(arg, tally != NULL);
}

static void tell_refused(struct ingest_mqtt *mqtt, const struct arrival *arrival,
                         const char *reason)
{
    log_event(mqtt->around.log, LOG_WARNING, "mqtt.refused", "%s: %s", arrival->topic, reason);
    metrics_add(mqtt->metrics, "yujing_ingest_refused_total", "source=\"mqtt\",reason=\"invalid\"",
                1);
}

/* What is no fact is kept with its reason.  False: it could not be. */
static bool put_aside(struct arrival *arrival, const struct findings *findings)
{
    struct ingest_mqtt *mqtt = arrival->mqtt;
    struct findings trouble = {0};
    const char *reason = findings->count > 0 ? findings->items[0].message : "?";
    char *name = xasprintf("%lld-%lld", (long long)clock_now(&mqtt->around.log->clock),
                           (long long)++mqtt->failed_count);
    char *reason_name = xasprintf("%s.reason", name);
    char *text = xasprintf("%s: %s\n", arrival->topic, reason);
    int err = folder_write(mqtt->failed, name, arrival->bytes, arrival->size, &trouble);
    if (err == 0)
        err = folder_write(mqtt->failed, reason_name, text, strlen(text), &trouble);
    if (err < 0)
        log_findings(mqtt->around.log, "mqtt.failed", &trouble);
    else
        tell_refused(mqtt, arrival, reason);
    findings_release(&trouble);
    free(name);
    free(reason_name);
    free(text);
    return err == 0;
}

static int read_message(struct arrival *arrival, struct findings *findings)
{
    const struct ingest_mqtt *mqtt = arrival->mqtt;
    const struct policy *policy = mqtt->around.policy;
    struct feed *feed;
    char *name = xasprintf("mqtt:%s", arrival->topic);
    int err = feed_new(&feed, policy->zone, policy);
    if (err == 0)
        err = feed_add_text(feed, name, arrival->bytes, arrival->size, 0, findings);
    feed_sort(feed, findings);
    err = err == 0 && findings->errors > 0 ? ERR_INVALID : err;
    if (err == 0)
        err = intake_allows_feed(feed, mqtt->around.acts, name, findings);
    for (size_t i = 0; err == 0 && i < feed_count(feed); i++)
        load_add(arrival->load, feed_fact(feed, i));
    if (err == 0)
        intake_review_feed(&mqtt->around, feed, 0);
    feed_free(feed);
    free(name);
    return err;
}

static void wait_again(struct arrival *arrival)
{
    struct ingest_mqtt *mqtt = arrival->mqtt;
    load_free(arrival->load);
    arrival->load = NULL;
    uv_mutex_lock(&mqtt->lock);
    arrival->next = mqtt->first;
    if (!mqtt->first)
        mqtt->last = &arrival->next;
    mqtt->first = arrival;
    uv_mutex_unlock(&mqtt->lock);
}

/* False: it stays the first, and those behind it wait. */
static bool take(struct arrival *arrival)
{
    struct ingest_mqtt *mqtt = arrival->mqtt;
    struct findings findings = {0};
    arrival->load = load_new();
    arrival->load->from = "mqtt";
    bool taken = true, facts = read_message(arrival, &findings) == 0;
    if (facts)
        load_offer(arrival->load, mqtt->around.inbox, answered, arrival);
    else
        taken = put_aside(arrival, &findings);
    findings_release(&findings);
    if (!facts && taken)
        arrival_free(arrival, true);
    else if (!facts)
        wait_again(arrival);
    return taken;
}

static void tell(struct ingest_mqtt *mqtt, int said)
{
    if (said == mqtt->last_said || said == 0)
        return;
    mqtt->last_said = said;
    metrics_set(mqtt->metrics, "yujing_ingest_connections", "source=\"mqtt\"", said > 0);
    if (said > 0)
        log_event(mqtt->around.log, LOG_INFO, "mqtt", tr("connected to %s", "已连接 %s"),
                  mqtt->conf.broker);
    else
        log_event(mqtt->around.log, LOG_WARNING, "mqtt.lost",
                  tr("no connection to %s; trying again", "与 %s 的连接中断，正在重试"),
                  mqtt->conf.broker);
}

/* The oldest that waits, when there is room for it; NULL: none. */
static struct arrival *next_arrival(struct ingest_mqtt *mqtt)
{
    if (!mqtt->started || !inbox_has_room(mqtt->around.inbox))
        return NULL;
    uv_mutex_lock(&mqtt->lock);
    struct arrival *arrival = mqtt->stopping ? NULL : mqtt->first;
    if (arrival) {
        mqtt->first = arrival->next;
        if (!mqtt->first)
            mqtt->last = &mqtt->first;
    }
    uv_mutex_unlock(&mqtt->lock);
    return arrival;
}

/* What is there goes into the inbox message by message, so it is committed together, in the
 * broker's order. */
static void on_wake(uv_async_t *wake)
{
    struct ingest_mqtt *mqtt = wake->data;
    struct arrival *arrival;
    size_t bytes = 0, size = 0;
    bool goes_on = true;
    uv_mutex_lock(&mqtt->lock);
    int said = mqtt->said;
    bool stopping = mqtt->stopping;
    uv_mutex_unlock(&mqtt->lock);
    tell(mqtt, said);
    while (goes_on && bytes < TAKE_BYTES && (arrival = next_arrival(mqtt))) {
        bytes += size = arrival->size;
        goes_on = take(arrival);
        if (goes_on)
            metrics_add(mqtt->metrics, "yujing_ingest_bytes_total", "source=\"mqtt\"",
                        (double)size);
    }
    if (goes_on && bytes >= TAKE_BYTES && !stopping)
        uv_async_send(&mqtt->wake);
}

void ingest_mqtt_resume(struct ingest_mqtt *mqtt)
{
    if (!mqtt->started) {
        mqtt->started = true;
        mqtt_spool_each(mqtt->spool, put_again, mqtt);
        worker_need(uv_thread_create(&mqtt->thread, keep, mqtt), "uv_thread_create");
    }
    on_wake(&mqtt->wake);
}

/* ---- putting it together ----------------------------------------------- */

static int open_client(struct ingest_mqtt *mqtt, struct findings *findings)
{
    const struct mqtt_conf *conf = &mqtt->conf;
    int err = folder_make(conf->spool, findings);
    if (err == 0)
        err = folder_make(mqtt->failed, findings);
    if (err == 0 && conf->password_file)
        err = secret_file_read(&mqtt->password, conf->password_file, findings);
    if (err == 0)
        err = mqtt_spool_open(&mqtt->spool, conf->spool, findings);
    if (err < 0)
        return err;
    int code = MQTTClient_create(&mqtt->client, conf->broker, conf->client,
                                 MQTTCLIENT_PERSISTENCE_DEFAULT, (void *)(uintptr_t)conf->spool);
    if (code == MQTTCLIENT_SUCCESS)
        code = MQTTClient_setCallbacks(mqtt->client, mqtt, lost, arrived, NULL);
    if (code == MQTTCLIENT_SUCCESS)
        return 0;
    findings_add(
        findings, SEV_ERROR, "D052", (struct place){.file = conf->broker},
        tr("tcp://host:1883 or ssl://host:8883", "例如 tcp://host:1883 或 ssl://host:8883"),
        tr("the MQTT client cannot be made: %s", "无法建立 MQTT 客户端：%s"),
        MQTTClient_strerror(code));
    return ERR_INVALID;
}

int ingest_mqtt_new(struct ingest_mqtt **ret_mqtt, const struct surroundings *around,
                    const struct mqtt_conf *conf, struct metrics *metrics,
                    struct findings *findings)
{
    struct ingest_mqtt *mqtt = xcalloc(1, sizeof *mqtt);
    mqtt->around = *around;
    mqtt->conf = *conf;
    mqtt->metrics = metrics;
    mqtt->failed = xasprintf("%s/failed", conf->spool);
    mqtt->last = &mqtt->first;
    int err = open_client(mqtt, findings);
    if (err < 0) {
        mqtt_spool_close(mqtt->spool);
        free(mqtt->failed);
        secret_file_free(mqtt->password);
        free(mqtt);
        return err;
    }
    uv_mutex_init(&mqtt->lock);
    uv_cond_init(&mqtt->changed);
    uv_async_init(around->loop, &mqtt->wake, on_wake);
    mqtt->wake.data = mqtt;
    *ret_mqtt = mqtt;
    return 0;
}

void ingest_mqtt_change(struct ingest_mqtt *mqtt, const struct policy *policy)
{
    mqtt->around.policy = policy;
}

void ingest_mqtt_stop(struct ingest_mqtt *mqtt)
{
    uv_mutex_lock(&mqtt->lock);
    bool first = !mqtt->stopping;
    mqtt->stopping = true;
    uv_cond_broadcast(&mqtt->changed);
    uv_mutex_unlock(&mqtt->lock);
    if (first)
        uv_close((uv_handle_t *)&mqtt->wake, NULL);
}

void ingest_mqtt_free(struct ingest_mqtt *mqtt)
{
    if (!mqtt)
        return;
    if (mqtt->started)
        uv_thread_join(&mqtt->thread);
    MQTTClient_disconnect(mqtt->client, STOP_MS);
    MQTTClient_destroy(&mqtt->client);
    while (mqtt->first) {
        struct arrival *message = mqtt->first;
        mqtt->first = message->next;
        arrival_free(message, false);
    }
    mqtt_spool_close(mqtt->spool);
    uv_mutex_destroy(&mqtt->lock);
    uv_cond_destroy(&mqtt->changed);
    free(mqtt->failed);
    secret_file_free(mqtt->password);
    free(mqtt);
}
