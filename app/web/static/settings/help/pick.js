/** Picks rows, the customer's address and what no AI may see out of the last test's answer, by clicking. */

import { fill } from "./assist.js";
import { element, isolated, table } from "../elements.js";

const MOST_FACTS = 60;
const LONGEST_VALUE = 60;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** Return the part that lists the facts of an answer, nothing where there are none to pick. */
export function pickPart(form, { trace, fields }) {
  const facts = factsOf(trace.response?.body_preview);
  if (!facts.length) return [];
  const shown = new Set((fields ?? []).map(({ source }) => source));
  const named = namesOf(facts);
  const rows = facts.slice(0, MOST_FACTS).map((fact) => [
    element("code", {}, isolated(fact.pointer)),
    isolated(shortened(fact.value)),
    buttons(form, fact, named.get(fact.pointer), shown.has(fact.pointer)),
  ]);
  const list = table("Facts of the answer", ["Fact", "Value", "Use"], rows, { className: "picking" });
  return [element("details", {}, element("summary", {}, "Pick rows from this answer"), list)];
}

function buttons(form, fact, name, isShown) {
  const made = [];
  const button = (text, label, onClick) => {
    const it = element("button", { type: "button", className: "small", ariaLabel: `${text}: ${label}` }, text);
    it.addEventListener("click", () => onClick(it));
    made.push(it);
  };
  if (isShown) made.push(element("span", { className: "help" }, "shown "));
  else button("Show this", name, (it) => fill(form, it, { display_instructions: withRow(form, name) }));
  if (EMAIL.test(fact.value) || (Array.isArray(fact.value) && fact.value.some((each) => EMAIL.test(each)))) {
    button("Customer's address", fact.pointer, (it) => fill(form, it, { match_path: fact.pointer }));
  }
  if (form.has("agent_only")) {
    button("Agents only", fact.pointer, (it) => fill(form, it, { agent_only: withLine(form, fact.pointer) }));
  }
  return element("span", { className: "uses" }, ...made);
}

function withRow(form, name) {
  const before = form.value("display_instructions").trim();
  if (!before) return `Show ${name}.`;
  return `${before}${/[.!?]$/.test(before) ? "" : "."} Also show ${name}.`;
}

function withLine(form, pointer) {
  const lines = form.value("agent_only").split("\n").filter(Boolean);
  return [...new Set([...lines, pointer])].join("\n");
}

/** Return the scalars of an answer, and its lists of scalars, with their JSON Pointers. */
function factsOf(text) {
  try {
    return [...leaves(JSON.parse(text ?? ""), "")];
  } catch {
    return []; // no JSON, or longer than what a test shows of it
  }
}

function* leaves(value, pointer) {
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) yield { pointer, value };
  else if (value !== null && typeof value === "object") {
    for (const [key, each] of Object.entries(value)) {
      if (pointer === "" && key === "links") continue; // they are shown without being asked for
      yield* leaves(each, `${pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`);
    }
  } else yield { pointer, value };
}

/** Name each fact by its key, and by its parent's too where several have the same key. */
function namesOf(facts) {
  const keys = facts.map(({ pointer }) => pointer.split("/").slice(1).filter((key) => !/^\d+$/.test(key)));
  return new Map(
    facts.map(({ pointer }, index) => {
      const last = keys[index].at(-1);
      const isAlone = keys.filter((each) => each.at(-1) === last).length === 1;
      return [pointer, words(isAlone ? [last] : keys[index].slice(-2))];
    }),
  );
}

function words(keys) {
  const text = keys.join(" ").replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/[_\-.\s]+/g, " ").trim().toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function shortened(value) {
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE)}…` : text;
}
