/* Promises and what became of them. */
#include "oracle.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/engine.h"
#include "host.h"
#include "model/bundle.h"
#include "shell/channel.h"
#include "shell/generation.h"
#include "store/db.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "wires.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct identities { /* a set of hashes of (source, id); 0 is not one */
    uint64_t *slots;
    size_t count, size;
};
struct promise {
    uint64_t identity;
    char name[48]; /* for the complaint */
};
struct letter_facts { /* of a letter, as the store has it */
    bool looked, ended, corrected, order, chases;
    int about;       /* number of the letter it is about, or −1 */
    instant_ms made; /* true time */
};
struct oracle {
    struct promise *promises; /* since the last look */
    size_t promise_count, promise_capacity;
    struct identities recorded;
    struct intern plans, orders, places; /* signed; places: "PLAN ORDER" */
    int *plan_sizes;                     /* orders of a plan */
    size_t plan_capacity;
    int signing; /* the plan in hand */
    struct intern letters;
    struct letter_facts *facts;
    size_t fact_capacity;
    /* The replica. */
    struct generation *replica;
    struct engine_options options;
    int64_t last; /* row of the journal it has come to */
    unsigned char chain[HASH_BYTES];
};

/* ---- sets --------------------------------------------------------------------------------- */

static uint64_t identity_of(const char *source, const char *id)
{
    uint64_t hash =
        str_hash(source, strlen(source)) * 0x9e3779b97f4a7c15u ^ str_hash(id, strlen(id));
    return hash ? hash : 1;
}

static uint64_t *slot_of(const struct identities *set, uint64_t identity)
{
    size_t at = identity * 0xff51afd7ed558ccdu >> 20 & (set->size - 1);
    while (set->slots[at] && set->slots[at] != identity)
        at = (at + 1) & (set->size - 1);
    return &set->slots[at];
}

static void identities_add(struct identities *set, uint64_t identity)
{
    if (set->count * 2 >= set->size) {
        struct identities grown = {.size = set->size ? set->size * 2 : 4096};
        grown.slots = xcalloc(grown.size, sizeof *grown.slots);
        for (size_t i = 0; i < set->size; i++)
            if (set->slots[i])
                *slot_of(&grown, set->slots[i]) = set->slots[i];
        grown.count = set->count;
        free(set->slots);
        *set = grown;
    }
    uint64_t *slot = slot_of(set, identity);
    set->count += *slot == 0;
    *slot = identity;
}

static bool identities_have(const struct identities *set, uint64_t identity)
{
    return set->size > 0 && *slot_of(set, identity) == identity;
}

/* ---- facts ---------------------------------------------------------------------------------- */

void oracle_acknowledged(struct sim *sim, const struct fact *fact)
{
    struct oracle *oracle = sim->oracle;
    void *items = oracle->promises;
    xgrow(&items, oracle->promise_count, &oracle->promise_capacity, sizeof *oracle->promises);
    oracle->promises = items;
    struct promise *promise = &oracle->promises[oracle->promise_count++];
    promise->identity = identity_of(fact->source, fact->id);
    snprintf(promise->name, sizeof promise->name, "%s %s", fact->source, fact->id);
}

static void check_promises(struct sim *sim)
{
    struct oracle *oracle = sim->oracle;
    for (size_t i = 0; i < oracle->promise_count; i++)
        if (!identities_have(&oracle->recorded, oracle->promises[i].identity))
            sim_fail(sim, "fact %s was acknowledged and is not in the journal",
                     oracle->promises[i].name);
    oracle->promise_count = 0;
}

/* ---- approvals ------------------------------------------------------------------------------- */

void oracle_approve(struct sim *sim, const char *hash)
{
    struct oracle *oracle = sim->oracle;
    uint32_t known = oracle->plans.count;
    oracle->signing = intern_add(&oracle->plans, hash);
    if ((uint32_t)oracle->signing < known)
        return;
    void *items = oracle->plan_sizes;
    xgrow(&items, known, &oracle->plan_capacity, sizeof *oracle->plan_sizes);
    oracle->plan_sizes = items;
    oracle->plan_sizes[oracle->signing] = 0;
}

static char *place_of(const char *plan, const char *order)
{
    return xasprintf("%s %s", plan ? plan : "-", order);
}

void oracle_approve_order(struct sim *sim, const char *id)
{
    struct oracle *oracle = sim->oracle;
    char *place = place_of(intern_name(&oracle->plans, oracle->signing), id);
    uint32_t known = oracle->places.count;
    intern_add(&oracle->orders, id);
    intern_add(&oracle->places, place);
    oracle->plan_sizes[oracle->signing] += oracle->places.count > known;
    free(place);
}

/* ---- letters -----------------------------------------------------------------------------------
 */

static struct letter_facts *letter_of(struct sim *sim, const char *id, int *ret_number)
{
    struct oracle *oracle = sim->oracle;
    uint32_t known = oracle->letters.count;
    int number = intern_add(&oracle->letters, id);
    if ((uint32_t)number == known) {
        void *items = oracle->facts;
        xgrow(&items, known, &oracle->fact_capacity, sizeof *oracle->facts);
        oracle->facts = items;
        oracle->facts[number] = (struct letter_facts){.about = -1};
    }
    if (ret_number)
        *ret_number = number;
    return &oracle->facts[number];
}

static sqlite3_stmt *ask(struct sim *sim, const char *sql)
{
    sqlite3_stmt *statement = db_prepare(host_store(sim), sql);
    if (!statement)
        sim_fail(sim, "%s: %s", sql, store_message(host_store(sim)));
    return statement;
}

/* Reads once what the store knows of a letter; false when it knows nothing. */
static bool look_up(struct sim *sim, const char *id, int *ret_number)
{
    letter_of(sim, id, ret_number);
    if (sim->oracle->facts[*ret_number].looked)
        return true;
    sqlite3_stmt *statement = ask(sim, "SELECT kind, about, made FROM letter WHERE id = ?1");
    db_bind_text(statement, 1, id);
    if (db_row(host_store(sim), statement) != 1)
        return false;
    const char *kind = db_text(statement, 0), *about_id = db_text(statement, 1);
    int about = -1;
    if (about_id)
        letter_of(sim, about_id, &about);
    sim->oracle->facts[*ret_number] = (struct letter_facts){
        .looked = true,
        .ended = sim->oracle->facts[*ret_number].ended,
        .corrected = sim->oracle->facts[*ret_number].corrected,
        .order = str_equal(kind, "order") || str_equal(kind, "release"),
        .chases = str_equal(kind, "reminder") || str_equal(kind, "escalation"),
        .about = about,
        .made = host_true_time(sim, sqlite3_column_int64(statement, 2)),
    };
    sqlite3_reset(statement);
    return true;
}

/* A reminder is answered for its order, which is what ends. */
void oracle_end_letter(struct sim *sim, const char *id)
{
    int number;
    if (!look_up(sim, id, &number))
        return;
    struct letter_facts *facts = &sim->oracle->facts[number];
    if (facts->chases && facts->about >= 0)
        facts = &sim->oracle->facts[facts->about];
    facts->ended = true;
}

/* It is chased as before; of itself nothing more leaves. */
void oracle_correct_letter(struct sim *sim, const char *id)
{
    int number;
    if (look_up(sim, id, &number))
        sim->oracle->facts[number].corrected = true;
}

static void check_approved(struct sim *sim, const struct parcel *parcel, int number)
{
    const struct oracle *oracle = sim->oracle;
    if (oracle->facts[number].order && intern_find(&oracle->orders, parcel->id) < 0)
        sim_fail(sim, "%s %s leaves, which nobody approved", parcel->kind, parcel->id);
}

void oracle_handed_out(struct sim *sim, const struct parcel *parcel)
{
    int number;
    if (!look_up(sim, parcel->id, &number))
        sim_fail(sim, "letter %s is handed out and is not in the store", parcel->id);
}

/* However the clock was set meanwhile: a reminder comes when the time to answer is over, a report
 * half an hour later. */
static void check_deadline(struct sim *sim, const struct parcel *parcel, instant_ms made)
{
    enum { ROUGHLY_MS = 10000 }; /* smaller steps of the clock are not made good */
    int64_t span =
        CITY_ACKNOWLEDGE_MS + (str_equal(parcel->kind, "escalation") ? 30 * MINUTE_MS : 0);
    if (sim->steady < made + span - ROUGHLY_MS)
        sim_fail(sim, "%s %s leaves after %lld s, not after %lld", parcel->kind, parcel->id,
                 (long long)(sim->steady - made) / 1000, (long long)span / 1000);
}

void oracle_sent(struct sim *sim, const struct parcel *parcel)
{
    const struct oracle *oracle = sim->oracle;
    int number;
    if (!look_up(sim, parcel->id, &number))
        sim_fail(sim, "letter %s leaves and is not in the store", parcel->id);
    check_approved(sim, parcel, number);
    const struct letter_facts *facts = &oracle->facts[number];
    if (facts->ended || facts->corrected)
        sim_fail(sim,
                 "%s %s leaves for %s after its receipt, correction or withdrawal was committed",
                 parcel->kind, parcel->id, parcel->address);
    if (facts->chases && facts->about >= 0 && oracle->facts[facts->about].ended)
        sim_fail(sim, "%s %s leaves for %s although its order was answered", parcel->kind,
                 parcel->id, parcel->address);
    if (facts->chases && facts->about >= 0 && oracle->facts[facts->about].looked)
        check_deadline(sim, parcel, oracle->facts[facts->about].made);
}

/* ---- the replica
 * ---------------------------------------------------------------------------------- */

struct stepping {
    struct sim *sim;
    struct store *store;
    int64_t seq;
    const struct step *step;
    size_t next;
};

static int compare_row(void *arg, const struct ledger_row *row)
{
    struct stepping *stepping = arg;
    struct buf line = {0};
    if (stepping->next >= stepping->step->count)
        sim_fail(stepping->sim, "row %lld: a straight replay does not decide %s",
                 (long long)stepping->seq, row->line);
    decision_print(&line, &stepping->step->decisions[stepping->next++], 8 * HOUR_MS);
    if (!str_equal(buf_str(&line), row->line))
        sim_fail(stepping->sim, "row %lld: a straight replay decides %s, on record is %s",
                 (long long)stepping->seq, buf_str(&line), row->line);
    buf_release(&line);
    return 0;
}

static void change_policy(struct stepping *stepping, const char *hash)
{
    struct oracle *oracle = stepping->sim->oracle;
    struct generation *old = oracle->replica, *new = NULL;
    struct findings findings = {0};
    char *dropped = NULL;
    if (old && str_equal(generation_hash(old), hash))
        return;
    if (generation_of_store(&new, stepping->store, hash, &oracle->options, &findings) < 0 ||
        generation_inherit(new, old, &dropped) < 0)
        sim_fail(stepping->sim, "policy %s cannot be taken out of the store", hash);
    findings_release(&findings);
    free(dropped);
    generation_free(old);
    oracle->replica = new;
}

static int step_row(void *arg, int64_t seq, const struct fact *fact)
{
    struct stepping *stepping = arg;
    struct oracle *oracle = stepping->sim->oracle;
    struct step step = {0};
    if (fact->kind == FACT_POLICY)
        change_policy(stepping, fact->policy.hash);
    identities_add(&oracle->recorded, identity_of(fact->source, fact->id));
    if (engine_step(oracle->replica->engine, fact, &step) < 0)
        sim_fail(stepping->sim, "row %lld cannot be replayed", (long long)seq);
    stepping->seq = seq;
    stepping->step = &step;
    stepping->next = 0;
    ledger_of(stepping->store, seq, compare_row, stepping);
    if (stepping->next < step.count)
        sim_fail(stepping->sim, "row %lld: a straight replay decides more than is on record",
                 (long long)seq);
    oracle->last = seq;
    return 0;
}

/* Rows that were written but neither synced nor answered may be gone, and others in their place;
 * then it begins anew. */
static bool is_still_there(struct sim *sim)
{
    struct oracle *oracle = sim->oracle;
    sqlite3_stmt *statement = ask(sim, "SELECT chain FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, oracle->last);
    bool there = oracle->last == 0 || (db_row(host_store(sim), statement) == 1 &&
                                       db_is_hash(statement, 0, oracle->chain));
    sqlite3_reset(statement);
    return there;
}

static void forget_replica(struct oracle *oracle)
{
    generation_free(oracle->replica);
    oracle->replica = NULL;
    free(oracle->recorded.slots);
    oracle->recorded = (struct identities){0};
    oracle->last = 0;
}

static void keep_place(struct sim *sim)
{
    sqlite3_stmt *statement = ask(sim, "SELECT chain FROM journal WHERE seq = ?1");
    sqlite3_bind_int64(statement, 1, sim->oracle->last);
    if (db_row(host_store(sim), statement) == 1)
        memcpy(sim->oracle->chain, sqlite3_column_blob(statement, 0), HASH_BYTES);
    sqlite3_reset(statement);
}

static void compare_state(struct sim *sim)
{
    struct buf own = {0}, recovered = {0};
    engine_save(sim->oracle->replica->engine, &own);
    engine_save(host_generation(sim)->engine, &recovered);
    if (own.size != recovered.size || memcmp(own.data, recovered.data, own.size) != 0)
        sim_fail(sim, "the engine's state after row %lld is not that of a straight replay",
                 (long long)sim->oracle->last);
    buf_release(&own);
    buf_release(&recovered);
}

static void replay_on(struct sim *sim)
{
    struct oracle *oracle = sim->oracle;
    struct stepping stepping = {.sim = sim, .store = host_store(sim)};
    if (!is_still_there(sim))
        forget_replica(oracle);
    if (journal_read(stepping.store, oracle->last, step_row, &stepping) < 0)
        sim_fail(sim, "the journal cannot be read: %s", store_message(stepping.store));
    keep_place(sim);
    if (oracle->replica)
        compare_state(sim);
}

void oracle_recovered(struct sim *sim)
{
    replay_on(sim);
    check_promises(sim);
}

/* ---- the end
 * ------------------------------------------------------------------------------------------ */

/* The first row's first column is what is wrong. */
static void expect_none(struct sim *sim, const char *promise, const char *sql)
{
    sqlite3_stmt *statement = ask(sim, sql);
    int found = db_row(host_store(sim), statement);
    if (found != 0)
        sim_fail(sim, "%s: %s", promise,
                 found < 0 ? store_message(host_store(sim)) : db_text(statement, 0));
}

static const struct {
    const char *promise, *sql;
} at_the_end[] = {
    {"a letter waits for ever", "SELECT letter || ' ' || gateway || ' ' || state FROM outbox"
                                " WHERE state IN ('waiting', 'sending')"},
    {"a letter reached nobody, and no person was told",
     "SELECT letter || ' ' || gateway FROM outbox WHERE state = 'dead' AND told = 0"},
    {"a letter reached nobody, and no page says so",
     "SELECT l.id || ' ' || l.kind FROM letter l WHERE closed IS NULL AND kind <> 'page'"
     " AND EXISTS (SELECT 1 FROM outbox b WHERE b.letter = l.id)"
     " AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.letter = l.id AND b.state = 'delivered')"
     " AND NOT EXISTS (SELECT 1 FROM letter p WHERE p.kind = 'page' AND p.serial > l.serial"
     " AND instr(p.body, l.id) > 0)"},
    {"an order exists twice", "SELECT max(id) FROM letter WHERE kind IN ('order', 'release')"
                              " GROUP BY rule, episode, recipient, plan HAVING count(*) > 1"},
    {"a rung fired twice",
     "SELECT max(id) || ' ' || kind || ' about ' || about FROM letter"
     " WHERE kind IN ('reminder', 'escalation') GROUP BY about, kind, recipient"
     " HAVING count(*) > CASE kind WHEN 'reminder' THEN 2 ELSE 1 END"},
    {"a rung fired twice at once",
     "SELECT max(id) || ' ' || kind || ' about ' || about FROM letter"
     " WHERE kind IN ('reminder', 'escalation') GROUP BY about, kind, recipient, made"
     " HAVING count(*) > 1"},
    {"a correction went to one who had not been written to",
     "SELECT c.letter || ' ' || c.address FROM outbox c JOIN letter l ON l.id = c.letter"
     " WHERE l.kind IN ('correction', 'withdrawal') AND NOT EXISTS (SELECT 1 FROM outbox b"
     " WHERE b.letter = l.about AND b.gateway = c.gateway AND b.address = c.address"
     " AND b.attempts > 0)"},
    {"one who had been written to was not corrected",
     "SELECT l.id || ' ' || b.address FROM letter l JOIN outbox b ON b.letter = l.about"
     " WHERE l.kind IN ('correction', 'withdrawal') AND b.attempts > 0 AND NOT EXISTS"
     " (SELECT 1 FROM outbox c WHERE c.letter = l.id AND c.gateway = b.gateway"
     " AND c.address = b.address)"},
};

static const char in_shadow[] = "SELECT letter FROM outbox WHERE state <> 'shadow'";

/* Every plan that was released, whole: each of its orders is there. */
static void check_plans(struct sim *sim)
{
    const struct oracle *oracle = sim->oracle;
    int *found = xcalloc(oracle->plans.count + 1, sizeof *found);
    sqlite3_stmt *statement =
        ask(sim, "SELECT id, plan FROM letter WHERE kind IN ('order', 'release')");
    while (db_row(host_store(sim), statement) == 1) {
        const char *id = db_text(statement, 0), *hash = db_text(statement, 1);
        char *place = place_of(hash, id);
        if (intern_find(&oracle->places, place) < 0)
            sim_fail(sim, "order %s of plan %s exists, which nobody approved", id, hash);
        found[intern_find(&oracle->plans, hash)]++;
        free(place);
    }
    for (uint32_t i = 0; i < oracle->plans.count; i++)
        if (found[i] != 0 && found[i] != oracle->plan_sizes[i])
            sim_fail(sim, "of the %d orders of plan %s there are %d", oracle->plan_sizes[i],
                     intern_name(&oracle->plans, (int)i), found[i]);
    free(found);
}

void oracle_end(struct sim *sim)
{
    if (!host_store(sim))
        sim_fail(sim, "the daemon is not running at the end");
    oracle_recovered(sim);
    check_plans(sim);
    if (sim->mode == SIM_SHADOW) {
        expect_none(sim, "shadow: a letter could have left", in_shadow);
        return;
    }
    for (size_t i = 0; i < sizeof at_the_end / sizeof *at_the_end; i++)
        expect_none(sim, at_the_end[i].promise, at_the_end[i].sql);
    struct wires_figures figures = wires_figures(sim);
    int64_t lost = sim->faults->counts[FAULT_reply_lost];
    if (figures.repeats > figures.under_way_at_crashes + lost)
        sim_fail(sim, "%lld repeats, but only %lld were under way", (long long)figures.repeats,
                 (long long)figures.under_way_at_crashes + lost);
}

void oracle_new(struct sim *sim)
{
    sim->oracle = xcalloc(1, sizeof *sim->oracle);
    sim->oracle->options = (struct engine_options){
        .approvals = APPROVALS_BY_FACT, .drill = sim->mode == SIM_DRILL, .strict = true};
}

void oracle_free(struct sim *sim)
{
    struct oracle *oracle = sim->oracle;
    forget_replica(oracle);
    free(oracle->promises);
    intern_release(&oracle->plans);
    intern_release(&oracle->orders);
    intern_release(&oracle->places);
    intern_release(&oracle->letters);
    free(oracle->plan_sizes);
    free(oracle->facts);
    free(oracle);
}
