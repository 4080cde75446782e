// The wizard's editors: text with chips, and choices with a search. Without scripts the plain fields below them serve.
import TomSelect from "tom-select";
window.TomSelect = TomSelect;
