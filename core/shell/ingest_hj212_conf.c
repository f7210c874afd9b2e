/* `hj212:` of the configuration. */
#include "base/address.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/conf.h"
#include "shell/ingest_hj212_inner.h"

#define AT(member) offsetof(struct hj212_conf, member)
static const struct field fields[] = {
    FIELD("listen", FIELD_TEXT, AT(listen), .required = true),
    FIELD("monitors", FIELD_TEXT, AT(monitors)),
    FIELD("connections_max", FIELD_INT, AT(connections_max), .low = 1, .high = 100000),
    FIELD("per_address_max", FIELD_INT, AT(per_address_max), .low = 1, .high = 100000),
    FIELD("silent_at_most", FIELD_SPAN, AT(silent_at_most), .low = 0, .high = 7 * DAY_MS),
    FIELD("dead_after", FIELD_SPAN, AT(dead_after), .low = 3 * SECOND_MS, .high = HOUR_MS),
    FIELD("frame_within", FIELD_SPAN, AT(frame_within), .low = SECOND_MS, .high = HOUR_MS),
    FIELD("answer_within", FIELD_SPAN, AT(answer_within), .low = SECOND_MS, .high = HOUR_MS),
    FIELD("resends", FIELD_INT, AT(resends), .low = 0, .high = 10),
    FIELD("sets_clocks", FIELD_BOOL, AT(sets_clocks)),
};
static const struct schema schema = {"hj212", "hj212", fields, sizeof fields / sizeof *fields,
                                     false};

static void say_no_address(const char *text, struct place place, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "O008", place, "0.0.0.0:9212",
                 tr("%s is no address to listen on", "%s 不是可监听的地址"), text);
}

int hj212_listen_address(const char *text, struct sockaddr_storage *ret, struct findings *findings)
{
    struct address address;
    if (address_listen_parse(&address, text) < 0) {
        say_no_address(text, (struct place){.file = "hj212.listen"}, findings);
        return ERR_INVALID;
    }
    address_to(&address, ret);
    return 0;
}

/* Loggers are set to a port by hand: one that is another at each start is of no use to them. */
static bool check_listen(const char *text, const struct yaml *node, struct findings *findings)
{
    struct address address;
    bool good = address_listen_parse(&address, text) == 0 && address.port != 0;
    if (!good)
        say_no_address(text, yaml_place(node), findings);
    return good;
}

bool hj212_conf_read(struct hj212_conf *ret_conf, const struct conf *conf,
                     struct findings *findings)
{
    const struct yaml *node = conf_part(conf, "hj212");
    struct hj212_session_options defaults = hj212_session_defaults();
    struct hj212_conf read = {
        .connections_max = 20000,
        .per_address_max = 2000, /* many loggers come through one gateway */
        .silent_at_most = 2 * HOUR_MS,
        .dead_after = 90 * SECOND_MS,
        .frame_within = defaults.frame_within,
        .answer_within = defaults.answer_within,
        .resends = defaults.resends,
        .sets_clocks = defaults.sets_clocks,
    };
    if (!node || !schema_read(&schema, node, &read, findings) ||
        !check_listen(read.listen, yaml_get(node, "listen"), findings))
        return false;
    struct arena *arena = (struct arena *)(uintptr_t)&conf->arena;
    read.monitors = conf_beside(arena, conf->path, read.monitors);
    *ret_conf = read;
    return true;
}
