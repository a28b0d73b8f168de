-- Behind $3, in the order of their being seen: what is kept longer is passed over once.
-- name: erase_refused :many
UPDATE hunt.posts p
SET text = '', author_key = '', contact_url = '', origin = '', bands = '{}', erased_at = $1
WHERE p.post_id IN (SELECT e.post_id FROM hunt.posts e
                    WHERE e.erased_at IS NULL AND e.seen_at < $2 AND e.seen_at >= $3 AND e.state <> 'waiting'
                      AND NOT EXISTS (SELECT FROM hunt.vacancies v WHERE v.post_id = e.post_id)
                    ORDER BY e.seen_at LIMIT $4)
RETURNING p.seen_at;

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
