/* A small program that journals facts and says which it has been promised.
 *
 *     fault_feeder STORE [options]     journals; prints "ack N" after each commit, N its last fact
 *     fault_feeder STORE --check FILE  opens the store as after a crash and holds it to the "ack"
 *                                      lines of FILE; prints "facts F acked A lost L sound 0|1"
 *
 *     --facts N   how many (100)        --batch N  facts per transaction (1)
 *     --sync W    normal or off instead of full: negative controls
 *     --carry N   the log is carried over every N transactions, not only when it is long
 *     --wait      when the store is full: prints "full", waits for a line on standard input, goes
 * on
 *
 * Each third fact leads to a decision.  A store that refuses is asked once more whether it would go
 * on after all; then the program ends with 73 full, 74 broken, 75 busy, 77 forbidden. */
#include "base/err.h"
#include "base/xalloc.h"
#include "model/fact.h"
#include "store/audit.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/ledger.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct feeder {
    struct store *store;
    int64_t facts, batch, carry;
    const char *sync, *check;
    bool wait;
    int64_t next; /* number of the next fact */
    int64_t commits;
};

/* The allocation shim is told when to begin; without it there is nothing to tell. */
void shim_begin(void) __attribute__((weak));

static void say(const char *format, long long number)
{
    char line[80];
    int size = snprintf(line, sizeof line, format, number);
    if (write(STDOUT_FILENO, line, (size_t)size) != size)
        _exit(70);
}

static struct fact make_fact(int64_t number, char id[24])
{
    static struct reading_value value = {"pm25", 75250000, 0};
    snprintf(id, 24, "f%lld", (long long)number);
    return (struct fact){
        .kind = FACT_READING,
        .time = number * 1000,
        .arrival = number * 1000 + HOUR_MS,
        .source = "feeder",
        .id = id,
        .subject = "s1",
        .reading = {.values = &value, .count = 1, .period = HOUR_MS},
    };
}

static int feed_one(struct feeder *feeder, struct store_tx *tx)
{
    char id[24];
    int64_t seq;
    struct fact fact = make_fact(feeder->next, id);
    int err = journal_append(tx, &fact, &seq);
    struct ledger_row row = {.seq = seq, .at = fact.time, .kind = "issue", .line = "{}"};
    if (err == 0 && feeder->next % 3 == 0)
        err = ledger_put(tx, &row);
    feeder->next += err == 0;
    return err;
}

static int feed_batch(struct feeder *feeder)
{
    struct store_tx *tx;
    int64_t before = feeder->next;
    if (feeder->carry > 0 && ++feeder->commits % feeder->carry == 0)
        feeder->store->wal_due = true;
    int err = store_begin(feeder->store, feeder->next * 1000, &tx);
    if (err < 0)
        return err;
    for (int64_t i = 0; err == 0 && i < feeder->batch; i++)
        err = feed_one(feeder, tx);
    if (err == 0)
        err = store_commit(tx);
    else
        store_rollback(tx);
    if (err == 0)
        say("ack %lld\n", (long long)feeder->next - 1);
    else
        feeder->next = before;
    return err;
}

static int exit_of(enum store_trouble trouble)
{
    static const int codes[] = {
        [STORE_FULL] = 73, [STORE_BUSY] = 75, [STORE_FORBIDDEN] = 77, [STORE_FOREIGN] = 78};
    return trouble == STORE_BROKEN ? 74 : codes[trouble];
}

static int refused(struct feeder *feeder)
{
    int code = exit_of(store_trouble(feeder->store));
    fprintf(stderr, "%s\n", store_message(feeder->store));
    if (code == 74 && feed_batch(feeder) == 0)
        say("went on after %lld\n", code);
    return code;
}

static int feed(struct feeder *feeder)
{
    while (feeder->next <= feeder->facts) {
        if (feed_batch(feeder) == 0)
            continue;
        char line[8];
        if (!feeder->wait || store_trouble(feeder->store) != STORE_FULL)
            return refused(feeder);
        say("full %lld\n", (long long)feeder->next);
        if (read(STDIN_FILENO, line, sizeof line) <= 0)
            return refused(feeder);
    }
    struct store_counts counts;
    store_counted(feeder->store, &counts);
    say("writers %lld\n", (long long)counts.writers);
    return 0;
}

/* ---- checking ----------------------------------------------------------------- */

static int64_t last_acked(const char *path)
{
    FILE *file = fopen(path, "r");
    char line[80];
    long long last = 0, number;
    while (file && fgets(line, sizeof line, file))
        if (strchr(line, '\n') && sscanf(line, "ack %lld", &number) == 1)
            last = number > last ? number : last;
    if (file)
        fclose(file);
    return last;
}

static int64_t count_lost(struct store *store, int64_t acked)
{
    int64_t lost = 0;
    for (int64_t i = 1; i <= acked; i++) {
        char id[24];
        struct fact fact = make_fact(i, id);
        enum journal_answer answer = JOURNAL_NEW;
        if (journal_look(store, &fact, &answer) < 0 || answer != JOURNAL_REPEAT)
            lost++;
    }
    return lost;
}

static void tell_findings(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        fprintf(stderr, "%s %s\n", findings->items[i].code, findings->items[i].message);
    findings_release(findings);
}

static int check(const char *path, const char *acks, const struct store_options *options)
{
    struct store *store;
    enum store_trouble trouble;
    struct findings findings = {0};
    struct audit_report report = {0};
    int64_t acked = last_acked(acks);
    if (store_open(&store, path, options, &trouble, &findings) < 0) {
        tell_findings(&findings);
        printf("facts 0 acked %lld lost %lld sound 0\n", (long long)acked, (long long)acked);
        return 0;
    }
    int answer = audit_verify(store, &(struct audit_options){0}, &report, &findings);
    tell_findings(&findings);
    printf("facts %lld acked %lld lost %lld sound %d\n", (long long)report.facts, (long long)acked,
           (long long)count_lost(store, acked), answer == 0);
    store_close(store);
    return 0;
}

/* ---- beginning ------------------------------------------------------------------ */

static int64_t last_fact(struct store *store)
{
    struct store_tx *tx;
    if (store_begin(store, 1, &tx) < 0)
        return -1;
    int64_t last = journal_end(tx);
    store_rollback(tx);
    return last;
}

static int begin(struct feeder *feeder, const char *path, const struct store_options *options)
{
    enum store_trouble trouble = STORE_BROKEN;
    struct findings findings = {0};
    if (shim_begin)
        shim_begin();
    if (store_open(&feeder->store, path, options, &trouble, &findings) < 0) {
        tell_findings(&findings);
        return exit_of(trouble);
    }
    if (feeder->sync) {
        char *sql = xasprintf("PRAGMA synchronous = %s", feeder->sync);
        db_exec(feeder->store, sql);
        free(sql);
    }
    feeder->next = last_fact(feeder->store) + 1;
    int code = feeder->next > 0 ? feed(feeder) : refused(feeder);
    store_close(feeder->store);
    return code;
}

static void read_options(struct feeder *feeder, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--facts") == 0)
            feeder->facts = atoll(value);
        else if (strcmp(argv[i], "--batch") == 0)
            feeder->batch = atoll(value);
        else if (strcmp(argv[i], "--carry") == 0)
            feeder->carry = atoll(value);
        else if (strcmp(argv[i], "--sync") == 0)
            feeder->sync = value;
        else if (strcmp(argv[i], "--check") == 0)
            feeder->check = value;
        else if (strcmp(argv[i], "--wait") == 0)
            feeder->wait = true;
    }
}

int main(int argc, char **argv)
{
    struct feeder feeder = {.facts = 100, .batch = 1};
    struct store_options options = {.mode = "live by_fact"};
    if (argc < 2)
        return 64;
    read_options(&feeder, argc, argv);
    if (feeder.check)
        return check(argv[1], feeder.check, &options);
    return begin(&feeder, argv[1], &options);
}
