-- name: take :optional
-- Takes the lease when it is free or ours; the epoch grows with the holder's change.
INSERT INTO platform.leases AS lease (name, holder, epoch, held_until)
VALUES ($1, $2, 1, clock_timestamp() + $3::interval)
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder,
    epoch = lease.epoch + CASE WHEN lease.holder = excluded.holder THEN 0 ELSE 1 END,
    held_until = excluded.held_until
WHERE lease.holder = excluded.holder OR lease.held_until < clock_timestamp()
RETURNING epoch;

-- name: check :optional
-- The share lock keeps others from taking it until our transaction has ended.
SELECT epoch FROM platform.leases
WHERE name = $1 AND holder = $2 AND epoch = $3 AND held_until > clock_timestamp()
FOR SHARE;

-- name: holder :optional
SELECT holder FROM platform.leases WHERE name = $1 AND held_until > clock_timestamp();

-- name: release :exec
UPDATE platform.leases SET held_until = '-infinity' WHERE name = $1 AND holder = $2;
