package form

import (
	"github.com/tengi/tengi/connector"
	"github.com/tengi/tengi/field"
	"github.com/tengi/tengi/money"
)

// The codes of faults that only a form has.
const (
	codeUnreadable = "unreadable" // the form as a whole
	codeFraction   = "fraction"   // more decimals than the currency has
)

// words are what the page says by itself, in one language.
type words struct {
	Send, Thanks, Optional, Choose, Look string
	Required, Email, Phone, Number, Date string
	Option, TooLong, TooSmall, TooLarge  string
	Ambiguous, Fraction, Unreadable      string
	Other                                string
}

// fault says what is wrong with a field of a kind.
func (w words) fault(code, kind string) string {
	switch code {
	case field.CodeRequired:
		return w.Required
	case field.CodeOption:
		return w.Option
	case field.CodeTooLong:
		return w.TooLong
	case field.CodeTooSmall:
		return w.TooSmall
	case field.CodeTooLarge:
		return w.TooLarge
	case field.CodeAmbiguous:
		return w.Ambiguous
	case codeFraction:
		return w.Fraction
	case codeUnreadable:
		return w.Unreadable
	}
	switch field.Type(kind) {
	case field.Email:
		return w.Email
	case field.Phone:
		return w.Phone
	case field.Amount, field.Int:
		return w.Number
	case field.Date:
		return w.Date
	default:
		return w.Other
	}
}

// price is what the form costs, as people of the language write it.
func price(in *connector.Inbound, language string) string {
	return money.Format(money.New(in.Settings.Decimal("price"), in.Settings.Text("currency")), language)
}

// wordsOf are the words in a language; English where there are none.
func wordsOf(language string) words {
	switch language {
	case "is":
		return words{
			Send: "Senda", Thanks: "Takk fyrir. Við höfum tekið við skráningunni.", Optional: "valkvætt", Choose: "Veldu …", Look: "Eitthvað vantar eða er ekki rétt. Skoðaðu reitina hér að neðan.",
			Required: "Þennan reit þarf að fylla út.", Email: "Þetta er ekki netfang.", Phone: "Þetta er ekki símanúmer.", Number: "Þetta er ekki tala.", Date: "Þetta er ekki dagsetning.",
			Option: "Veldu eitt af því sem er í boði.", TooLong: "Textinn er of langur.", TooSmall: "Talan er of lág.", TooLarge: "Talan er of há.",
			Ambiguous: "Töluna má lesa á tvo vegu. Skrifaðu hana án punkta á milli þúsunda.", Fraction: "Upphæðin hefur of marga aukastafi.",
			Unreadable: "Ekki tókst að lesa skráninguna. Reyndu aftur.", Other: "Þetta gengur ekki.",
		}
	case "uk":
		return words{
			Send: "Надіслати", Thanks: "Дякуємо. Ми отримали ваші дані.", Optional: "необов’язково", Choose: "Виберіть…", Look: "Щось не заповнено або заповнено з помилкою. Перевірте поля нижче.",
			Required: "Заповніть це поле.", Email: "Це не адреса e-mail.", Phone: "Це не номер телефону.", Number: "Це не число.", Date: "Це не дата.",
			Option: "Виберіть один із варіантів.", TooLong: "Текст задовгий.", TooSmall: "Число замале.", TooLarge: "Число завелике.",
			Ambiguous: "Число можна прочитати двома способами. Напишіть його без розділення тисяч.", Fraction: "У сумі забагато знаків після коми.",
			Unreadable: "Не вдалося прочитати форму. Спробуйте ще раз.", Other: "Це значення не підходить.",
		}
	case "he":
		return words{
			Send: "שליחה", Thanks: "תודה. הפרטים התקבלו.", Optional: "לא חובה", Choose: "בחירה…", Look: "משהו חסר או שגוי. בדקו את השדות שלמטה.",
			Required: "יש למלא את השדה.", Email: "זו אינה כתובת דוא״ל.", Phone: "זה אינו מספר טלפון.", Number: "זה אינו מספר.", Date: "זה אינו תאריך.",
			Option: "יש לבחור אחת מהאפשרויות.", TooLong: "הטקסט ארוך מדי.", TooSmall: "המספר קטן מדי.", TooLarge: "המספר גדול מדי.",
			Ambiguous: "אפשר לקרוא את המספר בשתי דרכים. כתבו אותו בלי הפרדת אלפים.", Fraction: "בסכום יש יותר מדי ספרות אחרי הנקודה.",
			Unreadable: "לא ניתן היה לקרוא את הטופס. נסו שוב.", Other: "הערך אינו מתאים.",
		}
	case "pl":
		return words{
			Send: "Wyślij", Thanks: "Dziękujemy. Otrzymaliśmy Twoje dane.", Optional: "nieobowiązkowe", Choose: "Wybierz…", Look: "Czegoś brakuje albo coś jest nie tak. Sprawdź pola poniżej.",
			Required: "Wypełnij to pole.", Email: "To nie jest adres e-mail.", Phone: "To nie jest numer telefonu.", Number: "To nie jest liczba.", Date: "To nie jest data.",
			Option: "Wybierz jedną z możliwości.", TooLong: "Tekst jest za długi.", TooSmall: "Liczba jest za mała.", TooLarge: "Liczba jest za duża.",
			Ambiguous: "Tę liczbę można odczytać na dwa sposoby. Wpisz ją bez rozdzielania tysięcy.", Fraction: "Kwota ma za dużo miejsc po przecinku.",
			Unreadable: "Nie udało się odczytać formularza. Spróbuj ponownie.", Other: "Ta wartość nie pasuje.",
		}
	default:
		return words{
			Send: "Send", Thanks: "Thank you. We have received it.", Optional: "optional", Choose: "Choose…", Look: "Something is missing or not right. Look at the fields below.",
			Required: "Fill this in.", Email: "This is not an e-mail address.", Phone: "This is not a phone number.", Number: "This is not a number.", Date: "This is not a date.",
			Option: "Choose one of those offered.", TooLong: "The text is too long.", TooSmall: "The number is too small.", TooLarge: "The number is too large.",
			Ambiguous: "The number can be read in two ways. Write it without separating thousands.", Fraction: "The amount has too many decimals.",
			Unreadable: "The form could not be read. Try again.", Other: "This does not fit.",
		}
	}
}
