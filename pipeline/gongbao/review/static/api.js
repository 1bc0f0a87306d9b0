// Talking to the program: every write carries the page's token; failures are told, never swallowed.

const token = document.querySelector('meta[name="gongbao-token"]').content;
export const words = JSON.parse(document.getElementById("strings").textContent);

export function say(key, about = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => (name in about ? about[name] : whole));
}

export class Refused extends Error {
  constructor(status, data) {
    super(data.error ?? String(status));
    this.status = status;
    this.fields = data.errors ?? null;
  }
}

export async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Refused(answer.status, await body(answer));
  return answer.json();
}

export async function getText(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Refused(answer.status, await body(answer));
  return answer.text();
}

export async function post(path, data) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", "x-gongbao-token": token },
    body: JSON.stringify(data),
  });
  if (!answer.ok) throw new Refused(answer.status, await body(answer));
  return answer.json();
}

async function body(answer) {
  try {
    return await answer.json();
  } catch {
    return {};
  }
}

let timer;
export function toast(text) {
  const box = document.getElementById("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => (box.hidden = true), 4000);
}

export function alarm(text) {
  document.getElementById("alert-text").textContent = text;
  document.getElementById("alert").hidden = !text;
}

export function fail(error) {
  if (error instanceof Refused) alarm(say("failed", { why: error.message }));
  else if (error instanceof TypeError) alarm(say("offline"));
  else throw error;
}

export function showErrors(form, fields) {
  for (const input of form.querySelectorAll("[name]")) {
    const text = fields?.[input.name] ?? "";
    input.setAttribute("aria-invalid", text ? "true" : "false");
    const place = form.querySelector(`#error-${input.name}`);
    if (place) place.textContent = text;
  }
  const rest = Object.entries(fields ?? {}).filter(([name]) => !form.querySelector(`[name="${name}"]`));
  const other = form.querySelector("#error-form");
  if (other) other.textContent = rest.map(([name, text]) => `${name}: ${text}`).join("; ");
  form.querySelector('[aria-invalid="true"]')?.focus();
}

// An error goes as soon as its field is written in again.
export function forgiving(form) {
  form.addEventListener("input", ({ target }) => {
    target.setAttribute("aria-invalid", "false");
    const place = form.querySelector(`#error-${target.name}`);
    if (place) place.textContent = "";
  });
}

export function common() {
  document.getElementById("alert-close").addEventListener("click", () => alarm(""));
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", async () => {
      try {
        await post("/api/language", { language: button.dataset.language });
        location.reload();
      } catch (error) {
        fail(error);
      }
    });
  }
}

export function reviewer() {
  return localStorage.getItem("reviewer") ?? "";
}
