// Places in the text as found: pieces of it carry the offset at which they start, in code points.

const points = (text) => [...text].length;

function offsetOf(pane, node, at) {
  const piece = (node.nodeType === 3 ? node.parentElement : node).closest("[data-start]");
  if (!piece || !pane.contains(piece)) return null;
  const before = document.createRange();
  before.setStart(piece, 0);
  before.setEnd(node, at);
  return Number(piece.dataset.start) + points(before.toString());
}

// What is selected in a pane, null for nothing or too much to be an amount.
export function selectedSpan(pane) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed || !pane.contains(selection.anchorNode) || !pane.contains(selection.focusNode)) return null;
  const range = selection.getRangeAt(0);
  const found = range.toString();
  const words = found.trim();
  const start = offsetOf(pane, range.startContainer, range.startOffset);
  if (!words || start === null || words.length > 60) return null;
  const from = start + points(found.slice(0, found.indexOf(words)));
  return { start: from, end: from + points(words), words };
}

// Where words stand in the text shown, nearest to an offset; null where they do not.
export function spanOf(root, words, near) {
  let best = null;
  if (!words) return null;
  for (const pane of root.querySelectorAll("[data-text]")) {
    const first = pane.querySelector("[data-start]");
    if (!first) continue;
    const text = pane.textContent;
    const base = Number(first.dataset.start);
    for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
      const start = base + points(text.slice(0, at));
      if (!best || Math.abs(start - near) < Math.abs(best.start - near)) best = { start, end: start + points(words), words };
    }
  }
  return best;
}
