-- The store: one SQLite file that remembers what happened, what was decided and what is still to be sent.
--
-- A fact, the decisions it led to and the orders they released are written in one transaction; so none of
-- them can be ahead of another.  All instants are milliseconds since the epoch, UTC.  `recorded` columns are
-- the wall clock of the machine, for people and for the audit; no decision ever depends on them.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY, -- `mode`: live or drill, and how proposals are approved; fixed when the store is made
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The ordered facts.  Rows are only ever added.
CREATE TABLE journal (
    seq      INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 …: the order in which the engine learnt them
    kind     TEXT NOT NULL,    -- CloudEvents type: reading, forecast, decision, tick, policy …
    source   TEXT NOT NULL,    -- with `id`: who says so, and which of its sayings
    id       TEXT NOT NULL,
    arrival  INTEGER NOT NULL, -- when the engine learnt it; never falls from one row to the next
    recorded INTEGER NOT NULL, -- wall clock of the transaction
    conflict INTEGER NOT NULL, -- 1: repeats an identity with other content; kept and alarmed, not used
    content  BLOB NOT NULL,    -- SHA-256 of the fact without its arrival: decides whether a repeat is equal
    body     TEXT NOT NULL,    -- the fact, canonical JSON, its arrival in `recordedtime`
    chain    BLOB NOT NULL     -- SHA-256(chain of the row before, seq, conflict, body); 32 zero bytes before row 1
) STRICT;
CREATE UNIQUE INDEX journal_identity ON journal (source, id, content);
CREATE INDEX journal_policy ON journal (seq) WHERE kind = 'policy'; -- which policy was in force

CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
BEGIN SELECT raise(ABORT, 'the journal is only ever added to'); END;

-- What the engine decided, fact by fact.
CREATE TABLE decision (
    seq      INTEGER NOT NULL REFERENCES journal (seq), -- the fact it followed from
    number   INTEGER NOT NULL, -- its place among the decisions of that fact, from 0
    at       INTEGER NOT NULL, -- the engine's time
    kind     TEXT NOT NULL,    -- issue raise lower lift reopen order release task alarm clear …, propose
    rule     TEXT,             -- NULL: the engine's own alarm
    episode  TEXT,
    level    TEXT,             -- the level after; NULL: none
    order_id TEXT,             -- of an order, release or task
    line     TEXT NOT NULL,    -- the decision as `yujing replay -o jsonl` prints it
    text     TEXT,             -- what the duty officer or the recipient reads
    PRIMARY KEY (seq, number)
) STRICT;
CREATE INDEX decision_episode ON decision (episode, seq);

-- One row for each order: what one recipient must do, in the very bytes that are sent.
CREATE TABLE orders (
    id        TEXT NOT NULL PRIMARY KEY, -- derived from rule, subject, start, recipient and revision
    seq       INTEGER NOT NULL,          -- with `number`: the decision that made it
    number    INTEGER NOT NULL,
    kind      TEXT NOT NULL,             -- order release task
    recipient TEXT,                      -- registry id
    body      BLOB NOT NULL,             -- rendered once; every attempt on every channel sends these bytes
    sha256    BLOB NOT NULL,             -- of `body`, checked before each attempt
    FOREIGN KEY (seq, number) REFERENCES decision (seq, number)
) STRICT;

-- One row for each order and each way it leaves by.
CREATE TABLE outbox (
    id         TEXT NOT NULL REFERENCES orders (id),
    channel    TEXT NOT NULL,    -- spool …
    state      TEXT NOT NULL CHECK (state IN ('shadow', 'waiting', 'sending', 'delivered')),
                                 -- shadow: decided while effects were `none`; it never leaves
    attempts   INTEGER NOT NULL, -- begun, finished or not
    not_before INTEGER NOT NULL, -- wall clock of the next attempt
    changed    INTEGER NOT NULL, -- wall clock of the last change of state
    trouble    TEXT,             -- why the last attempt failed
    PRIMARY KEY (id, channel)
) STRICT;
CREATE INDEX outbox_due ON outbox (channel, not_before) WHERE state = 'waiting';
CREATE INDEX outbox_sending ON outbox (id) WHERE state = 'sending';

-- The engine's whole state after a fact, so that a start need not begin at row 1.  Only the newest few are kept.
CREATE TABLE snapshot (
    seq      INTEGER NOT NULL PRIMARY KEY, -- the last fact it contains
    bundle   TEXT NOT NULL,    -- hash of the policy in force at that moment
    bytes    BLOB NOT NULL,
    sha256   BLOB NOT NULL,    -- of `bytes`; a damaged one is passed over for the one before
    recorded INTEGER NOT NULL
) STRICT;

-- Every policy that was ever in force, whole.
CREATE TABLE bundle (
    hash     TEXT NOT NULL PRIMARY KEY, -- SHA-256 over names and texts, as printed with every decision
    overrides TEXT,                     -- JSON that replaces keys of policy.yaml, part of the hash; NULL: none
    recorded INTEGER NOT NULL
) STRICT;
CREATE TABLE bundle_text (
    hash  TEXT NOT NULL REFERENCES bundle (hash),
    name  TEXT NOT NULL, -- relative to the bundle's folder
    shown TEXT NOT NULL, -- path for complaints
    data  BLOB NOT NULL,
    PRIMARY KEY (hash, name)
) STRICT;
