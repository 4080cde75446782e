package view

// Themes are what a reader may choose between: what the machine prefers, light, dark.
var Themes = []string{"auto", "light", "dark"}

// Choice is one option of a select.
type Choice struct{ Value, Label string }

// SignInForm is the form of signing in.
type SignInForm struct {
	Email string
	Wrong string // why it did not work
}

// FirstForm is the form of the first owner.
type FirstForm struct {
	Code, Name, Email string
	NewWorkspace      bool // there is none yet: it is made with the owner
	Workspace         WorkspaceForm
	Wrong             map[string]string // by the name of the field
}

// WorkspaceForm is what a business is asked for.
type WorkspaceForm struct {
	Name, Country, Currency, TimeZone, Language string
	Countries, Currencies, Languages            []Choice
	Zones                                       []string
	Wrong                                       map[string]string // by the name of the field in files
}

// YouForm is what a person can change about themselves.
type YouForm struct {
	Name, Email string
	Sessions    int // signed in at, this one included
	Least       int // the fewest letters of a password
	Wrong       map[string]string
}
