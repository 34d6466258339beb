// The front page: where the message of an error, or a whole traceback, is known from.
"use strict";

(() => {
  const form = document.getElementById("search");
  const results = document.getElementById("search-results");
  const MOST_RESULTS = 6;
  const LEAST_LIKENESS = 0.4;
  const SAME_TYPE = 0.1;
  /** Lines such as `ValueError: …` and `keras.src.X.YError: …`; frames and notes are passed over. */
  const EXCEPTION = /^(?:[A-Za-z_][\w.]*\.)?([A-Z]\w*(?:Error|Exception|Interrupt|Warning)): ?(.*)$/;
  const ENCOUNTERED = "Exception encountered: ";

  /** The part of a message from which the others followed. */
  const lastReason = (message) => message.split(ENCOUNTERED).at(-1);
  const wordsOf = (message) =>
    new Set(lastReason(message).toLowerCase().match(/[a-z_][\w.]*\w/g) ?? []);

  /** The exceptions in a pasted text, each as type and message; without any, the text itself. */
  const exceptionsIn = (text) => {
    const found = [];
    for (const line of text.split("\n")) {
      const match = EXCEPTION.exec(line.trim());
      if (match) found.push({ type: match[1], lines: [match[2]] });
      else if (found.length && !/^\s*(File "|Traceback )/.test(line)) found.at(-1).lines.push(line);
    }
    if (!found.length) return [{ type: "", words: wordsOf(normaliseMessage(text)) }];
    return found.map(({ type, lines }) => ({ type, words: wordsOf(normaliseMessage(lines.join("\n"))) }));
  };

  /** Rare words tell more: a word counts by the logarithm of how few messages have it. */
  const weigher = (known) => {
    const counts = new Map();
    for (const { words } of known) for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
    return (word) => Math.log(1 + known.length / (counts.get(word) ?? 0.5));
  };
  const total = (words, weight) => [...words].reduce((sum, word) => sum + weight(word), 0);

  /** How like a known message is to an exception: 1 for the same words, 0 for none in common. */
  const likeness = (exception, message, weight) => {
    const common = total([...exception.words].filter((word) => message.words.has(word)), weight);
    const all = total(exception.words, weight) + total(message.words, weight);
    if (!common || !all) return 0;
    return (2 * common) / all + (exception.type && message.label.endsWith(exception.type) ? SAME_TYPE : 0);
  };

  /** Known messages with what is known of them, by label and reason. */
  const gathered = (entries) => {
    const byKey = new Map();
    for (const { label, message, place } of entries) {
      const reason = lastReason(message);
      const key = JSON.stringify([label, reason]);
      if (!byKey.has(key)) byKey.set(key, { label, reason, words: wordsOf(message), places: new Set() });
      byKey.get(key).places.add(place);
    }
    return [...byKey.values()].filter(({ reason }) => reason);
  };

  const natural = KERAS_BISECT.pairs
    .map((pair, place) => ({ ...pair, place }))
    .filter(({ group, lineage }) => group === lineage);
  const newest = natural.findLast(({ lineage }) => lineage === "keras")?.keras;

  /** Versions in words; neighbours in a list are joined to a span. */
  const spansOf = (releases, isIn) => {
    const spans = [];
    releases.forEach((release, index) => {
      if (!isIn(release)) return;
      if (index && isIn(releases[index - 1])) spans.at(-1)[1] = release.keras;
      else spans.push([release.keras, release.keras]);
    });
    return spans.map(([first, last]) => (first === last ? first : `${first} to ${last}`));
  };

  const RIGHT = { pass: "Loads properly", refused: "Is rightly refused" };

  /** Whether a cell is right in these releases, which follow the last one with a message, and how long. */
  const afterwards = (cell, releases) => {
    const outcomes = releases.map(({ place }) => KERAS_BISECT.signatures[cell[place]]?.[0]);
    const right = RIGHT[outcomes[0]];
    if (!right) return "";
    const end = outcomes.findIndex((outcome) => outcome !== outcomes[0]);
    const [first, last] = [releases[0].keras, releases.at(end < 0 ? -1 : end - 1).keras];
    if (end < 0) return ` ${right} from ${first} on.`;
    return ` ${right} ${end === 1 ? `in ${first}` : `from ${first} to ${last}`}.`;
  };

  /** In which releases a message occurs in a cell, and whether that is mended. */
  const occurrences = (numbers, lineage) => {
    const releases = natural.filter((pair) => pair.lineage === lineage);
    const found = [];
    for (const [name, format, runs] of KERAS_BISECT.cells) {
      const cell = expandRuns(runs);
      const isHere = ({ place }) => numbers.has(cell[place]);
      if (!releases.some(isHere)) continue;
      const after = afterwards(cell, releases.slice(releases.findLastIndex(isHere) + 1));
      found.push({ name, format, spans: spansOf(releases, isHere).join(", "), after });
    }
    return found;
  };

  const element = (tag, ...nodes) => {
    const made = document.createElement(tag);
    made.append(...nodes);
    return made;
  };
  const linkTo = (name) => {
    const link = element("a", name);
    link.href = `cases/${encodeURIComponent(name)}.html`;
    return link;
  };

  /** One line for all cells of a lineage with the same history. */
  const historyLines = (numbers) => [...new Set(natural.map(({ lineage }) => lineage))].flatMap((lineage) => {
    const groups = new Map();
    for (const { name, format, spans, after } of occurrences(numbers, lineage)) {
      const key = JSON.stringify([spans, after]);
      if (!groups.has(key)) groups.set(key, { spans, after, cases: new Map() });
      const { cases } = groups.get(key);
      cases.set(name, [...(cases.get(name) ?? []), format]);
    }
    return [...groups.values()].map(({ spans, after, cases }) => {
      const line = element("li", `${lineage} ${spans}: `);
      [...cases].slice(0, 5).forEach(([name, formats], index) =>
        line.append(index ? "; " : "", linkTo(name), ` (${formats.join(", ")})`));
      if (cases.size > 5) line.append(` and ${cases.size - 5} more ${cases.size === 6 ? "case" : "cases"}`);
      line.append(".", element("strong", after));
      return line;
    });
  });

  /** Which releases raise a message on files of which others. */
  const exchangeLines = (codes) => {
    const { files, readers, writers } = KERAS_BISECT_FILES;
    const [by, of] = [new Set(), new Set()];
    let count = 0;
    for (const [, , fileWriters, , , runs] of files) {
      const places = expandRuns(runs).flatMap((code, place) => (codes.has(code >> 1) && code >= 0 ? [place] : []));
      if (!places.length) continue;
      count += 1;
      places.forEach((place) => by.add(place));
      fileWriters.forEach((place) => of.add(place));
    }
    const named = (pairs, places) => [...new Set(pairs.map(([lineage]) => lineage))].flatMap((lineage) => {
      const own = pairs.map((pair, place) => ({ keras: pair[1], lineage: pair[0], place }))
        .filter((pair) => pair.lineage === lineage);
      const spans = spansOf(own, ({ place }) => places.has(place));
      return spans.length ? [`${lineage} ${spans.join(", ")}`] : [];
    }).join("; ");
    const link = element("a", "which releases read which files");
    link.href = "exchange.html";
    return [element("li",
      `Raised by ${named(readers, by)} on ${count} ${count === 1 ? "file" : "files"} of ${named(writers, of)}: `,
      link, ". To get a file of yours into the newest release: ", element("code", `nox -s file -- model.keras --to ${newest}`), ".")];
  };

  const shown = ({ label, reason, likeness: value, lines }) => {
    const state = stateElement(label.split(" ")[0] in KERAS_BISECT.symbols ? [label.split(" ")[0], label] : ["unknown", label]);
    const message = element("pre", reason.length > 400 ? `${reason.slice(0, 399)}…` : reason);
    const list = element("ul");
    list.append(...lines);
    const how = value > 0.95 ? "the same message" : "a similar message";
    return element("section", element("p", state, ` ${how}`), message, list);
  };

  let known = null;
  const load = () => {
    known ??= new Promise((resolve) => {
      const script = document.createElement("script");
      script.src = "exchange.js";
      script.addEventListener("load", () => resolve(typeof KERAS_BISECT_FILES === "object"));
      script.addEventListener("error", () => resolve(false));
      document.head.append(script);
    }).then((hasFiles) => {
      const cells = gathered(KERAS_BISECT.signatures.map(([, label, message], place) => ({ label, message, place })))
        .map((each) => ({ ...each, linesOf: () => historyLines(each.places) }));
      const readings = hasFiles
        ? gathered(KERAS_BISECT_FILES.behaviours.map(([, label, message], place) => ({ label, message, place })))
          .map((each) => ({ ...each, linesOf: () => exchangeLines(each.places) }))
        : [];
      return [...cells, ...readings];
    });
    return known;
  };

  /** The known messages that are most like an exception of a text, the best first. */
  const search = (messages, text) => {
    const weight = weigher(messages);
    const exceptions = exceptionsIn(text);
    return messages
      .map((message) => ({
        ...message, likeness: Math.max(...exceptions.map((each) => likeness(each, message, weight))),
      }))
      .filter((message) => message.likeness >= LEAST_LIKENESS)
      .sort((one, other) => other.likeness - one.likeness)
      .map((message) => ({ ...message, lines: message.linesOf() }))
      .filter(({ lines }) => lines.length)
      .slice(0, MOST_RESULTS);
  };

  const show = async () => {
    const text = form.elements.error.value.trim();
    if (!text) {
      results.replaceChildren();
      return;
    }
    const found = search(await load(), text);
    if (text !== form.elements.error.value.trim()) return; // it was edited meanwhile
    results.replaceChildren(...(found.length
      ? found.map(shown)
      : [element("p", "No release raised a message like this in these cases.")]));
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 200);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show();
  });
  form.addEventListener("reset", () => setTimeout(show));
  if (form.elements.error.value) show(); // the browser has kept it
})();
