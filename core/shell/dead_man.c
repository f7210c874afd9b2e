/* One POST at a time. */
#include "shell/dead_man.h"
#include "base/err.h"
#include "base/file.h"
#include "base/lang.h"
#include "base/url.h"
#include "base/xalloc.h"
#include "shell/metrics.h"
#include "shell/transfer.h"
#include <stdlib.h>
#include <string.h>

struct dead_man {
    const struct upkeep_host *host;
    const struct dead_man_conf *conf;
    struct transfers *transfers;
    char *url;
    instant_ms due; /* steady */
    bool failed;    /* the last call, and the log was told */
};

static int read_url(struct dead_man *dead_man, struct findings *findings)
{
    const struct dead_man_conf *conf = dead_man->conf;
    size_t size;
    if (conf->url)
        dead_man->url = xstrdup(conf->url);
    else if (file_read(conf->url_file, URL_BYTES_MAX, &dead_man->url, &size, findings) < 0)
        return ERR_INVALID;
    dead_man->url[strcspn(dead_man->url, " \t\r\n")] = 0;
    return dead_man_url_check(conf, dead_man->url, (struct place){.file = conf->url_file},
                              findings);
}

int dead_man_new(struct dead_man **ret_dead_man, const struct upkeep_host *host,
                 struct findings *findings)
{
    const struct dead_man_conf *conf = &host->conf->dead_man;
    *ret_dead_man = NULL;
    if ((!conf->url && !conf->url_file) || host->effects != EFFECTS_LIVE)
        return 0;
    struct dead_man *dead_man = xcalloc(1, sizeof *dead_man);
    *dead_man = (struct dead_man){.host = host, .conf = conf};
    if (read_url(dead_man, findings) < 0) {
        free(dead_man->url);
        free(dead_man);
        return ERR_INVALID;
    }
    struct transfers_options options = {
        .connections = 1, .allowed = conf->allowed, .ca_file = conf->ca_file};
    dead_man->transfers = transfers_new(host->loop, &options);
    *ret_dead_man = dead_man;
    return 0;
}

static void answered(void *arg, const struct transfer_answer *answer)
{
    struct dead_man *dead_man = arg;
    const struct upkeep_host *host = dead_man->host;
    bool good = !answer->trouble && answer->status >= 200 && answer->status < 300;
    metrics_add(host->metrics, "yujing_dead_man_pings_total",
                good ? "result=\"answered\"" : "result=\"failed\"", 1);
    if (!good && !dead_man->failed)
        log_event(host->log, LOG_WARNING, "dead_man.failed",
                  tr("the dead man's switch cannot be reached: %s (status %ld)",
                     "外部看门狗无法联络：%s（状态码 %ld）"),
                  answer->trouble ? answer->trouble : "-", answer->status);
    if (good && dead_man->failed)
        log_event(host->log, LOG_INFO, "dead_man", "%s",
                  tr("the dead man's switch answers again", "外部看门狗恢复应答"));
    dead_man->failed = !good;
}

void dead_man_consider(struct dead_man *dead_man, bool well, instant_ms steady)
{
    static const char body[] = "ok\n";
    if (!dead_man || !well || steady < dead_man->due || !dead_man_is_idle(dead_man))
        return;
    struct transfer transfer = {.url = dead_man->url,
                                .headers = {"Content-Type: text/plain"},
                                .body = body,
                                .size = sizeof body - 1,
                                .timeout_ms = dead_man->conf->timeout};
    dead_man->due = steady + dead_man->conf->every;
    transfer_start(dead_man->transfers, &transfer, answered, dead_man);
}

bool dead_man_is_idle(const struct dead_man *dead_man)
{
    return !dead_man || transfers_under_way(dead_man->transfers) == 0;
}

static void closed(void *arg)
{
    struct dead_man *dead_man = arg;
    free(dead_man->url);
    free(dead_man);
}

void dead_man_close(struct dead_man *dead_man)
{
    if (dead_man)
        transfers_close(dead_man->transfers, closed, dead_man);
}
