/* Readiness as a value and as JSON. */
#include "shell/health.h"
#include "base/buf.h"
#include "base/json.h"

bool health_ready(const struct health *health)
{
    return health->alive && health->store_writable && health->room && health->policy &&
           health->clock;
}

static void put(struct json_writer *writer, const char *key, bool value)
{
    jw_key(writer, key);
    jw_bool(writer, value);
}

void health_print(struct buf *ret_json, const struct health *health)
{
    struct json_writer writer = {.buf = ret_json};
    jw_begin(&writer, '{');
    put(&writer, "ready", health_ready(health));
    put(&writer, "alive", health->alive);
    put(&writer, "store_writable", health->store_writable);
    put(&writer, "room", health->room);
    put(&writer, "policy", health->policy);
    put(&writer, "policy_fallback", health->fallback);
    put(&writer, "clock", health->clock);
    jw_key(&writer, "turn_age_ms");
    jw_int(&writer, health->turn_age);
    jw_end(&writer, '}');
}
