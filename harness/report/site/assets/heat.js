// The first page: rows that open, and filters over cases, formats, outcomes, releases and messages.
"use strict";

(() => {
  const form = document.getElementById("filter");
  const openAll = document.getElementById("open-all");
  const EVERY = "*";
  /** The names of the cases whose formats are shown; the form keeps them, and so the address. */
  const opened = () => new Set(form.elements.open.value.split(",").filter(Boolean));
  const open = (names) => {
    form.elements.open.value = [...names].join(",");
    form.elements.open.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const signatures = KERAS_BISECT.signatures.map(([outcome, label, message, place]) => ({
    outcome, text: `${label} ${message} ${place}`.toLowerCase(),
  }));

  /** The cells of a row with the columns they cover, read once: later their spans are cut. */
  const blocksOf = (row) => {
    let column = 0;
    return [...row.cells].slice(1).map((cell) => {
      const block = { cell, first: column, end: column + cell.colSpan, number: Number(cell.dataset.s ?? -1) };
      column = block.end;
      return block;
    });
  };
  const tables = [...document.querySelectorAll("table.heat")].map((table) => ({
    heads: [...table.tHead.rows[0].cells].slice(1),
    bodies: [...table.tBodies].map((body) => ({
      body,
      name: body.dataset.case,
      text: `${body.dataset.case} ${body.rows[0].cells[0].title}`.toLowerCase(),
      total: { row: body.rows[0], blocks: blocksOf(body.rows[0]) },
      rows: [...body.rows].slice(1).map((row) => ({
        row, formats: row.cells[0].textContent.split(", "), blocks: blocksOf(row),
      })),
    })),
  }));

  for (const { body, name } of tables.flatMap((table) => table.bodies)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "open";
    button.addEventListener("click", () => {
      const names = opened();
      if (!names.delete(name)) names.add(name);
      open(names);
    });
    body.rows[0].cells[0].prepend(button);
  }

  /** Cuts the blocks of a row to the columns shown, and tells whether any of them is wanted. */
  const cut = (blocks, [first, end], wanted) => {
    let any = false;
    for (const block of blocks) {
      const width = Math.min(block.end, end) - Math.max(block.first, first);
      block.cell.hidden = width <= 0;
      if (width <= 0) continue;
      block.cell.colSpan = width;
      block.cell.classList.toggle("cut", block.first < first);
      const fits = wanted(block.number);
      block.cell.classList.toggle("faint", !fits);
      any ||= fits;
    }
    return any;
  };

  /** Shows the columns between two releases of the first table; in others those of the same days. */
  const columnsShown = (heads, [from, to]) => {
    const isOwn = heads === tables[0].heads;
    const shown = heads.map((head, place) => {
      const [at, first, last] = isOwn ? [place, from.place, to.place] : [head.dataset.day, from.day, to.day];
      return at >= first && at <= last;
    });
    heads.forEach((head, place) => { head.hidden = !shown[place]; });
    return [shown.indexOf(true), shown.lastIndexOf(true) + 1];
  };
  const bound = (version, otherwise) => {
    const { heads } = tables[0];
    const place = heads.findIndex((head) => head.dataset.version === version);
    return place < 0 ? otherwise : { place, day: heads[place].dataset.day };
  };

  function show() {
    const { case: name, format, outcome, from, to, message } = Object.fromEntries(new FormData(form));
    const [nameText, messageText] = [name, normalised(message)].map((text) => text.toLowerCase());
    const bounds = [bound(from, { place: 0, day: "" }), bound(to, { place: Infinity, day: "9999" })];
    const names = opened();
    const byBehaviour = Boolean(outcome || message);
    const wanted = (number) => !byBehaviour || (number >= 0
      && (!outcome || signatures[number].outcome === outcome)
      && signatures[number].text.includes(messageText));
    const [shown, all] = [new Set(), new Set()];
    for (const { heads, bodies } of tables) {
      const range = columnsShown(heads, bounds);
      for (const each of bodies) {
        const isOpen = byBehaviour || format || names.has(each.name) || names.has(EVERY);
        cut(each.total.blocks, range, () => true);
        let fits = 0;
        for (const { row, formats, blocks } of each.rows) {
          const any = cut(blocks, range, wanted) && (!format || formats.includes(format));
          row.hidden = !any || !isOpen;
          fits += any;
        }
        each.body.hidden = !fits || !each.text.includes(nameText);
        const button = each.body.rows[0].cells[0].firstChild;
        button.textContent = isOpen ? "▾" : "▸";
        button.ariaExpanded = String(Boolean(isOpen));
        button.ariaLabel = `Formats of ${each.name}`;
        all.add(each.name);
        if (!each.body.hidden) shown.add(each.name);
      }
    }
    openAll.ariaPressed = String(names.has(EVERY));
    document.getElementById("count").textContent = bounds[0].place > bounds[1].place
      ? "No release is from the one on and up to the other" : `${shown.size} of ${all.size} cases`;
  }

  openAll.addEventListener("click", () => open(opened().has(EVERY) ? [] : [EVERY]));
  if (tables.length) keepInAddress(form, show);
})();
