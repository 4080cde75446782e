package view

// Demo is what can be made to happen in a throw-away hub.
type Demo struct {
	Businesses []DemoBusiness
	Faults     []string // the ways a service may go wrong
}

// DemoBusiness is one of its businesses.
type DemoBusiness struct {
	Key, Name string // of its workspace
	Recipe    string // what it is an example of
	Acts      []string
	Services  []DemoService
}

// DemoService is a service that may go wrong.
type DemoService struct{ Key, Title string }
