// The files of one release, read by another: both directions of the choice on the upgrade page.
"use strict";

/** Finds out and shows how a release reads the saved files of another. */
const savedFiles = (() => {
  const { writers, readers, behaviours } = KERAS_BISECT_FILES;
  const files = KERAS_BISECT_FILES.files.map(([name, format, by, own, mustRefuse, runs]) =>
    ({ name, format, writers: new Set(by), own: new Set(own), mustRefuse: mustRefuse === 1, codes: expandRuns(runs) }));
  const UNKNOWN = { behaviour: null, inferred: false };

  const placeOf = (pairs, { lineage, keras }) =>
    pairs.findIndex((pair) => pair[0] === lineage && pair[1] === keras);
  const nameOf = ({ lineage, keras }) => `${lineage} ${keras}`;
  const specifierOf = ({ lineage, keras }) => (lineage === "keras" ? keras : `'${lineage} ${keras}'`);
  const readingOf = (file, reader) => {
    const code = reader < 0 ? -1 : file.codes[reader];
    return code < 0 ? UNKNOWN : { behaviour: behaviours[code >> 1], inferred: code % 2 === 1 };
  };

  /**
   * How each matching file of a writer is read; `lacks` says which formats the reader does not have. It may read
   * them all the same: TensorFlow loads an exported graph, also with a Keras that cannot export.
   */
  const readings = (writer, reader, matches, lacks) => {
    const [from, to] = [placeOf(writers, writer), placeOf(readers, reader)];
    return files
      .filter((file) => file.writers.has(from) && matches(file))
      .map((file) => ({ ...file, ...readingOf(file, to), isWrong: file.own.has(from) }))
      .filter((file) => file.behaviour || !lacks(file));
  };

  /** `["2 files"]`; nothing for 0. */
  const counted = (number, one, many) => (number ? [`${number} ${number === 1 ? one : many}`] : []);

  /** How many of the files that should be refused are; nothing where there are none. */
  const refusals = (files, by, owner) => {
    if (!files.length) return [];
    const right = files.filter(({ behaviour }) => behaviour[3]).length;
    const ofOwner = by === "it" ? "" : ` of ${owner}`;
    if (files.length === 1) return [`${by} ${right ? "refuses" : "does not refuse"} the file${ofOwner} that should be refused`];
    const number = right === files.length ? `all ${right}` : `${right} of the ${files.length}`;
    return [`${by} refuses ${number} files${ofOwner} that should be refused`];
  };

  /** The answer in words: how many files are read, and how that is known. */
  const inWords = (found, writer, reader) => {
    const [by, owner] = [nameOf(reader), nameOf(writer)];
    if (!found.length) return `There are no such files of ${owner} that ${by} could read.`;
    const sound = found.filter((file) => !file.isWrong);
    if (!sound.length) {
      const own = found.length === 1 ? "file" : `${found.length} files`;
      return `${owner} does not read its own ${own} as it should, so nothing can be said about ${by}.`;
    }
    const [toRefuse, toRead] = [true, false].map((mustRefuse) => sound.filter((file) => file.mustRefuse === mustRefuse));
    const known = toRead.filter((file) => file.behaviour);
    const wrong = counted(
      found.length - sound.length,
      `more is left out, which ${owner} itself does not read as it should`,
      `more are left out, which ${owner} itself does not read as it should`);
    const answered = sound.filter((file) => file.behaviour);
    if (!answered.length) return [`Not measured: how ${by} reads ${counted(sound.length, "file", "files")} of ${owner}`, ...wrong].join("; ") + ".";
    const bad = known.filter(({ behaviour }) => !behaviour[3]);
    const silent = bad.filter(({ behaviour }) => behaviour[0] === "mismatch");
    const hanging = bad.filter(({ behaviour }) => ["timeout", "crash"].includes(behaviour[0]));
    const all = bad.length ? `${known.length - bad.length} of ${known.length}` : (known.length > 1 ? `all ${known.length}` : 1);
    const reads = known.length ? [`${by} reads ${all} ${known.length === 1 ? "file" : "files"} of ${owner}`] : [];
    return [
      ...reads,
      ...counted(bad.length - silent.length - hanging.length, "is refused or not read in full", "are refused or not read in full"),
      ...counted(hanging.length, "makes it hang or crash", "make it hang or crash"),
      ...counted(silent.length, "comes back silently different", "come back silently different"),
      ...refusals(toRefuse.filter((file) => file.behaviour), reads.length ? "it" : by, owner),
      ...counted(
        answered.filter((file) => file.inferred).length,
        "of these answers is inferred and not measured",
        "of these answers are inferred and not measured"),
      ...counted(sound.length - answered.length, "more file was not measured", "more files were not measured"),
      ...wrong,
    ].join("; ") + ".";
  };

  /** The last part of a message that holds the messages of exceptions within exceptions. */
  const lastReason = (message = "") => message.split("Exception encountered: ").at(-1);

  /** Files that are read alike, the worst first; what is inferred stands apart from what is measured. */
  const groups = (found) => {
    const byKey = new Map();
    for (const file of found.filter(({ isWrong }) => !isWrong)) {
      const [outcome, label, message, isRight] = file.behaviour ?? [];
      const key = JSON.stringify([outcome, ...(isRight ? [] : [label, lastReason(message)]), file.inferred]);
      if (!byKey.has(key)) byKey.set(key, { behaviour: file.behaviour, inferred: file.inferred, files: [] });
      byKey.get(key).files.push(file);
    }
    const badness = ({ behaviour }) =>
      (behaviour === null ? 0.5 : behaviour[3] ? 0 : KERAS_BISECT.severity[behaviour[0]] || 1);
    return [...byKey.values()].sort(
      (one, other) => badness(other) - badness(one) || other.files.length - one.files.length);
  };

  /** Formats and cases in words, cases with the same formats together. */
  const casesNode = (members) => {
    const formats = new Map();
    for (const { name, format } of members) formats.set(name, [...(formats.get(name) ?? []), format]);
    const byFormats = new Map();
    for (const [name, list] of formats) {
      const key = list.sort().join(", ");
      byFormats.set(key, [...(byFormats.get(key) ?? []), name]);
    }
    return [...byFormats].map(([list, names]) => `${names.sort().join(", ")} (${list})`).join("; ");
  };

  /** The reason that a message gives, and the whole message to unfold where it says more. */
  const messageNodes = (message) => {
    const reason = lastReason(message);
    if (reason === message) return message ? [` ${message}`] : [];
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = `… ${reason}`;
    details.append(summary, message);
    return [details];
  };
  const READ = { pass: "read", refused: "rightly refused" };

  const groupRow = ({ behaviour, inferred, files: members }) => {
    const row = document.createElement("tr");
    const how = row.insertCell();
    if (behaviour) {
      const state = stateElement(behaviour, behaviour[3] ? READ[behaviour[0]] : behaviour[1]);
      if (inferred) state.classList.add("inferred");
      how.append(state, ...(behaviour[3] ? [] : messageNodes(behaviour[2])));
    } else {
      how.append(stateElement(["unknown"], "not measured"));
    }
    row.insertCell().append(behaviour ? (inferred ? "inferred" : "measured") : "-");
    row.insertCell().append(String(members.length));
    const cases = row.insertCell();
    if (members.length > 12) {
      const details = document.createElement("details");
      const summary = document.createElement("summary");
      summary.textContent = `${new Set(members.map(({ name }) => name)).size} cases`;
      details.append(summary, casesNode(members));
      cases.append(details);
    } else {
      cases.append(casesNode(members));
    }
    return row;
  };

  /** The share of each format: `keras: 75 of 80; h5: 81 of 81`. */
  const byFormat = (found) => [...new Set(found.map(({ format }) => format))].sort().flatMap((format) => {
    const known = found.filter((file) =>
      file.format === format && file.behaviour && !file.isWrong && !file.mustRefuse);
    const read = known.filter(({ behaviour }) => behaviour[3]).length;
    return known.length ? [`${format}: ${read} of ${known.length}`] : [];
  }).join("; ");

  /** How the files of a writer fare at a reader, shown in the section with this id. */
  const show = (id, writer, reader, matches, lacks) => {
    const section = document.getElementById(id);
    const found = writer && reader ? readings(writer, reader, matches, lacks) : [];
    const answer = writer && reader ? inWords(found, writer, reader) : "Choose two pairs.";
    section.querySelector(".answer").textContent = answer;
    section.querySelector(".formats").textContent = byFormat(found);
    section.querySelector("tbody").replaceChildren(...groups(found).map(groupRow));
    const isOpen = found.some(({ behaviour, inferred, isWrong }) => !isWrong && (!behaviour || inferred));
    section.querySelector(".command").hidden = !isOpen;
    section.querySelector("code").textContent =
      isOpen ? `nox -s exchange -- --writer ${specifierOf(writer)} --reader ${specifierOf(reader)}` : "";
  };
  return { show };
})();
