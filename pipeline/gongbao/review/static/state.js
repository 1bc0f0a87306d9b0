// The queue in memory: changes, where each stands, and what the filter lets through.

import { get, reviewer } from "./api.js";
import { owners, passing } from "./filter.js";

export const state = {
  groups: [],
  changes: [],
  byKey: new Map(),
  visible: [],
  current: null,
  filter: { text: "", facets: {}, open: false, where: null },
  event: 0,
  added: 0,
  shares: [],
  filters: [],
};

export async function load() {
  const data = await get(`/api/queue?reviewer=${encodeURIComponent(reviewer())}`);
  state.groups = data.groups.map((group, index) => ({ ...group, index }));
  state.changes = data.changes.map((change) => ({ ...change, verdict: null, reviewer: null, at: null, version: 0 }));
  state.byKey = new Map(state.changes.map((change) => [change.key, change]));
  state.event = data.event;
  state.added = data.added;
  state.filters = data.filters;
  share(data.shares);
  take(data.statuses);
  select();
  return data.position;
}

// Who has which part of the queue.
export function share(shares) {
  state.shares = shares;
  const owner = owners(shares);
  for (const change of state.changes) change.owner = owner(change);
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

export function select() {
  const passes = passing(state.filter);
  state.visible = state.changes.filter((change) => passes(change) && (!state.filter.open || !change.verdict || change === state.current));
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
