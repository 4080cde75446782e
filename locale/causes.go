package locale

// causes are the codes for which Tengi itself has words: those that the engine gives, and those that any connector may give. The words for a code of
// one service stand in the folder of its connector. A test compares them with the codes in the source.
var causes = []string{
	"account_changed", "account_unusable", "address", "answer_lost", "bad_answer", "by_person", "cancelled", "condition", "connection_faults", "data",
	"document_total_differs",
	"encode", "filter", "folder", "gave_up", "header", "input", "instead", "internal", "login_refused", "mapping", "never_finished",
	"no_load", "no_refresh", "not_asked", "not_sent", "not_wanted", "nothing_to_do", "other_type", "outcome_unknown", "pending", "private_address",
	"rate_limited", "refused", "sale_changed", "sale_check", "secret_in_request", "status_unknown", "step_gone", "stopped", "superseded",
	"switched_off", "total", "totals_differ", "unavailable", "undo_by_hand", "unreadable", "upstream_held", "upstream_works",
}
