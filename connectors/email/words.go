package email

import "strings"

// The purposes of a message to a customer.
const (
	purposeInvoice      = "invoice"
	purposeReceipt      = "receipt"
	purposeRequest      = "payment_request"
	purposeCancellation = "cancellation"
	purposePlain        = "plain"
)

// The purposes of a message to the merchant.
const (
	purposeOrder     = "order"
	purposeCancelled = "cancelled"
)

// purpose is what a message of one purpose says. In subjects {number}, {reference}, {business}, {customer} and {amount} are filled in, or left out.
type purpose struct{ subject, opening, number, button string }

// words are the texts of one language.
type words struct {
	rightToLeft            bool
	hello, helloAll, close string
	date                   string // the layout of a date
	comma                  bool   // decimals follow a comma
	reference, day, total  string
	due, email, phone      string
	customer, channel      string
	remarks                string
	purposes               map[string]purpose
}

// languages are the built-in texts.
var languages = map[string]words{
	"en": {
		hello: "Hello {name},", helloAll: "Hello,", close: "Kind regards,", date: "2 January 2006",
		reference: "Order", day: "Date", total: "Total", due: "Please pay by", email: "E-mail", phone: "Phone", customer: "Customer", channel: "Sold through", remarks: "Remarks",
		purposes: map[string]purpose{
			purposeInvoice:      {"Invoice {number} from {business}", "Here is your invoice. Thank you for your purchase.", "Invoice", "See the invoice"},
			purposeReceipt:      {"Receipt {number} from {business}", "We have received your payment. Here is your receipt. Thank you!", "Receipt", "See the receipt"},
			purposeRequest:      {"Payment request {number} from {business}", "Please follow the link to pay for your order.", "Payment request", "Pay now"},
			purposeCancellation: {"Order {reference} cancelled – {business}", "Your order has been cancelled.", "Document", "See the details"},
			purposePlain:        {"Message from {business}", "", "Number", "Open the link"},
			purposeOrder:        {"New order {reference}: {customer} ({amount})", "A new order has come in.", "Document", "Open the document"},
			purposeCancelled:    {"Order {reference} cancelled: {customer} ({amount})", "An order has been cancelled.", "Document", "Open the document"},
		},
	},
	"is": {
		hello: "Góðan dag, {name}.", helloAll: "Góðan dag.", close: "Bestu kveðjur,", date: "2.1.2006", comma: true,
		reference: "Pöntun", day: "Dagsetning", total: "Samtals", due: "Greiðist fyrir", email: "Netfang", phone: "Sími", customer: "Viðskiptavinur", channel: "Sölurás", remarks: "Athugasemdir",
		purposes: map[string]purpose{
			purposeInvoice:      {"Reikningur {number} frá {business}", "Hér er reikningurinn þinn. Takk fyrir viðskiptin.", "Reikningur", "Skoða reikninginn"},
			purposeReceipt:      {"Kvittun {number} frá {business}", "Greiðslan þín hefur borist. Hér er kvittunin. Takk fyrir!", "Kvittun", "Skoða kvittunina"},
			purposeRequest:      {"Greiðslubeiðni {number} frá {business}", "Smelltu á hlekkinn til að greiða fyrir pöntunina.", "Greiðslubeiðni", "Greiða núna"},
			purposeCancellation: {"Pöntun {reference} hefur verið felld niður – {business}", "Pöntunin þín hefur verið felld niður.", "Skjal", "Skoða nánar"},
			purposePlain:        {"Skilaboð frá {business}", "", "Númer", "Opna hlekkinn"},
			purposeOrder:        {"Ný pöntun {reference}: {customer} ({amount})", "Ný pöntun hefur borist.", "Skjal", "Opna skjalið"},
			purposeCancelled:    {"Pöntun {reference} felld niður: {customer} ({amount})", "Pöntun hefur verið felld niður.", "Skjal", "Opna skjalið"},
		},
	},
	"uk": {
		hello: "Вітаємо, {name}!", helloAll: "Вітаємо!", close: "З повагою,", date: "02.01.2006", comma: true,
		reference: "Замовлення", day: "Дата", total: "Разом", due: "Сплатити до", email: "Ел. пошта", phone: "Телефон", customer: "Клієнт", channel: "Канал продажу", remarks: "Примітки",
		purposes: map[string]purpose{
			purposeInvoice:      {"Рахунок {number} від {business}", "Надсилаємо ваш рахунок. Дякуємо за покупку.", "Рахунок", "Переглянути рахунок"},
			purposeReceipt:      {"Квитанція {number} від {business}", "Ми отримали вашу оплату. Ось ваша квитанція. Дякуємо!", "Квитанція", "Переглянути квитанцію"},
			purposeRequest:      {"Запит на оплату {number} від {business}", "Щоб оплатити замовлення, перейдіть за посиланням.", "Запит на оплату", "Оплатити"},
			purposeCancellation: {"Замовлення {reference} скасовано – {business}", "Ваше замовлення скасовано.", "Документ", "Докладніше"},
			purposePlain:        {"Повідомлення від {business}", "", "Номер", "Відкрити посилання"},
			purposeOrder:        {"Нове замовлення {reference}: {customer} ({amount})", "Надійшло нове замовлення.", "Документ", "Відкрити документ"},
			purposeCancelled:    {"Замовлення {reference} скасовано: {customer} ({amount})", "Замовлення скасовано.", "Документ", "Відкрити документ"},
		},
	},
	"he": {
		rightToLeft: true,
		hello:       "שלום {name},", helloAll: "שלום,", close: "בברכה,", date: "02.01.2006",
		reference: "הזמנה", day: "תאריך", total: "סה״כ", due: "לתשלום עד", email: "דוא״ל", phone: "טלפון", customer: "לקוח", channel: "ערוץ מכירה", remarks: "הערות",
		purposes: map[string]purpose{
			purposeInvoice:      {"חשבונית {number} מאת {business}", "להלן החשבונית שלך. תודה על הקנייה.", "חשבונית", "לצפייה בחשבונית"},
			purposeReceipt:      {"קבלה {number} מאת {business}", "התשלום שלך התקבל. להלן הקבלה. תודה!", "קבלה", "לצפייה בקבלה"},
			purposeRequest:      {"בקשת תשלום {number} מאת {business}", "לתשלום ההזמנה יש ללחוץ על הקישור.", "בקשת תשלום", "לתשלום"},
			purposeCancellation: {"הזמנה {reference} בוטלה – {business}", "ההזמנה שלך בוטלה.", "מסמך", "לפרטים"},
			purposePlain:        {"הודעה מאת {business}", "", "מספר", "לפתיחת הקישור"},
			purposeOrder:        {"הזמנה חדשה {reference}: {customer} ({amount})", "התקבלה הזמנה חדשה.", "מסמך", "לפתיחת המסמך"},
			purposeCancelled:    {"הזמנה {reference} בוטלה: {customer} ({amount})", "הזמנה בוטלה.", "מסמך", "לפתיחת המסמך"},
		},
	},
	"pl": {
		hello: "Dzień dobry, {name}!", helloAll: "Dzień dobry!", close: "Pozdrawiamy,", date: "02.01.2006", comma: true,
		reference: "Zamówienie", day: "Data", total: "Razem", due: "Termin płatności", email: "E-mail", phone: "Telefon", customer: "Klient", channel: "Kanał sprzedaży", remarks: "Uwagi",
		purposes: map[string]purpose{
			purposeInvoice:      {"Faktura {number} od {business}", "Przesyłamy fakturę. Dziękujemy za zakup.", "Faktura", "Zobacz fakturę"},
			purposeReceipt:      {"Potwierdzenie zapłaty {number} od {business}", "Otrzymaliśmy płatność. Oto jej potwierdzenie. Dziękujemy!", "Potwierdzenie", "Zobacz potwierdzenie"},
			purposeRequest:      {"Prośba o płatność {number} od {business}", "Aby opłacić zamówienie, prosimy skorzystać z linku.", "Prośba o płatność", "Zapłać teraz"},
			purposeCancellation: {"Zamówienie {reference} anulowane – {business}", "Zamówienie zostało anulowane.", "Dokument", "Zobacz szczegóły"},
			purposePlain:        {"Wiadomość od {business}", "", "Numer", "Otwórz link"},
			purposeOrder:        {"Nowe zamówienie {reference}: {customer} ({amount})", "Wpłynęło nowe zamówienie.", "Dokument", "Otwórz dokument"}, //nolint:misspell // Polish
			purposeCancelled:    {"Zamówienie {reference} anulowane: {customer} ({amount})", "Zamówienie zostało anulowane.", "Dokument", "Otwórz dokument"},
		},
	},
}

// speak chooses the language of a message: the wished one where it is ours; English for a customer of any other; the business's own where none is known.
func speak(wished, business string) (string, words) {
	for _, language := range []string{wished, business} {
		language, _, _ = strings.Cut(strings.ToLower(strings.ReplaceAll(language, "_", "-")), "-")
		if w, ok := languages[language]; ok {
			return language, w
		}
		if language != "" {
			break
		}
	}
	return "en", languages["en"]
}

// fillIn puts values into a subject and takes away what stood around those that are empty.
func fillIn(text string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for name, value := range values {
		pairs = append(pairs, "{"+name+"}", value)
	}
	text = strings.Join(strings.Fields(strings.NewReplacer(pairs...).Replace(text)), " ")
	text = strings.NewReplacer(" ()", "", " :", ":").Replace(text)
	return strings.TrimRight(text, " :–")
}
