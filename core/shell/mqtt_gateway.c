/* Broker, topic, session. */
#include "shell/mqtt_gateway.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "model/template.h"
#include "shell/conf.h"
#include <stdlib.h>
#include <string.h>

static const char *const protocols[] = {"5", "3.1.1", NULL};
static const char *const topic_names[] = {"recipient", "kind", "id", "address"};

#define AT(member) offsetof(struct mqtt_gateway, member)
static const struct field fields[] = {
    FIELD("broker", FIELD_TEXT, AT(broker), .required = true),
    FIELD("client", FIELD_ID, AT(client)),
    FIELD("topic", FIELD_TEXT, AT(topic)),
    FIELD("user", FIELD_TEXT, AT(user)),
    FIELD("password_file", FIELD_TEXT, AT(password_file)),
    FIELD("ca_file", FIELD_TEXT, AT(ca_file)),
    FIELD("cert_file", FIELD_TEXT, AT(cert_file)),
    FIELD("key_file", FIELD_TEXT, AT(key_file)),
    FIELD("keep_alive", FIELD_SPAN, AT(keep_alive), .low = 5 * SECOND_MS, .high = HOUR_MS),
    FIELD("protocol", FIELD_WORD, AT(protocol), .words = protocols),
    FIELD("retain", FIELD_BOOL, AT(retain)),
    FIELD("heard", FIELD_BOOL, AT(heard)),
};
static const struct schema schema = {"an MQTT gateway", "MQTT 网关", fields,
                                     sizeof fields / sizeof *fields, true};

static bool parse_broker(struct mqtt_broker *broker, struct arena *arena, const char *text)
{
    broker->secure = str_starts(text, "ssl://");
    if (!broker->secure && !str_starts(text, "tcp://"))
        return false;
    char *host = arena_strdup(arena, text + 6), *end;
    bool literal = *host == '[';
    char *port = strchr(literal ? strchr(host, ']') ? strchr(host, ']') : host : host, ':');
    broker->port = broker->secure ? 8883 : 1883;
    if (port) {
        *port = 0;
        broker->port = (int)strtol(port + 1, &end, 10);
        if (*end || end == port + 1)
            return false;
    }
    if (literal) {
        host[strcspn(host, "]")] = 0;
        host++;
    }
    broker->host = host;
    return *host && !strpbrk(host, "/@ ") && broker->port > 0 && broker->port < 65536;
}

int mqtt_broker_read(struct mqtt_broker *ret_broker, struct arena *arena, const struct yaml *node,
                     struct findings *findings)
{
    if (parse_broker(ret_broker, arena, node->text))
        return 0;
    findings_add(
        findings, SEV_ERROR, "D052", yaml_place(node),
        tr("tcp://host:1883 or ssl://host:8883", "例如 tcp://host:1883 或 ssl://host:8883"),
        tr("this is no address of a broker", "不是 MQTT 服务器地址"));
    return ERR_INVALID;
}

int mqtt_gateway_read(struct mqtt_gateway **ret_gateway, struct arena *arena,
                      const struct yaml *node, const char *conf_path, struct findings *findings)
{
    struct mqtt_gateway *conf = arena_alloc(arena, sizeof *conf);
    size_t errors = findings->errors;
    *conf = (struct mqtt_gateway){.client = "yujing-out",
                                  .topic = "yujing/{recipient}",
                                  .keep_alive = 30 * SECOND_MS,
                                  .heard = true};
    *ret_gateway = conf;
    if (!schema_read(&schema, node, conf, findings))
        return ERR_INVALID;
    mqtt_broker_read(&conf->at, arena, yaml_get(node, "broker"), findings);
    template_check(conf->topic, topic_names, sizeof topic_names / sizeof *topic_names,
                   yaml_place(yaml_get(node, "topic") ? yaml_get(node, "topic") : node), findings);
    if (strpbrk(conf->topic, "+#") || conf->topic[0] == '$')
        findings_add(findings, SEV_ERROR, "D063", yaml_place(yaml_get(node, "topic")), NULL,
                     tr("nothing can be published to a topic with +, # or a $ at its beginning",
                        "发布主题不能含 + 或 #，也不能以 $ 开头"));
    const char **paths[] = {&conf->password_file, &conf->ca_file, &conf->cert_file,
                            &conf->key_file};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        *paths[i] = conf_beside(arena, conf_path, *paths[i]);
    return findings->errors > errors ? ERR_INVALID : 0;
}
