package web

import (
	"net/http"

	"github.com/tengi/tengi/web/view"
)

// demo shows what can be made to happen in a throw-away hub.
func (app *App) demo(v *visit) error {
	if len(v.Workspaces) > 0 { // the navigation leads into the first of them
		if err := v.enter(v.Workspaces[0].Key); err != nil {
			return err
		}
	}
	v.Area = "demo"
	page := view.Demo{Faults: app.Demo.Faults, Businesses: app.Demo.Businesses(v.P.Code)}
	return v.show(http.StatusOK, view.DemoPage(v.Page, page))
}

// demoAct has something happen: a booking, a payment.
func (app *App) demoAct(v *visit) error {
	if err := app.Demo.Act(v.ctx(), v.r.PathValue("business"), v.r.PathValue("act")); err != nil {
		return v.refuse("/demo", v.P.Text("demo.failed", "why", err.Error()))
	}
	return v.done("/demo", v.P.Text("demo.happened"))
}

// demoFault has a service's stand-in go wrong, or takes that back.
func (app *App) demoFault(v *visit) error {
	business, service, kind := v.r.PathValue("business"), v.r.PathValue("service"), v.form("kind")
	if kind == "" {
		if err := app.Demo.Mend(business, service); err != nil {
			return v.refuse("/demo", v.P.Text("demo.failed", "why", err.Error()))
		}
		return v.done("/demo", v.P.Text("demo.mended"))
	}
	if err := app.Demo.Fault(business, service, kind); err != nil {
		return v.refuse("/demo", v.P.Text("demo.failed", "why", err.Error()))
	}
	return v.done("/demo", v.P.Text("demo.will_fail"))
}
