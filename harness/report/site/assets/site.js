// What every page has: forms whose state is in the address, tables that can be saved, rows that can be filtered.
"use strict";

/** Fills a form from the address, keeps the address up to date, and calls `changed` at once and after each edit. */
function keepInAddress(form, changed) {
  const fields = [...form.elements].filter((field) => field.name);
  const usual = new Map(fields.map((field) => [field, field.value]));
  const read = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      const value = told.get(field.name) ?? usual.get(field);
      field.value = value;
      if (field.value !== value) field.value = "";
    }
  };
  const edited = () => {
    const told = new URLSearchParams(location.hash.slice(1));
    for (const field of fields) {
      if (field.value) told.set(field.name, field.value);
      else told.delete(field.name);
    }
    history.replaceState(null, "", `#${told}`);
    changed();
  };
  read();
  form.addEventListener("input", edited);
  form.addEventListener("change", edited);
  form.addEventListener("reset", () => setTimeout(edited));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => {
    if (location.hash && !location.hash.includes("=")) return; // a place on the page
    read();
    changed();
  });
  changed();
}

/** A text as a field of CSV; a leading sign that a spreadsheet would take for a formula is quoted. */
function csvField(text) {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}

/** The rows of a table that are shown, as CSV; a cell that spans columns is repeated in each. */
function tableAsCsv(table) {
  const lines = [];
  for (const row of table.rows) {
    if (row.hidden || row.parentElement.hidden) continue;
    const fields = [];
    if (table.classList.contains("heat")) fields.push(csvField(row.parentElement.dataset.case ?? "case"));
    for (const cell of row.cells) {
      if (cell.hidden) continue;
      const parts = [...cell.childNodes].filter((part) => part.nodeName !== "BUTTON");
      const text = parts.map((part) => part.textContent).join("").replace(/\s+/g, " ").trim();
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

// The newest releases are on the right.
for (const frame of document.querySelectorAll("div.heat")) frame.scrollLeft = frame.scrollWidth;

for (const form of document.querySelectorAll("form.rows")) {
  const rows = document.getElementById(form.dataset.table).tBodies[0].rows;
  const texts = Array.from(rows, (row) => row.textContent.toLowerCase());
  keepInAddress(form, () => {
    const wanted = form.querySelector("input").value.toLowerCase();
    let shown = 0;
    texts.forEach((text, place) => {
      rows[place].hidden = !text.includes(wanted);
      shown += !rows[place].hidden;
    });
    form.querySelector("output").textContent = `${shown} of ${rows.length}`;
  });
}
