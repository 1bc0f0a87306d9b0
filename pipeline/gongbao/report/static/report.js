"use strict";
(() => {
  const { articles, records, words } = JSON.parse(document.getElementById("data").textContent);
  const byId = new Map(records.map((record, index) => [record.id, index]));
  const STEP = 100;
  const PRINTED = 2000;
  const $ = (id) => document.getElementById(id);
  const state = { q: "", place: "", year: "", kind: "", status: "", look: false, low: null, how: null, sort: null, down: false, shown: STEP };
  const collator = new Intl.Collator("zh-CN", { numeric: true });
  const COLUMNS = [
    ["place", "地点", (r) => r.place],
    ["initiative", "事项", (r) => r.initiative],
    ["indicator", "指标", (r) => r.indicator],
    ["amount", "数量", (r) => r.value, "n"],
    ["year", "年份", (r) => r.year, "n"],
    ["kind", "类别", (r) => kindOf(r)],
    ["confidence", "可信度", (r) => r.confidence, "n"],
    ["article", "文章", (r) => articleName(articles[r.a])],
  ];
  let chosen = records;
  let current = -1;

  const kindOf = (r) => words.kinds[r.kind] + (r.status === null || r.status === "actual" ? "" : `·${words.statuses[r.status]}`);
  const articleName = (article) => article.title || article.id;
  const normal = (text) => text.normalize("NFKC").toLowerCase();
  const haystacks = records.map((r) =>
    normal([r.place, r.initiative, r.indicator, r.amount, r.period, r.sentence, articleName(articles[r.a]), articles[r.a].id]
      .filter(Boolean).join("\n")));

  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") element.className = value;
      else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  /* The text from start to end, cut at the borders of spans; `spans` are [start, end, class], the last one wins. */
  function marked(text, start, end, spans, attributes = () => ({})) {
    const inside = spans.filter(([low, high]) => low < end && high > start && low < high);
    const cuts = [...new Set([start, end, ...inside.flatMap(([low, high]) => [Math.max(low, start), Math.min(high, end)])])];
    cuts.sort((a, b) => a - b);
    const pieces = document.createDocumentFragment();
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const piece = text.slice(cuts[i], cuts[i + 1]);
      const over = inside.filter(([low, high]) => low <= cuts[i] && high >= cuts[i + 1]).at(-1);
      pieces.append(over ? make("mark", { class: over[2], ...attributes(over) }, piece) : piece);
    }
    return pieces;
  }

  const ORDER = ["indicator", "initiative", "year", "place", "amount"];
  const spansOf = (record) => ORDER.filter((name) => record.spans[name]).map((name) => [...record.spans[name], name]);
  const signed = (r) => (r.kind === "growth" && r.value < 0 && !r.amount.startsWith("-") ? `下降${r.amount}` : r.amount);
  const amountOf = (r) => words.bounds[r.bound] + signed(r);

  const howOf = (record, name) => (record[name] === null ? "missing" : (record.why[name] || ["default"])[0]);

  function matches(record, index) {
    const inPlace = !state.place || record.place === state.place || (record.place || "").startsWith(`${state.place}/`);
    return inPlace
      && (!state.year || String(record.year) === state.year)
      && (!state.kind || record.kind === state.kind)
      && (!state.status || (record.status || "actual") === state.status)
      && (!state.look || record.look)
      && (state.low === null || Math.min(Math.floor(record.confidence * 10 + 1e-9), 9) === state.low)
      && (state.how === null || howOf(record, state.how.name) === state.how.way)
      && state.words.every((word) => haystacks[index].includes(word));
  }

  function select() {
    state.words = normal(state.q).split(/\s+/).filter(Boolean);
    chosen = records.filter(matches);
    if (state.sort !== null) {
      const value = COLUMNS[state.sort][2];
      const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : collator.compare(String(a), String(b)));
      chosen.sort((x, y) => {
        const [a, b] = [value(x), value(y)];
        if (a === null || b === null) return (a === null) - (b === null);
        return state.down ? compare(b, a) : compare(a, b);
      });
    }
    state.shown = STEP;
    draw();
  }

  function draw(most = state.shown) {
    const body = document.querySelector("#table tbody");
    body.replaceChildren(...chosen.slice(0, most).map(row));
    if (!chosen.length) body.append(make("tr", {}, make("td", { colSpan: COLUMNS.length, class: "none" }, "没有符合的记录")));
    const filtered = state.q || state.place || state.year || state.kind || state.status || state.look || state.low !== null || state.how;
    const low = state.low === null ? "" : `可信度 ${(state.low / 10).toFixed(1)}–${((state.low + 1) / 10).toFixed(1)}：`;
    const how = state.how === null ? "" : `${words.fields[state.how.name]}${words.how[state.how.way]}：`;
    $("count").textContent = filtered ? `${low}${how}${chosen.length} / ${records.length} 条` : `${records.length} 条`;
    $("clear").hidden = !filtered;
    $("more").hidden = most >= chosen.length;
    $("more").textContent = `再显示 ${Math.min(STEP, chosen.length - most)} 条（共 ${chosen.length} 条）`;
    document.querySelectorAll("#table thead th").forEach((head, index) => {
      if (index === state.sort) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  }

  const cell = (name, text, kind) =>
    make("td", { class: `c-${name}${kind ? ` ${kind}` : ""}` }, text === null || text === "" ? make("span", { class: "none" }, "–") : text);

  function row(record) {
    const open = make("button", { type: "button", "aria-expanded": "false", title: "查看依据" }, amountOf(record));
    const line = make("tr", { class: `record${record.look ? " look" : ""}`, "data-id": record.id, onclick: () => toggle(line, record) },
      cell("place", record.place && record.place.split("/").join(" / ")),
      cell("initiative", record.initiative),
      cell("indicator", record.indicator),
      cell("amount", open, "n"),
      cell("year", record.year === null ? null : String(record.year), "n"),
      cell("kind", kindOf(record)),
      cell("confidence", `${record.confidence.toFixed(2)}${record.look ? " ⚑" : ""}`, "n"),
      cell("article", articleName(articles[record.a])));
    return line;
  }

  function toggle(line, record) {
    const next = line.nextElementSibling;
    const opened = next !== null && next.className === "evidence";
    line.classList.toggle("open", !opened);
    line.querySelector("button").setAttribute("aria-expanded", String(!opened));
    if (opened) next.remove();
    else line.after(evidence(record));
  }

  function evidence(record) {
    const text = articles[record.a].text;
    const raw = text.slice(...record.at);
    const why = make("p", { class: "why" });
    for (const name of ["amount", "place", "year", "initiative", "indicator"]) {
      const known = name === "amount" || record[name] !== null;
      const [how, rule] = record.why[name] || ["missing", ""];
      const about = make("span", {}, make("mark", { class: name }, words.fields[name]), ` ${known ? words.how[how] : "未知"} `);
      if (known && rule) about.append(make("code", {}, rule));
      why.append(about);
    }
    const box = make("td", { colSpan: COLUMNS.length }, make("p", { class: "sentence" }, marked(text, ...record.at, spansOf(record))));
    if (record.sentence.trim() !== raw.trim()) box.append(make("p", { class: "why" }, `整理后：${record.sentence}`));
    box.append(why);
    if (record.flags.length) {
      box.append(make("p", { class: "why flags" }, `提示：${record.flags.map((flag) => words.flags[flag] || flag).join("、")}`));
    }
    box.append(make("a", { href: `#r=${record.id}`, class: "to-article" }, `在原文中查看：${articleName(articles[record.a])}`));
    return make("tr", { class: "evidence" }, box);
  }

  function show(index) {
    current = index;
    const record = records[index];
    const article = articles[record.a];
    $("article-title").textContent = articleName(article);
    const about = [article.pub_date && `发布 ${article.pub_date}`, article.source && `来源 ${article.source}`, article.id !== articleName(article) && article.id];
    $("article-about").textContent = about.filter(Boolean).join(" · ");
    const others = records.filter((other) => other.a === record.a && other !== record).map((other) => [...other.spans.amount, "other", other.id]);
    const spans = [[...record.at, "evidence-sentence"], ...others, ...spansOf(record)];
    const box = $("article-text");
    box.replaceChildren(marked(article.text, 0, article.text.length, spans,
      ([, , name, id]) => (name === "other" ? { title: "另一条记录", onclick: () => go(id) } : {})));
    if (!$("article").open) $("article").showModal();
    $("previous").disabled = index === 0 || records[index - 1].a !== record.a;
    $("next").disabled = index + 1 === records.length || records[index + 1].a !== record.a;
    const here = box.querySelector("mark.amount");
    box.scrollTop = 0;
    if (here) box.scrollTop = here.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
  }

  const go = (id) => { location.hash = `r=${id}`; };

  /* The address names what is shown: #r=<record>, or #f=place:…&year:… */
  function follow() {
    const hash = location.hash.slice(1);
    if (hash.startsWith("r=") && byId.has(hash.slice(2))) {
      show(byId.get(hash.slice(2)));
      return;
    }
    if ($("article").open) $("article").close();
    if (!hash.startsWith("f=")) return;
    const asked = Object.fromEntries(hash.slice(2).split("&").map((part) => {
      const at = part.indexOf(":");
      return [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
    }));
    Object.assign(state, { q: "", place: asked.place || "", year: asked.year || "", kind: asked.kind || "", status: asked.status || "", look: asked.look === "1",
      low: asked.confidence ? Math.round(Number(asked.confidence) * 10) : null, how: howAsked(asked.how) });
    write();
    select();
    $("records").scrollIntoView();
  }

  function howAsked(text) {
    const [name, way] = (text || "").split("-");
    return name in words.fields && way in words.how ? { name, way } : null;
  }

  function write() {
    $("q").value = state.q;
    for (const name of ["place", "year", "kind", "status"]) $(`f-${name}`).value = state[name];
    $("f-look").checked = state.look;
  }

  function forget() {
    if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  }

  function fill(select, options) {
    select.append(...options.map(([value, text]) => make("option", { value }, text)));
  }

  const places = new Set();
  for (const { place } of records) {
    const parts = place ? place.split("/") : [];
    parts.forEach((_, n) => places.add(parts.slice(0, n + 1).join("/")));
  }
  const counted = (name) => [...new Set(records.map((record) => record[name]))].filter((value) => value !== null);
  fill($("f-place"), [...places].sort(collator.compare).map((p) => [p, `${"\u3000".repeat(p.split("/").length - 1)}${p.split("/").at(-1)}`]));
  fill($("f-year"), counted("year").sort((a, b) => b - a).map((year) => [String(year), `${year}年`]));
  fill($("f-kind"), counted("kind").map((kind) => [kind, words.kinds[kind]]));
  fill($("f-status"), Object.entries(words.statuses).filter(([status]) => records.some((r) => (r.status || "actual") === status)));
  COLUMNS.forEach(([name, title, , kind], index) => {
    const sort = () => {
      const again = state.sort === index;
      state.down = again ? !state.down : kind === "n";
      state.sort = index;
      select();
    };
    document.querySelector("#table thead tr").append(
      make("th", { class: `c-${name}${kind ? ` ${kind}` : ""}`, scope: "col" }, make("button", { type: "button", onclick: sort }, title)));
  });
  let typing = 0;
  $("q").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => { state.q = $("q").value; forget(); select(); }, 120);
  });
  for (const name of ["place", "year", "kind", "status"]) {
    $(`f-${name}`).addEventListener("change", (event) => { state[name] = event.target.value; forget(); select(); });
  }
  $("f-look").addEventListener("change", (event) => { state.look = event.target.checked; forget(); select(); });
  $("filters").addEventListener("submit", (event) => event.preventDefault());
  $("clear").addEventListener("click", () => {
    Object.assign(state, { q: "", place: "", year: "", kind: "", status: "", look: false, low: null, how: null });
    forget();
    write();
    select();
  });
  $("more").addEventListener("click", () => { state.shown += STEP; draw(); });
  $("close").addEventListener("click", () => $("article").close());
  $("article").addEventListener("close", () => { if (location.hash.startsWith("#r=")) forget(); });
  $("article").addEventListener("click", (event) => { if (event.target === $("article")) $("article").close(); });
  $("previous").addEventListener("click", () => go(records[current - 1].id));
  $("next").addEventListener("click", () => go(records[current + 1].id));
  addEventListener("hashchange", follow);
  /* On paper there are no filters to see: say which were set, and what does not stand there. */
  function onPaper(most) {
    const set = [state.place, state.year && `${state.year}年`, words.kinds[state.kind], words.statuses[state.status], state.look && "只看待核对", state.q && `查找：${state.q}`,
      state.low !== null && `可信度 ${(state.low / 10).toFixed(1)} 起`,
      state.how && `${words.fields[state.how.name]}${words.how[state.how.way]}`].filter(Boolean);
    const some = set.length ? `筛选（${set.join("，")}）：${chosen.length} / ${records.length} 条` : `共 ${records.length} 条`;
    return chosen.length > most ? `${some}；这里只打印前 ${most} 条，其余可先筛选再打印` : some;
  }
  addEventListener("beforeprint", () => {
    const most = Math.max(state.shown, PRINTED);
    draw(most);
    $("printed").textContent = onPaper(most);
    if ($("totals")) $("totals").open = true;
  });
  addEventListener("afterprint", () => draw());
  for (const mark of document.querySelectorAll("figure svg [aria-label][role='graphics-symbol'][aria-roledescription]")) {
    if (mark.getAttribute("aria-roledescription") === "axis" || mark.getAttribute("aria-roledescription") === "legend") continue;
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = mark.getAttribute("aria-label");
    mark.append(title);
  }
  select();
  follow();
  document.body.dataset.ready = "1";
})();
