-- Events of the past year and all that came of them, as the hub leaves it for bench.yaml. One in a thousand was refused and waits for a person.
-- older.go fills in what stands in braces; n goes from 0, and every event takes four numbers of the ledger: event, delivery, attempt, document.

INSERT INTO event (id, account_id, type, object, version, dedupe, dedupe_hash, raw, body, data, loaded, received_at)
{series}
SELECT {first} + n * 4, {orders}, 'webhook.received', 'order/' || {order}, 0, 'own:' || {order}, {hash},
    '{"method":"POST","header":{"Content-Length":"1874","Content-Type":"application/json","User-Agent":"shop/4.2"}}', {blob {body}}, '=', 1, {then}
FROM series;

INSERT INTO delivery (id, event_id, connection_id, account_id, object, state, open, touched, code, reason, updated_at)
{series}
SELECT {first} + n * 4 + 1, {first} + n * 4, {invoices}, {books}, 'order/' || {order}, CASE WHEN {refused} THEN 'failed' ELSE 'done' END,
    CASE WHEN {refused} THEN 1 ELSE 0 END, 1, CASE WHEN {refused} THEN 'refused' ELSE '' END, CASE WHEN {refused} THEN 'the service refused the request' ELSE '' END, {then}
FROM series;

INSERT INTO step (delivery_id, key, op, connection_id, object, issue, ref, state, input, fingerprint, document_id)
{series}
SELECT {first} + n * 4 + 1, 'invoice', 'do', {invoices}, 'order/' || {order}, 1, {ref}, CASE WHEN {refused} THEN 'refused' ELSE 'done' END,
    '{"body":' || {sent in json} || ',"content":"json","id_path":"id","idempotency_header":"Idempotency-Key","key_life_hours":24,"method":"POST",'
    || '"number_path":"number","recovery":"key","status_path":"status","success":"2xx","url":"/invoices"}', '', CASE WHEN {refused} THEN 0 ELSE {first} + n * 4 + 3 END
FROM series;

INSERT INTO call (delivery_id, step_key, op, name, version, key, method, url, header, body, state, sends, looks, resent, first_sent, last_sent, status, answer)
{series}
SELECT {first} + n * 4 + 1, 'invoice', 'do', 'request', 0, {ref} || '-request', 'POST', 'http://127.0.0.1:40000/invoices',
    '{"Accept":["application/json"],"Content-Type":["application/json"],"Idempotency-Key":["' || {ref} || '-request"]}', {blob {sent}},
    CASE WHEN {refused} THEN 'refused' ELSE 'answered' END, 1, 0, 0, {then}, {then}, CASE WHEN {refused} THEN 422 ELSE 200 END, {blob {answer}}
FROM series;

INSERT INTO attempt (id, delivery_id, step_key, op, outcome, code, message, detail, exchanges, node, started_at, ended_at)
{series}
SELECT {first} + n * 4 + 2, {first} + n * 4 + 1, 'invoice', 'do', CASE WHEN {refused} THEN 'permanent' ELSE 'done' END, CASE WHEN {refused} THEN 'refused' ELSE '' END, '', '',
    '[{"method":"POST","url":"http://127.0.0.1:40000/invoices","request_header":{"Accept":"application/json","Content-Type":"application/json",'
    || '"Idempotency-Key":"' || {ref} || '-request"},"request_body":' || {sent in json} || ',"status":200,"response_header":{"Content-Length":"64",'
    || '"Content-Type":"application/json","Date":"Thu, 11 Jun 2026 09:24:32 GMT"},"response_body":' || {answer in json}
    || ',"started_at":"2026-06-11T09:24:31.884123456Z","took":41238112}]', 'single', {then}, {then}
FROM series;

INSERT INTO document (id, connection_id, object, step_key, delivery_id, account_id, kind, external_id, number, url, status, amount, currency, customer, data, ref, fingerprint,
    created_at)
{series}
SELECT {first} + n * 4 + 3, {invoices}, 'order/' || {order}, 'invoice', {first} + n * 4 + 1, {books}, 'other', 'inv_' || {order}, {order}, '', 'issued', 0, '', '',
    '{"answer":' || {answer} || ',"status_code":200}', {ref}, '', {then}
FROM series WHERE NOT ({refused});

-- What the indexer makes of them.
INSERT INTO event_words (workspace_id, event_id, words)
{series}
SELECT {workspace}, {first} + n * 4, ' ' || {order} || ' isk orderpaid order paid 149400' || CASE WHEN {refused} THEN '' ELSE ' inv' || {order} END || ' '
FROM series;

INSERT INTO term (workspace_id, word, event_id)
{series},
word(text, ends) AS (SELECT 'isk', '' UNION ALL SELECT 'order', '' UNION ALL SELECT 'orderpaid', '' UNION ALL SELECT 'paid', '' UNION ALL SELECT '149400', '' UNION ALL SELECT '', 'n' UNION ALL SELECT 'inv', 'n')
SELECT {workspace}, word.text || CASE word.ends WHEN 'n' THEN {order} ELSE '' END, {first} + n * 4
FROM word CROSS JOIN series WHERE word.text <> 'inv' OR NOT ({refused});

INSERT INTO tally (connection_id, what, hour, currency, count, amount)
SELECT connection_id, kind, created_at / 3600000 * 3600000, currency, count(*), 0 FROM document WHERE connection_id = {invoices} AND id >= {first} GROUP BY connection_id, kind, created_at / 3600000, currency;

INSERT INTO tally (connection_id, what, hour, currency, count, amount)
SELECT connection_id, 'delivery', updated_at / 3600000 * 3600000, '', count(*), 0 FROM delivery WHERE connection_id = {invoices} AND id >= {first} GROUP BY connection_id, updated_at / 3600000;

INSERT INTO tally (connection_id, what, hour, currency, count, amount)
SELECT connection_id, 'failure', updated_at / 3600000 * 3600000, '', count(*), 0 FROM delivery WHERE connection_id = {invoices} AND id >= {first} AND state = 'failed' GROUP BY connection_id, updated_at / 3600000;

INSERT INTO meta (key, value) VALUES ('indexed', '{last}') ON CONFLICT (key) DO UPDATE SET value = excluded.value;
