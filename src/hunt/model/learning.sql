-- Labels with the text that they are about, one per post: the operator's word before the readers', theirs before the
-- model's. Readers count when two of them say so and the operator has not decided. The last column: what
-- a fifth is kept out by.
-- name: labels :many
SELECT p.post_id, p.text, l.kind, array_to_string(l.categories, ','), l.scam, l.said_by,
       CASE WHEN length(p.fingerprint) > 0 THEN get_byte(p.fingerprint, 0) ELSE p.post_id % 256 END
FROM hunt.posts p
JOIN LATERAL (
  SELECT * FROM (
    SELECT x.kind, x.categories, x.scam, x.labelled_by AS said_by FROM hunt.labels x WHERE x.post_id = p.post_id
    UNION ALL
    SELECT 'none', '{}', bool_or(r.reason = 'scam'), 'reader'
    FROM hunt.vacancies v JOIN hunt.reports r USING (vacancy_id)
    WHERE v.post_id = p.post_id AND r.reason IN ('not_vacancy', 'scam') AND r.outcome IS NULL HAVING count(*) >= 2) said
  ORDER BY said_by = 'operator' DESC, said_by = 'reader' DESC LIMIT 1) l ON true
WHERE p.post_id > $1 AND p.text <> '' ORDER BY p.post_id LIMIT $2;

-- name: live :optional
SELECT version FROM hunt.models WHERE state = 'live';

-- name: all :many
SELECT version, state, trained_at, learned_from, evaluated_on, accuracy, accuracy_before, detail
FROM hunt.models ORDER BY trained_at, version;

-- name: state_of :optional
SELECT state FROM hunt.models WHERE version = $1;

-- name: retire :exec
UPDATE hunt.models SET state = 'retired' WHERE state = 'live';

-- name: make_live :exec
UPDATE hunt.models SET state = 'live' WHERE version = $1;

-- name: add :exec
INSERT INTO hunt.models (version, state, trained_at, learned_from, evaluated_on, accuracy, accuracy_before, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- The folders that may go: all but the live one and the newest few.
-- name: forgotten :many
SELECT version FROM hunt.models WHERE state = 'retired' ORDER BY trained_at DESC OFFSET 3;

-- name: forget :exec
DELETE FROM hunt.models WHERE version = $1 AND state = 'retired';
