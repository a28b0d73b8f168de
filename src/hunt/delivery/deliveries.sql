-- The zones of readers whose filters go by the clock.
-- name: timed_zones :many
SELECT DISTINCT r.time_zone FROM hunt.reader_filters f JOIN hunt.readers r USING (user_id)
WHERE f.quiet_from IS NOT NULL OR f.digest_at IS NOT NULL;

-- What the readers' own words are compared with.
-- name: texts :many
SELECT v.vacancy_id, v.title || E'\n' || p.text FROM hunt.vacancies v JOIN hunt.posts p USING (post_id)
WHERE v.vacancy_id = ANY ($1) AND v.state = 'live';

-- name: terms :many
SELECT user_id, category_id, minus, key, alone, term FROM hunt.filter_terms WHERE key = ANY ($1);

-- A vacancy that an edit brings back goes to those from whom it was taken before they saw it.
-- name: forget_unseen :exec
DELETE FROM hunt.deliveries d USING hunt.vacancies v
WHERE d.vacancy_id = ANY ($1) AND d.state = 'withdrawn' AND d.message_id IS NULL AND d.list_id IS NULL
  AND v.vacancy_id = d.vacancy_id AND v.state = 'live';

-- Everybody who chose a category of these vacancies, may be written to by the bot that brings it, has the right to it,
-- is not paused, has not hidden the author, and whose filter lets it pass. $2: now; $3: in each category instead of the
-- most confident one. $4 to $7: own words that were found; $8 to $10: minus-words that were found. $11, $12: the minute
-- of the day in the zones that matter. $13, $14: what currencies are worth. $15: younger ones come as cards, older ones
-- in a list at $16; older than $17 ones not at all.
-- name: fan_out :many
WITH found AS MATERIALIZED (
  SELECT * FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::text[]) AS u (vacancy_id, user_id, category_id, term)),
minus AS MATERIALIZED (
  SELECT * FROM unnest($8::bigint[], $9::bigint[], $10::bigint[]) AS u (vacancy_id, user_id, category_id)),
zone AS MATERIALIZED (SELECT * FROM unnest($11::text[], $12::bigint[]) AS u (time_zone, minute)),
worth AS MATERIALIZED (SELECT * FROM unnest($13::text[], $14::float8[]) AS u (currency, worth)),
asked AS MATERIALIZED (
  SELECT v.vacancy_id, p.author_key, v.posted_at < $15 AS old, v.budget_currency,
         -- what may be paid at most; by the hour or the piece is no sum for the whole
         CASE WHEN coalesce(v.budget_per, '') IN ('', 'project', 'month') THEN coalesce(v.budget_max, v.budget_min) END
           AS budget
  FROM hunt.vacancies v JOIN hunt.posts p USING (post_id)
  WHERE v.vacancy_id = ANY ($1) AND v.state = 'live' AND v.posted_at >= $17),
offered AS (
  SELECT a.vacancy_id, a.old, a.budget, a.budget_currency, vc.category_id, vc.confidence, c.bot_id,
         r.user_id, r.telegram_id, r.turn, z.minute::integer AS minute,
         CASE WHEN own.user_id IS NOT NULL THEN own ELSE base END AS f
  FROM asked a
  JOIN hunt.vacancy_categories vc USING (vacancy_id)
  JOIN hunt.choices c ON c.category_id = vc.category_id
  JOIN hunt.reader_bots b ON b.user_id = c.user_id AND b.bot_id = c.bot_id AND b.blocked_at IS NULL
  JOIN hunt.readers r ON r.user_id = c.user_id
  LEFT JOIN hunt.reader_filters own ON own.user_id = r.user_id AND own.category_id = vc.category_id
  LEFT JOIN hunt.reader_filters base ON base.user_id = r.user_id AND base.category_id = 0
  LEFT JOIN zone z ON z.time_zone = r.time_zone
  WHERE NOT r.paused AND r.right_until > $2
    AND NOT EXISTS (SELECT FROM hunt.hidden_authors h
                    WHERE h.user_id = r.user_id AND h.author_key = a.author_key AND a.author_key <> '')),
passed AS (
  SELECT o.*, w.term, h.held_until,
         CASE WHEN (o.f).budget_from IS NOT NULL AND k.pays THEN (o.f).budget_from END AS passed_budget
  FROM offered o
  LEFT JOIN found w ON w.vacancy_id = o.vacancy_id AND w.user_id = o.user_id AND w.category_id = (o.f).category_id
  LEFT JOIN worth mine ON mine.currency = (o.f).budget_currency
  LEFT JOIN worth theirs ON theirs.currency = o.budget_currency
  CROSS JOIN LATERAL (
    SELECT CASE WHEN (o.f).budget_currency = o.budget_currency THEN o.budget >= (o.f).budget_from
                ELSE o.budget * theirs.worth >= (o.f).budget_from * mine.worth END AS pays) k
  CROSS JOIN LATERAL (
    SELECT hunt.held_until($2, o.minute, (o.f).quiet_from, (o.f).quiet_to, (o.f).digest_at) AS held_until) h
  WHERE (coalesce(cardinality((o.f).words), 0) = 0 OR w.term IS NOT NULL)
    AND NOT EXISTS (SELECT FROM minus m WHERE m.vacancy_id = o.vacancy_id AND m.user_id = o.user_id
                                          AND m.category_id = (o.f).category_id)
    AND ((o.f).budget_from IS NULL OR coalesce(k.pays, (o.f).without_budget))),
added AS (
  INSERT INTO hunt.deliveries (vacancy_id, user_id, slot, category_id, bot_id, chat_id, turn, state, due_at, deferred,
                               passed_word, passed_budget, passed_currency)
  SELECT DISTINCT ON (vacancy_id, user_id, CASE WHEN $3 THEN category_id ELSE 0 END)
         vacancy_id, user_id, CASE WHEN $3 THEN category_id ELSE 0 END, category_id, bot_id, telegram_id,
         -- the golden ratio spreads the starting places of successive vacancies evenly
         (turn + vacancy_id * 0.6180339887498949) - floor(turn + vacancy_id * 0.6180339887498949),
         CASE WHEN old OR (f).digest_at IS NOT NULL OR (held_until IS NOT NULL AND (f).quiet_as_list)
              THEN 'gathered' ELSE 'due' END,
         coalesce(held_until, CASE WHEN old THEN $16::timestamptz ELSE $2 END),
         old OR held_until IS NOT NULL, term, passed_budget,
         CASE WHEN passed_budget IS NOT NULL THEN (f).budget_currency END
  FROM passed
  ORDER BY vacancy_id, user_id, CASE WHEN $3 THEN category_id ELSE 0 END, confidence DESC, category_id, term
  ON CONFLICT (vacancy_id, user_id, slot) DO NOTHING
  RETURNING vacancy_id, bot_id, deferred)
SELECT vacancy_id, bot_id, count(*) FROM added WHERE NOT deferred GROUP BY vacancy_id, bot_id;

-- name: bots_with_due :many
SELECT DISTINCT bot_id FROM hunt.deliveries WHERE state = 'due' AND due_at <= $1;

-- With the vacancy's revision: a card that was drawn from an earlier one is drawn anew.
-- name: due :many
SELECT d.vacancy_id, d.user_id, d.slot, d.category_id, d.chat_id, r.language, v.revision, d.deferred,
       coalesce(own.template, base.template, '')
FROM hunt.deliveries d
JOIN hunt.vacancies v ON v.vacancy_id = d.vacancy_id AND v.state = 'live'
JOIN hunt.readers r ON r.user_id = d.user_id
LEFT JOIN hunt.reply_templates own ON own.user_id = d.user_id AND own.category_id = d.category_id
LEFT JOIN hunt.reply_templates base ON base.user_id = d.user_id AND base.category_id = 0
WHERE d.state = 'due' AND d.bot_id = $1 AND d.due_at <= $2
ORDER BY d.due_at, d.turn LIMIT $3;

-- $6: what the message shows. What came later by its reader's own wish is no measure of our speed. Vacancies are locked by
-- their number and before their deliveries: whoever withdraws or files anew does it in this order, too.
-- name: mark_sent :exec
WITH locked AS MATERIALIZED (
  SELECT vacancy_id FROM hunt.vacancies WHERE vacancy_id = ANY ($1::bigint[]) ORDER BY vacancy_id FOR NO KEY UPDATE),
done AS (
  UPDATE hunt.deliveries d SET state = 'sent', message_id = m.message_id, sent_at = m.at, shown = m.shown
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[], $6::bigint[])
    AS m (vacancy_id, user_id, slot, message_id, at, shown) JOIN locked USING (vacancy_id)
  WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot
  RETURNING d.vacancy_id, d.sent_at, d.deferred)
UPDATE hunt.vacancies v
SET first_reader_at = least(v.first_reader_at, s.first_at), last_reader_at = greatest(v.last_reader_at, s.last_at)
FROM (SELECT vacancy_id, min(sent_at) AS first_at, max(sent_at) AS last_at FROM done
      WHERE NOT deferred GROUP BY vacancy_id) s
WHERE v.vacancy_id = s.vacancy_id;

-- name: mark_handed :exec
WITH locked AS MATERIALIZED (
  SELECT vacancy_id FROM hunt.vacancies WHERE vacancy_id = ANY ($1::bigint[]) ORDER BY vacancy_id FOR NO KEY UPDATE)
UPDATE hunt.vacancies v SET handed_at = m.at
FROM unnest($1::bigint[], $2::timestamptz[]) AS m (vacancy_id, at) JOIN locked USING (vacancy_id)
WHERE v.vacancy_id = m.vacancy_id AND v.handed_at IS NULL;

-- name: mark_refused :exec
UPDATE hunt.deliveries d SET state = 'refused'
FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS m (vacancy_id, user_id, slot)
WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot AND d.state = 'due';

-- The server did not take it. $4: in so many seconds again; 0: later, at growing distances, until the attempts are used
-- up. Returned is what was given up.
-- name: put_off :many
WITH later AS (
  UPDATE hunt.deliveries d
  SET attempts = d.attempts + (m.pause = 0)::integer,
      due_at = $5::timestamptz
               + CASE m.pause WHEN 0 THEN least(600, 2 ^ d.attempts) ELSE m.pause END * interval '1 second',
      state = CASE WHEN m.pause = 0 AND d.attempts + 1 >= $6 THEN 'refused' ELSE 'due' END
  FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS m (vacancy_id, user_id, slot, pause)
  WHERE d.vacancy_id = m.vacancy_id AND d.user_id = m.user_id AND d.slot = m.slot AND d.state = 'due'
  RETURNING d.vacancy_id, d.state)
SELECT vacancy_id FROM later WHERE state = 'refused';

-- News of yesterday is none: what waited for its sender so long. $2: published before; $3: and what its reader's own
-- hours held back. A card that is due later than now is waiting for its reader's morning.
-- name: give_up_old :many
UPDATE hunt.deliveries d SET state = 'refused'
FROM hunt.vacancies v
WHERE d.state = 'due' AND d.due_at <= $1 AND v.vacancy_id = d.vacancy_id
  AND v.posted_at < CASE WHEN d.deferred THEN $3::timestamptz ELSE $2 END
RETURNING d.vacancy_id;

-- name: waiting :one
SELECT count(*), min(due_at) FROM hunt.deliveries WHERE state = 'due';
