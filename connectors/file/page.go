package file

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"

	"golang.org/x/text/language"

	"github.com/tengi/tengi/connector"
)

// word is one text of the page.
type word int

const (
	wordTitle word = iota
	wordChoose
	wordToken
	wordSend
	wordRead // takes a number
	wordHeld // takes a number
	wordAgain
	wordPassword
	wordNothing
	wordUnread
)

// words are the texts of the page by language. The page stands outside of everything else, so it brings its own.
var words = map[string][]string{
	"en": {"Send a file", "CSV or Excel (.xlsx), up to 1 MB", "Password", "Send", "Rows read: %d. Those that came before do not come again.",
		"Rows that need a look: %d. They are in the inbox.", "Send another", "The password is another one.", "Choose a file first.", "The file was not taken."},
	"is": {"Senda skrá", "CSV eða Excel (.xlsx), mest 1 MB", "Lykilorð", "Senda", "Lesnar línur: %d. Þær sem komu áður koma ekki aftur.",
		"Línur sem þarf að skoða: %d. Þær eru í innhólfinu.", "Senda aðra", "Lykilorðið er ekki rétt.", "Veldu fyrst skrá.", "Skráin var ekki tekin."},
	"uk": {"Надіслати файл", "CSV або Excel (.xlsx), до 1 МБ", "Пароль", "Надіслати", "Прочитано рядків: %d. Ті, що вже були, не повторюються.",
		"Рядків, на які треба глянути: %d. Вони у вхідних.", "Надіслати ще один", "Пароль не підходить.", "Спочатку виберіть файл.", "Файл не прийнято."},
	"he": {"שליחת קובץ", "CSV או Excel (\u200e.xlsx), עד 1 MB", "סיסמה", "שליחה", "שורות שנקראו: %d. שורות שכבר הגיעו אינן חוזרות.",
		"שורות שצריך לבדוק: %d. הן בתיבת הנכנס.", "שליחת קובץ נוסף", "הסיסמה אינה נכונה.", "צריך לבחור קובץ.", "הקובץ לא התקבל."},
	"pl": {"Wyślij plik", "CSV lub Excel (.xlsx), do 1 MB", "Hasło", "Wyślij", "Odczytane wiersze: %d. Te, które już były, nie powtórzą się.",
		"Wiersze do sprawdzenia: %d. Są w skrzynce.", "Wyślij następny", "Hasło jest inne.", "Najpierw wybierz plik.", "Plik nie został przyjęty."},
}

var (
	languages = []string{"en", "is", "uk", "he", "pl"}
	matcher   = language.NewMatcher([]language.Tag{language.English, language.Icelandic, language.Ukrainian, language.Hebrew, language.Polish})
)

// languageOf is the language that the browser asks for.
func languageOf(in *connector.Inbound) string {
	tags, _, err := language.ParseAcceptLanguage(in.Header.Get("Accept-Language"))
	if err != nil {
		return languages[0]
	}
	_, i, _ := matcher.Match(tags...)
	return languages[i]
}

func wordsFor(in *connector.Inbound) []string { return words[languageOf(in)] }

var view = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="{{.Language}}" dir="{{.Direction}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{.Title}}</title></head>
<body>
<h1>{{.Title}}</h1>
{{with .Told}}<p role="status">{{.}}</p>
{{end}}{{with .Fault}}<p role="alert">{{.}}</p>
{{end}}{{if .Form}}<form method="post" enctype="multipart/form-data">
<input type="hidden" name="page" value="1">
<p><label for="file">{{.Choose}}</label><br><input id="file" type="file" name="file" accept=".csv,.tsv,.txt,.xlsx" required></p>
{{with .Token}}<p><label for="token">{{.}}</label><br><input id="token" type="password" name="token" autocomplete="current-password" required></p>
{{end}}<p><button type="submit">{{.Send}}</button></p>
</form>
{{else}}<p><a href="">{{.Again}}</a></p>
{{end}}</body>
</html>
`))

// page is the form on which a person sends a file.
func page(in *connector.Inbound) *connector.Reply {
	reply := render(in, "", "")
	return &reply
}

// sentBack is the page with what was wrong, so that nothing is stored and the person tries again.
func sentBack(in *connector.Inbound, what word, detail string) error {
	return &connector.Declined{Reply: render(in, "", strings.TrimSpace(wordsFor(in)[what]+" "+detail))}
}

// render makes the page; once there is good news to tell, the form is left away.
func render(in *connector.Inbound, told, fault string) connector.Reply {
	lang, w := languageOf(in), wordsFor(in)
	data := struct {
		Language, Direction, Title, Told, Fault, Choose, Token, Send, Again string
		Form                                                                bool
	}{lang, "ltr", w[wordTitle], told, fault, w[wordChoose], "", w[wordSend], w[wordAgain], told == ""}
	if lang == "he" {
		data.Direction = "rtl"
	}
	if in.Secret("token") != "" {
		data.Token = w[wordToken]
	}
	var out bytes.Buffer
	if err := view.Execute(&out, data); err != nil { // cannot be, with texts into a buffer
		return connector.Reply{Status: http.StatusInternalServerError}
	}
	return connector.Reply{Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}, "Vary": {"Accept-Language"}}, Body: out.Bytes()}
}
