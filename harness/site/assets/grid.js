// Keras × TensorFlow: one case and format in the place of the counts.
"use strict";

(() => {
  const form = document.getElementById("choice");
  const { pairs, cells, signatures } = KERAS_BISECT;
  const place = new Map(pairs.map((pair, number) => [pair.id, number]));
  const boxes = [...document.querySelectorAll("#grid td[data-pair]")].map((cell) => ({
    cell, link: cell.firstElementChild, pair: place.get(cell.dataset.pair),
    counts: [...cell.firstElementChild.childNodes], outcome: cell.className,
  }));
  addOptions(form.elements.case, new Set(cells.map(([name]) => name)));
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));

  keepInAddress(form, () => {
    const [name, format] = [form.elements.case.value, form.elements.format.value];
    const row = cells.find((each) => each[0] === name && (!format || each[1] === format));
    const numbers = row && expanded(row[2]);
    for (const { cell, link, pair, counts, outcome } of boxes) {
      const found = numbers && signatures[numbers[pair]];
      cell.className = numbers ? found?.[0] ?? "unknown" : outcome;
      if (numbers) link.replaceChildren(stateOf(found ?? ["unknown", "not known"]));
      else link.replaceChildren(...counts);
    }
    form.querySelector("output").textContent =
      row ? `${row[0]} as ${row[1]}` : name ? `${name} has no such format` : "";
  });
})();
