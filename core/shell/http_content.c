/* Templates filled with what a letter says. */
#include "shell/http_content.h"
#include "base/buf.h"
#include "base/str.h"
#include "model/sms.h"
#include "shell/channel.h"
#include "shell/http_gateway.h"
#include <stdint.h>
#include <string.h>

struct rendering {
    const struct http_gateway *gateway;
    const struct message *message;
    struct buf value;
};

/* 【机构】 stands before the text of a short message, unless the gateway writes it itself. */
static void put_text(struct buf *buf, const struct http_gateway *gateway, const char *text)
{
    if (gateway->signature && !gateway->signs_itself)
        buf_printf(buf, "【%s】", gateway->signature);
    buf_puts(buf, text);
}

static void put_instant(struct buf *buf, const struct message *message, instant_ms instant)
{
    if (instant != INSTANT_NONE)
        instant_print(buf, instant, message->zone);
}

static const char *plain_field(const struct message *message, const char *name)
{
    const struct {
        const char *name, *value;
    } values[] = {
        {"id", message->id},
        {"kind", message->kind},
        {"about", message->about},
        {"rule", message->rule},
        {"title", message->title},
        {"episode", message->episode},
        {"level", message->level},
        {"level_title", message->level_title},
        {"response", message->response},
        {"recipient", message->recipient},
        {"name", message->name},
        {"contact", message->contact},
        {"address", message->address},
        {"subject", message->subject},
        {"body", message->body},
        {"ack_url", message->ack_url},
        {"authority", message->authority},
        {"city", message->city},
    };
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (str_equal(values[i].name, name))
            return values[i].value ? values[i].value : "";
    return "";
}

/* Controls become blanks, so that nothing that is filled in can pass for a mark. */
static const char *lookup(void *arg, const char *name)
{
    struct rendering *rendering = arg;
    const struct message *message = rendering->message;
    struct buf *value = &rendering->value;
    buf_clear(value);
    if (str_equal(name, "text"))
        put_text(value, rendering->gateway, message->text);
    else if (str_equal(name, "signature"))
        buf_puts(value, rendering->gateway->signature ? rendering->gateway->signature : "");
    else if (str_equal(name, "at") || str_equal(name, "begin"))
        put_instant(value, message, *name == 'a' ? message->at : message->begin);
    else
        buf_puts(value, plain_field(message, name));
    for (size_t i = 0; i < value->size; i++) {
        unsigned char c = (unsigned char)value->data[i];
        if ((c < ' ' && c != '\n' && c != '\t') || c == 0x7f)
            value->data[i] = ' ';
    }
    return buf_str(value);
}

static const char *lookup_one(void *arg, const char *name)
{
    (void)name;
    return arg;
}

void http_content_put(struct buf *buf, const char *text, enum template_escape escape)
{
    template_expand(buf, "{value}", escape, lookup_one, (void *)(uintptr_t)text);
}

/* Percent-encodes all but the marks and what stands between them. */
static void put_encoded(struct buf *buf, char *text)
{
    while (*text) {
        char *mark = strchr(text, LATE_BEGIN), *end = mark ? strchr(mark, LATE_END) : NULL;
        char begin = LATE_BEGIN;
        if (end)
            *mark = 0;
        http_content_put(buf, text, TEMPLATE_URL);
        if (!end)
            return;
        buf_putc(buf, begin);
        buf_add(buf, mark + 1, (size_t)(end - mark));
        text = end + 1;
    }
}

static int render_form(struct rendering *rendering, struct buf *bytes)
{
    const struct http_gateway *gateway = rendering->gateway;
    for (int i = 0; i < gateway->form_count; i++) {
        struct buf value = {0}, name = {0};
        int err = template_expand(&value, gateway->form[i].text, TEMPLATE_PLAIN, lookup, rendering);
        buf_puts(&name, gateway->form[i].name);
        buf_puts(bytes, i > 0 ? "&" : "");
        put_encoded(bytes, name.data);
        buf_putc(bytes, '=');
        if (err == 0 && value.size > 0)
            put_encoded(bytes, value.data);
        buf_release(&name);
        buf_release(&value);
        if (err < 0)
            return err;
    }
    return 0;
}

int http_content_units(const void *conf, const struct message *message)
{
    const struct http_gateway *gateway = conf;
    struct buf text = {0};
    if (gateway->kind != HTTP_SMS)
        return 1;
    if (gateway->signature)
        buf_printf(&text, "【%s】", gateway->signature);
    buf_puts(&text, message->text);
    struct sms_size size = sms_size(buf_str(&text));
    buf_release(&text);
    return size.segments > 0 ? size.segments : 1;
}

int http_content_render(const void *conf, const struct message *message, struct buf *ret_bytes)
{
    const struct http_gateway *gateway = conf;
    struct rendering rendering = {.gateway = gateway, .message = message};
    int err = gateway->content == HTTP_BODY
                  ? template_expand(ret_bytes, gateway->body, gateway->escape, lookup, &rendering)
                  : render_form(&rendering, ret_bytes);
    if (gateway->kind == HTTP_SMS)
        buf_printf(ret_bytes, "%c" HTTP_UNITS "%d%c", LATE_BEGIN, http_content_units(conf, message),
                   LATE_END);
    buf_release(&rendering.value);
    return err;
}
