/* Header keys as sent, groups of [key, value], everything as text: nothing is interpreted here, so
 * that what another program reads is what the logger said. */
#include "cli/hj212_filter.h"
#include "base/base64.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/filter.h"
#include "model/hj212_frame.h"
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

/* Text ----------------------------------------------------------------------------------------- */

/* GB18030 needs at most twice the bytes in UTF-8. */
static const char *from_gbk(struct arena *arena, struct hj212_text text)
{
    size_t room = (size_t)text.size * 2, left = room, in_left = text.size;
    char *utf8 = arena_alloc(arena, room + 1), *out = utf8;
    char *in = (char *)(uintptr_t)text.at; /* iconv does not write to its input */
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    bool good = converter != (iconv_t)-1 &&
                iconv(converter, &in, &in_left, &out, &left) != (size_t)-1 && in_left == 0;
    if (converter != (iconv_t)-1)
        iconv_close(converter);
    return good ? utf8 : NULL;
}

const char *hj212_utf8(struct hj212_filter *filter, struct hj212_text text)
{
    if (text.size > 0 && str_utf8_bad(text.at, text.size) < text.size) {
        const char *utf8 = from_gbk(&filter->arena, text);
        if (utf8)
            return utf8;
    }
    return text.size > 0 ? arena_strndup(&filter->arena, text.at, text.size) : "";
}

/* Answers -------------------------------------------------------------------------------------- */

static void print_header(struct json_writer *json, struct hj212_filter *filter,
                         const struct hj212_packet *packet)
{
    jw_begin(json, '{');
    for (uint32_t i = 0; i < packet->header_count; i++) {
        jw_key(json, hj212_utf8(filter, packet->header[i].key));
        jw_text(json, hj212_utf8(filter, packet->header[i].value));
    }
    jw_end(json, '}');
}

static void print_cp(struct json_writer *json, struct hj212_filter *filter,
                     const struct hj212_packet *packet)
{
    jw_begin(json, '[');
    for (uint32_t i = 0; i < packet->pair_count; i++) {
        const struct hj212_pair *pair = &packet->pairs[i];
        bool last = i + 1 == packet->pair_count || pair[1].group != pair->group;
        if (i == 0 || pair[-1].group != pair->group)
            jw_begin(json, '[');
        jw_begin(json, '[');
        jw_text(json, hj212_utf8(filter, pair->key));
        jw_text(json, hj212_utf8(filter, pair->value));
        jw_end(json, ']');
        if (last)
            jw_end(json, ']');
    }
    jw_end(json, ']');
}

static void print_forgiven(struct json_writer *json, unsigned forgiven)
{
    jw_key(json, "forgiven");
    jw_begin(json, '[');
    for (int bit = 0; bit < HJ212_FORGIVEN_COUNT; bit++)
        if (forgiven >> bit & 1)
            jw_text(json, hj212_forgiven_word(bit));
    jw_end(json, ']');
}

bool hj212_answer(struct hj212_filter *filter, const char *text, size_t size, struct buf *out)
{
    struct hj212_packet packet = {0};
    struct hj212_problem problem;
    struct json_writer json = {.buf = out};
    struct buf error = {0};
    bool sound = hj212_parse(&filter->arena, filter->mode, text, size, &packet, &problem) == 0;
    if (!sound)
        hj212_problem_print(&error, &problem);
    jw_begin(&json, '{');
    jw_key(&json, "ok");
    jw_bool(&json, sound);
    jw_key(&json, "header");
    if (sound)
        print_header(&json, filter, &packet);
    else
        jw_null(&json);
    jw_key(&json, "cp");
    if (sound)
        print_cp(&json, filter, &packet);
    else
        jw_null(&json);
    jw_key(&json, "error");
    jw_text(&json, sound ? NULL : buf_str(&error));
    if (filter->mode == HJ212_LENIENT)
        print_forgiven(&json, packet.forgiven);
    jw_end(&json, '}');
    buf_release(&error);
    return sound;
}

void hj212_answer_packet(void *arg, const char *text, size_t size, struct buf *out)
{
    struct hj212_filter *filter = arg;
    json_t *question = filter_object(text, size, out);
    const char *packet = question ? filter_text(question, "packet", out) : NULL;
    if (packet)
        hj212_answer(filter, packet, strlen(packet), out);
    json_decref(question);
    arena_reset(&filter->arena);
}

/* Streams -------------------------------------------------------------------------------------- */

static void print_frames(struct hj212_framer *framer, struct hj212_filter *filter,
                         struct json_writer *json)
{
    struct hj212_frame frame;
    struct hj212_packet packet;
    struct hj212_problem problem;
    struct arena arena = {0};
    while (hj212_framer_next(framer, &frame)) {
        if (hj212_parse(&arena, filter->mode, frame.text.at, frame.text.size, &packet, &problem) ==
            0)
            jw_text(json, hj212_utf8(filter, packet.text));
        arena_reset(&arena);
    }
    arena_release(&arena);
}

/* The chunks' bytes, one after the other in *ret, with their sizes; NULL, or what is wrong (the
 * caller frees). */
static char *read_chunks(const json_t *question, struct buf *ret_bytes, size_t *sizes)
{
    const json_t *chunks = json_object_get(question, "chunks_b64"), *chunk;
    size_t i;
    if (!json_is_array(chunks))
        return xstrdup(tr("`chunks_b64` must be a list of texts", "chunks_b64 应为文本列表"));
    json_array_foreach(chunks, i, chunk)
    {
        size_t before = ret_bytes->size;
        const char *text = json_string_value(chunk);
        if (!text || base64_read(ret_bytes, text, strlen(text)) < 0)
            return xasprintf(tr("chunks_b64[%zu] is not base64", "chunks_b64[%zu] 不是 base64"), i);
        sizes[i] = ret_bytes->size - before;
    }
    return NULL;
}

static void answer_stream(struct hj212_filter *filter, const struct buf *bytes, const size_t *sizes,
                          size_t count, struct buf *out)
{
    struct hj212_framer framer = {.by_line = filter->mode == HJ212_LENIENT};
    struct json_writer json = {.buf = out};
    size_t at = 0;
    jw_begin(&json, '{');
    jw_key(&json, "packets");
    jw_begin(&json, '[');
    for (size_t i = 0; i < count; at += sizes[i++]) {
        hj212_framer_feed(&framer, buf_str(bytes) + at, sizes[i]);
        print_frames(&framer, filter, &json);
    }
    hj212_framer_end(&framer);
    print_frames(&framer, filter, &json);
    jw_end(&json, ']');
    jw_end(&json, '}');
    hj212_framer_release(&framer);
}

void hj212_answer_frames(void *arg, const char *text, size_t size, struct buf *out)
{
    struct hj212_filter *filter = arg;
    struct buf bytes = {0};
    json_t *question = filter_object(text, size, out);
    if (!question)
        return;
    size_t count = json_array_size(json_object_get(question, "chunks_b64"));
    size_t *sizes = xcalloc(count + 1, sizeof *sizes);
    char *problem = read_chunks(question, &bytes, sizes);
    if (problem)
        filter_refuse(out, problem);
    else
        answer_stream(filter, &bytes, sizes, count, out);
    free(problem);
    free(sizes);
    buf_release(&bytes);
    json_decref(question);
    arena_reset(&filter->arena);
}
