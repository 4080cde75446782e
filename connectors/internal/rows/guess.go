package rows

import (
	"slices"
	"strings"
	"unicode"
)

// Role is what a column means to a sale.
type Role string

// The roles a column may have.
const (
	Reference Role = "reference" // what seller and customer call the sale
	Name      Role = "name"      // of the customer
	Email     Role = "email"
	Phone     Role = "phone"
	TaxID     Role = "tax_id"
	Amount    Role = "amount" // what the customer pays in all, VAT included
	Currency  Role = "currency"
	VATRate   Role = "vat_rate" // per cent
	Words     Role = "text"     // what was sold
	Day       Role = "date"     // of the service
	Status    Role = "status"   // never guessed: any sheet has a column of that name, for purposes of its own
)

// Roles are all roles, in the order in which people are asked for them.
func Roles() []Role {
	return []Role{Reference, Name, Email, Phone, TaxID, Amount, Currency, VATRate, Words, Day, Status}
}

// headers are the headers that are understood without being told, in English, Icelandic, Ukrainian, Hebrew and Polish, in the form that plain
// gives. Whole headers only: a part of one ("VAT amount", "Deposit") would put an amount into the wrong field.
var headers = map[Role][]string{
	Reference: {
		"booking number", "booking no", "booking id", "booking code", "booking", "order number", "order no", "order id", "order", "reference", "ref",
		"bókunarnúmer", "bókun", "pöntunarnúmer", "pöntun", "tilvísunarnúmer", "tilvísun",
		"номер бронювання", "бронювання", "номер замовлення", "замовлення", "референс",
		"מספר הזמנה", "מס הזמנה", "הזמנה", "מספר אסמכתא", "אסמכתא",
		"numer rezerwacji", "nr rezerwacji", "rezerwacja", "numer zamówienia", "nr zamówienia", "zamówienie", "referencja",
	},
	Name: {
		"customer name", "client name", "full name", "customer", "client", "guest name", "guest", "payer name", "payer", "buyer", "name",
		"nafn viðskiptavinar", "viðskiptavinur", "nafn greiðanda", "greiðandi", "nafn gests", "gestur", "kaupandi", "nafn",
		"ім я клієнта", "клієнт", "піб", "п і б", "прізвище та ім я", "прізвище ім я", "замовник", "платник", "покупець", "ім я",
		"שם לקוח", "שם הלקוח", "לקוח", "שם מלא", "שם משלם", "משלם", "שם",
		"imię i nazwisko", "nazwisko i imię", "imię nazwisko", "nazwa klienta", "klient", "nabywca", "płatnik", "nazwa",
	},
	Email: {
		"e mail", "email", "e mail address", "email address", "customer e mail", "customer email", "mail",
		"netfang", "tölvupóstfang", "tölvupóstur",
		"електронна пошта", "ел пошта", "електронна адреса", "емейл", "імейл", "пошта",
		"דוא ל", "דואל", "דואר אלקטרוני", "כתובת מייל", "כתובת אימייל", "אימייל", "מייל",
		"adres e mail", "adres email", "e mail klienta", "email klienta",
	},
	Phone: {
		"phone", "phone number", "telephone", "mobile", "mobile phone", "tel",
		"sími", "símanúmer", "farsími", "gsm",
		"телефон", "номер телефону", "моб телефон", "мобільний телефон", "мобільний", "тел",
		"טלפון", "מספר טלפון", "טלפון נייד", "נייד", "טל",
		"telefon", "numer telefonu", "nr telefonu", "komórka",
	},
	TaxID: {
		"tax id", "tax number", "vat number", "vat no",
		"kennitala", "kt",
		"єдрпоу", "код єдрпоу", "іпн", "рнокпп",
		"מספר עוסק", "ח פ", "ע מ", "ח פ ע מ", "תעודת זהות", "ת ז",
		"nip",
	},
	Amount: {
		"total amount", "grand total", "total", "amount due", "to pay", "amount", "sum",
		"heildarupphæð", "heildarverð", "samtals", "alls", "til greiðslu", "upphæð",
		"загальна сума", "сума до сплати", "до сплати", "всього", "разом", "сума",
		"סכום לתשלום", "סה כ לתשלום", "לתשלום", "סה כ", "סהכ", "סכום",
		"do zapłaty", "kwota brutto", "wartość brutto", "razem", "suma", "kwota", "wartość", "brutto",
	},
	Currency: {"currency", "gjaldmiðill", "mynt", "валюта", "מטבע", "waluta"},
	VATRate: {
		"vat rate", "vat %", "% vat", "vsk %", "vsk hlutfall", "vsk prósenta", "ставка пдв", "пдв %", "שיעור מע מ", "מע מ %", "% מע מ", "stawka vat", "stawka vat %",
	},
	Words: {
		"description", "service", "product", "item", "tour", "text",
		"lýsing", "skýring", "þjónusta", "vara", "ferð", "texti",
		"призначення платежу", "призначення", "назва послуги", "найменування", "послуга", "товар", "опис",
		"תיאור", "פירוט", "שירות", "מוצר", "פריט",
		"nazwa usługi", "opis", "usługa", "produkt", "towar", "tytuł",
	},
	Day: {
		"service date", "tour date", "booking date", "date", "day",
		"dagsetning", "dags", "dagur",
		"дата послуги", "дата",
		"תאריך שירות", "תאריך",
		"data usługi", "data wizyty", "data rezerwacji", "data",
	},
}

// prices are headers of an amount where nothing says that it is the price of one piece of several.
var prices = []string{"price", "verð", "ціна", "вартість", "מחיר", "cena", "cena brutto"}

// quantities are headers that make a price the price of one piece.
var quantities = []string{"quantity", "qty", "pcs", "number of guests", "pax", "magn", "fjöldi", "кількість", "к сть", "כמות", "ilość", "liczba osób", "szt"}

// guesses finds for each role the columns whose header says so, the likeliest first.
func guesses(columns []Column) map[Role][]int {
	plains := make([]string, len(columns))
	for i, c := range columns {
		if c.Named && !ours(c.Name) {
			plains[i] = plain(c.Name)
		}
	}
	found := map[Role][]int{}
	for role, words := range headers {
		found[role] = matching(plains, words)
	}
	if len(found[Amount]) == 0 && len(matching(plains, quantities)) == 0 {
		found[Amount] = matching(plains, prices)
	}
	return found
}

func matching(plains, words []string) []int {
	var found []int
	for _, word := range words {
		for i, text := range plains {
			if text == word && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	return found
}

// plain is a header without what people add to it: what stands in brackets, punctuation, case. "Сума (грн):" is "сума".
func plain(name string) string {
	var b strings.Builder
	depth := 0
	for _, r := range strings.ToLower(name) {
		switch {
		case r == '(' || r == '[':
			depth++
		case r == ')' || r == ']':
			depth = max(depth-1, 0)
		case depth > 0, unicode.Is(unicode.Bidi_Control, r):
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			b.WriteRune(r)
		case r == '%':
			b.WriteString(" % ")
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// ours says whether a column is one that Tengi writes into: what stands there is no news. The column of identities is the exception.
func ours(name string) bool {
	text := fold(name)
	return strings.HasPrefix(text, "tengi") && text != fold(IdentityColumn)
}

// IdentityColumn is the column that a script in the sheet fills with an identity for each row.
const IdentityColumn = "Tengi ID"

// Understood are the columns that are understood by their headers, but for one that has a use of its own; -1 = none has. Between two amounts none is.
func Understood(columns []Column, except int) map[Role]int {
	understood := map[Role]int{}
	for role, places := range guesses(columns) {
		places = slices.DeleteFunc(places, func(i int) bool { return i == except })
		if len(places) == 1 || len(places) > 1 && role != Amount {
			understood[role] = places[0]
		}
	}
	return understood
}
