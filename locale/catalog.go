package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed texts
var texts embed.FS

// catalog is one language with its texts, which are read when the first of them is asked for: most hubs speak one language or two.
type catalog struct {
	Language
	tag        language.Tag
	texts      func() *i18n.Localizer
	connectors sync.Map // *connector.Connector to map[string]string: what connectors say in the language
}

// catalogs holds one for each language; it is never changed.
var catalogs = func() map[string]*catalog {
	all := map[string]*catalog{}
	for _, l := range Languages() {
		all[l.Code] = &catalog{Language: l, tag: language.Make(l.Code), texts: sync.OnceValue(func() *i18n.Localizer { return read(l.Code) })}
	}
	return all
}()

// read parses the texts of a language. They are part of the program, so that one that cannot be read is a fault of the program.
func read(code string) *i18n.Localizer {
	bundle := i18n.NewBundle(language.Make(code))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	folder := path.Join("texts", code)
	files, err := texts.ReadDir(folder)
	if err != nil {
		panic(fmt.Sprintf("locale: texts of %s: %v", code, err))
	}
	for _, file := range files {
		name := path.Join(folder, file.Name())
		text, err := texts.ReadFile(name)
		if err == nil {
			_, err = bundle.ParseMessageFileBytes(text, code+".json") // which tells language and format by the name
		}
		if err != nil {
			panic(fmt.Sprintf("locale: %s: %v", name, err))
		}
	}
	return i18n.NewLocalizer(bundle, code)
}

// say finds a text and fills it in; count decides the plural form, nil = there is none to decide.
func (c *catalog) say(key string, count any, data *values) (string, error) {
	return c.texts().Localize(&i18n.LocalizeConfig{MessageID: key, PluralCount: count, TemplateData: data, TemplateParser: parser{}})
}
