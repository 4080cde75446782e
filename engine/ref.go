package engine

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"github.com/tengi/tengi"
	"github.com/tengi/tengi/store"
)

// reference makes the Ref of one operation: what people call the sale, which issue it is, and six letters that tell installations, connections and
// steps apart. It is a fixed function of its arguments: the same operation has the same Ref for ever.
func reference(installID, connectionID, object, stepKey string, op store.Op, issue int, called string) tengi.Ref {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%s\x00%d", installID, connectionID, object, stepKey, op, issue))
	mark := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:4])[:6]
	kind := ""
	if op == store.Undo {
		kind = "C"
	}
	return tengi.Ref(fmt.Sprintf("%s-%d%s-%s", slug(called), issue, kind, mark))
}

// slug keeps letters, digits and single hyphens, at most 24 of them: some services print the reference, some limit its length.
func slug(text string) string {
	var out strings.Builder
	hyphen := false
	for _, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			if hyphen && out.Len() > 0 {
				out.WriteByte('-')
			}
			hyphen = false
			out.WriteRune(r)
		default:
			hyphen = true
		}
		if out.Len() >= 24 {
			break
		}
	}
	if out.Len() == 0 {
		return "TENGI"
	}
	return strings.TrimSuffix(out.String()[:min(out.Len(), 24)], "-")
}

// called is what people call the thing an event is about.
func called(e *tengi.Event) string {
	switch {
	case e.Sale != nil && e.Sale.Reference != "":
		return e.Sale.Reference
	case e.Object != "":
		return e.Object
	default:
		return fmt.Sprintf("event-%d", e.ID)
	}
}
