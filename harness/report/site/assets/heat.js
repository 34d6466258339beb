// The front page: rows that open, and filters by case, format, outcome, release and message.
"use strict";

(() => {
  const form = document.getElementById("filter");
  const openAll = document.getElementById("open-all");
  const ALL_CASES = "*";
  /** The cases whose formats are shown. They are kept in the form, and so in the address. */
  const openCases = () => new Set(form.elements.open.value.split(",").filter(Boolean));
  const setOpenCases = (names) => {
    form.elements.open.value = [...names].join(",");
    form.elements.open.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const signatures = KERAS_BISECT.signatures.map(([outcome, label, message, frame]) => ({
    outcome, text: `${label} ${message} ${frame}`.toLowerCase(),
  }));

  /** The blocks of a row with the columns that they cover, read before the filters shorten them. */
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
    contractHeading: table.querySelector("tbody.group"),
    cases: [...table.tBodies].filter((body) => body.dataset.case).map((body) => ({
      body,
      name: body.dataset.case,
      text: `${body.dataset.case} ${body.rows[0].cells[0].title}`.toLowerCase(),
      totalBlocks: blocksOf(body.rows[0]),
      formatRows: [...body.rows].slice(1).map((row) => ({
        row, formats: row.cells[0].textContent.split(", "), blocks: blocksOf(row),
      })),
    })),
  }));

  for (const { body, name } of tables.flatMap((table) => table.cases)) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "open";
    button.addEventListener("click", () => {
      const names = openCases();
      if (!names.delete(name)) names.add(name);
      setOpenCases(names);
    });
    body.rows[0].cells[0].prepend(button);
  }

  /** Shortens the blocks of a row to the given columns; returns whether a visible block matches. */
  const showBlocks = (blocks, { first, end }, matches) => {
    let anyMatches = false;
    for (const block of blocks) {
      const width = Math.min(block.end, end) - Math.max(block.first, first);
      block.cell.hidden = width <= 0;
      if (width <= 0) continue;
      block.cell.colSpan = width;
      block.cell.classList.toggle("cut", block.first < first);
      const isMatch = matches(block.number);
      block.cell.classList.toggle("faint", !isMatch);
      anyMatches ||= isMatch;
    }
    return anyMatches;
  };

  /**
   * Shows the columns from one release to another and returns their range. The two are releases of
   * the first table; other tables show the releases of the same days.
   */
  const showColumns = (heads, from, to) => {
    const isFirstTable = heads === tables[0].heads;
    const isInRange = (head, index) => (isFirstTable
      ? index >= from.index && index <= to.index
      : head.dataset.day >= from.day && head.dataset.day <= to.day);
    const shown = heads.map(isInRange);
    heads.forEach((head, index) => { head.hidden = !shown[index]; });
    return { first: shown.indexOf(true), end: shown.lastIndexOf(true) + 1 };
  };
  const releaseBound = (version, unbounded) => {
    const { heads } = tables[0];
    const index = heads.findIndex((head) => head.dataset.version === version);
    return index < 0 ? unbounded : { index, day: heads[index].dataset.day };
  };

  const setOpenButton = ({ body, name }, isOpen) => {
    const button = body.rows[0].cells[0].firstChild;
    button.textContent = isOpen ? "▾" : "▸";
    button.ariaExpanded = String(isOpen);
    button.ariaLabel = `Formats of ${name}`;
  };

  /** Shows the heading of the contract cases, which come last, if any of them is shown. */
  const showContractHeading = (heading) => {
    if (heading) heading.hidden = !heading.matches(":has(~ tbody:not([hidden]))");
  };

  function applyFilters() {
    const { case: caseName, format, outcome, from, to, message } = Object.fromEntries(new FormData(form));
    const caseText = caseName.toLowerCase();
    const messageText = normaliseMessage(message).toLowerCase();
    const firstRelease = releaseBound(from, { index: 0, day: "" });
    const lastRelease = releaseBound(to, { index: Infinity, day: "9999" });
    const open = openCases();
    const byBehaviour = Boolean(outcome || message);
    const matches = (number) => !byBehaviour || (number >= 0
      && (!outcome || signatures[number].outcome === outcome)
      && signatures[number].text.includes(messageText));
    const [shownCases, allCases] = [new Set(), new Set()];
    for (const { heads, contractHeading, cases } of tables) {
      const columns = showColumns(heads, firstRelease, lastRelease);
      for (const entry of cases) {
        const isOpen = Boolean(byBehaviour || format || open.has(entry.name) || open.has(ALL_CASES));
        showBlocks(entry.totalBlocks, columns, () => true);
        let anyRowMatches = false;
        for (const { row, formats, blocks } of entry.formatRows) {
          const isMatch = showBlocks(blocks, columns, matches) && (!format || formats.includes(format));
          row.hidden = !isMatch || !isOpen;
          anyRowMatches ||= isMatch;
        }
        entry.body.hidden = !anyRowMatches || !entry.text.includes(caseText);
        setOpenButton(entry, isOpen);
        allCases.add(entry.name);
        if (!entry.body.hidden) shownCases.add(entry.name);
      }
      showContractHeading(contractHeading);
    }
    openAll.ariaPressed = String(open.has(ALL_CASES));
    document.getElementById("count").textContent = firstRelease.index > lastRelease.index
      ? "No releases in this range: “from” is newer than “to”"
      : `${shownCases.size} of ${allCases.size} cases`;
  }

  openAll.addEventListener("click", () => setOpenCases(openCases().has(ALL_CASES) ? [] : [ALL_CASES]));
  if (tables.length) keepInAddress(form, applyFilters);
})();
