-- A year of bookings as the hub leaves them: two businesses, of which one has nine tenths; every fiftieth booking is credited, one in a thousand waits for
-- a person. lists.go fills in what stands in braces; n goes from 0, every event takes four numbers of the ledger: event, delivery, step's document, credit.
-- pick is a number that looks like chance.

CREATE TEMP TABLE booking AS
WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n < {events} - 1),
chance AS (SELECT n, (n * 2654435761) % 4294967296 AS pick FROM series)
SELECT n, pick, 1 + n * 4 AS id, 500000 + n AS number, {then} + n * {step} AS at,
    CASE WHEN n % 10 = 9 THEN 'w2' ELSE 'w1' END AS workspace,
    CASE WHEN n % 10 = 9 THEN 'a9' ELSE 'a' || (pick % 3) END AS account,
    CASE WHEN n % 10 = 9 THEN 'c9' ELSE 'c' || (pick % 3) END AS connection,
    CASE WHEN pick % 1000 = 1 THEN 'failed' WHEN pick % 1000 = 2 THEN 'held' WHEN pick % 1000 = 3 THEN 'retrying' WHEN pick % 33 = 0 THEN 'skipped' ELSE 'done' END AS state,
    CASE WHEN pick % 200 = 0 THEN 'EUR' ELSE 'ISK' END AS currency,
    (10 + (pick / 7) % 90) * 1000 AS amount, f.name AS first, l.name AS last,
    lower(f.name) || '.' || lower(l.name) || (pick % 97) || '@example.com' AS email, 5500000 + pick % 99999 AS phone,
    lower(hex(randomblob(8))) AS external
FROM chance JOIN first f ON f.i = (pick / 11) % {firsts} JOIN last l ON l.i = (pick / 1009) % {lasts};

INSERT INTO event (id, account_id, type, object, version, dedupe, dedupe_hash, raw, body, sale, data, loaded, received_at)
SELECT id, account, 'booking.confirmed', 'booking/' || number, 0, 'b:' || number, randomblob(16), '{"method":"POST","header":{"Content-Type":"application/json"}}', {notice},
    '{"reference":"FJO-' || number || '","status":"confirmed","service_date":"2026-07-12","customer":{"name":"' || first || ' ' || last || '","email":"' || email || '","phone":"+354 ' || phone || '","language":"is"},'
    || '"lines":[{"text":"Glacier walk with guide and equipment","quantity":"2","unit_price":"' || (amount / 2) || '","discount":"0","total":"' || amount || '","vat_rate":"11","vat_amount":"2467"}],'
    || '"currency":"' || currency || '","total":"' || amount || '","vat_included":true}', '', 1, at
FROM booking;

INSERT INTO delivery (id, event_id, connection_id, account_id, object, state, open, due_at, touched, code, reason, updated_at)
SELECT id + 1, id, connection, 'books', 'booking/' || number, state,
    CASE WHEN state = 'retrying' OR state IN ('failed', 'held') AND pick % 2 = 0 THEN 1 ELSE 0 END, CASE WHEN state = 'retrying' THEN at + {step} * {events} END, 1,
    CASE state WHEN 'failed' THEN 'refused' WHEN 'held' THEN 'totals_differ' WHEN 'skipped' THEN 'filter' ELSE '' END, CASE state WHEN 'done' THEN '' ELSE 'a sentence that says why' END, at
FROM booking;

INSERT INTO step (delivery_id, key, op, connection_id, object, issue, ref, state, input, fingerprint, document_id)
SELECT id + 1, 'invoice', 'do', connection, 'booking/' || number, 1, 'fjo-' || number, 'done', {input}, '', id + 2
FROM booking WHERE state = 'done';

INSERT INTO document (id, connection_id, object, step_key, delivery_id, account_id, kind, external_id, number, url, status, amount, currency, customer, data, ref, fingerprint, created_at,
    undone_by)
SELECT id + 2, connection, 'booking/' || number, 'invoice', id + 1, 'books', 'invoice', external, CAST(number - 400000 AS TEXT), 'https://books.example.com/' || external, 'SENT',
    amount * CASE currency WHEN 'EUR' THEN 100 ELSE 1 END, currency, external, '', 'fjo-' || number, '', at, CASE WHEN pick % 50 = 7 THEN id + 3 ELSE 0 END
FROM booking WHERE state = 'done';

INSERT INTO document (id, connection_id, object, step_key, delivery_id, account_id, kind, external_id, number, url, status, amount, currency, customer, data, ref, fingerprint, created_at,
    undoes)
SELECT id + 3, connection, 'booking/' || number, 'invoice', id + 1, 'books', 'credit_note', external || 'c', CAST(number - 300000 AS TEXT), '', 'SENT',
    amount * CASE currency WHEN 'EUR' THEN 100 ELSE 1 END, currency, external, '', 'fjo-' || number || '-u', '', at, id + 2
FROM booking WHERE state = 'done' AND pick % 50 = 7;

CREATE TEMP TABLE said AS
SELECT workspace, id, 'fjo' || number AS w1, 'fjo' AS w2, CAST(number AS TEXT) AS w3, lower(first) AS w4, lower(last) AS w5, email AS w6, '<' || (phone % 10) || (phone / 10 % 10) || (phone / 100 % 10) || (phone / 1000 % 10) || (phone / 10000 % 10) || (phone / 100000 % 10) || (phone / 1000000 % 10) || '453' AS w7, CAST(amount AS TEXT) AS w8,
    CASE state WHEN 'done' THEN CAST(number - 400000 AS TEXT) ELSE '' END AS w9, CASE state WHEN 'done' THEN external ELSE '' END AS w10
FROM booking;

INSERT INTO event_words (workspace_id, event_id, words)
SELECT workspace, id, ' ' || w1 || ' ' || w2 || ' ' || w3 || ' ' || w4 || ' ' || w5 || ' ' || w6 || ' ' || w7 || ' ' || w8 || ' ' || w9 || ' ' || w10 || ' ' FROM said ORDER BY workspace, id;

INSERT OR IGNORE INTO term (workspace_id, word, event_id)
SELECT workspace, w1, id FROM said UNION ALL SELECT workspace, w2, id FROM said UNION ALL SELECT workspace, w3, id FROM said UNION ALL SELECT workspace, w4, id FROM said
UNION ALL SELECT workspace, w5, id FROM said UNION ALL SELECT workspace, w6, id FROM said UNION ALL SELECT workspace, w7, id FROM said UNION ALL SELECT workspace, w8, id FROM said
UNION ALL SELECT workspace, w9, id FROM said WHERE w9 <> '' UNION ALL SELECT workspace, w10, id FROM said WHERE w10 <> ''
ORDER BY 1, 2, 3;

INSERT INTO tally (connection_id, what, hour, currency, count, amount)
SELECT connection_id, kind, created_at / 3600000 * 3600000, currency, count(*), sum(CASE kind WHEN 'credit_note' THEN -amount ELSE amount END) FROM document GROUP BY 1, 2, 3, 4;

INSERT INTO tally (connection_id, what, hour, currency, count, amount)
SELECT connection, 'delivery', at / 3600000 * 3600000, '', count(*), 0 FROM booking GROUP BY 1, 3;

INSERT INTO meta (key, value) VALUES ('indexed', CAST({events} * 4 AS TEXT)) ON CONFLICT (key) DO UPDATE SET value = excluded.value;
