/** Shows what a test found: the card that agents would see first, then how it came about, the raw call behind a fold. */

import { codeBox, duration, element, isolated } from "./elements.js";
import { requestPart, responsePart } from "./exchange.js";
import { IDENTITIES, endingOf } from "./words.js";

/** Return the parts of a result, from the headline to the raw exchange; `beside` stands below the facts. */
export function resultParts(result, onRefresh, ...beside) {
  const { trace } = result;
  return [
    headline(result, onRefresh),
    facts(result),
    ...beside,
    ...(result.status === "ok" && result.reason !== "no_data" ? [identity(result)] : []),
    ...(trace.request ? [exchange(trace, result)] : []),
  ];
}

function headline(result, onRefresh) {
  const [tone, title, todo] = endingOf(result);
  const card = element("customer-context-card", { result });
  card.addEventListener("refresh", onRefresh);
  card.setAttribute("no-lookup", ""); // by hand it is looked up for a ticket, and this is none
  return element(
    "section",
    { className: `outcome ${tone}` },
    element("div", { className: `verdict ${tone}` },
      element("h3", {}, title),
      ...(todo ? [element("p", {}, todo)] : []),
    ),
    element("p", { className: "help" }, "In the sidebar, agents see:"),
    element("div", { className: "sidebar" }, card),
  );
}

function facts(result) {
  const { identifier_raw: raw, identifier_sent: sent } = result.trace;
  const value = (text, none) => (text ? element("code", {}, isolated(text)) : none);
  const pairs = [
    ["Identifier in the email", value(raw, "nothing found")],
    ["Sent to your endpoint", value(sent, "nothing sent")],
    ["Status", element("code", {}, result.reason ? `${result.status} · ${result.reason}` : result.status)],
    ["Cost", spent(result)],
  ];
  return element(
    "section",
    {},
    element("dl", { className: "facts" }, ...pairs.flatMap(([name, shown]) => [
      element("dt", {}, name),
      element("dd", {}, shown),
    ])),
  );
}

function identity({ identity: found, ai_context: told, ai_context_withheld: withheld }) {
  const [name, meaning] = IDENTITIES[found] ?? [found, ""];
  const { box } = codeBox("What the drafting AI is told", told);
  return element(
    "section",
    {},
    element("h3", {}, "Whose data it is"),
    element("p", {}, element("b", {}, name), ` · ${meaning}`),
    ...(withheld ? [element("p", { className: "missing" }, "Kept from reply drafts.")] : []),
    element("details", { open: withheld }, element("summary", {}, "What the drafting AI is told"), box),
  );
}

function exchange({ request, response }, { status }) {
  return element(
    "details",
    { className: "exchange", open: status === "fetch_error" },
    element("summary", {}, "Request and answer"),
    requestPart(request),
    ...(response ? [responsePart(response)] : []),
  );
}

function spent({ credits_used: credits, timings_ms: timings, ai_model: model, ai_provider: provider }) {
  const cost = credits ? `${credits} AI credit${credits === 1 ? "" : "s"}` : "no AI credit";
  const took = timings.total ? ` · ${duration(timings.total)} in all` : "";
  const reader = provider === "offline" ? "read by offline patterns, not by an AI" : `read by ${model}`;
  return `${cost}${took} · ${reader}`;
}
