/** Shows the call to the owner's endpoint: the request as it was sent, as curl too, and what came back. */

import { codeBox, copies, element, isolated } from "./elements.js";

/** Headers that curl makes by itself. */
const OF_CURL = new Set(["host", "connection", "content-length"]);

/** Show the request of a test. */
export function requestPart(request) {
  const lines = [
    `${request.method} ${request.url}`,
    ...request.headers.map(({ name, value }) => `${name}: ${value}`),
    ...(request.body ? ["", request.body] : []),
  ];
  const { box } = codeBox("Request", lines.join("\n"));
  const curl = codeBox("Request as curl", asCurl(request), { hidden: true }).shown; // where it cannot be copied
  const button = element("button", { type: "button", className: "small" }, "Copy as curl");
  box.append(curl, copies(button, curl));
  return element(
    "section",
    {},
    element("h3", {}, "Request"),
    box,
    element("p", { className: "help" }, "For a shell: ", element("code", {}, "$CUSTOMER_CONTEXT_TOKEN"),
      " stands for the bearer token."),
  );
}

/** Show the head of a response and what its body begins with. */
export function responsePart(response) {
  const facts = [
    ["Status", `HTTP ${response.http_status}`],
    ["Content-Type", response.content_type || "none"],
    ["Size", `${response.bytes.toLocaleString()} bytes`],
    ["Answered by", response.remote_address],
  ];
  const preview = codeBox("Beginning of the body", indented(response.body_preview));
  return element(
    "section",
    {},
    element("h3", {}, "Response"),
    element("dl", { className: "facts" }, ...facts.flatMap(([name, value]) => [
      element("dt", {}, name),
      element("dd", {}, isolated(value)),
    ])),
    ...(response.body_preview ? [preview.box] : [element("p", { className: "help" }, "No body was read.")]),
  );
}

/** Return the call as one command for a POSIX shell. */
export function asCurl(request) {
  const headers = request.headers.filter(({ name }) => !OF_CURL.has(name.toLowerCase()));
  const words = [
    // Braces and brackets in a URL would mean several URLs to curl.
    `curl -sS -i ${/[{}[\]]/.test(request.url) ? "--globoff " : ""}${quoted(request.url)}`,
    ...(request.method === "GET" ? [] : [`-X ${quoted(request.method)}`]),
    ...headers.map(({ name, value }) =>
      name.toLowerCase() === "authorization"
        ? `-H "Authorization: Bearer $CUSTOMER_CONTEXT_TOKEN"` // the one place where the shell shall put something in
        : `-H ${quoted(`${name}: ${value}`)}`,
    ),
    ...(request.body ? [`--data-raw ${quoted(request.body)}`] : []),
  ];
  return words.join(" \\\n  ");
}

/** Quote a word for a POSIX shell: nothing is special between single quotes but the quote itself. */
function quoted(word) {
  return /^[A-Z]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text; // not JSON, or only its beginning
  }
}
