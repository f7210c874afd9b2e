/* Public warnings as files: one CAP 1.2 document for each letter, and an Atom feed of the newest.
 *
 * Each file appears whole or not at all, and is on the disk when the letter counts as delivered.  A
 * web server, or the collector of a platform, takes them from the folder.  Files are written one
 * after another, on a thread of the pool. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/cap_feed.h"
#include "shell/cap_gateway.h"
#include "shell/cap_letter.h"
#include "shell/channel.h"
#include "shell/folder.h"
#include "shell/status.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

enum { OLD_BYTES_MAX = 1 << 20 };

struct writing {
    struct cap *cap;
    const struct parcel *parcel;
    char *file, *trouble;
    channel_done *done;
    void *arg;
    struct writing *next;
};
struct cap {
    uv_loop_t *loop;
    const struct cap_gateway *gateway;
    enum effects effects;
    struct cap_feed *feed; /* the writing thread's, while one writes */
    uv_work_t work;
    struct writing *first, **last;
};

static int cap_read(void **ret_conf, struct arena *arena, const struct yaml *node,
                    const char *conf_path, struct findings *findings)
{
    struct cap_gateway *gateway;
    int err = cap_gateway_read(&gateway, arena, node, conf_path, findings);
    *ret_conf = gateway;
    return err;
}

static int cap_render(const void *conf, const struct message *message, struct buf *ret_bytes)
{
    struct findings findings = {0};
    int err = cap_gateway_print(ret_bytes, conf, message, &findings);
    findings_release(&findings);
    return err;
}

static int cap_open(void **ret_self, uv_loop_t *loop, const void *conf,
                    const struct channel_options *options, struct findings *findings)
{
    const struct cap_gateway *gateway = conf;
    int err = folder_make(gateway->folder, findings);
    if (err < 0)
        return err;
    struct cap *cap = xcalloc(1, sizeof *cap);
    *cap = (struct cap){.loop = loop,
                        .gateway = gateway,
                        .effects = options->effects,
                        .feed = cap_feed_new(gateway, options->effects == EFFECTS_LIVE)};
    cap->last = &cap->first;
    *ret_self = cap;
    return 0;
}

/* ---- writing ------------------------------------------------------------------ */

/* True when the name is taken by another message: two in one second, say. */
static bool is_taken(const struct writing *writing)
{
    struct findings findings = {0};
    char *path = xasprintf("%s/%s", writing->cap->gateway->folder, writing->file), *old;
    size_t size;
    bool taken = false;
    if (access(path, F_OK) == 0 && file_read(path, OLD_BYTES_MAX, &old, &size, &findings) == 0) {
        taken = size != writing->parcel->size || memcmp(old, writing->parcel->bytes, size) != 0;
        free(old);
    }
    findings_release(&findings);
    free(path);
    return taken;
}

/* NAME-ID.xml: also the next time, as it follows from the letter. */
static void take_other_name(struct writing *writing)
{
    char *dot = strrchr(writing->file, '.');
    int size = dot ? (int)(dot - writing->file) : (int)strlen(writing->file);
    char *other = xasprintf("%.*s-%s%s", size, writing->file, writing->parcel->id, dot ? dot : "");
    free(writing->file);
    writing->file = other;
}

static void write_files(uv_work_t *work)
{
    struct cap *cap = work->data;
    struct writing *writing = cap->first;
    const struct parcel *parcel = writing->parcel;
    const char *folder = cap->gateway->folder;
    struct findings findings = {0};
    struct buf feed = {0};
    if (is_taken(writing))
        take_other_name(writing);
    int err = folder_write(folder, writing->file, parcel->bytes, parcel->size, &findings);
    if (err == 0) {
        cap_feed_add(cap->feed, writing->file, parcel->bytes, parcel->size);
        cap_feed_print(cap->feed, &feed);
        err = folder_write(folder, cap->gateway->feed_file, feed.data, feed.size, &findings);
    }
    if (err < 0)
        writing->trouble = xstrdup(findings.count > 0 ? findings.items[0].message : "?");
    findings_release(&findings);
    buf_release(&feed);
}

static void written(uv_work_t *work, int status);

static void write_next(struct cap *cap)
{
    cap->work.data = cap;
    if (cap->first)
        uv_queue_work(cap->loop, &cap->work, write_files, written);
}

static void written(uv_work_t *work, int status)
{
    struct cap *cap = work->data;
    struct writing *writing = cap->first;
    const char *trouble = status < 0 ? uv_strerror(status) : writing->trouble;
    cap->first = writing->next;
    if (!cap->first)
        cap->last = &cap->first;
    write_next(cap);
    writing->done(writing->arg, trouble ? OUTCOME_RETRY : OUTCOME_DELIVERED, trouble, -1);
    free(writing->trouble);
    free(writing->file);
    free(writing);
}

/* ---- sending ---------------------------------------------------------------------- */

/* The name in the comment at the end; NULL when there is none that could be a file's. */
static char *file_of(const struct parcel *parcel)
{
    const char *bytes = parcel->bytes, *at = NULL, *next = bytes;
    const char *end = bytes + parcel->size;
    while ((next = memmem(next, (size_t)(end - next), CAP_FILE_BEGIN, strlen(CAP_FILE_BEGIN))))
        at = next += strlen(CAP_FILE_BEGIN);
    const char *stop =
        at ? memmem(at, (size_t)(end - at), CAP_FILE_END, strlen(CAP_FILE_END)) : NULL;
    if (!stop || stop == at || *at == '.' || stop - at > 200 ||
        memchr(at, '/', (size_t)(stop - at)))
        return NULL;
    return xasprintf("%.*s", (int)(stop - at), at);
}

/* What is meant for one enterprise is not for all to read. */
static const char *refusal(const struct cap *cap, const struct parcel *parcel)
{
    bool public = !parcel->recipient &&
                  (str_equal(parcel->kind, "public") || str_equal(parcel->kind, "correction") ||
                   str_equal(parcel->kind, "withdrawal") || str_equal(parcel->kind, "test"));
    if (!public)
        return tr("only letters to the public become CAP", "CAP 只用于面向公众的信息");
    if (cap->effects != EFFECTS_LIVE &&
        memmem(parcel->bytes, parcel->size, "<status>Actual<", strlen("<status>Actual<")))
        return tr("a drill is never Actual", "演练信息的状态不得为 Actual");
    return parcel_refused(parcel, cap->effects);
}

static void cap_send(void *self, const struct parcel *parcel, channel_done *done, void *arg)
{
    struct cap *cap = self;
    const char *refused = refusal(cap, parcel);
    char *file = refused ? NULL : file_of(parcel);
    if (!refused && !file)
        refused = tr("the message does not name its file", "消息未写明文件名");
    if (refused) {
        channel_refuse(cap->loop, refused, done, arg);
        return;
    }
    struct writing *writing = xcalloc(1, sizeof *writing);
    bool idle = !cap->first;
    *writing =
        (struct writing){.cap = cap, .parcel = parcel, .file = file, .done = done, .arg = arg};
    *cap->last = writing;
    cap->last = &writing->next;
    if (idle)
        write_next(cap);
}

static void cap_close(void *self, void (*closed)(void *arg), void *arg)
{
    struct cap *cap = self;
    if (cap)
        cap_feed_free(cap->feed);
    free(cap);
    closed(arg);
}

const struct channel channel_cap = {
    .kind = "cap",
    .address = ADDRESS_NONE,
    .read = cap_read,
    .render = cap_render,
    .open = cap_open,
    .send = cap_send,
    .close = cap_close,
};
