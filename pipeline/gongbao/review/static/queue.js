// The queue page: what the keys and buttons do.

import { alarm, common, fail, get, getText, post, reviewer, say, showErrors, toast } from "./api.js";
import { tellConflict, tellFailure } from "./decisions.js";
import { drawFacets, facets } from "./facets.js";
import { busy, forget, inOrder, keyWaits, onWork, typeInto } from "./keys.js";
import { draw, element, repaint, reveal } from "./list.js";
import * as record from "./record.js";
import { counts, inGroup, load, neighbour, nextOpen, select, share, state, take } from "./state.js";
import { openSure, sure } from "./sure.js";

const detail = document.getElementById("detail");
const bulk = document.getElementById("bulk");
const pages = new Map();
const KEEP = 60;
const AHEAD = 3;

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
  if (group !== change.group || state.filter.open || !before) draw(choose);
  else repaint([before, change]);
  reveal(change);
  history.replaceState(null, "", `#${change.key}`);
  try {
    show(await page(change));
    if (focus) detail.focus({ preventScroll: true });
    let ahead = change;
    for (let n = 0; n < AHEAD; n += 1) {
      ahead = nextOpen(ahead);
      if (ahead) page(ahead).catch(() => {});
    }
  } catch (error) {
    forget();
    detail.replaceChildren();
    fail(error);
  }
  post("/api/position", { reviewer: reviewer(), key: change.key }).catch(() => {});
}

const choose = (change) => inOrder(() => go(change));

function show(text) {
  const holder = document.createElement("template");
  holder.innerHTML = text; // made by the program from escaped templates; the page's policy forbids scripts in it
  detail.replaceChildren(holder.content);
  detail.scrollTop = 0;
  record.attach(detail, { save: (rest) => inOrder(() => save(rest)), close: closeEditor, keep: inOrder });
}

function finish() {
  const { done, all } = counts();
  if (done < all && state.visible.length) return;
  state.current = null;
  draw(choose);
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

// Nobody decides on what is not shown: a record that could not be fetched takes no key.
const isShown = (change) => detail.querySelector(".change")?.dataset.key === change.key;

async function decide(verdict, rest, form = null) {
  const here = state.current;
  if (!here || !isShown(here)) return;
  const mine = record.draft();
  if (mine && rest && !form) return toast(say("draft_first"));
  if (mine && verdict === "accept") [verdict, form] = ["edit", mine];
  const chosen = rest ? inGroup(here.group).filter((change) => !change.verdict || change === here) : [here];
  await send(chosen, verdict, form);
}

// Decide on changes, and go on with what is open after the one shown.
async function send(chosen, verdict, form = null) {
  const here = state.current;
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
    const stay = answer.conflicts.some(([key]) => key === here?.key);
    if (!stay) for (const change of chosen) record.forgetDraft(change.key);
    repaint(take([...answer.statuses, ...answer.conflicts]));
    if (answer.conflicts.length) tellConflict(answer.conflicts);
    if (answer.written) toast(say(answer.written > 1 ? "saved_many" : "saved_one", { verdict: say(`status_${verdict}`), n: answer.written }));
    bulk.checked = false;
    mirrorBulk();
    if (filterOpen()) select();
    await go(stay || (here && !here.verdict) ? here : (nextOpen(here) ?? (counts().done === counts().all ? null : here)));
    performance.measure("decided", "decide");
  } catch (error) {
    tellFailure(error);
  }
}

const filterOpen = () => state.filter.open || Object.keys(state.filter.facets).includes("is");

async function undo() {
  const answer = await post("/api/undo", { reviewer: reviewer() });
  const touched = take([...answer.statuses, ...answer.conflicts]);
  state.added = answer.added;
  if (!answer.written) return toast(say("nothing_to_undo"));
  toast(say("undone", { n: answer.written }));
  if (answer.conflicts.length) alarm(say("conflict_undo", { who: answer.conflicts[0][2] ?? "?" }));
  select();
  if (touched.length) {
    state.current ??= touched[0];
    draw(choose);
    await go(touched[0]);
  }
}

function skip(rest) {
  if (!state.current) return;
  const here = state.current;
  const next = rest ? nextOpen(here, true) : nextOpen(here);
  bulk.checked = false;
  mirrorBulk();
  return go(next ?? neighbour(here, 1));
}

function closeEditor() {
  record.closeEditor();
  detail.focus({ preventScroll: true });
}

async function save(rest) {
  // For one change the whole form is sent; for a group only what was written, or every record would become this one.
  const form = rest ? record.changes() : record.draft();
  if (!form || !Object.keys(form).length) return closeEditor();
  showErrors(document.getElementById("editor"), null);
  await decide("edit", rest, form);
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
    document.getElementById("publish").hidden = false;
    // Against the baseline, what was accepted is no change any more: begin again with what is left.
    document.getElementById("apply-dialog").addEventListener("close", () => location.assign("/"), { once: true });
  } catch (error) {
    document.getElementById("apply-dialog").close();
    fail(error);
  } finally {
    confirm.disabled = false;
  }
}

async function publish() {
  const button = document.getElementById("publish");
  button.disabled = true;
  try {
    const { path, rows } = await post("/api/publish", {});
    const link = element("a", "", path);
    link.href = "/baseline.xlsx";
    const line = element("p", "", say("published", { n: rows }));
    line.append(" ", link);
    document.getElementById("apply-body").append(line);
  } catch (error) {
    fail(error);
  } finally {
    button.disabled = false;
  }
}

async function poll() {
  try {
    const news = await get(`/api/events?since=${state.event}`);
    state.event = news.event;
    state.added = news.added;
    if (JSON.stringify(news.shares) !== JSON.stringify(state.shares)) {
      share(news.shares);
      await inOrder(filterChanged);
    }
    const touched = news.statuses.filter(([key, , , , version]) => state.byKey.get(key)?.version !== version);
    if (touched.length) {
      repaint(take(touched));
      const who = touched.map((row) => row[2]).find(Boolean);
      if (who) toast(say("others", { who, n: touched.length }));
      const met = () => touched.some(([key]) => key === state.current?.key) && !record.editing() && !record.draft();
      if (met()) inOrder(async () => met() && show(await page(state.current)));
    }
  } catch {
    // The next decision will say that the program is gone; a poll that fails is no news.
  }
  setTimeout(poll, 1500);
}

async function filterChanged() {
  const kept = state.current;
  state.current = null;
  select();
  drawFacets();
  const next = kept && state.visible.includes(kept) ? kept : (nextOpen(null) ?? state.visible[0] ?? null);
  if (next) await go(next, { focus: false });
  else {
    draw(choose);
    detail.replaceChildren(element("p", "empty soft", say("nothing_matches")));
  }
}

const actions = {
  accept: (rest) => decide("accept", rest),
  reject: (rest) => decide("reject", rest),
  edit: (rest) => record.openEditor(rest),
  skip,
  undo,
  next: () => go(neighbour(state.current, 1)),
  previous: () => go(neighbour(state.current, -1)),
  group: () => go(nextOpen(state.current, true) ?? state.current),
  article: openArticle,
  sure: openSure,
  up: () => record.move(-1),
  down: () => record.move(1),
  earlier: () => record.nudgeYear(-1),
  later: () => record.nudgeYear(1),
  none: () => record.none(),
};
const KEYS = {
  ...{ enter: "accept", r: "reject", e: "edit", s: "skip", u: "undo", j: "next", k: "previous", g: "group", a: "article", c: "sure" },
  ...{ arrowup: "up", arrowdown: "down", arrowleft: "earlier", arrowright: "later", n: "none", 0: "none" },
};
const FIELD_KEYS = { p: "place", y: "year", i: "initiative", d: "indicator", t: "status" };
const REPEATING = new Set(["j", "k", "arrowup", "arrowdown", "arrowleft", "arrowright"]);

const isTyping = (target) => Boolean(target?.matches?.("input:not([type=checkbox]), select, textarea"));

// What a key does, now that its turn has come: an earlier one may have opened the form, and it is typed there then.
function perform(key, shift) {
  const target = document.activeElement;
  if (document.querySelector("dialog[open]")) return undefined;
  if (key === "Escape") {
    if (isTyping(target) && !target.closest("#editor")) return detail.focus({ preventScroll: true });
    if (record.editing()) return closeEditor();
    return record.dropDraft();
  }
  if (isTyping(target)) {
    if (key === "Enter" && target.closest("#editor")) return save(false);
    if (key === "Enter" && target.id === "filter-text") return detail.focus({ preventScroll: true });
    return typeInto(target, key);
  }
  if (key === "/") {
    document.getElementById("queue").classList.add("open");
    return document.getElementById("filter-text").focus();
  }
  if (key === "?") return document.getElementById("help-dialog").showModal();
  const name = key.toLowerCase();
  if (/^[1-5]$/.test(name)) return record.option(Number(name));
  if (name in FIELD_KEYS) return record.focusOn(FIELD_KEYS[name]);
  return actions[KEYS[name]]?.(shift || bulk.checked);
}

const isOurs = (key) => key === "/" || key === "?" || /^[1-5]$/.test(key) || key.toLowerCase() in KEYS || key.toLowerCase() in FIELD_KEYS;

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  const { key, target, shiftKey } = event;
  // The work that typing a filter sets going is no reason for the next letter to wait: what an input method sends never
  // waits, and would come before it.
  if (!busy() || (target.id === "filter-text" && !keyWaits())) {
    if (isTyping(target) && key !== "Escape") {
      if (key === "Enter" && target.id === "filter-text") {
        event.preventDefault();
        detail.focus({ preventScroll: true });
      }
      return;
    }
    // Enter on a focused control presses that control.
    if (key === "Enter" && target.closest("button, a, summary, label")) return;
    if (key !== "Escape" && !isOurs(key)) return;
  } else if (key === "Tab" || key === "Shift") return;
  event.preventDefault();
  if (!event.repeat || REPEATING.has(key.toLowerCase())) inOrder(() => perform(key, shiftKey), { isKey: true });
}

function mirrorBulk() {
  document.body.classList.toggle("bulk-on", bulk.checked);
}

async function start() {
  common();
  onWork((now) => detail.setAttribute("aria-busy", String(now)));
  const who = document.getElementById("reviewer");
  who.value = reviewer();
  who.addEventListener("change", () => localStorage.setItem("reviewer", who.value.trim()));
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-action]")) {
    button.addEventListener("click", (event) => {
      const { action } = button.dataset;
      inOrder(() => actions[action](event.shiftKey || bulk.checked));
      if (!["edit", "sure"].includes(action)) detail.focus({ preventScroll: true });
    });
  }
  bulk.addEventListener("change", mirrorBulk);
  sure((some) => inOrder(() => send(some, "accept")));
  document.getElementById("help").addEventListener("click", () => document.getElementById("help-dialog").showModal());
  document.getElementById("apply").addEventListener("click", openApply);
  document.getElementById("apply-cancel").addEventListener("click", () => document.getElementById("apply-dialog").close());
  document.getElementById("apply-confirm").addEventListener("click", confirmApply);
  document.getElementById("publish").addEventListener("click", publish);
  const toggle = document.getElementById("queue-toggle");
  toggle.addEventListener("click", () => {
    const open = document.getElementById("queue").classList.toggle("open");
    toggle.setAttribute("aria-expanded", String(open));
  });
  await inOrder(async () => {
    const position = await load();
    facets(() => inOrder(filterChanged));
    const asked = state.byKey.get(location.hash.slice(1));
    const left = state.byKey.get(position);
    draw(choose);
    drawFacets();
    await go(asked ?? (left && !left.verdict ? left : left ? nextOpen(left) : nextOpen(null)));
    performance.mark("ready");
    document.body.dataset.ready = "true";
    poll();
  });
}

start();
