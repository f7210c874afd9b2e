/* Triggers by name. */
#include "breaking.h"
#include "sim.h"
#include "store/db.h"

#define COPY_LETTER                                                                              \
    "INSERT INTO letter (id, seq, kind, about, recipient, rule, episode, level, plan, at, made," \
    " body, sha256) VALUES ('00' || substr(new.id, 3), new.seq, "
#define COPY_OUTBOX                                                                        \
    "INSERT INTO outbox (letter, gateway, address, host, rung, priority, state, attempts," \
    " not_before, changed, told) VALUES ('00' || substr(new.id, 3), 'hook',"               \
    " 'https://h1.example/e2', 'h1.example:443', 0, 30, 'waiting', 0, new.made, new.made, 0);"

static const char *const triggers[BREAKAGES_END] = {
    [BREAK_forget_ack] =
        "CREATE TEMP TRIGGER a BEFORE UPDATE OF closed ON letter"
        " WHEN new.closed IN ('acknowledged', 'refused', 'done') BEGIN SELECT raise(IGNORE); END;"
        "CREATE TEMP TRIGGER b BEFORE UPDATE OF due ON chase"
        " WHEN new.due IS NULL AND new.fired = old.fired BEGIN SELECT raise(IGNORE); END;",
    [BREAK_forget_sending] =
        "CREATE TEMP TRIGGER a BEFORE UPDATE ON outbox WHEN old.state = 'sending'"
        " AND new.state = 'waiting' AND new.changed = old.changed BEGIN SELECT raise(IGNORE); END;",
    [BREAK_forget_delivered] =
        "CREATE TEMP TRIGGER a AFTER UPDATE OF state ON outbox WHEN new.state = 'delivered'"
        " BEGIN UPDATE outbox SET state = 'waiting' WHERE serial = new.serial; END;",
    [BREAK_forget_lost] = "CREATE TEMP TRIGGER a AFTER UPDATE OF told ON outbox WHEN new.told = 0"
                          " BEGIN UPDATE outbox SET told = 1 WHERE serial = new.serial; END;",
    [BREAK_unapproved] =
        "CREATE TEMP TRIGGER a AFTER INSERT ON letter WHEN new.kind = 'page' BEGIN " COPY_LETTER
        "'order', NULL, '210104-0002', 'heavy-pollution', 'E', 'red', NULL, new.at, new.made,"
        " new.body, new.sha256);" COPY_OUTBOX " END;",
    [BREAK_double_order] =
        "CREATE TEMP TRIGGER a AFTER INSERT ON letter WHEN new.kind = 'order'"
        " AND substr(new.id, 1, 2) <> '00' BEGIN " COPY_LETTER
        "'order', NULL, new.recipient, new.rule, new.episode, new.level, new.plan, new.at,"
        " new.made, new.body, new.sha256); END;",
    [BREAK_double_rung] =
        "CREATE TEMP TRIGGER a AFTER INSERT ON letter WHEN new.kind IN ('reminder', 'escalation')"
        " AND substr(new.id, 1, 2) <> '00' BEGIN " COPY_LETTER
        "new.kind, new.about, new.recipient, new.rule, new.episode, new.level, NULL, new.at,"
        " new.made, new.body, new.sha256);" COPY_OUTBOX " END;",
    [BREAK_early_rung] = "CREATE TEMP TRIGGER a AFTER INSERT ON chase BEGIN UPDATE chase"
                         " SET deadline = deadline - 1200000, due = due - 1200000"
                         " WHERE letter = new.letter; END;",
    [BREAK_other_decision] =
        "CREATE TEMP TRIGGER a BEFORE INSERT ON decision WHEN new.kind = 'propose'"
        " BEGIN SELECT raise(IGNORE); END;",
};

void breaking_open(struct sim *sim, struct store *store)
{
    disk_skip_syncs(sim->disk, sim->breakage == BREAK_skip_sync);
    if (triggers[sim->breakage] && db_exec(store, triggers[sim->breakage]) < 0)
        sim_fail(sim, "the control cannot be set up: %s", store_message(store));
}
