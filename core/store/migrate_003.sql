-- From 2 to 3: one chain over facts, decisions and letters instead of one over facts; identities in an index of
-- their own; anchors; retirement.  The facts are copied and chained anew by migrate_chain.c in between.
CREATE TABLE journal_new (
    seq      INTEGER NOT NULL PRIMARY KEY, -- 1, 2, 3 …: the order in which the engine learnt them
    kind     TEXT NOT NULL,    -- CloudEvents type: reading, forecast, decision, tick, policy …
    arrival  INTEGER NOT NULL, -- when the engine learnt it; never falls from one row to the next
    recorded INTEGER NOT NULL, -- wall clock of the transaction
    conflict INTEGER NOT NULL, -- 1: repeats an identity with other content; kept and alarmed, not used
    body     TEXT NOT NULL,    -- the fact, canonical JSON: who says so, which of its sayings, its arrival
    chain    BLOB NOT NULL     -- SHA-256 over the link before and every other column; see chain.c
) STRICT;
CREATE TABLE seal (
    seq   INTEGER NOT NULL, -- the last fact when the row was written
    place INTEGER NOT NULL, -- from 0
    part  TEXT NOT NULL,    -- the table the row is in: decision letter
    row   TEXT NOT NULL,    -- its key there: SEQ/NUMBER of a decision, id of a letter
    chain BLOB NOT NULL,    -- SHA-256 over the link before, part, row and the row's columns
    PRIMARY KEY (seq, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE identity (
    hash INTEGER NOT NULL, -- 64 bits of a hash over source and id; several rows may share it
    seq  INTEGER NOT NULL,
    PRIMARY KEY (hash, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE anchor (
    seq     INTEGER NOT NULL, -- the last fact then
    day     TEXT NOT NULL,    -- local, 2026-11-24
    chain   BLOB NOT NULL,    -- the last link then
    rows    INTEGER NOT NULL, -- facts ever recorded, retired ones too
    written INTEGER NOT NULL, -- wall clock
    PRIMARY KEY (seq, day, chain)
) STRICT, WITHOUT ROWID;
CREATE TABLE retired (
    seq     INTEGER NOT NULL PRIMARY KEY, -- the last fact that is in the file
    chain   BLOB NOT NULL,    -- the last link of that fact
    file    TEXT NOT NULL,    -- its name, which holds its SHA-256
    sha256  BLOB NOT NULL,    -- of the file
    written INTEGER NOT NULL  -- wall clock
) STRICT;
