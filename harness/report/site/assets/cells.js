// Cells by pair, out of the runs that data.js holds.
"use strict";

/** The number of a signature for each pair, -1 where it is not known. */
function expanded(runs) {
  return runs.flatMap(([number, count]) => Array(count).fill(number));
}

/** A message as signatures have it: without what is other each time or on each machine. */
function normalised(message) {
  return KERAS_BISECT.normalisers.reduce(
    (text, [pattern, flags, by]) => text.replace(new RegExp(pattern, flags), by), message).trim();
}

/** Adds the texts as options of a select. */
function addOptions(select, texts) {
  for (const text of texts) select.add(new Option(text));
}

/** An outcome by symbol, word and colour. */
function stateOf([outcome, label], text = label) {
  const state = document.createElement("span");
  state.className = `state ${outcome}`;
  state.textContent = `${KERAS_BISECT.symbols[outcome] ?? "?"} ${text}`;
  return state;
}
