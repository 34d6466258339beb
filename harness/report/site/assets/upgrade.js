// May I upgrade: what two pairs do otherwise.
"use strict";

(() => {
  const { pairs, cells, signatures } = KERAS_BISECT;
  const form = document.getElementById("move");
  const body = document.querySelector("#differences tbody");
  const order = [...KERAS_BISECT.order, "still failing"];
  const rows = cells.map(([name, format, runs]) => ({ name, format, numbers: expanded(runs) }));

  const title = (pair) => `${pair.lineage} ${pair.keras}, TensorFlow ${pair.tensorflow}, Python ${pair.python}`
    + (pair.edits && ` with ${pair.edits}`);
  for (const select of [form.elements.from, form.elements.to]) {
    for (const [name, label] of Object.entries(KERAS_BISECT.groups)) {
      const group = document.createElement("optgroup");
      group.label = label;
      const members = pairs.filter((pair) => pair.group === name).reverse();
      group.append(...members.map((pair) => new Option(title(pair), pair.id)));
      if (members.length) select.append(group);
    }
  }
  addOptions(form.elements.format, new Set(cells.map(([, format]) => format)));
  const natural = pairs.filter((pair) => pair.group === "keras");
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
    for (const { name, format, numbers } of wanted) {
      const [old, fresh] = [signatures[numbers[from]], signatures[numbers[to]]];
      const kind = old && fresh && kindOf(old, fresh);
      if (!kind) continue;
      const key = JSON.stringify([kind, name, numbers[from], numbers[to]]);
      if (!found.has(key)) found.set(key, { kind, name, formats: [], old, fresh });
      found.get(key).formats.push(format);
    }
    return [...found.values()].sort((one, other) => order.indexOf(one.kind) - order.indexOf(other.kind));
  };

  /** The difference of two pairs of which one has no environment, if the releases are the reason. */
  const wholeDifference = (from, to) => {
    const [old, fresh] = [signatures[pairs[from].whole], signatures[pairs[to].whole]];
    const kind = old[0] === fresh[0] ? "still failing" : KERAS_BISECT.kinds[old[0]]?.[fresh[0]];
    return kind ? [{ kind, name: "", formats: [], old, fresh }] : [];
  };
  const runs = (place) => signatures[pairs[place].whole][0] === "runs";

  const side = (signature) => {
    const parts = [stateOf(signature)];
    if (signature[2]) parts.push(` ${signature[2]}`);
    return parts;
  };
  const line = ({ kind, name, formats, old, fresh }) => {
    const row = document.createElement("tr");
    const word = document.createElement("span");
    word.className = `kind ${kind.replace(" ", "-")}`;
    word.textContent = kind;
    const link = document.createElement("a");
    link.href = `cases/${encodeURIComponent(name)}.html`;
    link.textContent = name;
    for (const content of [[word], [name ? link : "every case"], [formats.join(", ")], side(old), kind === "still failing" ? ["the same"] : side(fresh)]) {
      row.insertCell().append(...content);
    }
    return row;
  };

  /** The differences in words, with how much of them cannot be known. */
  const answer = (found, unknown) => {
    const told = order.map((kind) => [kind, found.filter((each) => each.kind === kind)
      .reduce((sum, each) => sum + each.formats.length, 0)])
      .filter(([, count]) => count).map(([kind, count]) => `${count} ${kind}`);
    if (unknown) told.push(`${unknown} not known of one of them`);
    return told.join(", ") || "nothing is otherwise";
  };

  keepInAddress(form, () => {
    const { from, to, case: text, format } = Object.fromEntries(new FormData(form));
    const [start, end] = [from, to].map((id) => pairs.findIndex((pair) => pair.id === id));
    let [found, told] = [[], "Choose two pairs."];
    if (start >= 0 && end >= 0 && runs(start) && runs(end)) {
      const wanted = rows.filter((row) =>
        row.name.includes(text.toLowerCase()) && (!format || row.format === format));
      const unknown = wanted.filter(({ numbers }) => numbers[start] < 0 || numbers[end] < 0).length;
      found = differences(start, end, wanted);
      told = wanted.length ? `Of ${wanted.length} cells: ${answer(found, unknown)}.` : "There is no such cell.";
    } else if (start >= 0 && end >= 0) {
      found = wholeDifference(start, end);
      told = "Nothing can be told of the cells: there is no environment.";
    }
    document.getElementById("answer").textContent = told;
    body.replaceChildren(...found.map(line));
  });
})();
