/* What all channels have in common: the parcel, and the last look at it before it leaves. */
#include "shell/channel.h"
#include "base/lang.h"
#include <stdlib.h>
#include <string.h>

static const char banner[] = "【演练】";

void parcel_free(struct parcel *parcel)
{
    if (!parcel)
        return;
    free(parcel->id);
    free(parcel->recipient);
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
    if (effects == EFFECTS_LIVE && drill)
        return tr("the live side sends nothing that says 【演练】",
                  "实战信息带有【演练】标记，拒绝发送");
    if (effects == EFFECTS_NONE)
        return tr("nothing leaves in shadow", "影子运行不对外发送");
    return NULL;
}
