-- From 3 to 4: the waiting consignments are ordered in memory, and rendered bytes stand apart from states that change.
DROP INDEX outbox_ready;
DROP INDEX outbox_due;
DROP INDEX outbox_host;
DROP INDEX outbox_address;
DROP INDEX outbox_sending;
DROP INDEX outbox_untold;
DROP INDEX outbox_state;
ALTER TABLE outbox RENAME TO old_outbox;
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

INSERT INTO outbox (serial, letter, gateway, address, contact, host, rung, priority, state, attempts, not_before, changed,
                    trouble, told)
    SELECT serial, letter, gateway, address, contact, host, rung, priority, state, attempts, not_before, changed, trouble,
           told FROM old_outbox;
INSERT INTO rendering (serial, body, sha256) SELECT serial, body, sha256 FROM old_outbox WHERE body IS NOT NULL;
DROP TABLE old_outbox;
