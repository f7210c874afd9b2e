/* Any text as a figure, a span, an instant, a season; what was printed must read back as the same.
 */
#include "base/buf.h"
#include "base/decimal.h"
#include "base/str.h"
#include "base/when.h"
#include "base/xalloc.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok)
{
    if (!ok)
        __builtin_trap();
}

static void figures(const char *text, struct buf *buf)
{
    micro value, back;
    if (micro_parse(text, &value) < 0)
        return;
    micro_print(buf, value);
    must(micro_parse(buf_str(buf), &back) == 0 && back == value);
    must(ratio_compare(ratio_of(value), value) == 0);
    buf_clear(buf);
}

static void spans(const char *text, struct buf *buf)
{
    span_ms span, back;
    if (span_parse(text, &span) < 0)
        return;
    span_print(buf, span);
    must(span >= 0 && span_parse(buf_str(buf), &back) == 0 && back == span);
    buf_clear(buf);
}

static void instants(const char *text, struct buf *buf)
{
    instant_ms instant, back;
    if (instant_parse(text, 8 * HOUR_MS, &instant) < 0 && instant_parse_rfc3339(text, &instant) < 0)
        return;
    instant_print(buf, instant, 0);
    struct civil civil = civil_of(instant, 0);
    bool has_four_digits = civil.year >= 0 && civil.year <= 9999;
    must(!has_four_digits || (instant_parse(buf_str(buf), 0, &back) == 0 && back == instant));
    buf_clear(buf);
}

static void words(const char *text, size_t size)
{
    static const char *const known[] = {"yellow", "orange", "red", "重污染天气"};
    struct season season;
    struct hours hours;
    span_ms zone;
    season_parse(text, &season);
    hours_parse(text, &hours);
    zone_parse(text, &zone);
    str_nearest(text, known, 4);
    must(str_columns(text) >= 0);
    must(str_utf8_bad(text, size) <= size);
    char *half = str_halfwidth(text);
    must(!str_has_fullwidth(half));
    free(half);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf buf = {0};
    char *text = xmalloc(size + 1); /* an exact copy, so that reading beyond it shows */
    if (size > 0)
        memcpy(text, data, size);
    text[size] = 0;
    figures(text, &buf);
    spans(text, &buf);
    instants(text, &buf);
    words(text, strlen(text));
    free(text);
    buf_release(&buf);
    return 0;
}
