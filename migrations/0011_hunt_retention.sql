-- Hunt: what a person got is kept for a time.

ALTER TABLE hunt.vacancies ADD forgotten_at timestamptz;  -- who got it was deleted
CREATE INDEX vacancies_not_forgotten ON hunt.vacancies (judged_at) WHERE forgotten_at IS NULL;

-- Verdicts go with the text of what became no vacancy.
DELETE FROM hunt.verdicts w USING hunt.posts p
WHERE p.post_id = w.post_id AND p.erased_at IS NOT NULL
  AND NOT EXISTS (SELECT FROM hunt.vacancies v WHERE v.post_id = p.post_id);
