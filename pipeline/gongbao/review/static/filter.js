// What the filter lets through: words and `name:value` terms, and the values chosen of the facets.

// name -> its values in a change, its other names: the label that the page shows is one of them
export const FACETS = {
  place: { of: (change) => change.place, also: ["地点"] },
  year: { of: (change) => change.year, also: ["年份"] },
  indicator: { of: (change) => change.indicator, also: ["指标"] },
  initiative: { of: (change) => change.initiative, also: ["事项"] },
  kind: { of: (change) => change.kind, also: ["类别"] },
  status: { of: (change) => change.status, also: ["状态"] },
  flag: { of: (change) => (change.contradicted ? [...change.flags, "contradicted"] : change.flags), also: ["提示"] },
  confidence: { of: (change) => [change.band], also: ["可信度"] },
  rule: { of: (change) => change.rules, also: ["规则"] },
  field: { of: (change) => (change.fields.length ? change.fields : [change.class, "record"]), also: ["字段"] },
  article: { of: (change) => [change.article], also: ["文章"] },
  is: { of: (change) => (change.verdict ? [change.verdict] : ["open", "unreviewed"]), also: ["处理", "decision"] },
  owner: { of: (change) => (change.owner ? [change.owner] : []), also: ["负责人"] },
  gold: { of: (change) => (change.gold ? [change.gold] : []), also: ["标注", "annotations"] },
};
const NAMES = new Map(Object.entries(FACETS).flatMap(([name, facet]) => [name, ...facet.also].map((word) => [word, name])));
const WHOLE = new Set(["kind", "gold", "status", "confidence"]);

// A test on a column, as `gongbao export --where` takes it: the program reads those.
export function isWhere(text) {
  return /[=<>~≠≤≥＝＜＞]/.test(text);
}

// The names in a filter that are none, for telling.
export function unknown(text) {
  return terms(text).map(([name]) => name).filter((name) => name && name !== "text" && !NAMES.has(name));
}

export function passing({ text, facets, where }, without = null) {
  const tests = where || isWhere(text) ? [] : terms(text).map(test);
  if (where) tests.push((change) => where.has(change.key));
  for (const [name, chosen] of Object.entries(facets)) {
    if (name === without || !chosen.length) continue;
    const wanted = new Set(chosen);
    tests.push((change) => FACETS[name].of(change).some((value) => wanted.has(value)));
  }
  return (change) => tests.every((passes) => passes(change));
}

// The values of a facet with how many changes each would leave, the other facets being as they are.
export function tally(changes, filter, name) {
  const counts = new Map();
  const passes = passing(filter, name);
  for (const change of changes) {
    if (!passes(change)) continue;
    for (const value of FACETS[name].of(change)) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  for (const value of filter.facets[name] ?? []) if (!counts.has(value)) counts.set(value, 0);
  const ordered = ["year", "confidence"].includes(name) ? ([a], [b]) => (a < b ? -1 : 1) : ([a, n], [b, m]) => m - n || (a < b ? -1 : 1);
  return [...counts].sort(ordered);
}

// Who has a change: the first share that takes in its article or its place.
export function owners(shares) {
  return (change) => shares.find(([by, value]) => (by === "article" ? change.article === value : provinceOf(change) === value))?.[2] ?? null;
}

export function provinceOf(change) {
  return (change.place[0] ?? "").split("/")[0];
}

function terms(text) {
  return text
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .map((term) => /^([a-z\u4e00-\u9fff]+)[:：](.+)$/.exec(term)?.slice(1) ?? ["", term]);
}

function test([given, value]) {
  const name = NAMES.get(given);
  if (name === "is") return (change) => FACETS.is.of(change).some((state) => state.startsWith(value.slice(0, 4)));
  if (name) {
    const fits = WHOLE.has(name) ? (item) => item.toLowerCase() === value : (item) => String(item).toLowerCase().includes(value);
    return (change) => FACETS[name].of(change).some(fits);
  }
  if (given && given !== "text") return () => false;
  return (change) =>
    [change.text, change.raw, change.before, change.after, change.article, ...change.place, ...change.indicator, ...change.initiative, ...change.rules]
      .join("\n")
      .toLowerCase()
      .includes(value);
}
