// Drawing the queue. Only the current group shows its changes; a decision touches one row and two counts.

import { say } from "./api.js";
import { counts, inGroup, state } from "./state.js";

const SIGNS = { accept: "✓", reject: "✗", edit: "✎", add: "✎" };
const AROUND = 60;
const CHUNK = 400;
const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 30));
const heads = new Map();
const rows = new Map();

export function draw(go) {
  const box = document.getElementById("groups");
  heads.clear();
  rows.clear();
  const shown = [];
  const members = new Map();
  for (const change of state.visible) {
    if (!members.has(change.group)) members.set(change.group, []);
    members.get(change.group).push(change);
  }
  for (const [index, changes] of members) {
    const group = state.groups[index];
    const section = element("section", "group");
    const head = element("button", "group-head");
    head.type = "button";
    const open = state.current?.group === index;
    head.setAttribute("aria-expanded", String(open));
    head.append(element("span", `dot ${group.danger <= 3 ? "hot" : group.danger <= 8 ? "warm" : ""}`));
    const name = element("span");
    name.append(element("b", "", group.title));
    if (group.rules) name.append(element("span", "rules", group.rules));
    const count = element("span", "count");
    head.append(name, count);
    head.addEventListener("click", () => go(changes.find((change) => !change.verdict) ?? changes[0]));
    section.append(head);
    heads.set(index, { section, count, changes });
    if (open) section.append(list(changes, go));
    tally(index);
    shown.push(section);
  }
  if (!shown.length) shown.push(element("p", "coverage", say(state.changes.length ? "nothing_matches" : "all_done")));
  box.replaceChildren(...shown);
  progress();
}

// A long group is drawn around the current change first, the rest when the browser has nothing else to do.
function list(changes, go) {
  const all = element("ul", "group-list");
  const at = Math.max(0, changes.indexOf(state.current));
  let first = Math.max(0, at - AROUND);
  let last = Math.min(changes.length, at + AROUND);
  all.append(...changes.slice(first, last).map((change) => item(change, go)));
  const more = () => {
    if (!all.isConnected) return;
    if (first > 0) {
      const from = Math.max(0, first - CHUNK);
      all.prepend(...changes.slice(from, first).map((change) => item(change, go)));
      first = from;
    } else {
      all.append(...changes.slice(last, last + CHUNK).map((change) => item(change, go)));
      last = Math.min(changes.length, last + CHUNK);
    }
    if (first > 0 || last < changes.length) later(more);
  };
  if (first > 0 || last < changes.length) later(more);
  return all;
}

function item(change, go) {
  const holder = element("li");
  const row = element("button", "row");
  row.type = "button";
  const mark = element("span", "mark");
  const raw = element("span", "raw", change.raw);
  const gold = element("span", `gold-dot ${change.gold ?? ""}`, { better: "▲", worse: "▼" }[change.gold] ?? "");
  if (gold.textContent) gold.title = say(`gold_${change.gold}`);
  const arrow = change.class === "changed" ? `${change.before || "∅"} → ${change.after || "∅"}` : "";
  const about = change.class === "changed" ? [arrow, change.article] : [change.indicator[0] ?? change.initiative[0], change.place[0]?.split("/").at(-1), change.article];
  const sure = element("span", `sure${change.confidence < 0.7 ? " low" : ""}`, change.class === "added" ? change.confidence.toFixed(2) : "");
  const signs = element("span", "signs");
  signs.append(gold, sure);
  row.append(mark, raw, signs, element("span", "where", [...about, change.owner ? `@${change.owner}` : ""].filter(Boolean).join(" · ")));
  row.addEventListener("click", () => go(change));
  holder.append(row);
  rows.set(change.key, { row, mark });
  paint(change);
  return holder;
}

function paint(change) {
  const found = rows.get(change.key);
  if (!found) return;
  const { row, mark } = found;
  row.classList.toggle("decided", Boolean(change.verdict));
  mark.className = `mark ${change.verdict ?? ""}`;
  mark.textContent = SIGNS[change.verdict] ?? "";
  const current = change === state.current;
  row.setAttribute("aria-current", String(current));
  row.tabIndex = current ? 0 : -1;
  row.setAttribute("aria-label", `${change.raw}, ${say(change.verdict ? `status_${change.verdict}` : "status_open")}`);
}

export function repaint(changes) {
  for (const change of changes) paint(change);
  for (const index of new Set(changes.map((change) => change.group))) tally(index);
  progress();
}

export function reveal(change) {
  rows.get(change?.key)?.row.scrollIntoView({ block: "center" }); // what comes next is in view, and what was done
}

function tally(index) {
  const head = heads.get(index);
  if (!head) return;
  const all = head.changes.length;
  const of = (...verdicts) => head.changes.filter((change) => verdicts.includes(change.verdict ?? "")).length;
  const [open, accepted, rejected, edited] = [of(""), of("accept"), of("reject"), of("edit", "add")];
  head.section.classList.toggle("done", open === 0);
  head.section.classList.toggle("refused", rejected === all);
  const done = [[accepted, "accept"], [rejected, "reject"], [edited, "edit"]].filter(([n]) => n);
  head.count.replaceChildren(
    ...(open ? [element("span", "", open === all ? String(all) : `${open} / ${all}`)] : []),
    ...done.map(([n, verdict]) => element("span", `mark ${verdict}`, `${SIGNS[verdict]} ${n}`)),
  );
}

function progress() {
  const { done, all } = counts();
  const bar = document.getElementById("progress");
  bar.max = Math.max(1, all);
  bar.value = all ? done : 1;
  document.getElementById("progress-text").textContent = say("decided_of", { done, all });
  const rest = state.current ? inGroup(state.current.group).filter((change) => !change.verdict).length : 0;
  document.getElementById("bulk-count").textContent = rest ? `(${rest})` : "";
}

export function element(tag, className = "", text = null) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== null) made.textContent = text;
  return made;
}
