// Keras × TensorFlow: the cells of a case or of a format in the place of all.
"use strict";

(() => {
  const form = document.getElementById("choice");
  const { pairs, cells, signatures, severity } = KERAS_BISECT;
  const place = new Map(pairs.map((pair, number) => [pair.id, number]));
  const boxes = [...document.querySelectorAll("#grid td[data-pair]")].map((cell) => ({
    cell, link: cell.firstElementChild, pair: place.get(cell.dataset.pair),
    counts: [...cell.firstElementChild.childNodes], outcome: cell.className,
  }));
  addOptions(form.elements.case, new Set(cells.map(([name]) => name)));
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));

  /** What the chosen cells came to in one pair: the one that it is, or the worst and how many fail. */
  const summary = (numbers) => {
    const known = numbers.filter((number) => number >= 0).map((number) => signatures[number]);
    if (!known.length) return ["unknown", "not known"];
    const worst = known.reduce((one, other) => (severity[other[0]] > severity[one[0]] ? other : one));
    if (numbers.length === 1) return worst;
    const applies = known.filter(([outcome]) => outcome !== "unsupported").length;
    const failing = known.filter(([outcome]) => severity[outcome] > 0).length;
    const unknown = known.length < numbers.length ? " ?" : "";
    return [worst[0], `${failing}/${applies}${unknown}`];
  };

  const unseen = (text) => {
    const made = document.createElement("span");
    made.className = "unseen";
    made.textContent = text;
    return made;
  };

  keepInAddress(form, () => {
    const [name, format] = [form.elements.case.value, form.elements.format.value];
    const chosen = cells.filter((each) => (!name || each[0] === name) && (!format || each[1] === format));
    const rows = chosen.map((each) => expanded(each[2]));
    for (const { cell, link, pair, counts, outcome } of boxes) {
      const [whole] = signatures[pairs[pair].whole];
      const found = whole === "runs" && (name || format) ? summary(rows.map((row) => row[pair])) : null;
      cell.className = found ? found[0] : outcome;
      link.replaceChildren(...(found ? [stateOf(found), unseen(` ${found[0]} with ${cell.dataset.pair}`)] : counts));
    }
    const told = [name, format && `as ${format}`].filter(Boolean).join(" ");
    form.querySelector("output").textContent =
      told && (rows.length ? `${told}: ${rows.length} cells of each pair` : `${name} has no such format`);
  });
})();
