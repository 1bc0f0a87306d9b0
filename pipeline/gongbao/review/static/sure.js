// Accepting at once the new records above a confidence, after saying how many of them will be wrong.

import { say } from "./api.js";
import { state } from "./state.js";

const dialog = document.getElementById("sure-dialog");
const above = document.getElementById("sure-above");

// Open, new, in what the filter shows; with a reason for doubt only if asked for.
function chosen() {
  const least = Number(above.value);
  const doubtful = document.getElementById("sure-doubtful").checked;
  return state.visible.filter(
    (change) => !change.verdict && change.class === "added" && change.confidence >= least && (doubtful || !(change.flags.length || change.contradicted)),
  );
}

function tell() {
  const some = chosen();
  const errors = some.reduce((sum, change) => sum + 1 - change.confidence, 0);
  const share = some.length ? (100 * errors) / some.length : 0;
  document.getElementById("sure-text").textContent = some.length ? say("sure_expect", { n: some.length, errors: errors.toFixed(1), share: share.toFixed(1) }) : say("sure_none");
  document.getElementById("sure-confirm").disabled = !some.length;
}

export function sure(accept) {
  above.addEventListener("input", tell);
  document.getElementById("sure-doubtful").addEventListener("change", tell);
  document.getElementById("sure-cancel").addEventListener("click", () => dialog.close());
  document.getElementById("sure-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const some = chosen();
    dialog.close();
    if (some.length) accept(some);
  });
}

export function openSure() {
  tell();
  dialog.showModal();
  above.focus();
  above.select();
}
