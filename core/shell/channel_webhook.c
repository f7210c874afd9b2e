/* Webhooks: a letter POSTed to the enterprise's own address, signed by Standard Webhooks.
 *
 * The body is the letter's JSON, with the address where it is answered (ack_url).  The id stays the
 * same over all attempts (webhook-id, Idempotency-Key) and so do the bytes; only the timestamp, and
 * with it the signature, is each attempt's.  2xx alone is success.  What an enterprise wrote as its
 * address is guarded: see transfer.h. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/url.h"
#include "base/webhook.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/channel.h"
#include "shell/conf.h"
#include "shell/secret_file.h"
#include "shell/status.h"
#include "shell/transfer.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { SECRETS_MAX = 4, RULES_MAX = 256 };

struct webhook_conf {
    const char *const *secret_files;
    int secret_count;
    struct address_rules allowed;
    const char *ca_file;
    int connections;
};
struct webhook {
    const struct gateway *gateway;
    const struct webhook_conf *conf;
    struct transfers *transfers;
    struct webhook_secret secrets[SECRETS_MAX];
    struct clock clock;
    enum effects effects;
    uv_loop_t *loop;
};
struct sending {
    struct buf signature, id, key, timestamp;
    channel_done *done;
    void *arg;
};

/* ---- configuration ----------------------------------------------------- */

struct read_conf {
    const struct yaml *secrets, *allow;
    const char *ca_file;
    int connections;
};
static const struct field own_fields[] = {
    FIELD("secret_files", FIELD_TEXTS, offsetof(struct read_conf, secrets), .required = true,
          .low = 1, .high = SECRETS_MAX),
    FIELD("allow", FIELD_TEXTS, offsetof(struct read_conf, allow), .low = 0, .high = RULES_MAX),
    FIELD("ca_file", FIELD_TEXT, offsetof(struct read_conf, ca_file)),
    FIELD("connections", FIELD_INT, offsetof(struct read_conf, connections), .low = 1,
          .high = 4096),
};
static const struct schema own_schema = {"a webhook gateway", "webhook 网关", own_fields,
                                         sizeof own_fields / sizeof *own_fields, true};

static void read_rules(struct address_rules *ret_rules, struct arena *arena,
                       const struct yaml *node, struct findings *findings)
{
    size_t count = node ? node->count : 0;
    struct address_rule *rules = arena_alloc(arena, (count + 1) * sizeof *rules);
    for (size_t i = 0; i < count; i++) {
        const char *problem = NULL;
        if (address_rule_parse(&rules[i], node->items[i]->text, &problem) < 0)
            findings_add(findings, SEV_ERROR, "D050", yaml_place(node->items[i]),
                         tr("10.20.0.0/16, 10.20.3.4:8443 or [fd00::/8]:443",
                            "例如 10.20.0.0/16、10.20.3.4:8443 或 [fd00::/8]:443"),
                         "%s", problem);
    }
    *ret_rules = (struct address_rules){rules, count};
}

static int webhook_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                        const char *conf_path, struct findings *findings)
{
    struct read_conf read = {.connections = 256};
    struct webhook_conf *conf = arena_alloc(arena, sizeof *conf);
    size_t errors = findings->errors;
    *ret_conf = conf;
    schema_read(&own_schema, node, &read, findings);
    const char *const *names;
    schema_texts(arena, read.secrets, &names, &conf->secret_count);
    const char **files = arena_alloc(arena, (size_t)(conf->secret_count + 1) * sizeof *files);
    for (int i = 0; i < conf->secret_count; i++)
        files[i] = conf_beside(arena, conf_path, names[i]);
    conf->secret_files = files;
    conf->ca_file = conf_beside(arena, conf_path, read.ca_file);
    conf->connections = read.connections;
    read_rules(&conf->allowed, arena, read.allow, findings);
    return findings->errors > errors ? ERR_INVALID : 0;
}

/* ---- opening ----------------------------------------------------------- */

static int read_secret(struct webhook_secret *ret_secret, const char *path,
                       struct findings *findings)
{
    char *text;
    int err = secret_file_read(&text, path, findings);
    if (err < 0)
        return err;
    text[strcspn(text, " \t")] = 0;
    err = webhook_secret_read(ret_secret, text);
    secret_file_free(text);
    if (err < 0)
        findings_add(
            findings, SEV_ERROR, "D051", (struct place){.file = path},
            tr("whsec_ and base64 of 24 to 64 bytes", "应为 whsec_ 加 24 至 64 字节的 base64"),
            tr("this is no webhook secret", "不是有效的 webhook 密钥"));
    return err;
}

static int webhook_open(void **ret_self, uv_loop_t *loop, const void *conf_,
                        const struct channel_options *options, struct findings *findings)
{
    const struct webhook_conf *conf = conf_;
    struct webhook *webhook = xcalloc(1, sizeof *webhook);
    *webhook = (struct webhook){.gateway = options->gateway,
                                .conf = conf,
                                .clock = options->clock,
                                .effects = options->effects,
                                .loop = loop};
    for (int i = 0; i < conf->secret_count; i++)
        if (read_secret(&webhook->secrets[i], conf->secret_files[i], findings) < 0) {
            OPENSSL_cleanse(webhook->secrets, sizeof webhook->secrets);
            free(webhook);
            return ERR_INVALID;
        }
    struct transfers_options transfers = {.host_connections = options->gateway->per_host,
                                          .connections = conf->connections,
                                          .allowed = conf->allowed,
                                          .ca_file = conf->ca_file};
    webhook->transfers = transfers_new(loop, &transfers);
    *ret_self = webhook;
    return 0;
}

/* ---- sending ----------------------------------------------------------- */

static void sending_free(struct sending *sending)
{
    buf_release(&sending->signature);
    buf_release(&sending->id);
    buf_release(&sending->key);
    buf_release(&sending->timestamp);
    free(sending);
}

static void answered(void *arg, const struct transfer_answer *answer)
{
    struct sending *sending = arg;
    struct buf trouble = {0};
    enum outcome outcome = status_outcome(answer, &trouble);
    sending->done(sending->arg, outcome, outcome == OUTCOME_DELIVERED ? NULL : buf_str(&trouble),
                  answer->retry_after_ms);
    buf_release(&trouble);
    sending_free(sending);
}

/* What may not even be tried is told from the loop as well, never within the call. */
static const char *refusal(const struct webhook *webhook, const struct parcel *parcel)
{
    struct url url;
    const char *problem = parcel_refused(parcel, webhook->effects);
    if (!problem && url_read(&url, parcel->address, &problem) == 0)
        url_check(&url, &webhook->conf->allowed, &problem);
    return problem;
}

static void sign(struct webhook *webhook, const struct parcel *parcel, struct sending *sending)
{
    int64_t seconds = clock_now(&webhook->clock) / 1000;
    buf_printf(&sending->id, "webhook-id: %s", parcel->id);
    buf_printf(&sending->key, "Idempotency-Key: %s", parcel->id);
    buf_printf(&sending->timestamp, "webhook-timestamp: %lld", (long long)seconds);
    buf_printf(&sending->signature, "webhook-signature: ");
    webhook_sign(&sending->signature, webhook->secrets, (size_t)webhook->conf->secret_count,
                 parcel->id, seconds, parcel->bytes, parcel->size);
}

static void webhook_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct webhook *webhook = self;
    const char *refused = refusal(webhook, parcel);
    if (refused) {
        channel_refuse(webhook->loop, refused, done, arg);
        return;
    }
    struct sending *sending = xcalloc(1, sizeof *sending);
    sending->done = done;
    sending->arg = arg;
    sign(webhook, parcel, sending);
    struct transfer transfer = {
        .url = parcel->address,
        .headers = {"Content-Type: application/json", buf_str(&sending->id), buf_str(&sending->key),
                    buf_str(&sending->timestamp), buf_str(&sending->signature)},
        .body = parcel->bytes,
        .size = parcel->size,
        .timeout_ms = webhook->gateway->timeout,
    };
    transfer_start(webhook->transfers, &transfer, answered, sending);
}

static void webhook_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct webhook *webhook = self;
    if (!webhook) {
        closed(arg);
        return;
    }
    transfers_close(webhook->transfers, closed, arg);
    OPENSSL_cleanse(webhook->secrets, sizeof webhook->secrets);
    free(webhook);
}

const struct channel channel_webhook = {
    .kind = "webhook",
    .address = ADDRESS_WEBHOOK,
    .read = webhook_read,
    .render = channel_render_json,
    .open = webhook_open,
    .send = webhook_send,
    .close = webhook_close,
};
