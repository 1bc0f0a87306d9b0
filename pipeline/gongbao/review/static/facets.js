// The facets beside the queue: values with counts, filters kept by name, and who has which part.

import { alarm, fail, get, post, reviewer, say } from "./api.js";
import { FACETS, isWhere, tally, unknown } from "./filter.js";
import { element } from "./list.js";
import { share, state } from "./state.js";

const FEW = 8;
const opened = new Set();
const whole = new Set();
let changed = () => {};
let asked = 0;

export function facets(onChange) {
  changed = onChange;
  const text = document.getElementById("filter-text");
  text.addEventListener("input", () => typed(text.value.trim()));
  document.getElementById("filter-open").addEventListener("change", (event) => {
    state.filter.open = event.target.checked;
    changed();
  });
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filter-clear").addEventListener("click", clear);
  document.getElementById("filter-save").addEventListener("click", keep);
  document.getElementById("filter-saved").addEventListener("change", (event) => recall(event.target.value));
  document.getElementById("facets-box").addEventListener("toggle", drawFacets);
  document.getElementById("share-open").addEventListener("click", openShare);
  document.getElementById("share-form").addEventListener("submit", shareOut);
  document.getElementById("share-none").addEventListener("click", () => sendShare("article", []));
  document.getElementById("share-close").addEventListener("click", () => document.getElementById("share-dialog").close());
  drawSaved();
}

async function typed(text) {
  const mine = (asked += 1);
  state.filter.text = text;
  state.filter.where = null;
  problem("");
  if (isWhere(text)) {
    try {
      const answer = await get(`/api/where?text=${encodeURIComponent(text)}`);
      if (mine !== asked) return;
      if (answer.problem) return problem(answer.problem);
      state.filter.where = new Set(answer.keys);
    } catch (error) {
      return fail(error);
    }
  } else {
    const names = unknown(text);
    if (names.length) problem(say("filter_unknown", { name: names[0], names: Object.keys(FACETS).join(" ") }));
  }
  changed();
}

function problem(text) {
  document.getElementById("filter-problem").textContent = text;
  document.getElementById("filter-text").setAttribute("aria-invalid", String(Boolean(text)));
}

function clear() {
  asked += 1;
  document.getElementById("filters").reset();
  state.filter = { text: "", facets: {}, open: false, where: null };
  problem("");
  changed();
}

export function filtering() {
  const { text, facets: chosen, open } = state.filter;
  return Boolean(text || open || Object.values(chosen).some((values) => values.length));
}

export function drawFacets() {
  document.getElementById("filter-clear").hidden = !filtering();
  document.getElementById("filter-found").textContent = say("found", { n: state.visible.length, all: state.changes.length });
  const save = document.getElementById("filter-save");
  save.hidden = !filtering();
  save.textContent = say(keptName() ? "forget_filter" : "keep_filter");
  const box = document.getElementById("facets-box");
  if (!box.open) return;
  document.getElementById("facets").replaceChildren(...Object.keys(FACETS).map(facet).filter(Boolean));
}

function facet(name) {
  const values = tally(state.changes, state.filter, name);
  const chosen = state.filter.facets[name] ?? [];
  if (!values.length || (name === "is" && !chosen.length && values.length < 2)) return null;
  const box = element("details", "facet");
  box.open = opened.has(name) || chosen.length > 0;
  box.addEventListener("toggle", () => (box.open ? opened.add(name) : opened.delete(name)));
  const head = element("summary", "", say(`f_${name}`));
  head.append(element("span", "tally", chosen.length ? chosen.map((value) => worded(name, value)).join(" ") : String(values.length)));
  box.append(head);
  const shown = whole.has(name) ? values : values.filter(([value], index) => index < FEW || chosen.includes(value));
  for (const [value, count] of shown) {
    const label = element("label", "check");
    const tick = element("input");
    tick.type = "checkbox";
    tick.checked = chosen.includes(value);
    tick.addEventListener("change", () => {
      const rest = chosen.filter((other) => other !== value);
      state.filter.facets = { ...state.filter.facets, [name]: tick.checked ? [...rest, value] : rest };
      changed();
      [...document.querySelectorAll("#facets input")].find((other) => other.dataset.of === tick.dataset.of)?.focus();
    });
    tick.dataset.of = `${name}:${value}`;
    label.append(tick, element("span", "value", worded(name, value)), element("span", "tally", String(count)));
    box.append(label);
  }
  if (shown.length < values.length) {
    const more = element("button", "plain", say("more", { n: values.length - shown.length }));
    more.type = "button";
    more.addEventListener("click", () => {
      whole.add(name);
      drawFacets();
    });
    box.append(more);
  }
  return box;
}

function worded(name, value) {
  const prefix = { kind: "k_", status: "st_", flag: "flag_", field: "f_", is: "status_", gold: "gold_" }[name];
  const key = prefix ? prefix + value : "";
  const text = key ? say(key) : value;
  return text === key ? value : text;
}

function drawSaved() {
  const select = document.getElementById("filter-saved");
  select.hidden = !state.filters.length;
  select.replaceChildren(new Option(say("saved_filters"), ""), ...state.filters.map(([name]) => new Option(name, name)));
}

function recall(name) {
  const found = state.filters.find(([known]) => known === name);
  if (!found) return;
  const { text, facets: chosen, open } = found[1];
  document.getElementById("filter-text").value = text;
  document.getElementById("filter-open").checked = open;
  state.filter = { text, facets: chosen, open, where: null };
  document.getElementById("filter-saved").value = "";
  typed(text);
}

const now = () => ({ text: state.filter.text, facets: state.filter.facets, open: state.filter.open });
const same = (one, other) => JSON.stringify(essence(one)) === JSON.stringify(essence(other));
const essence = ({ text, facets: chosen, open }) => [text, open, Object.entries(chosen).filter(([, values]) => values.length).map(([name, values]) => [name, [...values].sort()]).sort()];

// The name under which the filter in force is kept, if it is.
function keptName() {
  return state.filters.find(([, kept]) => same(kept, now()))?.[0] ?? null;
}

async function keep() {
  const { text, facets: chosen, open } = now();
  const known = keptName();
  const words = [text, ...Object.entries(chosen).flatMap(([facetName, values]) => values.map((value) => worded(facetName, value))), open ? say("only_open") : ""];
  const name = known ?? words.filter(Boolean).join(" · ").slice(0, 60);
  try {
    const body = { reviewer: reviewer(), name, filter: known ? {} : { text, facets: chosen, open } };
    state.filters = (await post("/api/filter", body)).filters;
    drawSaved();
    drawFacets();
  } catch (error) {
    fail(error);
  }
}

function openShare() {
  tellShares();
  document.getElementById("share-names").value ||= [...new Set(state.shares.map(([, , who]) => who))].join(" ") || reviewer();
  document.getElementById("share-dialog").showModal();
  document.getElementById("share-names").focus();
}

function shareOut(event) {
  event.preventDefault();
  const names = document.getElementById("share-names").value.split(/[\s,，、;；]+/).filter(Boolean);
  sendShare(document.getElementById("share-by").value, names);
}

async function sendShare(by, names) {
  try {
    share((await post("/api/share", { by, names })).shares);
    alarm("");
    tellShares();
    changed();
  } catch (error) {
    fail(error);
  }
}

function tellShares() {
  const rows = new Map();
  for (const change of state.changes) {
    const row = rows.get(change.owner) ?? [0, 0];
    rows.set(change.owner, [row[0] + (change.verdict ? 0 : 1), row[1] + 1]);
  }
  const lines = [...rows].filter(([who]) => who).map(([who, [open, all]]) => element("li", "", say("share_has", { who, open, all })));
  document.getElementById("share-body").replaceChildren(...(lines.length ? lines : [element("li", "soft", say("share_nobody"))]));
}
