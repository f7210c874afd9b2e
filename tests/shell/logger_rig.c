#include "shell/logger_rig.h"
#include "base/err.h"
#include "base/str.h"
#include "model/bundle.h"
#include "shell/metrics.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct logger_rig rig;
static struct intern told;

void rig_make(void)
{
    rig.wall = 1795456800000;
    client_loop_open(&rig.loop);
    rig.bundle = logger_bundle();
    inbox_init(&rig.inbox, RIG_INBOX_FACTS, NULL, NULL);
    rig.heard = open_memstream(&rig.said, &rig.said_size);
    rig.log = (struct log){.stream = rig.heard, .clock = clock_fake(&rig.wall)};
    rig.metrics = metrics_new();
    rig.told = &told;
    rig.conf = (struct hj212_conf){.listen = "127.0.0.1:0",
                                   .connections_max = 20000,
                                   .per_address_max = 20000,
                                   .dead_after = 90 * SECOND_MS,
                                   .frame_within = SECOND_MS,
                                   .answer_within = 10 * SECOND_MS,
                                   .resends = 3,
                                   .sets_clocks = true};
}

void rig_open(const char *monitors)
{
    struct findings findings = {0};
    struct surroundings around = {&rig.loop, &rig.inbox, &rig.log, &rig.bundle->policy,
                                  512,       rig.told,   false};
    rig.conf.monitors = monitors ? logger_file(monitors) : NULL;
    int err = ingest_hj212_new(&rig.server, &around, &rig.conf, rig.metrics, &findings);
    cr_assert_eq(err, 0, "%s", findings.count ? findings.items[0].message : "?");
    findings_release(&findings);
}

void rig_start(const char *monitors)
{
    rig_open(monitors);
    ingest_hj212_resume(rig.server);
}

void rig_away(void)
{
    if (rig.server)
        ingest_hj212_stop(rig.server);
    for (struct delivery *d; (d = inbox_take(&rig.inbox, SIZE_MAX));)
        while (d) {
            struct delivery *next = d->next;
            d->answered(d->arg, NULL);
            d = next;
        }
    client_loop_close(&rig.loop);
    ingest_hj212_free(rig.server);
    bundle_free(rig.bundle);
    metrics_free(rig.metrics);
    fclose(rig.heard);
    free(rig.said);
    intern_release(&told);
    logger_remove();
}

static int wanted;
static bool has_connections(void *arg)
{
    (void)arg;
    return ingest_hj212_connections(rig.server) == wanted;
}

void rig_wait_connections(int count)
{
    wanted = count;
    client_run_until(has_connections, NULL);
}

void rig_connect(struct http_client *client)
{
    int before = ingest_hj212_connections(rig.server);
    client_connect(client, ingest_hj212_port(rig.server));
    rig_wait_connections(before + 1);
}

static bool has_delivery(void *arg)
{
    (void)arg;
    return rig.inbox.first != NULL;
}

struct delivery *rig_take(void)
{
    client_run_until(has_delivery, NULL);
    return inbox_take(&rig.inbox, 1);
}

void rig_commit(struct delivery *delivery)
{
    delivery->tally = (struct tally){.taken = delivery->count};
    delivery->answered(delivery->arg, &delivery->tally);
    ingest_hj212_resume(rig.server);
}

void rig_commit_facts(size_t facts)
{
    for (size_t taken = 0; taken < facts;) {
        struct delivery *delivery = rig_take();
        taken += delivery->count;
        rig_commit(delivery);
    }
}

void rig_expect_said(const char *text)
{
    fflush(rig.heard);
    cr_expect_not_null(strstr(rig.said, text), "“%s” was not said, but:\n%s", text, rig.said);
}

size_t rig_count(struct http_client *client, const char *text)
{
    char bytes[4096];
    ssize_t size;
    size_t count = 0;
    client_run_some();
    while ((size = recv(client->fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        buf_add(&client->got, bytes, (size_t)size);
    for (const char *at = buf_str(&client->got); (at = strstr(at, text)); at++)
        count++;
    return count;
}

double rig_counted(const char *name, const char *labels)
{
    ingest_hj212_resume(rig.server);
    return metrics_value(rig.metrics, name, labels);
}
