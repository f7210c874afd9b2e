/* Lines of `hj212 send` turned into the CP of an upload. */
#include "cli/hj212_send.h"
#include <stdlib.h>
#include <string.h>

static size_t stem(const char *key)
{
    const char *hyphen = strrchr(key, '-');
    return hyphen ? (size_t)(hyphen - key) : strlen(key);
}

static void put_value(struct buf *cp, const json_t *value)
{
    if (json_is_string(value)) {
        buf_puts(cp, json_string_value(value));
    } else if (json_is_number(value)) {
        char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        buf_puts(cp, text);
        free(text);
    }
}

void hj212_put_values(struct buf *cp, const json_t *values)
{
    const char *before = NULL;
    json_t *walk = (json_t *)(uintptr_t)values; /* jansson's iterators take no const */
    for (void *at = json_object_iter(walk); at; at = json_object_iter_next(walk, at)) {
        const char *key = json_object_iter_key(at);
        bool same = before && stem(before) == stem(key) && strncmp(before, key, stem(key)) == 0;
        if (cp->size > 0)
            buf_putc(cp, same ? ',' : ';');
        buf_printf(cp, "%s=", key);
        put_value(cp, json_object_iter_value(at));
        before = key;
    }
}

bool hj212_read_time(const json_t *line, instant_ms *ret_time)
{
    const char *text = json_string_value(json_object_get(line, "time"));
    *ret_time = INSTANT_NONE;
    return !text || instant_parse(text, 8 * HOUR_MS, ret_time) == 0;
}
