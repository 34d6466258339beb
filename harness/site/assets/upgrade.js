// May I upgrade: what two pairs do otherwise.
"use strict";

(() => {
  const { pairs, cells, signatures } = KERAS_BISECT;
  const form = document.getElementById("move");
  const body = document.querySelector("#differences tbody");
  const order = [...KERAS_BISECT.order, "still failing"];
  const rows = cells.map(([name, format, runs]) => ({ name, format, numbers: expanded(runs) }));

  const title = (pair) => `${pair.lineage} ${pair.keras}, TensorFlow ${pair.tensorflow}, Python ${pair.python}`;
  for (const select of [form.elements.from, form.elements.to]) {
    for (const [label, chosen] of [
      ["With the TensorFlow of its day", (pair) => pair.natural && pair.lineage === "keras"],
      ["tf-keras", (pair) => pair.natural && pair.lineage !== "keras"],
      ["With another TensorFlow", (pair) => !pair.natural],
    ]) {
      const group = document.createElement("optgroup");
      group.label = label;
      for (const pair of pairs.filter(chosen).reverse()) group.append(new Option(title(pair), pair.id));
      if (group.children.length) select.append(group);
    }
  }
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));
  const natural = pairs.filter((pair) => pair.natural && pair.lineage === "keras");
  const newestOf = (minor) => natural.findLast((pair) => !minor || pair.keras.startsWith(minor));
  form.elements.from.value = (newestOf("2.15.") ?? natural[0])?.id ?? "";
  form.elements.to.value = newestOf("")?.id ?? "";

  /** Nothing for what passes or does not apply in both. */
  const kindOf = (old, fresh) => {
    if (old !== fresh) return KERAS_BISECT.kinds[old[0]][fresh[0]];
    return ["pass", "unsupported"].includes(old[0]) ? "" : "still failing";
  };

  /** The formats of a case that differ alike, as one entry. */
  const differences = (from, to, wanted) => {
    const found = new Map();
    for (const { name, format, numbers } of rows.filter(wanted)) {
      const [old, fresh] = [signatures[numbers[from]], signatures[numbers[to]]];
      const kind = old && fresh && kindOf(old, fresh);
      if (!kind) continue;
      const key = JSON.stringify([kind, name, numbers[from], numbers[to]]);
      if (!found.has(key)) found.set(key, { kind, name, formats: [], old, fresh });
      found.get(key).formats.push(format);
    }
    return [...found.values()].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
  };

  const side = (signature) => {
    const parts = [stateOf(signature)];
    if (signature[2]) parts.push(` ${signature[2]}`);
    return parts;
  };
  const line = ({ kind, name, formats, old, fresh }) => {
    const row = document.createElement("tr");
    const [word, link] = [document.createElement("span"), document.createElement("a")];
    word.className = `kind ${kind.replace(" ", "-")}`;
    word.textContent = kind;
    link.href = `cases/${encodeURIComponent(name)}.html`;
    link.textContent = name;
    for (const content of [[word], [link], [formats.join(", ")], side(old), kind === "still failing" ? ["the same"] : side(fresh)]) {
      row.insertCell().append(...content);
    }
    return row;
  };

  keepInAddress(form, () => {
    const { from, to, case: text, format } = Object.fromEntries(new FormData(form));
    const [start, end] = [from, to].map((id) => pairs.findIndex((pair) => pair.id === id));
    const found = differences(start, end, (row) =>
      row.name.includes(text.toLowerCase()) && (!format || row.format === format));
    const counts = order.map((kind) => [kind, found.filter((each) => each.kind === kind)
      .reduce((sum, each) => sum + each.formats.length, 0)]);
    const told = counts.filter(([, count]) => count).map(([kind, count]) => `${count} ${kind}`).join(", ");
    document.getElementById("answer").textContent =
      start < 0 || end < 0 ? "Choose two pairs." : `Cells: ${told || "nothing is otherwise"}.`;
    body.replaceChildren(...found.map(line));
  });
})();
