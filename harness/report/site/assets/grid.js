// Keras × TensorFlow: shows the cells of one case or one format in place of all cells.
"use strict";

(() => {
  const form = document.getElementById("choice");
  const { pairs, cells, signatures, severity } = KERAS_BISECT;
  const pairIndex = new Map(pairs.map((pair, index) => [pair.id, index]));
  /** The table cells with their content as delivered, which sums up all cells of the pair. */
  const boxes = [...document.querySelectorAll("#grid td[data-pair]")].map((element) => ({
    element,
    link: element.firstElementChild,
    pair: pairIndex.get(element.dataset.pair),
    fullContent: [...element.firstElementChild.childNodes],
    fullOutcome: element.className,
  }));
  addOptions(form.elements.case, new Set(cells.map(([name]) => name)));
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));

  const worseOf = (one, other) => (severity[other[0]] > severity[one[0]] ? other : one);

  /**
   * Sums up the chosen cells of one pair as an outcome and a text: the label of a single cell, or
   * how many of several cells fail. `numbers` are the signature numbers of the cells, and `missing`
   * says what those are that the pair lacks.
   */
  const summarise = (numbers, missing) => {
    const known = numbers.filter((number) => number >= 0).map((number) => signatures[number]);
    const isSampled = missing === "not run";
    if (!known.length) return [isSampled ? "not-run" : "unknown", missing];
    const worst = known.reduce(worseOf);
    if (numbers.length === 1) return worst;
    const applicable = known.filter(([outcome]) => outcome !== "unsupported").length;
    const failing = known.filter(([outcome]) => severity[outcome] > 0).length;
    const mark = known.length === numbers.length ? "" : isSampled ? " ·" : " ?";
    return [worst[0], `${failing}/${applicable}${mark}`];
  };

  const screenReaderText = (text) => {
    const span = document.createElement("span");
    span.className = "unseen";
    span.textContent = text;
    return span;
  };

  const showSummary = ({ element, link }, summary) => {
    element.className = summary[0];
    link.replaceChildren(
      stateElement(summary), screenReaderText(` ${summary[0]} with ${element.dataset.pair}`));
  };

  const showAllCells = ({ element, link, fullContent, fullOutcome }) => {
    element.className = fullOutcome;
    link.replaceChildren(...fullContent);
  };

  keepInAddress(form, () => {
    const [name, format] = [form.elements.case.value, form.elements.format.value];
    const rows = cells
      .filter((cell) => (!name || cell[0] === name) && (!format || cell[1] === format))
      .map(([, , runs]) => expandRuns(runs));
    for (const box of boxes) {
      const [pairOutcome] = signatures[pairs[box.pair].whole];
      if (pairOutcome === "runs" && (name || format)) {
        showSummary(box, summarise(rows.map((row) => row[box.pair]), pairs[box.pair].missing));
      } else {
        showAllCells(box);
      }
    }
    const choice = [name, format && `as ${format}`].filter(Boolean).join(" ");
    const cellCount = rows.length === 1 ? "1 cell" : `${rows.length} cells`;
    const count = rows.length ? `${choice}: ${cellCount} per pair` : `${name} is not run as ${format}`;
    form.querySelector("output").textContent = choice && count;
  });
})();
