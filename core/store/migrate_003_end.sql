-- The end of the step from 2 to 3, when the facts stand in journal_new.
DROP TABLE journal;
ALTER TABLE journal_new RENAME TO journal;
CREATE INDEX journal_policy ON journal (seq) WHERE kind = 'policy';
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
CREATE TRIGGER retired_needs_anchor BEFORE INSERT ON retired
WHEN NOT EXISTS (SELECT 1 FROM anchor WHERE seq = new.seq AND chain = new.chain)
  OR NOT EXISTS (SELECT 1 FROM snapshot WHERE seq >= new.seq)
BEGIN SELECT raise(ABORT, 'what is retired must end at an anchor and lie before a snapshot'); END;
CREATE TRIGGER decision_is_not_changed BEFORE UPDATE ON decision
BEGIN SELECT raise(ABORT, 'a decision is never changed'); END;
CREATE TRIGGER decision_is_not_deleted BEFORE DELETE ON decision
WHEN old.seq > (SELECT coalesce(max(seq), 0) FROM retired)
BEGIN SELECT raise(ABORT, 'a decision goes with its fact'); END;
