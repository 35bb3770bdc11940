/** Shows how a text differs from another: words that are gone are struck out, those that are new underlined. */

import { element } from "./elements.js";

/** Return the words of both texts as one line of nodes; a reader who cannot see is told where each change begins. */
export function difference(before, after) {
  return joined(compared(wordsOf(before), wordsOf(after))).flatMap(([kind, text]) => {
    if (kind === "same") return [text];
    const said = element("span", { className: "unseen" }, kind === "gone" ? " removed: " : " added: ");
    const words = text.trimEnd();
    return [element(kind === "gone" ? "del" : "ins", {}, said, words), text.slice(words.length) || " "];
  });
}

/** Cut a text into words with the space behind them. */
function wordsOf(text) {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** Compare two lists of words by their longest common subsequence: pairs of a kind and a word. */
function compared(before, after) {
  let head = 0;
  while (head < Math.min(before.length, after.length) && before[head] === after[head]) head += 1;
  let tail = 0;
  const room = Math.min(before.length, after.length) - head;
  while (tail < room && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (words) => words.map((word) => ["same", word]);
  return [
    ...same(before.slice(0, head)),
    ...changed(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function changed(before, after) {
  const longest = lengthsOf(before, after);
  const found = [];
  let [old, fresh] = [0, 0];
  while (old < before.length || fresh < after.length) {
    if (old < before.length && fresh < after.length && before[old] === after[fresh]) {
      found.push(["same", before[old]]);
      [old, fresh] = [old + 1, fresh + 1];
    } else if (fresh === after.length || (old < before.length && longest[old + 1][fresh] >= longest[old][fresh + 1])) {
      found.push(["gone", before[old++]]);
    } else {
      found.push(["new", after[fresh++]]);
    }
  }
  return found;
}

/** Return how many words the rests of both lists have in common, from each pair of places on. */
function lengthsOf(before, after) {
  const lengths = Array.from({ length: before.length + 1 }, () => new Uint16Array(after.length + 1));
  for (let old = before.length - 1; old >= 0; old -= 1) {
    for (let fresh = after.length - 1; fresh >= 0; fresh -= 1) {
      lengths[old][fresh] =
        before[old] === after[fresh]
          ? lengths[old + 1][fresh + 1] + 1
          : Math.max(lengths[old + 1][fresh], lengths[old][fresh + 1]);
    }
  }
  return lengths;
}

/** Join neighbours of one kind; what is gone stands before what is new. */
function joined(words) {
  const parts = [];
  let change = { gone: "", new: "" };
  const close = () => {
    for (const kind of ["gone", "new"]) if (change[kind]) parts.push([kind, change[kind]]);
    change = { gone: "", new: "" };
  };
  for (const [kind, word] of words) {
    if (kind !== "same") change[kind] += word;
    else if (parts.at(-1)?.[0] === "same" && !change.gone && !change.new) parts.at(-1)[1] += word;
    else {
      close();
      parts.push(["same", word]);
    }
  }
  close();
  return parts;
}
