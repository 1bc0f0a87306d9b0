// The article page: looking at records, and adding one that was missed.

import { common, fail, forgiving, get, post, Refused, reviewer, say, showErrors, toast } from "./api.js";

const article = document.querySelector("[data-article]").dataset.article;
const text = document.getElementById("text");
const panel = document.getElementById("panel");
const form = document.getElementById("adder");
const find = document.getElementById("find");
const which = document.getElementById("which");
const whole = text.textContent;
// Offsets of the program count code points, those of the browser UTF-16 units.
const points = (units) => [...whole.slice(0, units)].length;
let places = [];
let chosen = null;

function open(mark) {
  hideAll();
  const items = mark.dataset.items.split(" ");
  for (const number of items) {
    document.getElementById(`item-${number}`).hidden = false;
    for (const other of document.querySelectorAll(`[data-items~="${number}"][role=button]`)) other.setAttribute("aria-expanded", "true");
  }
  panel.scrollTop = 0;
}

function hideAll() {
  document.getElementById("panel-hint").hidden = true;
  form.hidden = true;
  for (const item of panel.querySelectorAll(".item")) item.hidden = true;
  for (const mark of document.querySelectorAll("[aria-expanded=true]")) mark.setAttribute("aria-expanded", "false");
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
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !text.contains(selection.anchorNode) || !text.contains(selection.focusNode)) return;
  const range = selection.getRangeAt(0);
  const before = document.createRange();
  before.setStart(text, 0);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  const found = range.toString();
  const trimmed = found.trim();
  if (trimmed && trimmed.length <= 60) startAdding(start + found.indexOf(trimmed), start + found.indexOf(trimmed) + trimmed.length);
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
  mark.addEventListener("click", () => getSelection().isCollapsed && open(mark));
  mark.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    open(mark);
    panel.focus();
  });
}
document.addEventListener("keydown", async (event) => {
  const typing = event.target.matches("input, select");
  if (event.key === "Escape") return form.hidden ? back() : hideAll();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key.toLowerCase() === "n") {
    event.preventDefault();
    startAdding();
  }
  if (event.key.toLowerCase() === "u") {
    try {
      const answer = await post("/api/undo", { reviewer: reviewer() });
      if (answer.written) location.reload();
      else toast(say("nothing_to_undo"));
    } catch (error) {
      fail(error);
    }
  }
});
const asked = [...panel.querySelectorAll(".item")].find((item) => item.dataset.key && `#${item.dataset.key}` === location.hash);
if (asked) {
  const mark = document.querySelector(`.r[data-items~="${asked.id.slice(5)}"]`);
  if (mark) {
    open(mark);
    mark.scrollIntoView({ block: "center" });
  }
}
document.body.dataset.ready = "true";
