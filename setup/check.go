package setup

import "github.com/tengi/tengi"

// NewID is the ID of a new thing: ws for a workspace, acc for an account, con for a connection.
func NewID(kind string) string { return newID(kind) }

// KeyOf makes a key of a name, "Fjörður Tours" becomes "fjordur-tours", that is not among those taken: a number is put behind it where need be. A
// name without Latin letters becomes the word other.
func KeyOf(name, other string, taken ...string) string {
	key := slug(name)
	if key == "" {
		key = other
	}
	return unused(key, taken)
}

// CheckWorkspace says what is wrong with a workspace, by the names its fields have in files: country, timezone. Nothing is wrong when it is empty.
func CheckWorkspace(w tengi.Workspace) map[string]string {
	wrong := map[string]string{}
	for _, f := range workspaceFields(&w) {
		if problem := f.check(*f.value); problem != "" {
			wrong[f.name] = problem
		}
	}
	return wrong
}

// CheckName says what is wrong with the name of a workspace, an account or a connection. Nothing is wrong when it is empty.
func CheckName(name string) string { return checkName(name) }
