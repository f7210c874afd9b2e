/* The spool: each order becomes one file, FOLDER/ID.json.
 *
 * The file appears whole or not at all, and is on the disk when the order counts as delivered.
 * Sending an order again writes the same bytes under the same name.  Writing waits for the disk, so
 * it is done on a thread of libuv's pool. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/channel.h"
#include "shell/folder.h"
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct spool {
    uv_loop_t *loop;
    char *folder;
    enum effects effects;
};
struct writing {
    uv_work_t work;
    const struct spool *spool;
    const struct parcel *parcel;
    channel_done *done;
    void *arg;
    char *trouble;
};

static int spool_open(void **ret_self, uv_loop_t *loop, const struct channel_options *options,
                      struct findings *findings)
{
    int err = folder_make(options->folder, findings);
    if (err < 0)
        return err;
    struct spool *spool = xcalloc(1, sizeof *spool);
    *spool = (struct spool){loop, xstrdup(options->folder), options->effects};
    *ret_self = spool;
    return 0;
}

/* Ids are ours, but they came back from a disk: nothing but letters, digits and dashes becomes a
 * file name. */
static bool is_name(const char *id)
{
    static const char allowed[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    size_t size = strlen(id);
    return size > 0 && size <= 128 && strspn(id, allowed) == size;
}

static void write_file(uv_work_t *work)
{
    struct writing *writing = work->data;
    const struct parcel *parcel = writing->parcel;
    const char *refused = parcel_refused(parcel, writing->spool->effects);
    if (!refused && !is_name(parcel->id))
        refused = tr("the order's id is no file name", "指令编号不能用作文件名");
    if (refused) {
        writing->trouble = xstrdup(refused);
        return;
    }
    char *name = xasprintf("%s.json", parcel->id);
    struct findings findings = {0};
    if (folder_write(writing->spool->folder, name, parcel->bytes, parcel->size, &findings) < 0)
        writing->trouble = xstrdup(findings.count > 0 ? findings.items[0].message : "?");
    findings_release(&findings);
    free(name);
}

static void written(uv_work_t *work, int status)
{
    struct writing *writing = work->data;
    writing->done(writing->arg, status < 0 ? uv_strerror(status) : writing->trouble);
    free(writing->trouble);
    free(writing);
}

static void spool_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct spool *spool = self;
    struct writing *writing = xcalloc(1, sizeof *writing);
    *writing = (struct writing){.spool = spool, .parcel = parcel, .done = done, .arg = arg};
    writing->work.data = writing;
    uv_queue_work(spool->loop, &writing->work, write_file, written);
}

static void spool_close(void *self)
{
    struct spool *spool = self;
    if (!spool)
        return;
    free(spool->folder);
    free(spool);
}

const struct channel channel_spool = {"spool", spool_open, spool_send, spool_close};
