/* One file at a time: read on libuv's pool, offered in loads, moved when the last load is answered.
 *
 * A crash in between leaves the file where it was; it is read again at the next start, and the
 * facts that were taken already are repeats.  So a file is never lost and never counts twice. */
#include "shell/ingest_dir.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/feed.h"
#include "model/policy.h"
#include "shell/folder.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct names { /* sorted, without repeats */
    char **items;
    size_t count, capacity;
};
struct current { /* the file under way */
    char *path;
    struct feed *feed;
    struct findings findings;
    size_t offered; /* facts put into the inbox */
    size_t loads;   /* not answered yet */
    struct tally tally;
};
struct ingest_dir {
    struct surroundings around;
    char *folder, *done, *failed;
    size_t file_bytes_max;
    int notify_fd;
    uv_poll_t poll;
    uv_work_t work;
    struct names waiting;
    struct current *current;
    bool reading; /* on the pool */
    bool stopped;
};
struct portion { /* one load of the current file */
    struct ingest_dir *dir;
    struct load *load;
};

/* ---- names ------------------------------------------------------------- */

static bool is_ours(const char *name)
{
    bool folder = str_equal(name, "done") || str_equal(name, "failed");
    return !folder && name[0] != '.' && !str_ends(name, ".tmp") && !str_ends(name, ".part");
}

static void names_add(struct names *names, const char *name)
{
    size_t at = names->count;
    while (at > 0 && strcmp(names->items[at - 1], name) > 0)
        at--;
    if (at > 0 && strcmp(names->items[at - 1], name) == 0)
        return;
    void *items = names->items;
    xgrow(&items, names->count, &names->capacity, sizeof *names->items);
    names->items = items;
    memmove(&names->items[at + 1], &names->items[at], (names->count - at) * sizeof *names->items);
    names->items[at] = xstrdup(name);
    names->count++;
}

static char *names_take(struct names *names)
{
    char *first = names->items[0];
    names->count--;
    memmove(names->items, names->items + 1, names->count * sizeof *names->items);
    return first;
}

static void scan(struct ingest_dir *dir)
{
    DIR *stream = opendir(dir->folder);
    if (!stream) {
        log_event(dir->around.log, LOG_ERROR, "watch", "%s: %s", dir->folder, file_trouble(errno));
        return;
    }
    struct dirent *entry;
    while ((entry = readdir(stream)))
        if (is_ours(entry->d_name))
            names_add(&dir->waiting, entry->d_name);
    closedir(stream);
}

/* ---- one file ---------------------------------------------------------- */

static void current_free(struct current *current)
{
    if (!current)
        return;
    feed_free(current->feed);
    findings_release(&current->findings);
    free(current->path);
    free(current);
}

/* Beside the failed file, so that whoever looks for it finds the reason first. */
static void write_reason(struct ingest_dir *dir, const struct current *current)
{
    struct buf text = {0};
    for (size_t i = 0; i < current->findings.count; i++) {
        const struct finding *finding = &current->findings.items[i];
        log_place(&text, finding);
        buf_printf(&text, "[%s] %s\n", finding->code, finding->message);
        if (finding->hint)
            buf_printf(&text, "    %s\n", finding->hint);
    }
    char *path = xasprintf("%s/%s.reason", dir->failed, strrchr(current->path, '/') + 1);
    struct findings findings = {0};
    file_write_atomic(path, buf_str(&text), text.size, &findings);
    log_findings(dir->around.log, "watch", &findings);
    findings_release(&findings);
    free(path);
    buf_release(&text);
}

static void fail_file(struct ingest_dir *dir, struct current *current)
{
    struct findings findings = {0};
    log_findings(dir->around.log, "watch.refused", &current->findings);
    write_reason(dir, current);
    if (folder_move(current->path, dir->failed, &findings) == 0)
        log_event(dir->around.log, LOG_ERROR, "watch.failed",
                  tr("%s was not taken; it is in failed/ with its reason",
                     "%s 未采用，已移至 failed/ 并附原因"),
                  current->path);
    log_findings(dir->around.log, "watch", &findings);
    findings_release(&findings);
}

static void finish_file(struct ingest_dir *dir, struct current *current)
{
    struct findings findings = {0};
    log_event(dir->around.log, LOG_INFO, "watch.done",
              tr("%s: %zu facts taken, %zu known already, %zu in conflict",
                 "%s：采用 %zu 条，重复 %zu 条，冲突 %zu 条"),
              current->path, current->tally.taken, current->tally.repeats,
              current->tally.conflicts);
    folder_move(current->path, dir->done, &findings);
    log_findings(dir->around.log, "watch", &findings);
    findings_release(&findings);
}

static void portion_answered(void *arg, const struct tally *tally)
{
    struct portion *portion = arg;
    struct ingest_dir *dir = portion->dir;
    struct current *current = dir->current;
    current->loads--;
    if (tally) {
        current->tally.taken += tally->taken;
        current->tally.repeats += tally->repeats;
        current->tally.conflicts += tally->conflicts;
    } else {
        dir->stopped = true;
    }
    load_free(portion->load);
    free(portion);
    ingest_dir_resume(dir);
}

/* Puts the next facts into the inbox; false when it is full. */
static bool offer_portion(struct ingest_dir *dir)
{
    struct current *current = dir->current;
    if (!inbox_has_room(dir->around.inbox))
        return false;
    struct portion *portion = xcalloc(1, sizeof *portion);
    *portion = (struct portion){dir, load_new()};
    size_t count = feed_count(current->feed);
    for (size_t i = 0; i < dir->around.delivery_facts_max && current->offered < count; i++)
        load_add(portion->load, feed_fact(current->feed, current->offered++));
    current->loads++;
    portion->load->from = "watch";
    load_offer(portion->load, dir->around.inbox, portion_answered, portion);
    return true;
}

/* On the pool: nothing here is shared but the current file. */
static void read_file(uv_work_t *work)
{
    struct ingest_dir *dir = work->data;
    struct current *current = dir->current;
    const struct policy *policy = dir->around.policy;
    struct stat info;
    feed_new(&current->feed, policy->zone, policy);
    if (stat(current->path, &info) == 0 && (uint64_t)info.st_size > dir->file_bytes_max) {
        findings_add(
            &current->findings, SEV_ERROR, "F003", (struct place){.file = current->path},
            tr("split it, or raise limits.file_mib_max", "请拆分文件，或调高 limits.file_mib_max"),
            tr("the file is larger than %zu bytes", "文件超过 %zu 字节"), dir->file_bytes_max);
        return;
    }
    feed_add_file(current->feed, current->path, 0, &current->findings);
    feed_sort(current->feed, &current->findings);
    intake_allows_feed(current->feed, dir->around.acts, current->path, &current->findings);
}

static void file_read_done(uv_work_t *work, int status)
{
    struct ingest_dir *dir = work->data;
    (void)status;
    dir->reading = false;
    if (dir->current->findings.errors == 0)
        intake_review_feed(&dir->around, dir->current->feed, 0);
    ingest_dir_resume(dir);
}

/* What is no file stays for ever, so its owner is told why.  False too for a name whose file is
 * gone, moved by us or by others; that is no event. */
static bool is_file(const struct ingest_dir *dir, const char *path)
{
    struct stat info;
    if (lstat(path, &info) < 0)
        return false;
    if (S_ISREG(info.st_mode))
        return true;
    log_event(dir->around.log, LOG_WARNING, "watch.ignored",
              S_ISDIR(info.st_mode)
                  ? tr("%s is not taken: it is a folder; files belong into the watched folder "
                       "itself",
                       "%s 不予采用：这是文件夹；文件应直接放入受监视的文件夹")
              : S_ISLNK(info.st_mode)
                  ? tr("%s is not taken: it is a symbolic link, and when the file behind it is "
                       "complete cannot be seen; put the file itself here",
                       "%s 不予采用：这是符号链接，无法得知所指文件是否写完；请放入文件本身")
                  : tr("%s is not taken: it is no regular file", "%s 不予采用：不是普通文件"),
              path);
    return false;
}

static void begin_file(struct ingest_dir *dir)
{
    char *name = names_take(&dir->waiting);
    char *path = xasprintf("%s/%s", dir->folder, name);
    free(name);
    if (!is_file(dir, path)) {
        free(path);
        return;
    }
    dir->current = xcalloc(1, sizeof *dir->current);
    dir->current->path = path;
    dir->reading = true;
    dir->work.data = dir;
    uv_queue_work(dir->around.loop, &dir->work, read_file, file_read_done);
}

/* True when the current file is through. */
static bool go_on(struct ingest_dir *dir)
{
    struct current *current = dir->current;
    if (current->findings.errors > 0) {
        fail_file(dir, current);
        return true;
    }
    while (current->offered < feed_count(current->feed))
        if (!offer_portion(dir))
            return false;
    if (current->loads > 0)
        return false;
    finish_file(dir, current);
    return true;
}

void ingest_dir_change(struct ingest_dir *dir, const struct policy *policy)
{
    dir->around.policy = policy;
}

void ingest_dir_resume(struct ingest_dir *dir)
{
    while (!dir->stopped && !dir->reading) {
        if (dir->current) {
            if (!go_on(dir))
                return;
            current_free(dir->current);
            dir->current = NULL;
        } else if (dir->waiting.count == 0) {
            return;
        } else {
            begin_file(dir);
        }
    }
}

bool ingest_dir_idle(const struct ingest_dir *dir)
{
    return !dir->current && dir->waiting.count == 0;
}

/* ---- watching ---------------------------------------------------------- */

/* What was only made is not complete; a folder or a link never is, and no other event comes of it.
 */
static void look_at_new(const struct ingest_dir *dir, const char *name)
{
    char *path = xasprintf("%s/%s", dir->folder, name);
    is_file(dir, path);
    free(path);
}

static void take_events(struct ingest_dir *dir, const char *bytes, ssize_t size)
{
    while (size > 0) {
        const struct inotify_event *event = (const void *)bytes;
        if (event->mask & IN_Q_OVERFLOW)
            scan(dir);
        else if (event->len == 0 || !is_ours(event->name))
            ; /* somebody's work in progress */
        else if (event->mask & IN_CREATE)
            look_at_new(dir, event->name);
        else
            names_add(&dir->waiting, event->name);
        bytes += sizeof *event + event->len;
        size -= (ssize_t)(sizeof *event + event->len);
    }
}

static void notified(uv_poll_t *poll, int status, int events)
{
    struct ingest_dir *dir = poll->data;
    _Alignas(struct inotify_event) char bytes[16384];
    (void)events;
    if (status < 0)
        log_event(dir->around.log, LOG_ERROR, "watch", "%s", file_trouble(-status));
    ssize_t size;
    while ((size = read(dir->notify_fd, bytes, sizeof bytes)) > 0)
        take_events(dir, bytes, size);
    ingest_dir_resume(dir);
}

static int watch(struct ingest_dir *dir, struct findings *findings)
{
    dir->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (dir->notify_fd >= 0 &&
        inotify_add_watch(dir->notify_fd, dir->folder, IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO) >=
            0 &&
        uv_poll_init(dir->around.loop, &dir->poll, dir->notify_fd) == 0) {
        dir->poll.data = dir;
        uv_poll_start(&dir->poll, UV_READABLE, notified);
        return 0;
    }
    findings_add(findings, SEV_ERROR, "D024", (struct place){.file = dir->folder}, NULL,
                 tr("the folder cannot be watched: %s", "无法监视该文件夹：%s"),
                 file_trouble(errno));
    return ERR_IO;
}

/* Watched first and scanned afterwards, so that no file falls between the two. */
int ingest_dir_new(struct ingest_dir **ret_dir, const struct surroundings *around,
                   const char *folder, size_t file_bytes_max, struct findings *findings)
{
    struct ingest_dir *dir = xcalloc(1, sizeof *dir);
    dir->around = *around;
    dir->folder = xstrdup(folder);
    dir->done = xasprintf("%s/done", folder);
    dir->failed = xasprintf("%s/failed", folder);
    dir->file_bytes_max = file_bytes_max;
    dir->notify_fd = -1;
    int err = folder_make(folder, findings);
    if (err == 0)
        err = folder_make(dir->done, findings);
    if (err == 0)
        err = folder_make(dir->failed, findings);
    if (err == 0)
        err = watch(dir, findings);
    if (err < 0) {
        ingest_dir_free(dir);
        return err;
    }
    scan(dir);
    *ret_dir = dir;
    return 0;
}

void ingest_dir_stop(struct ingest_dir *dir)
{
    dir->stopped = true;
    if (!uv_is_closing((uv_handle_t *)&dir->poll))
        uv_close((uv_handle_t *)&dir->poll, NULL);
}

void ingest_dir_free(struct ingest_dir *dir)
{
    if (!dir)
        return;
    if (dir->notify_fd >= 0)
        close(dir->notify_fd);
    while (dir->waiting.count > 0)
        free(names_take(&dir->waiting));
    free(dir->waiting.items);
    current_free(dir->current);
    free(dir->folder);
    free(dir->done);
    free(dir->failed);
    free(dir);
}
