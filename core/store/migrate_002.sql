-- Orders become letters, ways out become consignments.
DROP INDEX outbox_due;
DROP INDEX outbox_sending;
ALTER TABLE outbox RENAME TO old_outbox;
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
    body       BLOB,             -- the bytes on this way; NULL: the letter's own
    sha256     BLOB,             -- of `body`
    UNIQUE (letter, gateway, address)
) STRICT;
CREATE INDEX outbox_ready ON outbox (gateway, priority, serial, not_before, host, address) WHERE state = 'waiting';
CREATE INDEX outbox_due ON outbox (gateway, not_before) WHERE state = 'waiting';
CREATE INDEX outbox_host ON outbox (gateway, host) WHERE state = 'waiting';
CREATE INDEX outbox_address ON outbox (gateway, address, serial) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_sending ON outbox (state) WHERE state = 'sending';
CREATE INDEX outbox_untold ON outbox (serial) WHERE state = 'dead' AND told = 0;
CREATE INDEX outbox_state ON outbox (gateway, state);

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

-- Letters whose acknowledgement is waited for.
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


INSERT INTO letter (id, seq, number, kind, recipient, rule, episode, level, at, made, body, sha256)
    SELECT o.id, o.seq, o.number, o.kind, o.recipient, d.rule, d.episode, d.level, d.at, j.recorded, o.body, o.sha256
    FROM orders o JOIN decision d ON d.seq = o.seq AND d.number = o.number JOIN journal j ON j.seq = o.seq
    ORDER BY o.seq, o.number;
INSERT INTO outbox (letter, gateway, address, host, rung, priority, state, attempts, not_before, changed, trouble, told)
    SELECT b.id, b.channel, '', '', 0, 10, b.state, b.attempts, b.not_before, b.changed, b.trouble, 0
    FROM old_outbox b JOIN letter l ON l.id = b.id ORDER BY l.serial, b.channel;
DROP TABLE old_outbox;
DROP TABLE orders;
