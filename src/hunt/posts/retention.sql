-- Behind $3, in the order of their being seen: what is kept longer is passed over once.
-- name: erase_refused :many
WITH erased AS (
  UPDATE hunt.posts p
  SET text = '', author_key = '', contact_url = '', origin = '', bands = '{}', erased_at = $1
  WHERE p.post_id IN (SELECT e.post_id FROM hunt.posts e
                      WHERE e.erased_at IS NULL AND e.seen_at < $2 AND e.seen_at >= $3 AND e.state <> 'waiting'
                        AND NOT EXISTS (SELECT FROM hunt.vacancies v WHERE v.post_id = e.post_id)
                      ORDER BY e.seen_at LIMIT $4)
  RETURNING p.post_id, p.seen_at),
verdicts AS (
  DELETE FROM hunt.verdicts w USING erased e WHERE w.post_id = e.post_id)
SELECT seen_at FROM erased;

-- name: erase_accepted :many
UPDATE hunt.posts p
SET text = '', bands = '{}', erased_at = $1
WHERE p.post_id IN (SELECT e.post_id FROM hunt.posts e
                    WHERE e.erased_at IS NULL AND e.seen_at < $2 AND e.seen_at >= $3 AND e.state <> 'waiting'
                    ORDER BY e.seen_at LIMIT $4)
RETURNING p.seen_at;

-- name: half_taken_down :many
SELECT s.source_id FROM hunt.sources s
WHERE s.state = 'taken_down'
  AND EXISTS (SELECT FROM hunt.posts p WHERE p.source_id = s.source_id AND p.erased_at IS NULL);

-- name: old_vacancies :many
SELECT vacancy_id FROM hunt.vacancies WHERE forgotten_at IS NULL AND judged_at < $1 ORDER BY judged_at LIMIT $2;

-- The card of what somebody saved or responded to is opened from their delivery, and a reporter hears the outcome
-- by it.
-- name: forget_deliveries :exec
DELETE FROM hunt.deliveries d
USING (SELECT x.vacancy_id, x.user_id, x.slot FROM hunt.deliveries x
       WHERE x.vacancy_id = ANY ($1)
         AND NOT EXISTS (SELECT FROM hunt.saved s WHERE s.user_id = x.user_id AND s.vacancy_id = x.vacancy_id)
         AND NOT EXISTS (SELECT FROM hunt.replies a WHERE a.user_id = x.user_id AND a.vacancy_id = x.vacancy_id)
         AND NOT EXISTS (SELECT FROM hunt.reports r
                         WHERE r.vacancy_id = x.vacancy_id AND r.user_id = x.user_id AND r.told_at IS NULL)
       LIMIT $2) old
WHERE d.vacancy_id = old.vacancy_id AND d.user_id = old.user_id AND d.slot = old.slot;

-- Why a vacancy came is asked by those who still have it.
-- name: forgotten :exec
WITH done AS (
  UPDATE hunt.vacancies SET forgotten_at = $2 WHERE vacancy_id = ANY ($1) RETURNING vacancy_id, post_id)
DELETE FROM hunt.verdicts w USING done o
WHERE w.post_id = o.post_id AND NOT EXISTS (SELECT FROM hunt.deliveries d WHERE d.vacancy_id = o.vacancy_id);

-- The first are the oldest: no more is looked at than is deleted.
-- name: forget_lists :exec
DELETE FROM hunt.lists l
USING (SELECT list_id, made_at FROM hunt.lists ORDER BY list_id LIMIT $2) first
WHERE l.list_id = first.list_id AND first.made_at < $1;
