-- name: receive :one
-- Refused ones make room.
WITH known AS (
  SELECT EXISTS (SELECT FROM dating.photos WHERE user_id = $1 AND unique_id = $5)
      OR EXISTS (SELECT FROM dating.photo_inbox WHERE user_id = $1 AND unique_id = $5) AS so
), room AS (
  SELECT (SELECT count(*) FROM dating.photos WHERE user_id = $1 AND state <> 'refused')
       + (SELECT count(*) FROM dating.photo_inbox WHERE user_id = $1) < $6::bigint AS so
), put AS (
  INSERT INTO dating.photo_inbox (user_id, bot_id, chat_id, file_id, unique_id, next_at)
  SELECT $1::bigint, $2::bigint, $3::bigint, $4::text, $5::text, $7::timestamptz FROM known, room WHERE NOT known.so AND room.so
  ON CONFLICT DO NOTHING
  RETURNING inbox_id
)
SELECT known.so, room.so, EXISTS (SELECT FROM put),
       EXISTS (SELECT FROM dating.photos WHERE user_id = $1 AND unique_id = $5 AND state = 'refused')
FROM known, room;

-- name: people_with_received :many
SELECT user_id FROM dating.photo_inbox WHERE next_at <= $1 GROUP BY user_id ORDER BY min(inbox_id) LIMIT $2;

-- name: next_received :optional
UPDATE dating.photo_inbox SET tries = tries + 1, next_at = $3
WHERE inbox_id = (SELECT inbox_id FROM dating.photo_inbox WHERE user_id = $1 AND next_at <= $2
                  ORDER BY inbox_id LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING inbox_id, user_id, bot_id, chat_id, file_id, unique_id, tries, waits;

-- name: drop_received :exec
DELETE FROM dating.photo_inbox WHERE inbox_id = $1;

-- name: on_their_way :one
SELECT count(*) FROM dating.photo_inbox WHERE user_id = $1;

-- name: put_off :exec
UPDATE dating.photo_inbox SET tries = greatest(tries - 1, 0), waits = least(waits + 1, 100), next_at = $2
WHERE inbox_id = $1;

-- name: hold_blobs :one
-- Who names a blob, and who finds that nobody does, do it one after the other. Held for two statements.
SELECT pg_advisory_xact_lock_shared(hashtext('dating.blobs')) IS NULL;

-- name: hold_blobs_alone :one
SELECT pg_advisory_xact_lock(hashtext('dating.blobs')) IS NULL;

-- name: name_coming :one
-- Skips a row that another transaction holds: an erasure, and whoever waits for it holds up the rest.
WITH mine AS (
  SELECT inbox_id FROM dating.photo_inbox WHERE inbox_id = $1 FOR UPDATE SKIP LOCKED
), going AS (
  SELECT EXISTS (SELECT FROM dating.dead_blobs WHERE blob_id IN ($2, $3) AND removing_until > now()) AS so
), named AS (
  UPDATE dating.photo_inbox i SET blob_id = $2, thumb_id = $3
  FROM mine, going WHERE i.inbox_id = mine.inbox_id AND NOT going.so
)
SELECT EXISTS (SELECT FROM mine), going.so FROM going;

-- name: hold_named :optional
SELECT inbox_id FROM dating.photo_inbox WHERE inbox_id = $1 AND blob_id = $2 AND thumb_id = $3
FOR UPDATE SKIP LOCKED;

-- name: bury :exec
INSERT INTO dating.dead_blobs (blob_id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING;

-- name: hold_person :optional
SELECT trust FROM dating.profiles WHERE user_id = $1 FOR NO KEY UPDATE;

-- name: same_picture :optional
-- Bytes that are the same, or a shape that is almost.
SELECT photo_id, state FROM dating.photos
WHERE user_id = $1 AND (blob_id = $2 OR bit_count((shape # $3)::bit(64)) <= $4::bigint)
ORDER BY blob_id = $2 DESC, position LIMIT 1;

-- name: looks_bad :one
SELECT EXISTS (SELECT FROM dating.banned_shapes WHERE bit_count((shape # $1)::bit(64)) <= $2::bigint)
    OR EXISTS (SELECT FROM dating.refused_shapes WHERE user_id = $3 AND bit_count((shape # $1)::bit(64)) <= $2::bigint);

-- name: count_of :one
SELECT count(*) FROM dating.photos WHERE user_id = $1;

-- name: oldest_refused :optional
SELECT photo_id FROM dating.photos WHERE user_id = $1 AND state = 'refused' ORDER BY photo_id LIMIT 1;

-- name: insert :one
INSERT INTO dating.photos (user_id, position, state, blob_id, thumb_id, shape, width, height, unique_id, suspicious,
                           sent_at, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $3 = 'shown' THEN $11::timestamptz END)
RETURNING photo_id;

-- name: list :many
SELECT p.photo_id, p.user_id, p.position, p.state, p.reason, p.blob_id, p.thumb_id, p.width, p.height, p.suspicious,
       p.sent_at, coalesce(f.file_id, '')
FROM dating.photos p LEFT JOIN dating.photo_files f ON f.photo_id = p.photo_id AND f.bot_id = $2
WHERE p.user_id = $1 AND (p.state = 'shown' OR NOT $3::boolean)
ORDER BY p.position;

-- name: find :optional
SELECT p.photo_id, p.user_id, p.position, p.state, p.reason, p.blob_id, p.thumb_id, p.width, p.height, p.suspicious,
       p.sent_at, coalesce(f.file_id, '')
FROM dating.photos p LEFT JOIN dating.photo_files f ON f.photo_id = p.photo_id AND f.bot_id = $2
WHERE p.photo_id = $1;

-- name: remove :one
WITH gone AS (
  DELETE FROM dating.photos WHERE user_id = $1 AND photo_id = $2 RETURNING position, state, shape
), remembered AS (
  INSERT INTO dating.refused_shapes (user_id, shape)
  SELECT $1::bigint, shape FROM gone WHERE state IN ('refused', 'hidden')
  ON CONFLICT DO NOTHING
), closed_up AS (
  UPDATE dating.photos p SET position = p.position - 1 FROM gone WHERE p.user_id = $1 AND p.position > gone.position
)
SELECT count(*) > 0 FROM gone;

-- name: make_first :exec
UPDATE dating.photos p SET position = CASE WHEN p.photo_id = $2 THEN 1 ELSE p.position + 1 END
FROM dating.photos chosen
WHERE chosen.photo_id = $2 AND chosen.user_id = $1 AND p.user_id = $1 AND p.position <= chosen.position;

-- name: note_file :exec
INSERT INTO dating.photo_files (photo_id, bot_id, file_id)
SELECT photo_id, $2::bigint, $3::text FROM dating.photos WHERE photo_id = $1
ON CONFLICT (photo_id, bot_id) DO UPDATE SET file_id = excluded.file_id;

-- name: pair :optional
SELECT l.photo_id, r.photo_id, coalesce(f.file_id, '')
FROM (SELECT photo_id FROM dating.photos WHERE user_id = $1 AND state = 'shown' ORDER BY position LIMIT 1) l
CROSS JOIN (SELECT photo_id FROM dating.photos WHERE user_id = $2 AND state = 'shown' ORDER BY position LIMIT 1) r
LEFT JOIN dating.pair_files f ON f.left_id = l.photo_id AND f.right_id = r.photo_id AND f.bot_id = $3;

-- name: pictures_of_pair :optional
SELECT l.blob_id, r.blob_id FROM dating.photos l, dating.photos r WHERE l.photo_id = $1 AND r.photo_id = $2;

-- name: note_pair :exec
INSERT INTO dating.pair_files (left_id, right_id, bot_id, file_id)
SELECT l.photo_id, r.photo_id, $3::bigint, $4::text FROM dating.photos l, dating.photos r WHERE l.photo_id = $1 AND r.photo_id = $2
ON CONFLICT (left_id, right_id, bot_id) DO UPDATE SET file_id = excluded.file_id;

-- name: waiting :one
SELECT count(*) FROM dating.photos ph JOIN dating.profiles p USING (user_id)
WHERE ph.state = 'waiting' AND p.state <> 'banned';

-- name: next_waiting :optional
-- What lies on another chat's card comes last: two operators work on two photos.
SELECT ph.photo_id FROM dating.photos ph JOIN dating.profiles p USING (user_id)
WHERE ph.state = 'waiting' AND p.state <> 'banned'
ORDER BY EXISTS (SELECT FROM dating.photo_desks d
                 WHERE d.photo_id = ph.photo_id AND (d.bot_id <> $2 OR d.chat_id <> $3)),
         ph.photo_id <= $1, ph.photo_id
LIMIT 1;

-- name: find_moderated :optional
SELECT p.photo_id, p.user_id, p.position, p.state, p.reason, p.blob_id, p.thumb_id, p.width, p.height, p.suspicious,
       p.sent_at, coalesce(f.file_id, ''),
       who.name, coalesce(date_part('year', age($3::timestamptz::date, who.born_on)), 0)::bigint,
       (SELECT count(*) FROM dating.photos of WHERE of.user_id = p.user_id), who.trust = 0, who.state = 'banned',
       p.decided_by, p.decided_at
FROM dating.photos p
JOIN dating.profiles who ON who.user_id = p.user_id
LEFT JOIN dating.photo_files f ON f.photo_id = p.photo_id AND f.bot_id = $2
WHERE p.photo_id = $1;

-- name: decide :optional
UPDATE dating.photos SET state = $2, reason = $3, decided_by = $4, decided_at = $5
WHERE photo_id = $1 AND state = 'waiting'
RETURNING user_id;

-- name: undo :optional
UPDATE dating.photos SET state = 'waiting', reason = '', decided_by = NULL, decided_at = NULL
WHERE photo_id = $1 AND state IN ('shown', 'refused') AND decided_by IS NOT NULL
RETURNING user_id;

-- name: lately_approved :many
SELECT photo_id FROM dating.photos
WHERE user_id = $1 AND state = 'shown' AND decided_by IS NOT NULL AND decided_at > $2
ORDER BY decided_at DESC, photo_id DESC;

-- name: has_shown :one
SELECT EXISTS (SELECT FROM dating.photos WHERE user_id = $1 AND state = 'shown');

-- name: desk_cards :many
SELECT bot_id, chat_id, message_id, photo_id, last_decided, digest FROM dating.photo_desks ORDER BY bot_id, chat_id;

-- name: keep_desk_card :exec
INSERT INTO dating.photo_desks (bot_id, chat_id, message_id, photo_id, last_decided, digest)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (bot_id, chat_id) DO UPDATE SET
  message_id = excluded.message_id, photo_id = excluded.photo_id,
  last_decided = excluded.last_decided, digest = excluded.digest;

-- name: replace_desk_card :exec
UPDATE dating.photo_desks SET message_id = $5, photo_id = $6, last_decided = $7, digest = $8
WHERE bot_id = $1 AND chat_id = $2 AND message_id = $3 AND digest = $4;

-- name: set_hidden :optional
UPDATE dating.photos SET state = CASE WHEN $2::boolean THEN 'hidden' ELSE 'shown' END
WHERE photo_id = $1 AND state = CASE WHEN $2::boolean THEN 'shown' ELSE 'hidden' END
RETURNING user_id;

-- name: ban_shapes :exec
INSERT INTO dating.banned_shapes (shape, banned_at) SELECT DISTINCT shape, $2::timestamptz FROM dating.photos WHERE user_id = $1
ON CONFLICT DO NOTHING;

-- name: allow_shapes :exec
-- A shape that another banned person has stays.
DELETE FROM dating.banned_shapes b
WHERE b.shape IN (SELECT shape FROM dating.photos WHERE user_id = $1)
  AND NOT EXISTS (SELECT FROM dating.photos other JOIN dating.profiles p USING (user_id)
                  WHERE other.shape = b.shape AND other.user_id <> $1 AND p.state = 'banned');

-- name: erase :one
WITH inbox AS (DELETE FROM dating.photo_inbox WHERE user_id = $1),
     gone AS (DELETE FROM dating.photos WHERE user_id = $1 RETURNING photo_id)
SELECT count(*) FROM gone;

-- name: take_dead :many
-- What somebody has come to name again is no more dead; the rest is ours to remove. A time that has run out is
-- that of a killed process.
WITH found AS (
  SELECT blob_id, dating.blob_in_use(blob_id) AS used FROM dating.dead_blobs
  WHERE removing_until IS NULL OR removing_until <= now()
  ORDER BY blob_id LIMIT $1 FOR UPDATE SKIP LOCKED
), alive AS (
  DELETE FROM dating.dead_blobs WHERE blob_id IN (SELECT blob_id FROM found WHERE used)
), taken AS (
  UPDATE dating.dead_blobs SET removing_until = now() + $2::interval
  WHERE blob_id IN (SELECT blob_id FROM found WHERE NOT used)
)
SELECT blob_id, used FROM found;

-- name: take_orphans :many
INSERT INTO dating.dead_blobs AS d (blob_id, removing_until)
SELECT id, now() + $2::interval FROM unnest($1::text[]) AS id WHERE NOT dating.blob_in_use(id) ORDER BY id
ON CONFLICT (blob_id) DO UPDATE SET removing_until = excluded.removing_until
  WHERE d.removing_until IS NULL OR d.removing_until <= now()
RETURNING blob_id;

-- name: removed :exec
DELETE FROM dating.dead_blobs WHERE blob_id = ANY ($1::text[]);
