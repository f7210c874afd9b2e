-- The store: one SQLite file that remembers what happened, what was decided and what is still to be sent.
--
-- A fact, the decisions it led to and the orders they released are written in one transaction; so none of
-- them can be ahead of another.  All instants are milliseconds since the epoch, UTC.  `recorded` columns are
-- the wall clock of the machine, for people and for the audit; no decision ever depends on them.

CREATE TABLE meta (
    name  TEXT NOT NULL PRIMARY KEY, -- `mode`: live or drill, and how proposals are approved; fixed when the store is made
                                     -- `indexed`: the last fact that is in `identity`
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The ordered facts.  Rows are only ever added; once they are in an archive file, the oldest may go (`retired`).
CREATE TABLE journal (
    seq      INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 …: the order in which the engine learnt them
    kind     TEXT NOT NULL,    -- CloudEvents type: reading, forecast, decision, tick, policy …
    arrival  INTEGER NOT NULL, -- when the engine learnt it; never falls from one row to the next
    recorded INTEGER NOT NULL, -- wall clock of the transaction
    conflict INTEGER NOT NULL, -- 1: repeats an identity with other content; kept and alarmed, not used
    body     TEXT NOT NULL,    -- the fact, canonical JSON: who says so, which of its sayings, its arrival
    chain    BLOB NOT NULL     -- SHA-256 over the link before and every other column; see chain.c
) STRICT;
CREATE INDEX journal_policy ON journal (seq) WHERE kind = 'policy'; -- which policy was in force

-- What stands beside the facts, row by row as it was written, as further links of the same chain: the next fact's
-- link continues from the last of them.
CREATE TABLE seal (
    seq   INTEGER NOT NULL, -- the last fact when the row was written
    place INTEGER NOT NULL, -- from 0
    part  TEXT NOT NULL,    -- the table the row is in: decision letter
    row   TEXT NOT NULL,    -- its key there: SEQ/NUMBER of a decision, id of a letter
    chain BLOB NOT NULL,    -- SHA-256 over the link before, part, row and the row's columns
    PRIMARY KEY (seq, place)
) STRICT, WITHOUT ROWID;

-- Where a fact of that identity stands.  Written in sorted portions, so that a busy day dirties few pages; rows
-- after meta.indexed are not in it yet and are known from the journal's tail.
CREATE TABLE identity (
    hash INTEGER NOT NULL, -- 64 bits of a hash over source and id; several rows may share it
    seq  INTEGER NOT NULL,
    PRIMARY KEY (hash, seq)
) STRICT, WITHOUT ROWID;

-- The head of the chain, once for each local day and at each stop.  The same line goes to a file elsewhere: who cuts
-- the journal's end off and writes it anew is found by that file alone.
CREATE TABLE anchor (
    seq     INTEGER NOT NULL, -- the last fact then
    day     TEXT NOT NULL,    -- local, 2026-11-24
    chain   BLOB NOT NULL,    -- the last link then
    rows    INTEGER NOT NULL, -- facts ever recorded, retired ones too
    written INTEGER NOT NULL, -- wall clock
    PRIMARY KEY (seq, day, chain)
) STRICT, WITHOUT ROWID;

-- What has left the store for an archive file.  The chain goes on from here.
CREATE TABLE retired (
    seq     INTEGER NOT NULL PRIMARY KEY, -- the last fact that is in the file
    chain   BLOB NOT NULL,    -- the last link of that fact
    file    TEXT NOT NULL,    -- its name, which holds its SHA-256
    sha256  BLOB NOT NULL,    -- of the file
    written INTEGER NOT NULL  -- wall clock
) STRICT;

CREATE TRIGGER journal_is_not_changed BEFORE UPDATE ON journal
BEGIN SELECT raise(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER journal_is_not_deleted BEFORE DELETE ON journal
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM retired)
BEGIN SELECT raise(ABORT, 'the journal is only ever added to'); END;
CREATE TRIGGER seal_is_not_changed BEFORE UPDATE ON seal
BEGIN SELECT raise(ABORT, 'a link is never changed'); END;
CREATE TRIGGER seal_is_not_deleted BEFORE DELETE ON seal
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM retired)
BEGIN SELECT raise(ABORT, 'a link goes with its fact'); END;
CREATE TRIGGER anchor_is_not_changed BEFORE UPDATE ON anchor
BEGIN SELECT raise(ABORT, 'an anchor is never changed'); END;
CREATE TRIGGER anchor_is_not_deleted BEFORE DELETE ON anchor
BEGIN SELECT raise(ABORT, 'an anchor is never deleted'); END;
CREATE TRIGGER retired_is_not_changed BEFORE UPDATE ON retired
BEGIN SELECT raise(ABORT, 'what was retired stays retired'); END;
CREATE TRIGGER retired_is_not_deleted BEFORE DELETE ON retired
BEGIN SELECT raise(ABORT, 'what was retired stays retired'); END;
-- Only what a start no longer needs, and only up to an anchor, so that the chain goes on from a link that is known
-- elsewhere too.
CREATE TRIGGER retired_needs_anchor BEFORE INSERT ON retired
WHEN NOT EXISTS (SELECT 1 FROM anchor WHERE seq = new.seq AND chain = new.chain)
  OR NOT EXISTS (SELECT 1 FROM snapshot WHERE seq >= new.seq)
BEGIN SELECT raise(ABORT, 'what is retired must end at an anchor and lie before a snapshot'); END;

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

CREATE TRIGGER decision_is_not_changed BEFORE UPDATE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_is_not_deleted BEFORE DELETE ON decision
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM retired)
BEGIN SELECT raise(ABORT, 'a decision goes with its fact'); END;

-- What is sent to somebody: made once, in the bytes that stay.  Orders, releases and tasks come from decisions; the
-- rest is made by the daemon around them.
CREATE TABLE letter (
    serial    INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 …: the order in which they were made
    id        TEXT NOT NULL UNIQUE,      -- derived from what it says to whom, so that it is made once
    seq       INTEGER NOT NULL,          -- the last fact when it was made
    number    INTEGER,                   -- with `seq`: the decision that made it; NULL: none did
    kind      TEXT NOT NULL,             -- order release task public reminder escalation page correction withdrawal test
    about     TEXT,                      -- the letter it concerns
    recipient TEXT,                      -- registry id; NULL: the public, the duty officers
    rule      TEXT,
    episode   TEXT,
    level     TEXT,
    plan      TEXT,                      -- hash of the plan that released it
    at        INTEGER NOT NULL,          -- the engine's time
    made      INTEGER NOT NULL,          -- wall clock
    body      BLOB NOT NULL,             -- JSON; rendered once
    sha256    BLOB NOT NULL,             -- of `body`, checked before each attempt
    closed    TEXT,                      -- why nothing more of it leaves: acknowledged refused done superseded
                                         -- withdrawn; NULL: open.  The only column that changes
    FOREIGN KEY (seq, number) REFERENCES decision (seq, number)
) STRICT;
CREATE INDEX letter_of ON letter (seq, number);
CREATE INDEX letter_about ON letter (about) WHERE about IS NOT NULL;
CREATE INDEX letter_episode ON letter (episode, recipient);
CREATE INDEX letter_plan ON letter (plan) WHERE plan IS NOT NULL;
CREATE INDEX letter_recipient ON letter (recipient, serial);

-- One row for each consignment: a letter by one gateway to one address.
CREATE TABLE outbox (
    serial     INTEGER NOT NULL PRIMARY KEY, -- the order in which they were made
    letter     TEXT NOT NULL REFERENCES letter (id),
    gateway    TEXT NOT NULL,    -- a name of the configuration
    address    TEXT NOT NULL,    -- '' where the gateway needs none
    contact    TEXT,             -- who reads it there
    host       TEXT NOT NULL,    -- whom not to crowd
    rung       INTEGER NOT NULL, -- 0: at once; 1, 2 …: when those before have failed
    priority   INTEGER NOT NULL, -- the smaller leaves first
    state      TEXT NOT NULL CHECK (state IN ('shadow', 'reserve', 'waiting', 'sending', 'delivered', 'dead',
                                              'cancelled')),
                                 -- shadow: decided while effects were `none`; it never leaves.  reserve: a
                                 -- fallback, not needed yet.  dead: given up; another way or a person takes over
    attempts   INTEGER NOT NULL, -- begun, finished or not
    not_before INTEGER NOT NULL, -- wall clock of the next attempt
    changed    INTEGER NOT NULL, -- wall clock of the last change of state
    trouble    TEXT,             -- why the last attempt failed, why it was cancelled
    told       INTEGER NOT NULL, -- 0: dead, and no page has named it yet
    UNIQUE (letter, gateway, address)
) STRICT;
CREATE INDEX outbox_state ON outbox (state, gateway);
CREATE INDEX outbox_untold ON outbox (serial) WHERE state = 'dead' AND told = 0;

-- The bytes of consignments that say it otherwise than their letter.  Apart, so that a change of state moves no bytes.
CREATE TABLE rendering (
    serial INTEGER NOT NULL PRIMARY KEY, -- of the consignment
    body   BLOB NOT NULL,
    sha256 BLOB NOT NULL -- of `body`, checked before each attempt
) STRICT;

-- What became of a letter at the other end: one row for each kind of news, the first of it.
CREATE TABLE receipt (
    letter  TEXT NOT NULL REFERENCES letter (id),
    kind    INTEGER NOT NULL, -- 0 delivered, 1 read, 2 acknowledged, 3 refused, 4 done; the highest is its state
    at      INTEGER NOT NULL, -- the engine's time
    seq     INTEGER NOT NULL, -- the fact
    channel TEXT,
    by      TEXT,             -- who says so
    reason  TEXT,             -- of a refusal
    PRIMARY KEY (letter, kind)
) STRICT, WITHOUT ROWID;

-- Letters whose acknowledgement is waited for; once it is not, `due` is NULL.  At the end of its ladder a letter is
-- still waited for, and due at 9000000000000000.
CREATE TABLE chase (
    letter   TEXT NOT NULL PRIMARY KEY REFERENCES letter (id),
    deadline INTEGER NOT NULL, -- wall clock; the ladder counts from here
    due      INTEGER,          -- wall clock of its next letter; NULL: nothing more is to come
    fired    TEXT NOT NULL     -- how many letters each rung has had, "2 1 0"
) STRICT, WITHOUT ROWID;
CREATE INDEX chase_due ON chase (due) WHERE due IS NOT NULL;

-- What people have set, and what must survive a restart beside the facts.
CREATE TABLE setting (
    name    TEXT NOT NULL PRIMARY KEY, -- paused, shadow, policy.refused, page.last, suspended/GATEWAY/ADDRESS
    value   TEXT NOT NULL,
    changed INTEGER NOT NULL           -- wall clock
) STRICT, WITHOUT ROWID;

-- What the shadow generation decided beside the live one: the newest, to be looked at.
CREATE TABLE shadow_decision (
    seq    INTEGER NOT NULL, -- the fact
    number INTEGER NOT NULL,
    policy TEXT NOT NULL,    -- hash of the shadow policy
    at     INTEGER NOT NULL,
    line   TEXT NOT NULL,    -- as `yujing replay -o jsonl` prints it
    PRIMARY KEY (seq, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE shadow_state (
    policy TEXT NOT NULL PRIMARY KEY, -- hash of the shadow policy
    seq    INTEGER NOT NULL, -- the last fact the state contains
    bytes  BLOB NOT NULL,
    sha256 BLOB NOT NULL
) STRICT;

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
