// The queue in memory: changes, where each stands, and what the filter lets through.

import { get, reviewer } from "./api.js";

export const state = {
  groups: [],
  changes: [],
  byKey: new Map(),
  visible: [],
  current: null,
  filter: { text: "", field: "", kind: "", open: false },
  event: 0,
  added: 0,
};

export async function load() {
  const data = await get(`/api/queue?reviewer=${encodeURIComponent(reviewer())}`);
  state.groups = data.groups.map((group, index) => ({ ...group, index }));
  state.changes = data.changes.map((change) => ({ ...change, verdict: null, reviewer: null, at: null, version: 0 }));
  state.byKey = new Map(state.changes.map((change) => [change.key, change]));
  state.event = data.event;
  state.added = data.added;
  take(data.statuses);
  select();
  return data.position;
}

export function take(statuses) {
  const touched = [];
  for (const [key, verdict, who, at, version] of statuses) {
    const change = state.byKey.get(key);
    if (!change) continue;
    Object.assign(change, { verdict, reviewer: who, at, version });
    touched.push(change);
  }
  return touched;
}

// A filter is words that must all occur, and `name:value` terms; everything else is told by the selects.
export function select() {
  const { text, field, kind, open } = state.filter;
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map(test);
  state.visible = state.changes.filter(
    (change) =>
      (!open || !change.verdict || change === state.current) &&
      (!field || change.fields.includes(field) || (field === "record" && change.fields.length === 0)) &&
      (!kind || change.kind === kind) &&
      tests.every((passes) => passes(change)),
  );
}

function test(term) {
  const [, name, value] = /^(field|place|rule|kind|gold|is|article|text):(.+)$/.exec(term) ?? [];
  const has = (some) => some.some((item) => String(item).toLowerCase().includes(value));
  switch (name) {
    case "field":
      return (change) => has([...change.fields, ...(change.fields.length ? [] : [change.class, "record"])]);
    case "place":
      return (change) => has(change.places);
    case "rule":
      return (change) => has(change.rules);
    case "kind":
      return (change) => change.kind === value;
    case "gold":
      return (change) => change.gold === value;
    case "article":
      return (change) => has([change.article]);
    case "is":
      return (change) =>
        "unreviewed".startsWith(value) || value === "open" ? !change.verdict : String(change.verdict ?? "").startsWith(value.slice(0, 4));
    default: {
      const wanted = name === "text" ? value : term;
      return (change) =>
        [change.text, change.raw, change.before, change.after, change.article, ...change.places, ...change.rules]
          .join("\n")
          .toLowerCase()
          .includes(wanted);
    }
  }
}

export function counts() {
  const done = state.changes.reduce((n, change) => n + (change.verdict ? 1 : 0), 0);
  return { done, all: state.changes.length };
}

export function inGroup(index) {
  return state.visible.filter((change) => change.group === index);
}

// The next undecided change after `from`, going round; in another group if asked.
export function nextOpen(from, otherGroup = false) {
  const list = state.visible;
  const at = from ? list.indexOf(from) : -1;
  for (let step = 1; step <= list.length; step += 1) {
    const change = list[(at + step + list.length) % list.length];
    if (!change.verdict && change !== from && !(otherGroup && from && change.group === from.group)) return change;
  }
  return null;
}

export function neighbour(from, step) {
  const at = state.visible.indexOf(from);
  return state.visible[at < 0 ? 0 : Math.min(state.visible.length - 1, Math.max(0, at + step))] ?? null;
}
