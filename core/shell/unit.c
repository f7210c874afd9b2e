/* Units of what loggers send, and how they turn into one another. */
#include "base/err.h"
#include "base/str.h"
#include "shell/monitors.h"

/* `size` in the smallest unit of its kind.  Spellings are those of HJ 212, of GB 3100 and of the
 * keyboards in between. */
static const struct unit {
    const char *name, *kind;
    int64_t size;
} units[] = {
    {"ng/m³", "density", 1},
    {"ng/m3", "density", 1},
    {"µg/m³", "density", 1000},
    {"ug/m3", "density", 1000},
    {"μg/m³", "density", 1000}, /* Greek mu */
    {"mg/m³", "density", 1000000},
    {"mg/m3", "density", 1000000},
    {"g/m³", "density", 1000000000},
    {"g/m3", "density", 1000000000},
    {"mg/L", "solution", 1000},
    {"µg/L", "solution", 1},
    {"ug/L", "solution", 1},
    {"W", "power", 1},
    {"kW", "power", 1000},
    {"MW", "power", 1000000},
    {"kWh", "energy", 1000},
    {"Wh", "energy", 1},
    {"L/h", "flow", 1},
    {"L/min", "flow", 60},
    {"L/s", "flow", 3600},
    {"m³/h", "flow", 1000},
    {"m3/h", "flow", 1000},
    {"m³/s", "flow", 3600000},
    {"m3/s", "flow", 3600000},
    {"Pa", "pressure", 1},
    {"hPa", "pressure", 100},
    {"kPa", "pressure", 1000},
};

static const struct unit *find(const char *name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (str_equal(units[i].name, name))
            return &units[i];
    return NULL;
}

static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int unit_convert(const char *from, const char *to, int64_t *ret_times, int64_t *ret_divide)
{
    const struct unit *a = find(from), *b = find(to);
    *ret_times = *ret_divide = 1;
    if (str_equal(from, to))
        return 0;
    if (!a || !b || !str_equal(a->kind, b->kind))
        return ERR_NOT_FOUND;
    int64_t common = common_divisor(a->size, b->size);
    *ret_times = a->size / common;
    *ret_divide = b->size / common;
    return 0;
}
