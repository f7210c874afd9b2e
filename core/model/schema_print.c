/* Values back into words. */
#include "base/buf.h"
#include "base/decimal.h"
#include "base/when.h"
#include "model/schema.h"
#include <string.h>

static bool in_bounds(const struct field *field, int64_t value)
{
    return (field->low == 0 && field->high == 0) || (value >= field->low && value <= field->high);
}

static bool print_text(struct buf *buf, const void *at)
{
    const char *text;
    memcpy(&text, at, sizeof text);
    if (!text)
        return false;
    buf_puts(buf, text);
    return true;
}

static bool print_int(struct buf *buf, const struct field *field, const void *at)
{
    int value;
    memcpy(&value, at, sizeof value);
    if (!in_bounds(field, value))
        return false;
    buf_printf(buf, "%d", value);
    return true;
}

static bool print_word(struct buf *buf, const struct field *field, const void *at)
{
    int value;
    memcpy(&value, at, sizeof value);
    for (int i = 0; i <= value; i++)
        if (!field->words[i])
            return false;
    buf_puts(buf, value < 0 ? "" : field->words[value]);
    return value >= 0;
}

static bool print_wide(struct buf *buf, const struct field *field, const void *at)
{
    int64_t value;
    memcpy(&value, at, sizeof value);
    if (!in_bounds(field, value) || value == INT64_MIN)
        return false;
    if (field->type == FIELD_SPAN)
        span_print(buf, value);
    else
        micro_print(buf, value);
    return true;
}

static bool print_bool(struct buf *buf, const void *at)
{
    bool value;
    memcpy(&value, at, sizeof value);
    buf_puts(buf, value ? "true" : "false");
    return true;
}

bool schema_print(struct buf *buf, const struct field *field, const void *target)
{
    if (field->offset == FIELD_NOT_STORED || !target)
        return false;
    const void *at = (const char *)target + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
    case FIELD_FLAGS:
    case FIELD_ID:
    case FIELD_ONE_OF:
        return print_text(buf, at);
    case FIELD_WORD:
        return print_word(buf, field, at);
    case FIELD_INT:
        return print_int(buf, field, at);
    case FIELD_MICRO:
    case FIELD_SPAN:
        return print_wide(buf, field, at);
    case FIELD_BOOL:
        return print_bool(buf, at);
    case FIELD_DATE:
    case FIELD_TEXTS:
    case FIELD_LIST:
    case FIELD_MAP:
    case FIELD_NODE:
        return false;
    }
    return false;
}
