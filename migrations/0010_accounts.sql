-- Whose bot it was that somebody did something in: who leaves one product takes its lines along. '': before there were two.
ALTER TABLE accounts.journal ADD COLUMN product text NOT NULL DEFAULT '';
