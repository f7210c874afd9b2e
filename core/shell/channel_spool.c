/* The spool: each letter becomes one file, FOLDER/ID.json.
 *
 * The file appears whole or not at all, and is on the disk when the letter counts as delivered.
 * Sending a letter again writes the same bytes under the same name.  Writing waits for the disk, so
 * it is done on a thread of libuv's pool. */
#include "base/arena.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "model/schema.h"
#include "shell/channel.h"
#include "shell/conf.h"
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
    bool refused; /* trying again would not help */
};
struct spool_conf {
    const char *folder;
};

static const struct field spool_fields[] = {
    FIELD("folder", FIELD_TEXT, offsetof(struct spool_conf, folder), .required = true),
};
static const struct schema spool_schema = {"a spool", "spool", spool_fields, 1, true};

static int spool_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                      const char *conf_path, struct findings *findings)
{
    struct spool_conf *conf = arena_alloc(arena, sizeof *conf);
    if (!schema_read(&spool_schema, node, conf, findings))
        return ERR_INVALID;
    conf->folder = conf_beside(arena, conf_path, conf->folder);
    *ret_conf = conf;
    return 0;
}

static int spool_open(void **ret_self, uv_loop_t *loop, const void *conf,
                      const struct channel_options *options, struct findings *findings)
{
    const struct spool_conf *own = conf;
    int err = folder_make(own->folder, findings);
    if (err < 0)
        return err;
    struct spool *spool = xcalloc(1, sizeof *spool);
    *spool = (struct spool){loop, xstrdup(own->folder), options->effects};
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
        refused = tr("the letter's id is no file name", "信件编号不能用作文件名");
    if (refused) {
        writing->refused = true;
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
    const char *trouble = status < 0 ? uv_strerror(status) : writing->trouble;
    enum outcome outcome = !trouble           ? OUTCOME_DELIVERED
                           : writing->refused ? OUTCOME_REFUSED
                                              : OUTCOME_RETRY;
    writing->done(writing->arg, outcome, trouble, -1);
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

static void spool_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct spool *spool = self;
    if (spool)
        free(spool->folder);
    free(spool);
    closed(arg);
}

const struct channel channel_spool = {
    .kind = "spool",
    .address = ADDRESS_NONE,
    .read = spool_read,
    .open = spool_open,
    .send = spool_send,
    .close = spool_close,
};
