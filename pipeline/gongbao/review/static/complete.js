// Completion while typing: places of the gazetteer, names of the article and of the accepted records.

import { get } from "./api.js";
import { element } from "./list.js";

const FIELDS = ["place", "initiative", "indicator", "unit"];

export function completing(form, article) {
  for (const name of FIELDS) {
    const input = form.querySelector(`[name="${name}"]`);
    if (input) combobox(input, article);
  }
  const year = form.querySelector('[name="year"]');
  year?.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
    event.preventDefault();
    year.value = String((Number(year.value) || new Date().getFullYear()) + (event.key === "ArrowUp" ? 1 : -1));
    year.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

function combobox(input, article) {
  const list = element("ul", "completions");
  list.id = `${input.id}-list`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent ?? input.name);
  list.hidden = true;
  input.after(list);
  const attributes = { role: "combobox", "aria-controls": list.id, "aria-expanded": "false", "aria-autocomplete": "list" };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  let active = -1;
  // The look under way, with the keys that wait for its list: none may meet the list before. Another look, or closing,
  // voids both.
  let looking = null;

  const close = () => {
    list.hidden = true;
    active = -1;
    looking = null;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (item) => {
    input.value = item.textContent;
    close();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const mark = (index) => {
    active = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === active)));
    if (active < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[active].id);
    list.children[active].scrollIntoView({ block: "nearest" });
  };
  const move = (down) => {
    const count = list.hidden ? 0 : list.children.length;
    if (count) mark(down ? (active + 1) % count : (active <= 0 ? count : active) - 1);
  };
  const look = async () => {
    const own = (looking = { keys: [] });
    const found = await get(`/api/complete?article=${encodeURIComponent(article)}&field=${input.name}&typed=${encodeURIComponent(input.value)}`).catch(() => []);
    if (looking !== own) return;
    looking = null;
    list.replaceChildren(
      ...found.map((text, index) => {
        const item = element("li", "", text);
        item.id = `${list.id}-${index}`;
        item.setAttribute("role", "option");
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(item);
        });
        return item;
      }),
    );
    mark(-1);
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(found.length > 0));
    for (const key of own.keys) key();
  };
  input.addEventListener("input", look);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const down = event.key === "ArrowDown";
      if (looking) looking.keys.push(() => move(down));
      else if (list.hidden) look();
      else move(down);
    } else if (event.key === "Enter" && (looking ? looking.keys.length : active >= 0)) {
      event.preventDefault();
      event.stopPropagation();
      const choose = () => active >= 0 && take(list.children[active]);
      if (looking) looking.keys.push(choose);
      else choose();
    } else if (event.key === "Escape") {
      if (!list.hidden) event.stopPropagation();
      close();
    }
  });
}
