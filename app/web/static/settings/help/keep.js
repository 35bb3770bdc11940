/** "Keep as a case": writes a test's email and what it found as a row for `customer-context eval`. */

import { codeBox, copies, element } from "../elements.js";

/** Return the part that offers the row, nothing where the test reached no verdict on the email. */
export function keepPart(result, sample) {
  if (!["ok", "no_identifier"].includes(result.status)) return [];
  const { box, shown } = codeBox("Row for customer-context eval", rowOf(result, sample));
  box.append(copies(element("button", { type: "button", className: "small" }, "Copy"), shown));
  return [
    element(
      "details",
      {},
      element("summary", {}, "Keep as a case"),
      element("p", { className: "help" }, "A row for the ", element("code", {}, "emails:"), " of a file that ",
        element("code", {}, "customer-context eval"), " runs: correct what should come out, and the next change of the instructions is held to it."),
      box,
    ),
  ];
}

/** Return one item of `emails:`; JSON's strings are YAML's too. */
export function rowOf(result, { subject, sender, sender_verified: verified, body }) {
  const found = result.status === "ok" ? result.identifier : null;
  const lines = [
    `name: ${JSON.stringify(named(subject))}`,
    `subject: ${JSON.stringify(subject)}`,
    ...(sender ? [`sender: ${JSON.stringify(sender)}`] : []),
    ...(verified === null ? [] : [`sender_verified: ${verified}`]),
    `body: ${JSON.stringify(body)}`,
    `identifier: ${JSON.stringify(found)}`,
    ...jsonOf(result),
    ...rowsOf(result),
  ];
  return lines.map((line, index) => `${index ? "    " : "  - "}${line}`).join("\n") + "\n";
}

function named(subject) {
  return subject.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 60) || "kept from a test";
}

function jsonOf({ trace, status }) {
  if (status !== "ok") return [];
  try {
    return [`json: ${JSON.stringify(JSON.parse(trace.response.body_preview))}`];
  } catch {
    return []; // longer than what a test shows of it
  }
}

function rowsOf({ status, fields }) {
  if (status !== "ok" || !fields.length) return [];
  const pairs = fields.map(({ label, value }) => `${JSON.stringify(label)}: ${JSON.stringify(value)}`);
  return [`rows: {${pairs.join(", ")}}`];
}
