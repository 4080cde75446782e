package googlesheets

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/tengi/tengi/connector"
)

// Codes of errors that are Google Sheets' own.
const (
	codeNotShared  = "not_shared"   // the service account may not open or change the spreadsheet
	codeNotFound   = "not_found"    // there is no such spreadsheet
	codeAPI        = "api_disabled" // the Google Sheets API is not switched on in the key's project
	codeOffice     = "office_file"  // an Excel file that lies in Drive is no Google sheet
	codeProtected  = "protected"    // the range is protected
	codeTab        = "tab"          // there is no such tab
	codeColumn     = "column"       // there is no such column
	codeRow        = "row"          // there is no such row, or more than one
	codeMoved      = "row_moved"    // people moved rows while we wrote
	codeSheetShape = "sheet_shape"  // the table is not as it must be
)

// quotaWait is how soon after a refusal for too many requests to ask again, where Google does not say: quotas are filled up every minute
// (https://developers.google.com/workspace/sheets/api/limits).
const quotaWait = 30 * time.Second

// said is an error as Google's interfaces write it (https://cloud.google.com/apis/design/errors), and as its token endpoint does (RFC 6749 section 5.2).
type said struct {
	Error struct {
		Message string `json:"message"`
		Status  string `json:"status"`
		Details []struct {
			Reason string `json:"reason"`
		} `json:"details"`
	} `json:"error"`
}

// explain says better what a refusal means.
func explain(req *connector.Request, resp *connector.Response, e *connector.Error) {
	if e.Kind == connector.Unknown {
		return
	}
	if strings.HasSuffix(req.Path, tokenPath) {
		explainLogin(resp, e)
		return
	}
	var s said
	_ = json.Unmarshal(resp.Body, &s) // a gateway's page says nothing that the status does not
	text, reason := strings.ToLower(s.Error.Message), ""
	for _, d := range s.Error.Details {
		reason += " " + d.Reason
	}
	set := func(kind connector.Kind, code, message string) { e.Kind, e.Code, e.Message = kind, code, message }
	switch {
	case resp.Status == http.StatusTooManyRequests, s.Error.Status == "RESOURCE_EXHAUSTED", strings.Contains(reason, "RATE_LIMIT_EXCEEDED"):
		set(connector.Temporary, connector.CodeRateLimited, "Google asks to slow down: 60 requests a minute are allowed for one service account")
		if e.RetryAfter == 0 {
			e.RetryAfter = quotaWait
		}
	case e.Kind == connector.Temporary, resp.Status == http.StatusUnauthorized:
	case strings.Contains(reason, "SERVICE_DISABLED"), strings.Contains(text, "has not been used in project"):
		set(connector.Attention, codeAPI, "the Google Sheets API is not switched on: in the Google Cloud console open APIs & Services, then Library, and enable it in the key's project")
	case strings.Contains(text, "protected"):
		set(connector.Permanent, codeProtected, "the sheet does not let the service account write there: in the sheet open Data, then Protected sheets and ranges")
	case resp.Status == http.StatusForbidden:
		set(connector.Attention, codeNotShared, "the spreadsheet is not shared with the service account, or only to be read where Tengi has to write")
	case resp.Status == http.StatusNotFound:
		set(connector.Attention, codeNotFound, "there is no such spreadsheet, or it is not shared with the service account")
	case strings.Contains(text, "office file"), strings.Contains(text, "not supported for this document"):
		set(connector.Attention, codeOffice, "this is an Excel file in Google Drive and no Google sheet: open it there and choose File, then Save as Google Sheets")
	case strings.Contains(text, "unable to parse range"):
		set(connector.Permanent, codeTab, "the tab was renamed or removed just now")
		if req.Method == "" || req.Method == http.MethodGet {
			e.Kind, e.RetryAfter = connector.Temporary, time.Second
		}
	}
}

// explainLogin is about the request for a token: whatever it is refused for, the account needs mending.
func explainLogin(resp *connector.Response, e *connector.Error) {
	if e.Kind == connector.Temporary {
		return
	}
	e.Kind, e.Code = connector.Attention, connector.CodeLogin
	e.Message = "Google refused the service account's key: it was deleted, or its service account was; make a new key"
	var s struct {
		Description string `json:"error_description"`
	}
	if json.Unmarshal(resp.Body, &s) == nil && strings.Contains(s.Description, "short-lived token") {
		e.Message = "Google refused the login because the clock of this machine is wrong: set it right"
	}
}

// tableFault is an error about how the sheet is laid out, which a person mends there.
func tableFault(code, message string) error { return connector.Refusal(code, "", message) }
