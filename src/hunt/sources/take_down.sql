-- Who is about to store a repeat of one of these holds it (posts.sql, hold_originals): after this nobody does.
-- name: lock_originals :one
SELECT count(*)
FROM (SELECT FROM hunt.posts p
      WHERE p.source_id = $1
        AND (p.state IN ('waiting', 'judged')
             OR EXISTS (SELECT FROM hunt.vacancies v WHERE v.post_id = p.post_id AND v.state = 'live'))
      ORDER BY p.post_id FOR UPDATE) locked;

-- Those that may take an original's place; one whose text was erased cannot.
-- name: copies :many
SELECT c.post_id, c.posted_at, c.text, o.post_id, o.state = 'waiting' AND v.post_id IS NULL,
       coalesce(v.vacancy_id, 0), coalesce(v.state = 'live', false), coalesce(v.engine, '')
FROM hunt.posts o
JOIN hunt.posts c ON c.repeat_of = o.post_id
JOIN hunt.sources s ON s.source_id = c.source_id
LEFT JOIN hunt.vacancies v ON v.post_id = o.post_id
WHERE o.source_id = $1 AND (o.state IN ('waiting', 'judged') OR v.state = 'live')
  AND c.state = 'repeat' AND c.text <> '' AND s.state <> 'taken_down'
  AND NOT EXISTS (SELECT FROM hunt.vacancies w WHERE w.post_id = c.post_id)
ORDER BY c.post_id FOR NO KEY UPDATE OF c;

-- The heirs ($2) take the places of these originals ($1). What is returned stands behind an heir now.
-- name: give_place :many
WITH pairs AS (
  SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[]) AS u (former, heir, state, bands)),
verdicts AS (
  INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, engine)
  SELECT p.heir, h.revision, v.at, v.kind, v.categories, v.confidences, v.confidence, v.scam, v.engine
  FROM pairs p JOIN hunt.posts o ON o.post_id = p.former JOIN hunt.posts h ON h.post_id = p.heir
  JOIN hunt.verdicts v ON v.post_id = o.post_id AND v.revision = o.revision
  ON CONFLICT DO NOTHING),
vacancies AS (
  UPDATE hunt.vacancies v SET post_id = p.heir FROM pairs p WHERE v.post_id = p.former),
labels AS (
  UPDATE hunt.labels l SET post_id = p.heir FROM pairs p
  WHERE l.post_id = p.former
    AND NOT EXISTS (SELECT FROM hunt.labels t WHERE t.post_id = p.heir AND t.labelled_by = l.labelled_by))
UPDATE hunt.posts x
SET state = CASE x.post_id WHEN p.heir THEN p.state ELSE 'repeat' END,
    repeat_of = CASE x.post_id WHEN p.heir THEN NULL ELSE p.heir END,
    bands = CASE x.post_id WHEN p.heir THEN string_to_array(p.bands, ',')::bigint[] ELSE '{}' END
FROM pairs p WHERE x.post_id IN (p.former, p.heir) OR x.repeat_of = p.former
RETURNING x.post_id, x.source_id;

-- The title is all that a struck-out card would still show.
-- name: blank :exec
UPDATE hunt.vacancies SET title = '—', essence = '', budget = '' WHERE vacancy_id = ANY ($1);

-- name: withdraw_rest :exec
UPDATE hunt.vacancies v
SET state = 'withdrawn', withdrawn_by_edit = false, title = '—', essence = '', budget = ''
FROM hunt.posts p WHERE p.post_id = v.post_id AND p.source_id = $1 AND (v.state = 'live' OR v.title <> '—');

-- name: drop_rest :exec
UPDATE hunt.posts SET state = 'dropped', reason = 'taken_down', bands = '{}'
WHERE source_id = $1 AND state IN ('waiting', 'judged');
