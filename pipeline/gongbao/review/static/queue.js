// The queue page: what the keys and buttons do.

import { alarm, common, fail, forgiving, get, getText, post, Refused, reviewer, say, showErrors, toast } from "./api.js";
import { draw, element, repaint, reveal } from "./list.js";
import { counts, inGroup, load, neighbour, nextOpen, select, state, take } from "./state.js";

const detail = document.getElementById("detail");
const bulk = document.getElementById("bulk");
const pages = new Map();
const KEEP = 40;
let busy = true; // a key pressed while the last one is at work is dropped: nobody decides on what is not shown yet
let editingRest = false;

function work(now) {
  busy = now;
  detail.setAttribute("aria-busy", String(now));
}

async function page(change) {
  const name = `${change.key}@${change.version}`;
  if (!pages.has(name)) {
    if (pages.size > KEEP) pages.delete(pages.keys().next().value);
    pages.set(name, getText(`/change/${change.key}`));
    pages.get(name).catch(() => pages.delete(name));
  }
  return pages.get(name);
}

async function go(change, { focus = true } = {}) {
  if (!change) return finish();
  const group = state.current?.group;
  const before = state.current;
  state.current = change;
  if (state.filter.open) select();
  if (group !== change.group || state.filter.open || !before) draw(go);
  else repaint([before, change]);
  reveal(change);
  history.replaceState(null, "", `#${change.key}`);
  try {
    const text = await page(change);
    if (state.current !== change) return;
    show(text);
    if (focus) detail.focus({ preventScroll: true });
    const ahead = nextOpen(change);
    if (ahead) page(ahead).catch(() => {});
  } catch (error) {
    fail(error);
  }
  post("/api/position", { reviewer: reviewer(), key: change.key }).catch(() => {});
}

function show(text) {
  const holder = document.createElement("template");
  holder.innerHTML = text; // made by the program from escaped templates; the page's policy forbids scripts in it
  detail.replaceChildren(holder.content);
  detail.scrollTop = 0;
  editingRest = false;
  const form = document.getElementById("editor");
  form.addEventListener("submit", save);
  forgiving(form);
  form.querySelector("[data-cancel]").addEventListener("click", closeEditor);
}

function finish() {
  const { done, all } = counts();
  if (done < all && state.visible.length) return;
  state.current = null;
  draw(go);
  const box = element("div", "empty");
  if (done === all) {
    const button = element("button", "go", say("apply"));
    button.type = "button";
    button.addEventListener("click", openApply);
    box.append(element("p", "tick", "✓"), element("h2", "", say("all_done")), element("p", "soft", say("all_done_hint")), button);
  } else box.append(element("p", "soft", say("nothing_matches")));
  detail.replaceChildren(box);
  detail.focus({ preventScroll: true });
}

async function decide(verdict, rest, form = null) {
  if (!state.current || busy) return false;
  const here = state.current;
  const chosen = rest ? inGroup(here.group).filter((change) => !change.verdict || change === here) : [here];
  work(true);
  performance.mark("decide");
  try {
    const answer = await post("/api/decide", {
      keys: chosen.map((change) => change.key),
      expected: Object.fromEntries(chosen.map((change) => [change.key, change.version])),
      verdict,
      reviewer: reviewer(),
      form: form ?? {},
    });
    alarm("");
    repaint(take([...answer.statuses, ...answer.conflicts]));
    if (answer.conflicts.length) {
      const [, met, who] = answer.conflicts[0];
      alarm(say("conflict", { who: who ?? "?", verdict: say(met ? `status_${met}` : "status_open") }));
    }
    if (answer.written) toast(say(answer.written > 1 ? "saved_many" : "saved_one", { verdict: say(`status_${verdict}`), n: answer.written }));
    bulk.checked = false;
    mirrorBulk();
    const stay = answer.conflicts.some(([key]) => key === here.key);
    await go(stay ? here : (nextOpen(here) ?? (counts().done === counts().all ? null : here)));
    performance.measure("decided", "decide");
    return true;
  } catch (error) {
    if (error instanceof Refused && error.fields) showErrors(document.getElementById("editor"), error.fields);
    else fail(error);
    return false;
  } finally {
    work(false);
  }
}

async function undo() {
  if (busy) return;
  work(true);
  try {
    const answer = await post("/api/undo", { reviewer: reviewer() });
    const touched = take([...answer.statuses, ...answer.conflicts]);
    state.added = answer.added;
    if (!answer.written) return toast(say("nothing_to_undo"));
    toast(say("undone", { n: answer.written }));
    if (answer.conflicts.length) alarm(say("conflict_undo", { who: answer.conflicts[0][2] ?? "?" }));
    select();
    if (touched.length) {
      state.current ??= touched[0];
      draw(go);
      await go(touched[0]);
    }
  } catch (error) {
    fail(error);
  } finally {
    work(false);
  }
}

function skip(rest) {
  if (!state.current) return;
  const here = state.current;
  const next = rest ? nextOpen(here, true) : nextOpen(here);
  bulk.checked = false;
  mirrorBulk();
  go(next ?? neighbour(here, 1));
}

function edit(rest) {
  const form = document.getElementById("editor");
  if (!form) return;
  editingRest = rest;
  form.hidden = false;
  form.querySelector(".one").hidden = rest;
  form.querySelector(".many").hidden = !rest;
  const field = state.changes.length && state.current.fields[0];
  const first = form.querySelector(`[name="${field}"]`) ?? form.querySelector("[name]");
  first.focus({ preventScroll: true });
  form.scrollIntoView({ block: "nearest" });
  first.select?.();
}

function closeEditor() {
  const form = document.getElementById("editor");
  if (form) form.hidden = true;
  detail.focus({ preventScroll: true });
}

async function save(event) {
  event.preventDefault();
  const form = event.target;
  // For one change the whole form is sent; for a group only what was written, or every record would become this one.
  const changed = [...form.querySelectorAll("[name]")].filter((input) =>
    editingRest ? (input.tagName === "SELECT" ? !input.selectedOptions[0].defaultSelected : input.value !== input.defaultValue) : true,
  );
  if (!changed.length) return closeEditor();
  showErrors(form, null);
  await decide("edit", editingRest, Object.fromEntries(changed.map((input) => [input.name, input.value])));
}

function openArticle() {
  detail.querySelector("[data-article]")?.click();
}

async function openApply() {
  const dialog = document.getElementById("apply-dialog");
  const confirm = document.getElementById("apply-confirm");
  try {
    const would = await post("/api/apply", { dry_run: true });
    tell(would, "apply_lead");
    confirm.hidden = false;
    dialog.showModal();
    confirm.focus();
  } catch (error) {
    fail(error);
  }
}

function tell(summary, lead) {
  const lines = [];
  if (summary.records) lines.push(say("apply_records", { n: summary.records, articles: summary.articles }));
  if (summary.cases) lines.push(say("apply_cases", { n: summary.cases }));
  if (summary.gold) lines.push(say("apply_gold", { n: summary.gold }));
  if (summary.examples) lines.push(say("apply_patch", { n: summary.examples, path: summary.patch }));
  if (summary.started) lines.push(say("apply_started"));
  for (const article of summary.held) lines.push(say("apply_held", { article }));
  for (const amount of summary.contradicts_gold) lines.push(say("apply_gold_against", { amount }));
  const list = element("ul");
  list.append(...lines.map((line) => element("li", "", line)));
  document.getElementById("apply-body").replaceChildren(element("p", "", say(lines.length ? lead : "apply_nothing")), list);
}

async function confirmApply() {
  const confirm = document.getElementById("apply-confirm");
  confirm.disabled = true;
  try {
    tell(await post("/api/apply", { dry_run: false }), "apply_done");
    confirm.hidden = true;
    document.getElementById("apply-cancel").textContent = say("close");
    // Against the baseline, what was accepted is no change any more: begin again with what is left.
    document.getElementById("apply-dialog").addEventListener("close", () => location.assign("/"), { once: true });
  } catch (error) {
    document.getElementById("apply-dialog").close();
    fail(error);
  } finally {
    confirm.disabled = false;
  }
}

async function poll() {
  try {
    const news = await get(`/api/events?since=${state.event}`);
    state.event = news.event;
    state.added = news.added;
    const touched = news.statuses.filter(([key, , , , version]) => state.byKey.get(key)?.version !== version);
    if (touched.length) {
      repaint(take(touched));
      const who = touched.map((row) => row[2]).find(Boolean);
      if (who) toast(say("others", { who, n: touched.length }));
      if (touched.some(([key]) => key === state.current?.key) && document.getElementById("editor")?.hidden) {
        const same = state.current;
        show(await page(same));
      }
    }
  } catch {
    // The next decision will say that the program is gone; a poll that fails is no news.
  }
  setTimeout(poll, 1500);
}

function filterChanged() {
  const value = (id) => document.getElementById(id).value;
  state.filter = { text: value("filter-text").trim(), field: value("filter-field"), kind: value("filter-kind"), open: document.getElementById("filter-open").checked };
  const { text, field, kind, open } = state.filter;
  document.getElementById("filter-clear").hidden = !(text || field || kind || open);
  const kept = state.current;
  state.current = null;
  select();
  const next = kept && state.visible.includes(kept) ? kept : (nextOpen(null) ?? state.visible[0] ?? null);
  if (next) go(next, { focus: false });
  else {
    draw(go);
    detail.replaceChildren(element("p", "empty soft", say("nothing_matches")));
  }
}

const actions = {
  accept: (rest) => decide("accept", rest),
  reject: (rest) => decide("reject", rest),
  edit,
  skip,
  undo,
  next: () => go(neighbour(state.current, 1)),
  previous: () => go(neighbour(state.current, -1)),
  group: () => go(nextOpen(state.current, true) ?? state.current),
  article: openArticle,
};
const KEYS = { enter: "accept", r: "reject", e: "edit", s: "skip", u: "undo", j: "next", k: "previous", g: "group", a: "article" };

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const target = event.target;
  const typing = target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") {
    if (typing && target.closest("#editor")) closeEditor();
    else if (typing) detail.focus({ preventScroll: true });
    else closeEditor();
    return;
  }
  if (typing) {
    if (event.key === "Enter" && target.id === "filter-text") {
      event.preventDefault();
      detail.focus({ preventScroll: true });
    }
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("queue").classList.add("open");
    document.getElementById("filter-text").focus();
    return;
  }
  if (event.key === "?") return document.getElementById("help-dialog").showModal();
  const key = event.key.toLowerCase();
  // Enter on a focused control presses that control.
  if (key === "enter" && target.closest("button, a, summary, label")) return;
  if (!(key in KEYS)) return;
  event.preventDefault();
  if (!event.repeat || "jk".includes(key)) actions[KEYS[key]](event.shiftKey || bulk.checked);
}

function mirrorBulk() {
  document.body.classList.toggle("bulk-on", bulk.checked);
}

async function start() {
  common();
  const who = document.getElementById("reviewer");
  who.value = reviewer();
  who.addEventListener("change", () => localStorage.setItem("reviewer", who.value.trim()));
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", (event) => {
      actions[button.dataset.action](event.shiftKey || bulk.checked);
      if (button.dataset.action !== "edit") detail.focus({ preventScroll: true });
    });
  }
  bulk.addEventListener("change", mirrorBulk);
  for (const id of ["filter-field", "filter-kind", "filter-open"]) document.getElementById(id).addEventListener("change", filterChanged);
  document.getElementById("filter-text").addEventListener("input", filterChanged);
  document.getElementById("filters").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("filter-clear").addEventListener("click", () => {
    document.getElementById("filters").reset();
    filterChanged();
  });
  document.getElementById("help").addEventListener("click", () => document.getElementById("help-dialog").showModal());
  document.getElementById("apply").addEventListener("click", openApply);
  document.getElementById("apply-cancel").addEventListener("click", () => document.getElementById("apply-dialog").close());
  document.getElementById("apply-confirm").addEventListener("click", confirmApply);
  const toggle = document.getElementById("queue-toggle");
  toggle.addEventListener("click", () => {
    const open = document.getElementById("queue").classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  });
  try {
    const position = await load();
    const asked = state.byKey.get(location.hash.slice(1));
    const left = state.byKey.get(position);
    draw(go);
    await go(asked ?? (left && !left.verdict ? left : left ? nextOpen(left) : nextOpen(null)));
    work(false);
    performance.mark("ready");
    document.body.dataset.ready = "true";
    poll();
  } catch (error) {
    fail(error);
  }
}

start();
