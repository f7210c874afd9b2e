/* One backup at a time: asked for, copied, proved, the old ones cleared away. */
#include "shell/backups.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/folder.h"
#include "shell/metrics.h"
#include "store/backup.h"
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

enum { AGAIN_MS = HOUR_MS }; /* after a failure */

struct backups {
    const struct upkeep_host *host;
    const struct backup_conf *conf;
    instant_ms due;
    bool under_way, stalled; /* stalled: nobody could be asked; it goes on at the next occasion */
    /* The one under way. */
    struct question question;
    struct store_backup *backup;
    uv_work_t proof;
    char *path;
    int err; /* of the last step: 1 there is more, 0 whole */
    struct findings findings;
    struct audit_report report;
};

/* ---- names ---------------------------------------------------------------- */

void backup_name(struct buf *ret_name, instant_ms at)
{
    struct civil civil = civil_of(at, 0);
    buf_printf(ret_name, "yujing-%04d%02d%02dT%02d%02d%02dZ.db", civil.year, civil.month, civil.day,
               civil.hour, civil.minute, civil.second);
}

int backup_time(const char *name, instant_ms *ret_at)
{
    struct civil civil = {0};
    struct buf again = {0};
    if (sscanf(name, "yujing-%4d%2d%2dT%2d%2d%2dZ.db", &civil.year, &civil.month, &civil.day,
               &civil.hour, &civil.minute, &civil.second) != 6)
        return ERR_SYNTAX;
    instant_ms at = instant_of(&civil, 0);
    backup_name(&again, at);
    bool same = str_equal(buf_str(&again), name);
    buf_release(&again);
    if (!same)
        return ERR_SYNTAX;
    *ret_at = at;
    return 0;
}

static int is_backup(const struct dirent *entry)
{
    instant_ms at;
    return backup_time(entry->d_name, &at) == 0;
}

/* Oldest first: the names sort as the instants do. */
static int list(const char *folder, struct dirent ***ret_entries)
{
    int count = scandir(folder, ret_entries, is_backup, alphasort);
    if (count >= 0)
        return count;
    *ret_entries = NULL;
    return 0;
}

static void list_free(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

static instant_ms newest(const char *folder)
{
    struct dirent **entries;
    instant_ms at = INSTANT_NONE;
    int count = list(folder, &entries);
    if (count > 0)
        backup_time(entries[count - 1]->d_name, &at);
    list_free(entries, count);
    return at;
}

static void clear_away(const char *folder, int keep)
{
    struct dirent **entries;
    int count = list(folder, &entries);
    for (int i = 0; i < count - keep; i++) {
        char *path = xasprintf("%s/%s", folder, entries[i]->d_name);
        unlink(path);
        free(path);
    }
    list_free(entries, count);
}

/* ---- the end of one -------------------------------------------------------- */

static void forget(struct backups *backups)
{
    free(backups->path);
    backups->path = NULL;
    findings_release(&backups->findings);
    backups->under_way = false;
}

static void failed(struct backups *backups)
{
    const struct upkeep_host *host = backups->host;
    char *text = xasprintf(tr("no backup could be made: %s", "备份未能完成：%s"),
                           backups->findings.count > 0 ? backups->findings.items[0].message
                                                       : err_str(ERR_IO));
    host->alarm(host->host, "backup.failed", text);
    free(text);
    metrics_set(host->metrics, "yujing_backup_success", NULL, 0);
    backups->due = clock_now(&host->clock) + AGAIN_MS;
    forget(backups);
}

static void succeeded(struct backups *backups)
{
    const struct upkeep_host *host = backups->host;
    instant_ms now = clock_now(&host->clock);
    log_event(host->log, LOG_INFO, "backup",
              tr("%s is made and proved: %lld facts, %lld links",
                 "备份 %s 已完成并核验：事实 %lld 条，链节 %lld 个"),
              backups->path, (long long)backups->report.last,
              (long long)(backups->report.facts + backups->report.rows));
    metrics_set(host->metrics, "yujing_backup_success", NULL, 1);
    metrics_set(host->metrics, "yujing_backup_time_seconds", NULL, (double)now / 1000);
    metrics_set(host->metrics, "yujing_audit_chain_ok", NULL, 1);
    backups->due = now + backups->conf->every;
    forget(backups);
}

static void prove(uv_work_t *work)
{
    struct backups *backups = work->data;
    backups->err = store_backup_finish(backups->backup, &backups->report, &backups->findings);
    backups->backup = NULL;
    if (backups->err == 0)
        clear_away(backups->conf->folder, backups->conf->keep);
    xtrim(); /* an audit of a city's store takes a hundred MiB, each time on another thread */
}

static void proved(uv_work_t *work, int status)
{
    struct backups *backups = work->data;
    if (status == 0 && backups->err == 0) {
        succeeded(backups);
        return;
    }
    if (backups->report.damages > 0)
        metrics_set(backups->host->metrics, "yujing_audit_chain_ok", NULL, 0);
    failed(backups);
}

/* ---- copying -------------------------------------------------------------- */

static int begin_copy(struct backups *backups, struct store *store)
{
    struct stat status;
    int64_t size = stat(store_path(store), &status) == 0 ? (int64_t)status.st_size : 0;
    if (folder_make(backups->conf->folder, &backups->findings) < 0)
        return ERR_IO;
    if (folder_free_bytes(backups->conf->folder) - size < backups->host->low_water_bytes) {
        findings_add(&backups->findings, SEV_ERROR, "D041", (struct place){backups->path, 0, 0},
                     NULL, "%s",
                     tr("there is no room for it above the low-water mark",
                        "剩余空间不足，备份将使可用空间低于警戒线"));
        return ERR_LIMIT;
    }
    return store_backup_begin(store, backups->path, &backups->backup, &backups->findings);
}

static void copy(void *arg, const struct view *view)
{
    struct backups *backups = arg;
    backups->err = backups->backup ? 0 : begin_copy(backups, view->store);
    if (backups->err == 0)
        backups->err = store_backup_step(backups->backup, BACKUP_STEP_PAGES);
    /* Given up here, where nobody else touches the store. */
    if (backups->err < 0 && backups->backup) {
        store_backup_finish(backups->backup, &backups->report, &backups->findings);
        backups->backup = NULL;
    }
}

static void copied(void *arg, bool asked)
{
    struct backups *backups = arg;
    const struct upkeep_host *host = backups->host;
    backups->stalled = !asked;
    if (!asked)
        return;
    if (backups->err == 1) {
        host->ask(host->host, &backups->question);
    } else if (backups->err < 0) {
        failed(backups);
    } else {
        backups->proof.data = backups;
        uv_queue_work(host->loop, &backups->proof, prove, proved);
    }
}

int backups_begin(struct backups *backups)
{
    if (!backups)
        return ERR_NOT_FOUND;
    if (backups->under_way)
        return ERR_CONFLICT;
    struct buf name = {0};
    backup_name(&name, clock_now(&backups->host->clock));
    backups->path = xasprintf("%s/%s", backups->conf->folder, buf_str(&name));
    buf_release(&name);
    backups->under_way = true;
    backups->report = (struct audit_report){0};
    backups->question = (struct question){.answer = copy, .answered = copied, .arg = backups};
    backups->host->ask(backups->host->host, &backups->question);
    return 0;
}

void backups_consider(struct backups *backups)
{
    if (backups && backups->under_way && backups->stalled)
        backups->host->ask(backups->host->host, &backups->question);
    else if (backups && !backups->under_way && clock_now(&backups->host->clock) >= backups->due)
        backups_begin(backups);
}

struct backups *backups_new(const struct upkeep_host *host)
{
    const struct backup_conf *conf = &host->conf->backup;
    if (!conf->folder)
        return NULL;
    struct backups *backups = xcalloc(1, sizeof *backups);
    *backups = (struct backups){.host = host, .conf = conf};
    instant_ms last = newest(conf->folder);
    backups->due = last == INSTANT_NONE ? 0 : last + conf->every;
    if (last != INSTANT_NONE) {
        metrics_set(host->metrics, "yujing_backup_time_seconds", NULL, (double)last / 1000);
        metrics_set(host->metrics, "yujing_backup_success", NULL, 1);
    }
    return backups;
}

void backups_free(struct backups *backups)
{
    if (!backups)
        return;
    if (backups->backup)
        store_backup_finish(backups->backup, &backups->report, &backups->findings);
    forget(backups);
    free(backups);
}
