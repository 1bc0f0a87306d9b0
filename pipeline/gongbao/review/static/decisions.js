// What is told of a decision that was sent and did not come through: another one met it, or its form was refused.

import { alarm, fail, Refused, say, showErrors } from "./api.js";
import { forget } from "./keys.js";
import { openEditor } from "./record.js";

export function tellConflict([[, met, who]]) {
  forget();
  alarm(say("conflict", { who: who ?? "?", verdict: say(met ? `status_${met}` : "status_open") }));
}

export function tellFailure(error) {
  forget();
  if (error instanceof Refused && error.fields) {
    openEditor(false);
    showErrors(document.getElementById("editor"), error.fields);
  } else fail(error);
}
