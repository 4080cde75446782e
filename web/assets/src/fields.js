// The wizard's editor: text with chips. A chip stands for {{ a value of the sample }}; whatever else stands between braces stays as it was written. The
// textarea below holds the template as it is sent; without scripts it is the editor.
const simple = /\{\{\s*([A-Za-z_][\w.]*(?:\[(?:\d+|"[^"\]]*"|'[^'\]]*')\][\w.]*)*)\s*\}\}/g;
const values = [...document.querySelectorAll("#values [data-path]")].map((e) => ({
  path: e.dataset.path, label: e.dataset.label, text: e.querySelector("dd").textContent.trim(),
}));
const words = document.getElementById("values").dataset;
const labelOf = (path) => values.find((v) => v.path === path)?.label || path;

function chipOf(path, source) {
  const chip = document.createElement("span");
  chip.className = "chip";
  chip.contentEditable = "false";
  chip.dataset.source = source || `{{ ${path} }}`;
  chip.textContent = labelOf(path);
  chip.title = path;
  return chip;
}

function draw(box, template) {
  box.replaceChildren();
  let last = 0;
  for (const found of template.matchAll(simple)) {
    box.append(template.slice(last, found.index), chipOf(found[1], found[0]));
    last = found.index + found[0].length;
  }
  box.append(template.slice(last));
}

function read(node) {
  let text = "";
  for (const child of node.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) text += child.data;
    else if (child.dataset?.source) text += child.dataset.source;
    else if (child.nodeName === "BR") text += "\n";
    else text += (text && child.nodeName === "DIV" ? "\n" : "") + read(child);
  }
  return text.replace(/\u00a0/g, " ");
}

function edit(area) {
  const box = document.createElement("div");
  box.className = area.className.replace("font-monospace", "") + " chips";
  box.contentEditable = "true";
  box.setAttribute("role", "textbox");
  box.setAttribute("aria-multiline", "true");
  box.setAttribute("aria-labelledby", area.id + "-label");
  box.setAttribute("aria-describedby", area.getAttribute("aria-describedby"));
  box.dir = "auto";
  draw(box, area.value);
  area.hidden = true;
  area.after(box, bar(area, box));
  box.addEventListener("input", () => tell(area, box));
  box.addEventListener("blur", () => draw(box, area.value)); // what was typed with braces becomes a chip
  box.addEventListener("paste", (event) => {
    event.preventDefault();
    document.execCommand("insertText", false, event.clipboardData.getData("text/plain"));
  });
}

function tell(area, box) {
  area.value = read(box).replace(/\n$/, "");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

// bar is the button below a field that opens the list of values, with a search by name or value.
function bar(area, box) {
  const holder = document.createElement("div");
  holder.className = "chips-bar";
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-sm";
  button.textContent = words.insert;
  button.setAttribute("aria-expanded", "false");
  holder.append(button);
  let list = null;
  const close = () => { list?.remove(); list = null; button.setAttribute("aria-expanded", "false"); };
  const insert = (value) => {
    const range = holder.range;
    const chip = chipOf(value.path);
    if (range && box.contains(range.startContainer)) { range.deleteContents(); range.insertNode(chip); } else box.append(chip);
    close();
    tell(area, box);
    box.focus();
    getSelection().collapse(box, [...box.childNodes].indexOf(chip) + 1);
  };
  button.addEventListener("click", () => {
    if (list) { close(); return; }
    list = document.createElement("div");
    list.className = "chips-list";
    const search = document.createElement("input");
    search.type = "search";
    search.className = "form-control mb-2";
    search.setAttribute("aria-label", words.find);
    search.placeholder = words.find;
    const found = document.createElement("div");
    const fill = () => {
      const wanted = search.value.trim().toLowerCase();
      found.replaceChildren(...values.filter((v) => !wanted || [v.label, v.path, v.text].some((t) => t.toLowerCase().includes(wanted))).slice(0, 60).map((v) => {
        const choice = document.createElement("button");
        choice.type = "button";
        const name = document.createElement("bdi");
        name.textContent = v.label;
        const text = document.createElement("bdi");
        text.className = "text-secondary ms-2";
        text.textContent = v.text;
        choice.append(name, text);
        choice.addEventListener("click", () => insert(v));
        return choice;
      }));
    };
    search.addEventListener("input", fill);
    list.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { close(); button.focus(); }
      if (event.key === "Enter" && event.target === search) { event.preventDefault(); found.querySelector("button")?.click(); }
    });
    fill();
    list.append(search, found);
    holder.append(list);
    button.setAttribute("aria-expanded", "true");
    search.focus();
  });
  const keep = () => { const s = getSelection(); if (s.rangeCount && box.contains(s.anchorNode)) holder.range = s.getRangeAt(0).cloneRange(); };
  document.addEventListener("selectionchange", keep);
  document.addEventListener("click", (event) => { if (list && !holder.contains(event.target)) close(); });
  return holder;
}

for (const area of document.querySelectorAll("textarea[data-chips]")) edit(area);
