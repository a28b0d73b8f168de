-- queue
-- Under which number a broker carries the message just now; null: it does not. Carried and without a lease, it waits in
-- the broker; a consumer that takes it puts its lease on it.
ALTER TABLE platform.messages ADD COLUMN carried_as bigint;

-- cache
-- The highest transaction number among the rows of cache_invalidations that have been removed: who may have missed such a
-- row, or cannot tell whether a value is older than it, begins anew.
CREATE TABLE platform.cache_floor (floor xid8 NOT NULL);
INSERT INTO platform.cache_floor VALUES ('0');
