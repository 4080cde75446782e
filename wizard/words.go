package wizard

// meaning is what a field or a column is about, whatever it is called.
type meaning string

const (
	aName      meaning = "name"
	anEmail    meaning = "email"
	aPhone     meaning = "phone"
	aTaxID     meaning = "tax_id"
	aCountry   meaning = "country"
	anAddress  meaning = "address"
	aPostCode  meaning = "post_code"
	aCity      meaning = "city"
	aLanguage  meaning = "language"
	aReference meaning = "reference"
	anAmount   meaning = "amount"
	aUnitPrice meaning = "unit_price"
	aQuantity  meaning = "quantity"
	aCurrency  meaning = "currency"
	aVATRate   meaning = "vat_rate"
	aDiscount  meaning = "discount"
	aText      meaning = "text"
	aDay       meaning = "date"
	aDueDay    meaning = "due_date"
	aRemark    meaning = "remarks"
	aProduct   meaning = "sku"
	aCompany   meaning = "company"
)

// ofSale is what the members of a sale and of its lines mean: a field that takes one by default means the same.
var ofSale = map[string]meaning{
	"sale.reference": aReference, "sale.total": anAmount, "sale.currency": aCurrency, "sale.service_date": aDay, "sale.remarks": aRemark,
	"sale.customer.name": aName, "sale.customer.email": anEmail, "sale.customer.phone": aPhone, "sale.customer.tax_id": aTaxID, "sale.customer.country": aCountry,
	"sale.customer.address": anAddress, "sale.customer.post_code": aPostCode, "sale.customer.city": aCity, "sale.customer.language": aLanguage,
	"sale.customer.company": aCompany,
	"line.text":             aText, "line.quantity": aQuantity, "line.unit_price": aUnitPrice, "line.total": anAmount, "line.vat_rate": aVATRate, "line.discount": aDiscount, "line.sku": aProduct,
}

// words are what columns of a meaning are called in English, Icelandic, Ukrainian, Hebrew and Polish. Case, accents, blanks and punctuation do not count.
var words = map[meaning][]string{
	aName: {
		"name", "full name", "customer", "customer name", "client", "client name", "guest", "guest name", "buyer", "buyer name", "payer", "payer name", "contact", "contact name", "your name",
		"nafn", "fullt nafn", "viðskiptavinur", "nafn viðskiptavinar", "kaupandi", "greiðandi", "nafn greiðanda", "gestur", "nafn gests",
		"ім'я", "ім'я та прізвище", "прізвище та ім'я", "ПІБ", "клієнт", "ім'я клієнта", "замовник", "покупець", "платник", "контактна особа",
		"שם", "שם מלא", "שם לקוח", "שם הלקוח", "לקוח", "שם המזמין", "שם משלם", "משלם", "איש קשר",
		"imię i nazwisko", "nazwisko i imię", "imię", "nazwa", "klient", "nazwa klienta", "kupujący", "nabywca", "płatnik", "zamawiający",
	},
	anEmail: {
		"e-mail", "email", "mail", "e-mail address", "email address", "customer email", "client email", "your email",
		"netfang", "tölvupóstur", "tölvupóstfang", "póstfang viðskiptavinar",
		"електронна пошта", "ел. пошта", "електронна адреса", "пошта", "імейл", "емейл", "адреса електронної пошти",
		"דוא״ל", "אימייל", "מייל", "דואר אלקטרוני", "כתובת מייל", "כתובת אימייל", "כתובת דוא״ל",
		"adres e-mail", "e-mail klienta", "poczta", "poczta elektroniczna", "adres poczty",
	},
	aPhone: {
		"phone", "phone number", "telephone", "tel", "mobile", "mobile phone", "mobile number", "cell", "cell phone", "customer phone", "contact phone",
		"sími", "símanúmer", "farsími", "farsímanúmer", "gsm",
		"телефон", "номер телефону", "мобільний", "мобільний телефон", "моб. телефон", "тел", "контактний телефон",
		"טלפון", "מספר טלפון", "נייד", "טלפון נייד", "סלולרי", "פלאפון", "טל",
		"telefon", "numer telefonu", "nr telefonu", "telefon komórkowy", "komórka", "tel. kontaktowy",
	},
	aTaxID: {
		"tax id", "tax number", "vat id", "vat number", "vat no", "company number", "business number", "id number", "registration number",
		"kennitala", "kt", "vsk-númer", "vsknúmer",
		"ЄДРПОУ", "код ЄДРПОУ", "ІПН", "РНОКПП", "податковий номер", "ідентифікаційний код",
		"מספר עוסק", "עוסק מורשה", "ח.פ", "ע.מ", "ת.ז", "תעודת זהות", "מספר זהות", "מספר חברה",
		"NIP", "numer NIP", "PESEL", "numer podatkowy", "REGON",
	},
	aCountry: {"country", "country code", "land", "þjóðerni", "країна", "код країни", "ארץ", "מדינה", "kraj", "państwo"},
	anAddress: {
		"address", "street", "street address", "address line", "address line 1", "billing address", "heimilisfang", "heimili", "gata", "адреса", "вулиця", "адреса доставки",
		"כתובת", "רחוב", "כתובת למשלוח", "adres", "ulica", "adres zamieszkania",
	},
	aPostCode: {"post code", "postcode", "postal code", "zip", "zip code", "póstnúmer", "індекс", "поштовий індекс", "מיקוד", "kod pocztowy"},
	aCity:     {"city", "town", "staður", "bær", "borg", "місто", "населений пункт", "עיר", "יישוב", "miasto", "miejscowość"},
	aLanguage: {"language", "lang", "locale", "tungumál", "мова", "שפה", "język"},
	aReference: {
		"reference", "ref", "order", "order number", "order no", "order id", "booking", "booking number", "booking no", "booking id", "booking code", "invoice number", "number", "id", "code",
		"tilvísun", "tilvísunarnúmer", "bókun", "bókunarnúmer", "pöntun", "pöntunarnúmer", "númer",
		"номер", "номер замовлення", "замовлення", "номер бронювання", "бронювання", "номер рахунку", "код", "референс",
		"מספר הזמנה", "הזמנה", "אסמכתא", "מספר אסמכתא", "מספר", "קוד",
		"numer", "numer zamówienia", "nr zamówienia", "zamówienie", "numer rezerwacji", "nr rezerwacji", "rezerwacja", "referencja", "kod",
	},
	anAmount: {
		"amount", "total", "total amount", "grand total", "sum", "amount due", "to pay", "price", "cost", "total price", "order total", "paid amount",
		"upphæð", "samtals", "alls", "heildarupphæð", "heildarverð", "verð", "til greiðslu", "fjárhæð",
		"сума", "загальна сума", "сума до сплати", "до сплати", "всього", "разом", "ціна", "вартість",
		"סכום", "סה״כ", "סך הכל", "סכום לתשלום", "לתשלום", "מחיר", "עלות",
		"kwota", "suma", "razem", "do zapłaty", "kwota brutto", "wartość", "wartość brutto", "cena", "koszt",
	},
	aUnitPrice: {"unit price", "price each", "price per unit", "rate", "einingarverð", "verð á einingu", "ціна за одиницю", "ціна за штуку", "מחיר ליחידה", "cena jednostkowa", "cena za sztukę"},
	aQuantity: {
		"quantity", "qty", "count", "pcs", "pieces", "number of guests", "guests", "pax", "persons", "people", "magn", "fjöldi", "fjöldi gesta", "stk",
		"кількість", "к-сть", "кіл-ть", "шт", "кількість осіб", "כמות", "מספר משתתפים", "יחידות", "ilość", "liczba", "liczba osób", "szt",
	},
	aCurrency: {"currency", "currency code", "gjaldmiðill", "mynt", "валюта", "מטבע", "waluta"},
	aVATRate:  {"vat rate", "vat %", "vat", "tax rate", "tax %", "vsk", "vsk %", "vsk hlutfall", "ПДВ", "ставка ПДВ", "ПДВ %", "מע״מ", "שיעור מע״מ", "VAT %", "stawka VAT"},
	aDiscount: {"discount", "rebate", "afsláttur", "знижка", "הנחה", "rabat", "zniżka"},
	aText: {
		"description", "service", "product", "item", "text", "title", "subject", "details", "tour", "what", "product name", "service name", "purpose", "payment purpose",
		"lýsing", "skýring", "þjónusta", "vara", "ferð", "texti", "heiti", "vöruheiti",
		"опис", "послуга", "товар", "найменування", "назва", "назва послуги", "назва товару", "призначення", "призначення платежу",
		"תיאור", "פירוט", "שירות", "מוצר", "פריט", "שם מוצר", "שם השירות", "נושא", "מטרת התשלום",
		"opis", "usługa", "produkt", "towar", "nazwa usługi", "nazwa produktu", "tytuł", "tytuł przelewu",
	},
	aDay: {
		"date", "day", "service date", "tour date", "booking date", "order date", "event date", "dagsetning", "dags", "dagur", "дата", "дата послуги", "дата замовлення",
		"תאריך", "תאריך שירות", "תאריך הזמנה", "data", "data usługi", "data wizyty", "data rezerwacji", "dzień",
	},
	aDueDay: {"due date", "due", "pay by", "payment date", "gjalddagi", "eindagi", "термін оплати", "сплатити до", "תאריך לתשלום", "מועד תשלום", "termin płatności", "zapłacić do"},
	aRemark: {
		"remarks", "note", "notes", "comment", "comments", "message", "athugasemd", "athugasemdir", "skilaboð", "примітка", "примітки", "коментар", "повідомлення",
		"הערה", "הערות", "הודעה", "uwagi", "notatka", "komentarz", "wiadomość",
	},
	aProduct: {"sku", "product number", "product code", "item number", "article", "vörunúmer", "артикул", "код товару", "מק״ט", "מספר מוצר", "kod produktu", "numer produktu", "indeks"},
	aCompany: {"company", "company name", "organisation", "organization", "business", "fyrirtæki", "компанія", "організація", "фірма", "חברה", "ארגון", "firma", "przedsiębiorstwo"},
}
