// The first page: rows that open, and filters over cases, formats, outcomes, releases and messages.
"use strict";

(() => {
  const form = document.getElementById("filter");
  const openAll = document.getElementById("open-all");
  const open = new Set();
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
      if (!open.delete(name)) open.add(name);
      show();
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
      const fits = wanted(block.number);
      block.cell.classList.toggle("faint", !fits);
      any ||= fits;
    }
    return any;
  };

  /** Shows the columns between two releases, both included; a table without them keeps all. */
  const columnsShown = (heads, from, to) => {
    const place = (version) => heads.findIndex((head) => head.dataset.version === version);
    const [first, last] = [Math.max(place(from), 0), to && place(to) >= 0 ? place(to) : heads.length - 1];
    heads.forEach((head, column) => { head.hidden = column < first || column > last; });
    return [first, last + 1];
  };

  function show() {
    const { case: name, format, outcome, from, to, message } = Object.fromEntries(new FormData(form));
    const [nameText, messageText] = [name.toLowerCase(), message.toLowerCase()];
    const byBehaviour = Boolean(outcome || message);
    const wanted = (number) => !byBehaviour || (number >= 0
      && (!outcome || signatures[number].outcome === outcome)
      && signatures[number].text.includes(messageText));
    const [shown, all] = [new Set(), new Set()];
    for (const { heads, bodies } of tables) {
      const range = columnsShown(heads, from, to);
      for (const each of bodies) {
        const isOpen = byBehaviour || format || open.has(each.name) || openAll.ariaPressed === "true";
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
    document.getElementById("count").textContent = `${shown.size} of ${all.size} cases`;
  }

  openAll.addEventListener("click", () => {
    openAll.ariaPressed = String(openAll.ariaPressed !== "true");
    show();
  });
  keepInAddress(form, show);
})();
