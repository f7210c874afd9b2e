/* Reading a store as a bundle and a feed. */
#include "shell/past.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "model/bundle.h"
#include "model/feed.h"
#include "store/archive.h"
#include "store/journal.h"
#include <stdlib.h>
#include <string.h>

static int refuse(struct store *store, struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "D003", (struct place){.file = store_path(store)}, NULL, "%s",
                 store_message(store));
    return ERR_STORE;
}

static int read_store(struct past *past, struct store *store, struct findings *findings)
{
    char hash[HASH_HEX];
    char *mode = store_mode(store);
    if (!mode || archive_in_force(store, hash) < 0) {
        free(mode);
        return refuse(store, findings);
    }
    past->approvals = str_ends(mode, " all") ? APPROVALS_ALL : APPROVALS_BY_FACT;
    past->drill = str_starts(mode, "drill");
    free(mode);
    if (!hash[0]) {
        findings_add(findings, SEV_ERROR, "D011", (struct place){.file = store_path(store)}, NULL,
                     "%s", tr("nothing has happened in this store yet", "该存储中尚无任何记录"));
        return ERR_NOT_FOUND;
    }
    int err = archive_bundle(store, hash, &past->bundle, findings);
    if (err < 0)
        return err;
    feed_new(&past->feed, past->bundle->policy.zone, &past->bundle->policy);
    if (journal_feed(store, past->feed) < 0)
        return refuse(store, findings);
    feed_sort(past->feed, NULL);
    return 0;
}

int past_read(struct past *ret_past, const char *store_path, struct findings *findings)
{
    struct store *store;
    enum store_trouble trouble;
    struct store_options reader = {.reader = true};
    *ret_past = (struct past){0};
    int err = store_open(&store, store_path, &reader, &trouble, findings);
    if (err < 0)
        return err;
    err = read_store(ret_past, store, findings);
    store_close(store);
    return err;
}

void past_release(struct past *past)
{
    feed_free(past->feed);
    bundle_free(past->bundle);
    *past = (struct past){0};
}
