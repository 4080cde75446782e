package locale

// families are the texts whose last part is chosen at run time: the keys of a family with all its members. Whoever shows another kind of
// value adds its family here, and its texts to the catalogs; a test compares members with the constants they stand for.
var families = map[string][]string{
	"common.document":    {"invoice", "credit_note", "receipt", "payment_request", "payment", "customer", "message", "other"},
	"connections.health": {"healthy", "off", "attention", "broken"},
	"connections.run":    {"schedule", "once", "after", "backfill", "preview", "reconcile"},
	"schedules.kind":     {"every", "at", "after", "never"},
	"events.call":        {"open", "answered", "unacted", "refused"},
	"events.op":          {"load", "do", "undo", "refresh"},
	"events.outcome":     {"done", "unknown", "temporary", "attention", "permanent"},
	"events.sale":        {"pending", "confirmed", "cancelled"},
	"events.standing":    {"working", "person", "done", "skipped"},
	"events.step_state":  {"open", "refused", "done", "skipped"},
	"demo.act":           {"book", "repeat", "change", "cancel", "pay", "pay_later", "give_back", "row", "fill_in", "settle"},
	"demo.fault":         {"rate_limit", "fail", "drop_answer", "login_fails", "refuse"},
	"fault.expression":   {"syntax", "unknown_name", "type", "limit", "value", "required"},
	"home.step":          {"account", "connection", "on", "document"},
	"nav":                {"home", "connections", "events", "inbox", "documents", "accounts", "guides", "demo"},
	"nav.theme":          {"auto", "light", "dark"},
	"settings.actor":     {"person", "key", "command", "hub"},
	"settings.did": {"workspace.save", "workspace.create", "person.invite", "person.link", "person.join", "person.role", "person.disable", "person.enable",
		"key.create", "key.revoke", "backup.download", "account.create", "account.save", "account.rotate", "account.hook", "account.on", "account.off", "account.delete", "delivery.replay", "delivery.skip", "delivery.adopt", "delivery.send_again", "delivery.undone", "delivery.give",
		"document.undo", "document.undone", "connection.on", "connection.off", "connection.schedule", "connection.run", "connection.save", "connection.test", "connection.backfill", "connection.preview", "connection.delete", "workspace.retention", "run.cancel"},
	"settings.part":  {"workspace", "people", "keys", "backup", "log"},
	"settings.role":  {"viewer", "manager", "owner"},
	"state":          {"waiting", "running", "retrying", "unknown", "held", "failed", "done", "skipped"},
	"state.account":  {"active", "attention", "off"},
	"wizard.from":    {"service", "event", "example"},
	"wizard.missing": {"trigger", "account", "sample", "step", "action", "name", "look"},
	"wizard.outcome": {"make", "skip", "hold", "fail"},
	"wizard.stage":   {"source", "account", "options", "filter", "sample", "action", "destination", "fields", "preview", "test", "finish"},
}
