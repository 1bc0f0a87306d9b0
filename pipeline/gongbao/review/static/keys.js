// Keys in the order in which they were pressed: each waits until what the one before did is on the page.

import { fail } from "./api.js";

const waiting = [];
let running = null; // what is under way
let tell = () => {};

export function onWork(listener) {
  tell = listener;
}

export function busy() {
  return running !== null;
}

export function keyWaits() {
  return [running, ...waiting].some((work) => work?.isKey);
}

// What still waits was meant for what would have come next: after a failure it must not land on something else.
export function forget() {
  waiting.length = 0;
}

export async function inOrder(action, { isKey = false } = {}) {
  waiting.push({ action, isKey });
  if (running) return;
  tell(true);
  try {
    while (waiting.length) {
      running = waiting.shift();
      await running.action();
    }
  } catch (error) {
    forget();
    fail(error);
  } finally {
    running = null;
    tell(false);
  }
}

// A key that was pressed while the page was at work and whose turn has come, typed into the field that has the focus.
export function typeInto(input, key) {
  if (key === "Backspace") input.value = input.value.slice(0, -1);
  else if (key.length === 1) input.setRangeText(key, input.selectionStart ?? input.value.length, input.selectionEnd ?? input.value.length, "end");
  else return;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}
