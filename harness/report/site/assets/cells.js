// Shared by the pages that read data.js: cells by pair, and how an outcome is shown.
"use strict";

/** Expands the runs of a cell entry into one signature number per pair; -1 means that the pair lacks the cell. */
function expandRuns(runs) {
  return runs.flatMap(([number, count]) => Array(count).fill(number));
}

/** Normalises a message as signatures do, without what differs between runs or machines. */
function normaliseMessage(message) {
  return KERAS_BISECT.normalisers.reduce(
    (text, [pattern, flags, replacement]) => text.replace(new RegExp(pattern, flags), replacement),
    message).trim();
}

/** Adds the texts as options of a select element. */
function addOptions(select, texts) {
  for (const text of texts) select.add(new Option(text));
}

/** An element that shows an outcome by symbol, text and colour. */
function stateElement([outcome, label], text = label) {
  const state = document.createElement("span");
  state.className = `state ${outcome}`;
  state.textContent = `${KERAS_BISECT.symbols[outcome] ?? "?"} ${text}`;
  return state;
}
