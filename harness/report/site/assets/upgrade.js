// Can I upgrade? Lists what behaves differently with two pairs, and which files each reads of the other.
"use strict";

(() => {
  const STILL_FAILING = "still failing";
  const { pairs, cells, signatures, severity } = KERAS_BISECT;
  const form = document.getElementById("move");
  const tableBody = document.querySelector("#differences tbody");
  const kindOrder = [...KERAS_BISECT.order, STILL_FAILING];
  const rows = cells.map(([name, format, runs]) => ({ name, format, numbers: expandRuns(runs) }));

  const pairTitle = (pair) => `${pair.lineage} ${pair.keras}, TensorFlow ${pair.tensorflow}, Python ${pair.python}`
    + (pair.edits && ` with ${pair.edits}`);
  for (const select of [form.elements.from, form.elements.to]) {
    for (const [group, label] of Object.entries(KERAS_BISECT.groups)) {
      const members = pairs.filter((pair) => pair.group === group).reverse();
      const optgroup = document.createElement("optgroup");
      optgroup.label = label;
      optgroup.append(...members.map((pair) => new Option(pairTitle(pair), pair.id)));
      if (members.length) select.append(optgroup);
    }
  }
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));
  const natural = pairs.filter((pair) => pair.group === "keras");
  const newestKeras2 = natural.findLast((pair) => pair.keras.startsWith("2.15."));
  form.elements.from.value = (newestKeras2 ?? natural[0])?.id ?? "";
  form.elements.to.value = natural.at(-1)?.id ?? "";

  /** The kind of difference; empty for a cell that behaves alike with both pairs and does not fail. */
  const kindOf = (before, after) => {
    if (before !== after) return KERAS_BISECT.kinds[before[0]][after[0]];
    return severity[before[0]] > 0 ? STILL_FAILING : "";
  };

  /** The differences between two pairs, worst first; formats of a case that differ alike are one. */
  const cellDifferences = (from, to, chosenRows) => {
    const byKey = new Map();
    for (const { name, format, numbers } of chosenRows) {
      const [before, after] = [signatures[numbers[from]], signatures[numbers[to]]];
      const kind = before && after && kindOf(before, after);
      if (!kind) continue;
      const key = JSON.stringify([kind, name, numbers[from], numbers[to]]);
      if (!byKey.has(key)) byKey.set(key, { kind, name, formats: [], before, after });
      byKey.get(key).formats.push(format);
    }
    return [...byKey.values()].sort(
      (one, other) => kindOrder.indexOf(one.kind) - kindOrder.indexOf(other.kind));
  };

  /** The difference between two pairs one of which has no environment; none for a missing Python. */
  const pairDifferences = (from, to) => {
    const [before, after] = [signatures[pairs[from].whole], signatures[pairs[to].whole]];
    const kind = before[0] === after[0] ? STILL_FAILING : KERAS_BISECT.kinds[before[0]]?.[after[0]];
    return kind ? [{ kind, name: "", formats: [], before, after }] : [];
  };
  const hasEnvironment = (index) => signatures[pairs[index].whole][0] === "runs";

  const signatureNodes = (signature) => {
    const message = signature[2];
    return message ? [stateElement(signature), ` ${message}`] : [stateElement(signature)];
  };
  const kindElement = (kind) => {
    const element = document.createElement("span");
    element.className = `kind ${kind.replace(" ", "-")}`;
    element.textContent = kind;
    return element;
  };
  const caseLink = (name) => {
    const link = document.createElement("a");
    link.href = `cases/${encodeURIComponent(name)}.html`;
    link.textContent = name;
    return link;
  };
  const tableRow = ({ kind, name, formats, before, after }) => {
    const row = document.createElement("tr");
    row.insertCell().append(kindElement(kind));
    row.insertCell().append(name ? caseLink(name) : "every case");
    row.insertCell().append(formats.join(", "));
    row.insertCell().append(...signatureNodes(before));
    row.insertCell().append(...(kind === STILL_FAILING ? ["the same"] : signatureNodes(after)));
    return row;
  };

  /** How many of the cells each pair lacks: `["5 not run with the second pair"]`. */
  const missingInWords = (chosenRows, indices) => indices.flatMap((index, position) => {
    const count = chosenRows.filter(({ numbers }) => numbers[index] < 0).length;
    const side = position ? "second" : "first";
    return count ? [`${count} ${pairs[index].missing} with the ${side} pair`] : [];
  });

  /** How many cells differ in which way, and how many cannot be compared. */
  const countsInWords = (differences, missing) => {
    const counts = new Map(kindOrder.map((kind) => [kind, 0]));
    for (const { kind, formats } of differences) counts.set(kind, counts.get(kind) + formats.length);
    const named = (kind, count) => (count === 1 ? kind : KERAS_BISECT.plurals[kind] ?? kind);
    const parts = [...counts].filter(([, count]) => count)
      .map(([kind, count]) => `${count} ${named(kind, count)}`);
    return [...(parts.length ? parts : ["no differences"]), ...missing].join(", ");
  };

  /** The differences between the chosen pairs, and the answer in words. */
  const compare = ({ from, to, case: caseText, format }) => {
    const [fromIndex, toIndex] = [from, to].map((id) => pairs.findIndex((pair) => pair.id === id));
    if (fromIndex < 0 || toIndex < 0) return [[], "Choose two pairs."];
    if (!hasEnvironment(fromIndex) || !hasEnvironment(toIndex)) {
      return [pairDifferences(fromIndex, toIndex), "The cells cannot be compared: a pair has no environment."];
    }
    const chosenRows = rows.filter((row) =>
      row.name.includes(caseText.toLowerCase()) && (!format || row.format === format));
    if (!chosenRows.length) return [[], "No cells match."];
    const missing = missingInWords(chosenRows, [...new Set([fromIndex, toIndex])]);
    const differences = cellDifferences(fromIndex, toIndex, chosenRows);
    return [differences, `Of ${chosenRows.length} cells: ${countsInWords(differences, missing)}.`];
  };

  /** Which files either pair reads of the other. */
  const showFiles = ({ from, to, case: caseText, format }) => {
    const matches = (file) => file.name.includes(caseText.toLowerCase()) && (!format || file.format === format);
    const unsupported = (index) => {
      const lacking = rows.filter(({ numbers }) => signatures[numbers[index]]?.[0] === "unsupported");
      const keys = new Set(lacking.map(({ name, format: kind }) => `${name} ${kind}`));
      return ({ name, format: kind }) => keys.has(`${name} ${kind}`);
    };
    const [before, after] = [from, to].map((id) => pairs.findIndex((pair) => pair.id === id));
    savedFiles.show("upgrade", pairs[before], pairs[after], matches, unsupported(after));
    savedFiles.show("return", pairs[after], pairs[before], matches, unsupported(before));
  };

  /** In an address, `3.9.0` or `tf-keras-2.18.0` stands for the natural pair of that release. */
  const shortName = ({ lineage, keras }) => (lineage === "keras" ? keras : `${lineage}-${keras}`);
  const meaningOf = (field, text) =>
    pairs.find((pair) => pair.group === pair.lineage && shortName(pair) === text)?.id ?? text;
  /** Says which pairs of an address are not known: it may be older than the results, or mistyped. */
  const unknownInWords = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    const names = ["from", "to"].filter((field) => asked.get(field) && !form.elements[field].value)
      .map((field) => asked.get(field));
    return names.length ? `No results are known for ${names.join(" and ")}.` : "";
  };
  keepInAddress(form, () => {
    document.getElementById("unknown-pairs").textContent = unknownInWords();
    const choice = Object.fromEntries(new FormData(form));
    const [differences, answer] = compare(choice);
    document.getElementById("answer").textContent = answer;
    tableBody.replaceChildren(...differences.map(tableRow));
    showFiles(choice);
  }, meaningOf);
})();
