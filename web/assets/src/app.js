import "htmx.org";
import "htmx.org/dist/ext/hx-sse.js";

// A copy button copies the text of the element that it names.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  if (!source) return;
  const text = "value" in source ? source.value : source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https there is no clipboard: the text is marked, so that one key copies it.
    const range = document.createRange();
    range.selectNodeContents(source);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    return;
  }
  const said = document.getElementById("said");
  if (said) said.textContent = button.dataset.copied || "";
  button.classList.add("copied");
  button.addEventListener("blur", () => button.classList.remove("copied"), { once: true });
});

// What a form does for good is asked once more.
document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm || event.target.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
}, true);

// A select that filters or switches sends its form by itself.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && !event.target.closest("[data-no-auto]")) form.requestSubmit();
});

// A menu closes when something else is clicked, or with Escape.
const openMenus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of openMenus()) { menu.open = false; menu.querySelector("summary").focus(); }
  // "/" goes to the search field of the page.
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    const field = document.querySelector("input[type=search]");
    if (field) { event.preventDefault(); field.focus(); }
  }
});

// A field that depends on another is shown only while that one has one of the values that matter. The hub ignores it otherwise, scripts or not.
const showFields = () => {
  for (const part of document.querySelectorAll("[data-when]")) {
    const inputs = [...(part.closest("form") || document).querySelectorAll(`[name="${CSS.escape(part.dataset.when)}"]`)].filter((i) => i.type !== "hidden");
    const input = inputs.find((i) => i.type !== "radio" || i.checked) || inputs[0];
    if (!input) continue;
    const value = input.type === "checkbox" ? String(input.checked) : input.value;
    const outer = input.closest("[data-when]");
    part.hidden = (outer && outer !== part && outer.hidden) || !JSON.parse(part.dataset.whenValues).includes(value);
  }
};
// Rows of a list are added by a copy of the empty one.
const readyRows = () => { for (const button of document.querySelectorAll("[data-add-row][hidden]")) button.hidden = false; };
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-add-row]");
  if (!button) return;
  const rows = button.closest("[data-rows]");
  const number = rows.dataset.rows++;
  const row = document.createElement("div");
  row.innerHTML = button.parentElement.querySelector(":scope > template").innerHTML.replaceAll(".ROW.", `.${number}.`);
  const added = row.firstElementChild;
  button.before(added);
  showFields();
  added.querySelector("input:not([type=hidden]), select, textarea")?.focus();
});
const readyForms = () => { readyRows(); showFields(); };
document.addEventListener("change", showFields);
document.addEventListener("htmx:after:swap", readyForms);
document.addEventListener("DOMContentLoaded", readyForms);
readyForms();
