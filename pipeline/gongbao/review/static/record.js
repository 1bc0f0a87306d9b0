// The record shown: the field in focus, its other answers under digits, and what of it the reviewer has changed so far.
// The editor's form holds the changes; digits, arrows and a selection in the text write into it.

import { forgiving, get, say, toast } from "./api.js";
import { completing } from "./complete.js";
import { element } from "./list.js";
import { selectedSpan, spanOf } from "./span.js";

const drafts = new Map();
let root = null;
let focused = null;
let rest = false;
let before = {};
let handlers = {};

const form = () => root?.querySelector("#editor") ?? null;
const inputs = () => [...(form()?.querySelectorAll("[name]") ?? [])];
const input = (name) => form()?.querySelector(`[name="${name}"]`) ?? null;
const rows = () => [...(root?.querySelectorAll("tr[data-field]") ?? [])];
const initial = (field) => (field.tagName === "SELECT" ? ([...field.options].find((option) => option.defaultSelected)?.value ?? field.options[0].value) : field.defaultValue);

// Take charge of a fragment of /change that was just put on the page.
export function attach(fragment, given) {
  root = fragment.querySelector(".change");
  handlers = given;
  rest = false;
  focused = null;
  if (!root) return;
  const kept = drafts.get(root.dataset.key) ?? {};
  for (const [name, value] of Object.entries(kept)) if (input(name)) input(name).value = value;
  const editor = form();
  editor.addEventListener("submit", (event) => {
    event.preventDefault();
    handlers.save(rest);
  });
  editor.addEventListener("input", show);
  editor.addEventListener("change", show);
  editor.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "SELECT") return; // browsers save from text fields alone
    event.preventDefault();
    event.stopPropagation(); // or the page would take it for the next record
    editor.requestSubmit();
  });
  forgiving(editor);
  editor.querySelector("[data-cancel]").addEventListener("click", () => handlers.close());
  completing(editor, root.dataset.of);
  editor.querySelector("#edit-words")?.addEventListener("input", words);
  for (const row of rows()) row.addEventListener("click", () => focus(row));
  for (const pane of root.querySelectorAll("[data-text]")) pane.addEventListener("mouseup", selected);
  focus(rows().find((row) => "first" in row.dataset) ?? rows()[0]);
  show();
}

// What the reviewer has changed: the whole form, null if nothing.
export function draft() {
  const changed = inputs().filter((field) => field.value !== initial(field));
  return changed.length ? Object.fromEntries(inputs().map((field) => [field.name, field.value])) : null;
}

export function changes() {
  return Object.fromEntries(inputs().filter((field) => field.value !== initial(field)).map((field) => [field.name, field.value]));
}

export function forgetDraft(key) {
  drafts.delete(key);
}

export function dropDraft() {
  for (const field of inputs()) field.value = initial(field);
  const typed = form()?.querySelector("#edit-words");
  if (typed) typed.value = typed.defaultValue;
  show();
}

export function editing() {
  return Boolean(form() && !form().hidden);
}

export function openEditor(forRest) {
  const editor = form();
  if (!editor) return;
  rest = forRest;
  if (editor.hidden) before = Object.fromEntries(inputs().map((field) => [field.name, field.value]));
  editor.hidden = false;
  editor.querySelector(".one").hidden = forRest;
  editor.querySelector(".many").hidden = !forRest;
  const first = (focused && input(focused.dataset.input)) ?? inputs()[0];
  first.focus({ preventScroll: true });
  editor.scrollIntoView({ block: "nearest" });
  first.select?.();
}

// Leave the form as it was opened: what was typed in it goes, what digits and arrows changed before stays.
export function closeEditor() {
  if (!editing()) return;
  form().hidden = true;
  for (const field of inputs()) field.value = before[field.name];
  show();
}

export function move(step) {
  const all = rows();
  focus(all[Math.min(all.length - 1, Math.max(0, all.indexOf(focused) + step))]);
}

export function focusOn(name) {
  focus(rows().find((row) => row.dataset.field === name));
}

// Take one of the answers offered; a second press gives back what was read.
export function option(digit) {
  const chosen = offered()[digit - 1];
  const field = focused && input(focused.dataset.input);
  if (!chosen || !field) return;
  field.value = field.value === chosen.value ? initial(field) : chosen.value;
  show();
}

export function none() {
  const field = focused && input(focused.dataset.input);
  if (!field || !("none" in focused.dataset)) return;
  field.value = field.value === "" ? initial(field) : "";
  show();
}

export function nudgeYear(step) {
  const year = input("year");
  if (!year) return;
  const now = Number(year.value) || Number(root.dataset.published) || new Date().getFullYear();
  year.value = String(year.value ? now + step : now);
  focusOn("year");
  show();
}

function offered() {
  return focused ? JSON.parse(focused.dataset.options) : [];
}

function focus(row) {
  if (!row) return;
  focused = row;
  for (const other of rows()) {
    other.classList.toggle("focus", other === row);
    other.setAttribute("aria-current", String(other === row));
  }
  row.scrollIntoView({ block: "nearest" });
  offer();
}

function words_of(field, value) {
  if (!value) return say("none");
  const prefix = { kind: "k_", status: "st_" }[field];
  return prefix ? say(prefix + value) : value;
}

function offer() {
  const box = root.querySelector(".options");
  if (!box || !focused) return;
  const field = focused.dataset.field;
  const now = input(focused.dataset.input)?.value;
  const list = element("div", "choices");
  const button = (key, text, value, act, share = null) => {
    const made = element("button", "choice");
    made.type = "button";
    made.setAttribute("aria-pressed", String(now === value && now !== initial(input(focused.dataset.input))));
    made.append(element("kbd", "", key), element("span", "", text));
    if (share !== null) made.append(element("small", "", share.toFixed(2)));
    made.addEventListener("click", act);
    list.append(made);
  };
  offered().forEach((item, index) => button(String(index + 1), words_of(field, item.value), item.value, () => option(index + 1), item.confidence));
  if ("none" in focused.dataset) button("N", say("none"), "", none);
  const other = element("button", "choice");
  other.type = "button";
  other.append(element("kbd", "", "E"), element("span", "", say("other")));
  other.addEventListener("click", () => openEditor(false));
  list.append(other);
  box.replaceChildren(element("h3", "", say("answers", { field: say(`f_${field}`) })), list);
}

// Each row shows what it would be saved as.
function show() {
  for (const row of rows()) {
    const names = row.dataset.columns.split(" ");
    const fields = names.map(input).filter(Boolean);
    const changed = fields.some((field) => field.value !== initial(field));
    const cell = row.querySelector("[data-shown] .v");
    if (!cell) continue;
    cell.dataset.was ??= cell.textContent;
    cell.textContent = changed ? fields.map((field) => words_of(row.dataset.field, field.value)).filter((text, i) => i === 0 || fields[i].value).join(" – ") : cell.dataset.was;
    row.classList.toggle("set", changed);
  }
  const mine = changes();
  root.classList.toggle("drafted", Object.keys(mine).length > 0);
  if (Object.keys(mine).length) drafts.set(root.dataset.key, mine);
  else drafts.delete(root.dataset.key);
  offer();
}

async function span(place) {
  input("start").value = String(place.start);
  input("end").value = String(place.end);
  const typed = form().querySelector("#edit-words");
  if (typed && document.activeElement !== typed) typed.value = place.words;
  show();
  const key = root.dataset.key;
  const article = encodeURIComponent(root.dataset.of);
  const read = await get(`/api/propose?article=${article}&start=${place.start}&end=${place.end}`);
  if (root.dataset.key !== key || input("start").value !== String(place.start) || input("end").value !== String(place.end)) return;
  if (read.value) {
    for (const name of ["value", "value_max", "unit", "kind", "bound"]) if (input(name)) input(name).value = read[name] ?? "";
  }
  show();
  toast(say("span_taken", { words: place.words }));
}

function selected(event) {
  const place = selectedSpan(event.currentTarget);
  if (place && input("start")) handlers.keep(() => span(place));
}

// The amount's words typed: where they stand nearest to where the amount was read.
function words(event) {
  const place = spanOf(root, event.target.value.trim(), Number(initial(input("start"))));
  const error = form().querySelector("#error-words");
  error.textContent = event.target.value.trim() && !place ? say("add_not_found") : "";
  if (place) handlers.keep(() => span(place));
}
