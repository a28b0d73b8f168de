-- name: block :exec
INSERT INTO dating.blocks (by_id, about_id, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;

-- What is on its way between them is not sent any more.
-- name: close_match :exec
WITH closed AS (
  UPDATE dating.matches SET state = 'closed', closed_by = $1, closed_at = $3
  WHERE low_id = least($1::bigint, $2::bigint) AND high_id = greatest($1::bigint, $2::bigint) AND state <> 'closed'
  RETURNING match_id)
UPDATE dating.messages m SET state = 'refused' FROM closed c
WHERE m.match_id = c.match_id AND m.state IN ('due', 'held');

-- name: unblock :many
DELETE FROM dating.blocks WHERE by_id = $1 AND about_id = $2 RETURNING about_id;

-- name: blocked :one
SELECT EXISTS (SELECT FROM dating.blocks WHERE by_id = $1 AND about_id = $2)
    OR EXISTS (SELECT FROM dating.blocks WHERE by_id = $2 AND about_id = $1);

-- name: blocks_of :many
SELECT b.about_id, p.name FROM dating.blocks b JOIN dating.profiles p ON p.user_id = b.about_id
WHERE b.by_id = $1 ORDER BY b.at DESC LIMIT $2;

-- Who complains, if the two have met; their match if the complaint is made in it; how many profiles their complaints have
-- hidden since $4.
-- name: reporter :optional
SELECT p.created_at,
       (SELECT count(*) FROM dating.complaints c WHERE c.by_id = $1 AND c.state = 'upheld'),
       (SELECT count(*) FROM dating.complaints c WHERE c.by_id = $1 AND c.state = 'dismissed'),
       ((p.about <> '')::int + (p.interests <> '{}')::int + p.has_photo::int + (p.state = 'active')::int) / 4.0::float8,
       (SELECT match_id FROM dating.matches WHERE match_id = $3
          AND low_id = least($1::bigint, $2::bigint) AND high_id = greatest($1::bigint, $2::bigint)),
       p.trust, p.shadow,
       (SELECT count(*) FROM dating.complaints c
        JOIN dating.actions a ON a.user_id = c.about_id AND a.complaint_id = c.complaint_id
        WHERE c.by_id = $1 AND a.action = 'hide' AND a.at > $4)
FROM dating.profiles p
WHERE p.user_id = $1 AND $1::bigint <> $2::bigint
  AND (EXISTS (SELECT FROM dating.decks WHERE viewer_id = $1 AND candidate_id = $2)
    OR EXISTS (SELECT FROM dating.judgements WHERE viewer_id = $1 AND candidate_id = $2)
    OR EXISTS (SELECT FROM dating.judgements WHERE viewer_id = $2 AND candidate_id = $1 AND liked)
    OR EXISTS (SELECT FROM dating.matches
               WHERE low_id = least($1::bigint, $2::bigint) AND high_id = greatest($1::bigint, $2::bigint)));

-- name: others_weight :one
SELECT coalesce(sum(weight), 0)::float8 FROM dating.complaints
WHERE about_id = $2 AND state = 'open' AND by_id IS DISTINCT FROM $1::bigint;

-- name: complain :one
INSERT INTO dating.complaints (by_id, about_id, match_id, reason, weight, priority, made_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (by_id, about_id) WHERE state = 'open' DO UPDATE
SET reason = excluded.reason, match_id = coalesce(excluded.match_id, complaints.match_id), weight = excluded.weight,
    priority = greatest(excluded.priority, complaints.priority)
RETURNING complaint_id, xmax = 0;

-- name: complain_by_rule :many
INSERT INTO dating.complaints (by_id, about_id, match_id, reason, rule, weight, priority, made_at)
SELECT NULL, $1, $2, 'rule', $3, $4, $5, $6
WHERE NOT EXISTS (SELECT FROM dating.complaints WHERE about_id = $1 AND by_id IS NULL AND rule = $3
                    AND (state = 'open' OR decided_at > $7))
RETURNING complaint_id;

-- An operator has looked into just that lately, and found it wrong.
-- name: cleared_of_minor :one
SELECT EXISTS (SELECT FROM dating.complaints WHERE about_id = $1 AND reason = 'minor' AND state = 'dismissed'
                 AND decided_at > $2);

-- name: openers :one
SELECT count(DISTINCT match_id) FROM dating.openers
WHERE from_id = $1 AND hash = $2 AND match_id <> $3 AND at > $4;

-- name: note_opener :exec
INSERT INTO dating.openers (from_id, hash, match_id, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING;

-- name: forget_openers :exec
DELETE FROM dating.openers WHERE (from_id, hash, match_id) IN (
  SELECT from_id, hash, match_id FROM dating.openers WHERE at < $1 ORDER BY at LIMIT $2);

-- Who is hidden until somebody decides waits longest of all.
-- name: queue :many
SELECT c.about_id FROM dating.complaints c JOIN dating.profiles p ON p.user_id = c.about_id WHERE c.state = 'open'
GROUP BY c.about_id, p.user_id
ORDER BY p.ban_reason <> '' AND p.state <> 'banned' DESC, max(c.priority) DESC, min(c.made_at), c.about_id LIMIT $1;

-- name: open_count :one
SELECT count(DISTINCT about_id) FROM dating.complaints WHERE state = 'open';

-- name: find_person :optional
SELECT p.name, coalesce(date_part('year', age($2::timestamptz, p.born_on))::int, 0), p.about, p.state, p.shadow,
       p.created_at,
       (SELECT count(*) FROM dating.complaints WHERE about_id = $1 AND state = 'upheld'),
       (SELECT count(*) FROM dating.complaints WHERE about_id = $1 AND state = 'dismissed'),
       coalesce((SELECT array_agg(photo_id ORDER BY position) FROM dating.photos
                 WHERE user_id = $1 AND state = 'shown'), '{}'),
       p.ban_reason <> '' AND p.state <> 'banned'
FROM dating.profiles p WHERE p.user_id = $1;

-- name: open_complaints :many
SELECT c.complaint_id, c.reason, c.rule, c.weight::float8, c.priority::float8, c.made_at,
       c.by_id IS NOT NULL AND EXISTS (SELECT FROM dating.messages m
                                       WHERE m.match_id = c.match_id AND m.content IS NOT NULL)
FROM dating.complaints c WHERE c.about_id = $1 AND c.state = 'open' ORDER BY c.priority DESC, c.made_at, c.complaint_id;

-- name: lock_person :optional
SELECT ban_reason FROM dating.profiles WHERE user_id = $1 FOR UPDATE;

-- name: last_action :optional
SELECT action_id, action, subject, at, by_id FROM dating.actions
WHERE user_id = $1 AND action IN ('warn', 'hide_photo', 'shadow', 'ban', 'dismiss') AND undone_at IS NULL
ORDER BY at DESC, action_id DESC LIMIT 1;

-- Gives the most urgent of them.
-- name: resolve :many
UPDATE dating.complaints SET state = $2, decided_at = $3, decided_by = $4
WHERE about_id = $1 AND state = 'open' RETURNING complaint_id, reason;

-- name: note_action :exec
INSERT INTO dating.actions (user_id, action, by_id, complaint_id, subject, at) VALUES ($1, $2, $3, $4, $5, $6);

-- Of a rule's hiding, when an operator has decided. The moment and the operator are those of the decision.
-- name: end_hiding :many
UPDATE dating.actions SET undone_at = $2, undone_by = $3
WHERE user_id = $1 AND action = 'hide' AND undone_at IS NULL RETURNING action_id;

-- name: hide_again :many
UPDATE dating.actions SET undone_at = NULL, undone_by = NULL
WHERE user_id = $1 AND action = 'hide' AND undone_at = $2 RETURNING action_id;

-- name: mark_undone :exec
UPDATE dating.actions SET undone_at = $2, undone_by = $3 WHERE action_id = $1;

-- But for those whose reporter has complained again meanwhile.
-- name: reopen :exec
UPDATE dating.complaints c SET state = 'open', decided_at = NULL, decided_by = NULL
WHERE c.about_id = $1 AND c.decided_at = $2 AND c.decided_by = $3
  AND NOT EXISTS (SELECT FROM dating.complaints o
                  WHERE o.about_id = $1 AND o.state = 'open' AND o.by_id = c.by_id);

-- What a rule has found opens nothing: nobody of the two has asked for it.
-- name: open_talk :optional
SELECT match_id, about_id FROM dating.complaints
WHERE complaint_id = $1 AND state = 'open' AND match_id IS NOT NULL AND by_id IS NOT NULL;

-- name: photo_of :optional
SELECT photo_id FROM dating.photos WHERE photo_id = $1 AND user_id = $2;

-- name: lock_desk :one
SELECT pg_try_advisory_xact_lock(hashtextextended('dating.complaint_cards', 0));

-- name: cards :many
SELECT bot_id, chat_id, about_id, message_id, shown FROM dating.complaint_cards;

-- name: keep_card :exec
INSERT INTO dating.complaint_cards (bot_id, chat_id, about_id, message_id, shown)
SELECT $1, $2, $3, $4, $5 WHERE EXISTS (SELECT FROM dating.profiles WHERE user_id = $3)
ON CONFLICT (bot_id, chat_id, about_id) DO UPDATE SET message_id = excluded.message_id, shown = excluded.shown;

-- name: forget_card :exec
DELETE FROM dating.complaint_cards WHERE bot_id = $1 AND chat_id = $2 AND about_id = $3;
