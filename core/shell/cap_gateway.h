/* What the configuration says of public warnings as CAP 1.2: who speaks, in whose words, where the
 * files go.
 *
 *     gateways:
 *       cap:
 *         kind: cap
 *         folder: var/cap
 *         sender: yujing.example.cn
 *         event: 重污染天气
 *         sender_code: "21010041600000"       # national fields: as the platform assigns them
 *         event_type: …
 *         identifier: "{sender_code}_{stamp}"
 *         file: "{sender_code}_{stamp}_{event_type}_{colour}_{type}.XML"
 *         parameters: {senderCode: "{sender_code}", secClassification: None, colour: "{colour}"} */
#ifndef SHELL_CAP_GATEWAY_H
#define SHELL_CAP_GATEWAY_H

#include "model/cap.h"

struct arena;
struct buf;
struct findings;
struct message;
struct yaml;

enum { CAP_VALUES_MAX = 32, CAP_LEVELS_MAX = 16, CAP_CORNERS_MAX = 500 };
enum cap_chain { CHAIN_ALL, CHAIN_FIRST };
struct cap_level {
    const char *name, *colour, *severity, *urgency, *certainty;
};
struct cap_gateway { /* all of it in the arena */
    const char *folder, *sender, *sender_code, *event, *event_type;
    const char *identifier, *file; /* templates */
    const char *language, *web, *contact, *instruction, *audience, *restriction;
    struct cap_words categories, responses, all_clear;
    struct cap_level levels[CAP_LEVELS_MAX];
    int level_count;
    struct cap_value parameters[CAP_VALUES_MAX], event_codes[CAP_VALUES_MAX],
        geocodes[CAP_VALUES_MAX]; /* values are templates */
    int parameter_count, event_code_count, geocode_count;
    const char *area;
    const struct cap_point *outline;
    size_t outline_count;
    span_ms valid; /* until a warning expires by itself; 0: not said */
    int chain;     /* enum cap_chain: which earlier messages are named */
    int drill;     /* of a drill: 0 Exercise, 1 Test */
    const char *feed_file, *feed_title,
        *link; /* link: what the files are published under, or NULL */
    int feed_entries;
};
/* ERR_INVALID with findings. */
int cap_gateway_read(struct cap_gateway **ret_gateway, struct arena *arena, const struct yaml *node,
                     const char *conf_path, struct findings *findings);

/* Adds the CAP document of a message, and behind it a comment with the name of its file.  Pure.
 * ERR_INVALID, nothing added, with findings. */
int cap_gateway_print(struct buf *buf, const struct cap_gateway *gateway,
                      const struct message *message, struct findings *findings);

#endif
