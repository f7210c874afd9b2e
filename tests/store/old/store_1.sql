-- A store as the first version of the schema had it, with a few rows of each table; made once by that version.
BEGIN;
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
INSERT INTO "decision" VALUES(6,0,1763924400000,'issue','heavy-pollution','heavy-pollution/210100/2025-11-24T02:00','yellow',NULL,'{"at":"x"}',NULL);
INSERT INTO "decision" VALUES(6,1,1763924400000,'order','heavy-pollution','heavy-pollution/210100/2025-11-24T02:00','yellow','o1','{"at":"x"}','停产');
INSERT INTO "decision" VALUES(6,2,1763924400000,'order','heavy-pollution','heavy-pollution/210100/2025-11-24T02:00','yellow','o2','{"at":"x"}','停产');
INSERT INTO "journal" VALUES(1,'policy','yujing','1',1763913600000,1763913600000,0,X'9745CA51CBCCD5B8B0F3BF37C41929CCB563A8CEECB2EE721DAE0106CDABDA9C','{"specversion":"1.0","type":"policy","source":"yujing","id":"1","time":"2025-11-23T16:00:00+00:00","recordedtime":"2025-11-23T16:00:00+00:00","data":{"hash":"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}}',X'7B9C5284EC980222DDCF3F82EDD2C9F62A569CFBD52ECA51FD5416335B63E79F');
INSERT INTO "journal" VALUES(2,'reading','示例"站','r0',1763917200000,1763913600000,0,X'BC537A1C3CE60B34E6C00A4752DECCCB44EA6434EDADB617C8CC329D65B386E6','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r0","subject":"s1","time":"2025-11-23T16:00:00+00:00","recordedtime":"2025-11-23T17:00:00+00:00","data":{"values":{"pm25":100},"period":"1h"}}',X'034B9D6A1A950F44747E77477E300B422482627C35768774EF956E1B90A5B562');
INSERT INTO "journal" VALUES(3,'reading','示例"站','r0',1763917200000,1763913600000,1,X'FD68D97CA9F113AC7D65368C0D58D5ACF4B21587437914B9C8C6CD843B713356','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r0","subject":"s1","time":"2025-11-23T16:00:00+00:00","recordedtime":"2025-11-23T17:00:00+00:00","conflict":true,"data":{"values":{"pm25":101},"period":"1h"}}',X'97D4E728C6B02E450E4A8895205209C5724D77AC2AF04E9957C5C9BFE11A69F7');
INSERT INTO "journal" VALUES(4,'reading','示例"站','r1',1763920800000,1763913600000,0,X'62C3C615D1A9D3EA607D7BEDADF7BBD28BF8BB11D6E45F2BAD174B68209DCD18','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r1","subject":"s1","time":"2025-11-23T17:00:00+00:00","recordedtime":"2025-11-23T18:00:00+00:00","data":{"values":{"pm25":102},"period":"1h"}}',X'632E92579CF780B357BDD9EEB278668312E31023A16CBEEA234FB88D6D3280C8');
INSERT INTO "journal" VALUES(5,'reading','示例"站','r1',1763920800000,1763913600000,1,X'FAD8E5377427D96608748FE612072BA9734E15E1A1C926FA7C7B8CB0CCE853C3','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r1","subject":"s1","time":"2025-11-23T17:00:00+00:00","recordedtime":"2025-11-23T18:00:00+00:00","conflict":true,"data":{"values":{"pm25":103},"period":"1h"}}',X'3DDFD4193B0737A2D000B937877E6891086E24066C1D37E24FD73FC39BBC4B9B');
INSERT INTO "journal" VALUES(6,'reading','示例"站','r2',1763924400000,1763913600000,0,X'D92B5A567A78972C86BA88303AE0C4F0FE8C26E553D4AECC8F1D1ECC488F0F5B','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r2","subject":"s1","time":"2025-11-23T18:00:00+00:00","recordedtime":"2025-11-23T19:00:00+00:00","data":{"values":{"pm25":104},"period":"1h"}}',X'D21861F6D392BF45CE029D5A001850DC08CD18F37434DE351CE274C6B1EB9DF2');
INSERT INTO "journal" VALUES(7,'reading','示例"站','r2',1763924400000,1763913600000,1,X'4963F7D188DF3E176EAC7EA3473571E0A0FFE287F549B64A79FC36B0CA723985','{"specversion":"1.0","type":"reading","source":"示例\"站","id":"r2","subject":"s1","time":"2025-11-23T18:00:00+00:00","recordedtime":"2025-11-23T19:00:00+00:00","conflict":true,"data":{"values":{"pm25":105},"period":"1h"}}',X'EDC0701BC33949E35AD2BBCE62A54282384E93AC580D9CFC22E992140A167DA1');
INSERT INTO "meta" VALUES('mode','live by_fact');
INSERT INTO "orders" VALUES('o1',6,1,'order','210106-0001',X'7B2274657874223A22E5819CE4BAA7227D',X'BDD6D453A95F7114288D618561AA1D260648EC3F41E9C09551DDCAB23D76F2D2');
INSERT INTO "orders" VALUES('o2',6,2,'order','210106-0001',X'7B2274657874223A22E5819CE4BAA7227D',X'BDD6D453A95F7114288D618561AA1D260648EC3F41E9C09551DDCAB23D76F2D2');
INSERT INTO "outbox" VALUES('o1','spool','waiting',0,1763913600000,1763913600000,NULL);
INSERT INTO "outbox" VALUES('o2','spool','shadow',0,1763913600000,1763913600000,NULL);
INSERT INTO "snapshot" VALUES(6,'0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',X'7374617465',X'4BA69735CA53765ED6A709EDB56C6EA236B7193A3B29A6B390C346F0F4340E4E',1763913600000);
PRAGMA application_id = 2037738087;
PRAGMA user_version = 1;
COMMIT;
