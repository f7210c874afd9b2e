/* What the configuration says of a gateway that publishes to an MQTT broker. */
#ifndef SHELL_MQTT_GATEWAY_H
#define SHELL_MQTT_GATEWAY_H

#include "base/when.h"
#include <stdbool.h>

struct arena;
struct findings;
struct yaml;

enum mqtt_protocol { MQTT_5, MQTT_311 };
struct mqtt_gateway {
    const char *broker, *host; /* as written; the name in it */
    int port;
    bool secure;
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
