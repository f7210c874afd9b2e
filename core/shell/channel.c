/* What all channels have in common: the parcel, the last look at it before it leaves, the list. */
#include "shell/channel.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/str.h"
#include "shell/drill_words.h"
#include <stdlib.h>
#include <string.h>

static const struct channel *const channels[] = {
    &channel_spool, &channel_webhook, &channel_smtp, &channel_sms,     &channel_voice,
    &channel_robot, &channel_http,    &channel_mqtt, &channel_command, &channel_cap,
};
enum { CHANNELS = sizeof channels / sizeof *channels };

const struct channel *channel_of(const char *kind)
{
    for (int i = 0; i < CHANNELS; i++)
        if (str_equal(channels[i]->kind, kind))
            return channels[i];
    return NULL;
}

const char *const *channel_kinds(void)
{
    static const char *kinds[CHANNELS + 1];
    for (int i = 0; i < CHANNELS; i++)
        kinds[i] = channels[i]->kind;
    return kinds;
}

int channel_render_json(const void *conf, const struct message *message, struct buf *ret_bytes)
{
    size_t size = message->body_size;
    (void)conf;
    if (!message->ack_url || size < 2 || memcmp(message->body + size - 2, "}\n", 2) != 0)
        return 0;
    buf_add(ret_bytes, message->body, size - 2);
    buf_puts(ret_bytes, ",\"ack_url\":");
    json_quote(ret_bytes, message->ack_url);
    buf_puts(ret_bytes, "}\n");
    return 0;
}

static const char banner[] = "【演练】";

void parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return;
    free(parcel->id);
    free(parcel->kind);
    free(parcel->recipient);
    free(parcel->gateway);
    free(parcel->address);
    free(parcel->host);
    free(parcel->bytes);
    free(parcel->trouble);
    free(parcel);
}

void parcels_free(struct parcel *parcels)
{
    while (parcels) {
        struct parcel *next = parcels->next;
        parcel_free(parcels);
        parcels = next;
    }
}

const char *parcel_refused(const struct parcel *parcel, enum effects effects)
{
    bool drill = memmem(parcel->bytes, parcel->size, banner, strlen(banner)) != NULL;
    if (effects == EFFECTS_PAPER && !drill)
        return tr("a drill sends nothing without 【演练】", "演练信息缺少【演练】标记，拒绝发送");
    if (effects == EFFECTS_PAPER && drill_denied(parcel->bytes, parcel->size))
        return tr("a drill's text denies that it is one", "演练信息自称不是演练，拒绝发送");
    if (effects == EFFECTS_LIVE && drill)
        return tr("the live side sends nothing that says 【演练】",
                  "实战信息带有【演练】标记，拒绝发送");
    if (effects == EFFECTS_NONE)
        return tr("nothing leaves in shadow", "影子运行不对外发送");
    return NULL;
}
