/* What the configuration says of a gateway that publishes to an MQTT broker. */
#ifndef SHELL_MQTT_GATEWAY_H
#define SHELL_MQTT_GATEWAY_H

#include "base/when.h"
#include <stdbool.h>

struct arena;
struct findings;
struct yaml;

/* What `broker` says, of a gateway or of the source. */
struct mqtt_broker {
    const char *host; /* in the arena */
    int port;
    bool secure;
};
/* tcp://host:port or ssl://host:port; the port may be left out.  ERR_INVALID with a finding. */
int mqtt_broker_read(struct mqtt_broker *ret_broker, struct arena *arena, const struct yaml *node,
                     struct findings *findings);

enum mqtt_protocol { MQTT_5, MQTT_311 };
struct mqtt_gateway {
    const char *broker; /* as written */
    struct mqtt_broker at;
    const char *client, *topic;
    const char *user, *password_file, *ca_file, *cert_file, *key_file; /* or NULL */
    span_ms keep_alive;
    int protocol; /* enum mqtt_protocol */
    bool retain;  /* the broker keeps the latest letter of the topic */
    bool heard;   /* a letter that nobody has subscribed to is tried again */
};
/* ERR_INVALID with findings. */
int mqtt_gateway_read(struct mqtt_gateway **ret_gateway, struct arena *arena,
                      const struct yaml *node, const char *conf_path, struct findings *findings);

#endif
