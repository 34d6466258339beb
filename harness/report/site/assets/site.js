// Loaded by every page: forms that keep their state in the address, tables to save, rows to filter.
"use strict";

/**
 * Keeps the state of a form in the fragment of the address, and restores it from there. Calls
 * `onChange` at once and after each edit. `meaningOf` is the value for a text in the address.
 */
function keepInAddress(form, onChange, meaningOf = (field, text) => text) {
  const fields = [...form.elements].filter((field) => field.name);
  const defaults = new Map(fields.map((field) => [field, field.value]));
  const isLink = () => location.hash && !location.hash.includes("="); // a link within the page
  const parameters = () => new URLSearchParams(isLink() ? "" : location.hash.slice(1));
  const restore = () => {
    const saved = parameters();
    for (const field of fields) {
      const value = saved.has(field.name) ? meaningOf(field, saved.get(field.name)) : defaults.get(field);
      field.value = value;
      if (field.value !== value) field.value = ""; // the select has no such option
    }
  };
  const save = () => {
    const edited = parameters();
    for (const field of fields) {
      if (field.value) edited.set(field.name, field.value);
      else edited.delete(field.name);
    }
    history.replaceState(null, "", `#${edited}`);
    onChange();
  };
  restore();
  form.addEventListener("input", save);
  form.addEventListener("change", save);
  form.addEventListener("reset", () => setTimeout(save)); // the fields are reset after the event
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    if (isLink()) return;
    restore();
    onChange();
  });
  onChange();
}

/** A text as a CSV field; what a spreadsheet would take for a formula gets a leading apostrophe. */
function csvField(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** The visible rows of a table as CSV; a cell that spans several columns is repeated in each. */
function tableAsCsv(table) {
  const lines = [];
  for (const row of table.rows) {
    if (row.hidden || row.parentElement.hidden || row.parentElement.matches(".group")) continue;
    const fields = [];
    if (table.classList.contains("heat")) fields.push(csvField(row.parentElement.dataset.case ?? "case"));
    for (const cell of row.cells) {
      if (cell.hidden) continue;
      const nodes = [...cell.childNodes].filter((node) => node.nodeName !== "BUTTON");
      const text = nodes.map((node) => node.textContent).join("").replace(/\s+/g, " ").trim();
      for (let column = 0; column < cell.colSpan; column += 1) fields.push(csvField(text));
    }
    lines.push(fields.join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

for (const table of document.querySelectorAll("table[id]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "save";
  button.textContent = "Save as CSV";
  button.setAttribute("aria-label", `Save as CSV: ${table.caption.textContent}`);
  button.addEventListener("click", () => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([tableAsCsv(table)], { type: "text/csv" }));
    link.download = `${table.id}.csv`;
    link.click();
    URL.revokeObjectURL(link.href);
  });
  (table.closest(".scroll") ?? table).after(button);
}

// Scroll to the newest releases, which are on the right.
for (const frame of document.querySelectorAll("div.heat")) frame.scrollLeft = frame.scrollWidth;

for (const form of document.querySelectorAll("form.rows")) {
  const rows = document.getElementById(form.dataset.table).tBodies[0].rows;
  const texts = Array.from(rows, (row) => row.textContent.toLowerCase());
  keepInAddress(form, () => {
    const searchText = form.querySelector("input").value.toLowerCase();
    let shown = 0;
    texts.forEach((text, index) => {
      const matches = text.includes(searchText);
      rows[index].hidden = !matches;
      if (matches) shown += 1;
    });
    form.querySelector("output").textContent = `${shown} of ${rows.length}`;
  });
}
