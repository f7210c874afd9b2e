/* Each source, if it is there. */
#include "shell/sources.h"
#include "base/err.h"
#include "base/xalloc.h"
#include "model/bundle.h"
#include "shell/conf.h"
#include <stdlib.h>

enum { MIB = 1 << 20 };

static int open_network(struct sources *sources, const struct conf *conf,
                        const struct surroundings *around, struct metrics *metrics,
                        struct findings *findings)
{
    struct hj212_conf hj212;
    struct mqtt_conf mqtt;
    size_t errors = findings->errors;
    int err = 0;
    if (hj212_conf_read(&hj212, conf, findings))
        err = ingest_hj212_new(&sources->hj212, around, &hj212, metrics, findings);
    if (err == 0 && mqtt_conf_read(&mqtt, conf, findings))
        err = ingest_mqtt_new(&sources->mqtt, around, &mqtt, metrics, findings);
    return err < 0 ? err : findings->errors > errors ? ERR_INVALID : 0;
}

int sources_open(struct sources *ret_sources, const struct conf *conf,
                 const struct surroundings *around, const struct ingest_stdin_options *in,
                 struct metrics *metrics, struct findings *findings)
{
    *ret_sources = (struct sources){0};
    size_t bytes = (size_t)conf->limits.file_mib_max * MIB;
    int err =
        conf->watch ? ingest_dir_new(&ret_sources->dir, around, conf->watch, bytes, findings) : 0;
    if (err == 0)
        err = open_network(ret_sources, conf, around, metrics, findings);
    size_t errors = findings->errors;
    if (err == 0 && conf->stdin_.read)
        ret_sources->in = ingest_stdin_new(around, in, findings);
    return err == 0 && findings->errors > errors ? ERR_INVALID : err;
}

/* ---- policies ------------------------------------------------------------ */

static void retire(struct sources *sources, struct bundle *bundle)
{
    void *retired = sources->retired;
    if (!bundle)
        return;
    xgrow(&retired, sources->retired_count, &sources->retired_capacity, sizeof *sources->retired);
    sources->retired = retired;
    sources->retired[sources->retired_count++] = bundle;
}

static void free_retired(struct sources *sources)
{
    while (sources->retired_count > 0)
        bundle_free(sources->retired[--sources->retired_count]);
}

/* True when HJ 212 reads by the new one. */
static bool change_hj212(struct sources *sources, const struct policy *policy, bool *reads,
                         struct findings *findings)
{
    if (sources->hj212)
        return ingest_hj212_change(sources->hj212, policy, reads, findings) == 0;
    free(reads);
    return true;
}

static void change_others(struct sources *sources, const struct policy *policy)
{
    if (sources->in)
        ingest_stdin_change(sources->in, policy);
    if (sources->dir)
        ingest_dir_change(sources->dir, policy);
    if (sources->mqtt)
        ingest_mqtt_change(sources->mqtt, policy);
}

void sources_change(struct sources *sources, struct bundle *bundle, bool *reads,
                    struct findings *findings)
{
    if (!bundle && sources->hj212) {
        ingest_hj212_read_by(sources->hj212, reads);
        return;
    }
    if (!bundle) {
        free(reads);
        return;
    }
    struct bundle *before = sources->bundle;
    sources->bundle = bundle;
    change_others(sources, &bundle->policy);
    if (change_hj212(sources, &bundle->policy, reads, findings)) {
        retire(sources, sources->stuck);
        sources->stuck = NULL;
        retire(sources, before);
    } else if (!sources->stuck) {
        sources->stuck = before;
    } else {
        retire(sources, before);
    }
}

/* ---- together ------------------------------------------------------------ */

void sources_resume(struct sources *sources)
{
    if (sources_idle(sources))
        free_retired(sources);
    if (sources->in)
        ingest_stdin_resume(sources->in);
    if (sources->dir)
        ingest_dir_resume(sources->dir);
    if (sources->hj212)
        ingest_hj212_resume(sources->hj212);
    if (sources->mqtt)
        ingest_mqtt_resume(sources->mqtt);
}

bool sources_idle(const struct sources *sources)
{
    return sources->readers == 0 && (!sources->dir || ingest_dir_idle(sources->dir));
}

void sources_stop(struct sources *sources)
{
    if (sources->in)
        ingest_stdin_stop(sources->in);
    if (sources->dir)
        ingest_dir_stop(sources->dir);
    if (sources->hj212)
        ingest_hj212_stop(sources->hj212);
    if (sources->mqtt)
        ingest_mqtt_stop(sources->mqtt);
}

void sources_free(struct sources *sources)
{
    ingest_stdin_free(sources->in);
    ingest_dir_free(sources->dir);
    ingest_hj212_free(sources->hj212);
    ingest_mqtt_free(sources->mqtt);
    free_retired(sources);
    free(sources->retired);
    bundle_free(sources->bundle);
    bundle_free(sources->stuck);
}
