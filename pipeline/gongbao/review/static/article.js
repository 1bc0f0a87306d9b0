// The article page: looking at records, deciding on them, and adding one that was missed.

import { alarm, common, fail, forgiving, get, getText, post, Refused, reviewer, say, showErrors, toast } from "./api.js";
import { tellConflict, tellFailure } from "./decisions.js";
import { busy, inOrder, typeInto } from "./keys.js";
import * as record from "./record.js";
import { selectedSpan } from "./span.js";

const article = document.querySelector("[data-article]").dataset.article;
const text = document.getElementById("text");
const panel = document.getElementById("panel");
const decision = document.getElementById("decision");
const shown = document.getElementById("decision-record");
const form = document.getElementById("adder");
const find = document.getElementById("find");
const which = document.getElementById("which");
const whole = text.textContent;
const statuses = new Map(JSON.parse(document.getElementById("statuses").textContent).map(([key, verdict, , , version]) => [key, { verdict, version }]));
// Offsets of the program count code points, those of the browser UTF-16 units.
const points = (units) => [...whole.slice(0, units)].length;
const units = (point) => [...whole].slice(0, point).join("").length;
const marks = () => [...document.querySelectorAll(".r[role=button]")];
let places = [];
let chosen = null;
let current = null; // the mark whose record is open
let key = "";

function open(mark) {
  hideAll();
  current = mark;
  const items = mark.dataset.items.split(" ").map((number) => document.getElementById(`item-${number}`));
  for (const item of items) {
    item.hidden = false;
    for (const other of document.querySelectorAll(`[data-items~="${item.id.slice(5)}"][role=button]`)) other.setAttribute("aria-expanded", "true");
  }
  panel.scrollTop = 0;
  const asked = items.find((item) => item.dataset.key);
  if (asked) return load(asked);
  return undefined;
}

async function load(item) {
  key = item.dataset.key;
  const holder = document.createElement("template");
  holder.innerHTML = await getText(`/change/${key}`); // made by the program from escaped templates
  if (item.hidden || item.dataset.key !== key) return;
  item.hidden = true;
  shown.replaceChildren(holder.content);
  decision.hidden = false;
  record.attach(shown, { save: () => inOrder(() => decide("edit")), close: closeEditor, keep: inOrder });
}

function hideAll() {
  key = "";
  current = null;
  decision.hidden = true;
  shown.replaceChildren();
  document.getElementById("panel-hint").hidden = true;
  form.hidden = true;
  for (const item of panel.querySelectorAll(".item")) item.hidden = true;
  for (const mark of document.querySelectorAll("[aria-expanded=true]")) mark.setAttribute("aria-expanded", "false");
}

function closeEditor() {
  record.closeEditor();
  panel.focus({ preventScroll: true });
}

async function decide(verdict) {
  if (!key) return;
  const mine = record.draft();
  if (verdict === "edit" && !mine) return closeEditor();
  const what = mine && verdict === "accept" ? "edit" : verdict;
  try {
    const body = { keys: [key], verdict: what, reviewer: reviewer(), form: what === "edit" ? mine : {} };
    const answer = await post("/api/decide", { ...body, expected: { [key]: statuses.get(key)?.version ?? 0 } });
    alarm("");
    if (!answer.conflicts.length) record.forgetDraft(key);
    took([...answer.statuses, ...answer.conflicts]);
    if (answer.conflicts.length) {
      tellConflict(answer.conflicts);
      return await open(current);
    }
    toast(say("saved_one", { verdict: say(`status_${what}`) }));
    return await step(1, true);
  } catch (error) {
    tellFailure(error);
  }
}

function took(rows) {
  for (const [changed, verdict, , , version] of rows) statuses.set(changed, { verdict, version });
  paint();
}

// What was decided shows in the text.
function paint() {
  for (const mark of document.querySelectorAll(".r[data-items]")) {
    const keys = mark.dataset.items.split(" ").map((number) => document.getElementById(`item-${number}`)?.dataset.key);
    const verdict = keys.map((one) => statuses.get(one)?.verdict).find(Boolean);
    for (const name of ["accept", "reject", "edit"]) mark.classList.toggle(`v-${name}`, verdict === name);
  }
}

const undecided = (mark) => mark.dataset.items.split(" ").some((number) => {
  const asked = document.getElementById(`item-${number}`)?.dataset.key;
  return asked && !statuses.get(asked)?.verdict;
});

// The next record of the article, or the next that is undecided.
async function step(by, onlyOpen = false) {
  const all = marks();
  const at = current ? all.indexOf(current) : by > 0 ? -1 : all.length;
  const rest = by > 0 ? [...all.slice(at + 1), ...(onlyOpen ? all.slice(0, at + 1) : [])] : all.slice(0, Math.max(0, at)).reverse();
  const next = onlyOpen ? rest.find(undecided) : rest[0];
  const target = next ?? current;
  if (!target) return;
  await open(target);
  target.scrollIntoView({ block: "center" });
  panel.focus({ preventScroll: true });
}

async function undo() {
  const answer = await post("/api/undo", { reviewer: reviewer() });
  if (!answer.written) return toast(say("nothing_to_undo"));
  location.reload();
}

function startAdding(start = null, end = null) {
  hideAll();
  form.hidden = false;
  find.value = start === null ? "" : whole.slice(start, end);
  look(start);
  if (start === null) find.focus();
}

function look(start = null) {
  const wanted = find.value;
  places = [];
  for (let at = wanted ? whole.indexOf(wanted) : -1; at >= 0; at = whole.indexOf(wanted, at + 1)) places.push(at);
  which.replaceChildren(...places.map((at, index) => new Option(`${index + 1} / ${places.length}`, index, false, at === start)));
  document.getElementById("find-error").textContent = wanted && !places.length ? say("add_not_found") : "";
  choose();
}

async function choose() {
  const at = places[Number(which.value || 0)];
  chosen = at === undefined ? null : { start: points(at), end: points(at + find.value.length) };
  const around = document.getElementById("found");
  if (!chosen) return around.replaceChildren();
  const mark = document.createElement("mark");
  mark.className = "m-amount";
  mark.textContent = find.value;
  around.replaceChildren(whole.slice(Math.max(0, at - 24), at), mark, whole.slice(at + find.value.length, at + find.value.length + 24));
  const asked = chosen;
  try {
    const fields = await get(`/api/propose?article=${encodeURIComponent(article)}&start=${asked.start}&end=${asked.end}`);
    if (chosen !== asked) return;
    for (const input of form.querySelectorAll("[name]")) input.value = fields[input.name] ?? "";
  } catch (error) {
    fail(error);
  }
}

async function save(event) {
  event.preventDefault();
  if (!chosen) {
    document.getElementById("find-error").textContent = say("add_not_found");
    return find.focus();
  }
  const fields = Object.fromEntries([...form.querySelectorAll("[name]")].map((input) => [input.name, input.value]));
  try {
    await post("/api/missed", { article, ...chosen, reviewer: reviewer(), form: fields });
    location.reload();
  } catch (error) {
    if (error instanceof Refused && error.fields) showErrors(form, error.fields);
    else fail(error);
  }
}

function selected() {
  const place = selectedSpan(text);
  if (place) startAdding(units(place.start), units(place.end));
}

function back() {
  location.href = document.referrer.startsWith(location.origin) && location.hash.length > 1 ? `/${location.hash}` : "/";
}

common();
document.querySelector("[data-back]").addEventListener("click", (event) => {
  event.preventDefault();
  back();
});
document.getElementById("add").addEventListener("click", () => startAdding());
form.addEventListener("submit", save);
forgiving(form);
form.querySelector("[data-cancel]").addEventListener("click", hideAll);
find.addEventListener("input", () => look());
which.addEventListener("change", choose);
text.addEventListener("mouseup", selected);
for (const mark of document.querySelectorAll(".r[data-items]")) {
  mark.addEventListener("click", () => getSelection().isCollapsed && inOrder(() => open(mark)));
  mark.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    inOrder(() => open(mark));
    panel.focus();
  });
}
const KEYS = {
  enter: () => decide("accept"),
  r: () => decide("reject"),
  e: () => key && record.openEditor(false),
  u: undo,
  j: () => step(1),
  k: () => step(-1),
  s: () => step(1, true),
  n: () => startAdding(),
  0: () => record.none(),
  arrowup: () => record.move(-1),
  arrowdown: () => record.move(1),
  arrowleft: () => record.nudgeYear(-1),
  arrowright: () => record.nudgeYear(1),
};
const isTyping = (target) => Boolean(target?.matches?.("input, select"));

function perform(name) {
  const target = document.activeElement;
  if (name === "Escape") {
    if (key && record.editing()) return closeEditor();
    if (key && record.draft()) return record.dropDraft();
    return form.hidden ? back() : hideAll();
  }
  if (isTyping(target)) {
    if (name === "Enter" && target.closest("#editor")) return decide("edit");
    return typeInto(target, name);
  }
  if (key && /^[1-5]$/.test(name)) return record.option(Number(name));
  if (!key && name.startsWith("Arrow")) return undefined;
  return KEYS[name.toLowerCase()]?.();
}

for (const button of decision.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => inOrder(() => KEYS[button.dataset.do]()));
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { key: name, target } = event;
  if (!busy()) {
    if (isTyping(target) && name !== "Escape") return;
    if (name === "Enter" && target.closest("button, a, summary, label, [role=button]")) return;
    const ours = name === "Escape" || /^[1-5]$/.test(name) || name.toLowerCase() in KEYS;
    if (!ours || (!key && (name === "Enter" || name.startsWith("Arrow")))) return;
  } else if (name === "Tab" || name === "Shift") return;
  event.preventDefault();
  if (!event.repeat) inOrder(() => perform(name));
});
paint();
const asked = [...panel.querySelectorAll(".item")].find((item) => item.dataset.key && `#${item.dataset.key}` === location.hash);
if (asked) {
  const mark = document.querySelector(`.r[data-items~="${asked.id.slice(5)}"]`);
  if (mark) {
    inOrder(() => open(mark));
    mark.scrollIntoView({ block: "center" });
  }
}
document.body.dataset.ready = "true";
