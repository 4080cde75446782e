package locale

// causes are the codes for which Tengi itself has words: those that the engine gives, those that any connector may give, and those that several
// connectors give and mean the same by. The words for a code of one service stand in the folder of its connector, and come before these. A test
// compares them with the codes in the source.
var causes = []string{
	"account_changed", "account_unusable", "address", "answer_lost", "bad_answer", "by_person", "cancelled", "condition", "connection_deleted",
	"connection_faults",
	"currency", "cursor", "data", "document_total_differs", "empty_span", "encode", "filter", "folder", "fraction", "gave_up", "header", "input", "instead",
	"internal", "invoice_edited", "invoice_gone", "invoice_paid", "invoice_state", "login_refused", "mapping", "never_finished", "no_load",
	"no_past",
	"no_permission", "no_refresh", "not_asked", "not_found", "not_paid", "not_sent", "not_wanted", "nothing_to_do", "other_type",
	"outcome_unknown", "paid", "payment_type", "pending", "private_address", "rate_limited", "refused", "required", "sale_changed",
	"sale_check", "secret_in_request", "sent_late", "status_unknown", "step_gone", "stopped", "superseded", "switched_off", "text", "too_much", "total",
	"totals_differ", "type", "unavailable", "undo_by_hand", "unreadable", "upstream_held", "upstream_works", "vat_rate", "vat_rounding",
}
