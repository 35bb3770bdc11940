/** The page of /sidebar-demo: sends the email to the demo's own backend and hands the answer to the card. */

import { Reply } from "./sidebar-reply.js";

const TICKETS = "sidebar-demo/tickets";
const SHORTEST_WAIT_MS = 450; // offline, a run takes less, and the card would only flicker
const ASK_AGAIN_MS = 1000; // of a run that outlasted its request

const EXAMPLES = {
  account: {
    sender: "jane@example.com",
    subject: "Adding two more people",
    body:
      "Hello,\n\nwe would like to add two people to our workspace, but the button is grey.\n\n" +
      "Account ID: acct_12ab34cd\n\nThank you\nJane, Northwind Bikes",
  },
  order: {
    sender: "tom@example.com",
    subject: "Where is my helmet?",
    body:
      "Good morning,\n\nmy parcel should have been here on Monday. It was Order #10482.\n\n" +
      "Can you tell me where it is?\n\nBest wishes\nTom",
  },
  german: {
    sender: "jane@example.com",
    subject: "Rechnung",
    body: "Guten Tag,\n\nunser Konto ist acct_12ab34cd. Bitte senden Sie uns die Rechnung.\n\nJane",
  },
  other: {
    sender: "mallory@example.net",
    subject: "My seats",
    body: "How many seats do we have?\n\nAccount ID: acct_12ab34cd",
  },
  none: {
    sender: "sam@example.org",
    subject: "Opening hours",
    body: "Hi,\n\nare you open on Saturdays? I would like to drop by with a friend.\n\nThanks!\nSam",
  },
};
const UNREACHABLE = { detail: "The demo does not answer; see whether it still runs in its terminal." };

const form = document.querySelector("form");
const card = document.querySelector("customer-context-card");
const ran = document.querySelector(".ran");
const none = document.querySelector(".none");
const context = document.querySelector("pre");
const choices = [...document.querySelectorAll("[data-example]")];

const reply = new Reply(document.querySelector(".reply"), document.querySelector(".drafts"), posted);

let shown = null; // the ticket in the sidebar: { id, email }

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run({ id: null, email: emailOf(form) });
});
form.addEventListener("input", markExample);
for (const choice of choices) {
  choice.addEventListener("click", () => fill(EXAMPLES[choice.dataset.example]));
}
card.addEventListener("refresh", () => run({ ...shown }, "?refresh=true"));
card.addEventListener("lookup", ({ detail: { identifier } }) => lookUp({ ...shown }, identifier));
fill(EXAMPLES.account);

/** Run a ticket and show how it ends, unless another has taken its place meanwhile. */
async function run(ticket, query = "") {
  shown = ticket;
  show({ status: "pending" });
  const pause = passed(SHORTEST_WAIT_MS);
  let result = await asked(ticket, query);
  while (result.status === "pending" && shown === ticket) {
    await passed(ASK_AGAIN_MS);
    result = await asked(ticket);
  }
  await pause;
  if (shown === ticket) show(result);
}

/** Look up the customer whom the agent has typed, and show how that ends. */
async function lookUp(ticket, identifier) {
  shown = ticket;
  show({ status: "pending" });
  const pause = passed(SHORTEST_WAIT_MS);
  const result = await posted(`${TICKETS}/${ticket.id}/look-up`, { identifier, sender: ticket.email.sender });
  await pause;
  if (shown === ticket) show(result);
}

/** Return what the backend answers; a new ticket has its id from then on. */
async function asked(ticket, query = "") {
  const result = await posted(ticket.id ? `${TICKETS}/${ticket.id}${query}` : TICKETS, ticket.email);
  ticket.id ??= result.ticket_id ?? null;
  return result;
}

async function posted(path, body) {
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return await answer.json();
  } catch {
    return UNREACHABLE;
  }
}

function show(result) {
  card.result = result;
  if (result.status === "pending" || !result.ticket_id) reply.clear();
  else reply.begin(shown);
  card.removeAttribute("no-refresh");
  ran.textContent = inWords(result);
  context.textContent = result.ai_context ?? "";
  context.hidden = !context.textContent;
  none.hidden = !context.hidden;
  none.textContent = result.status === "pending" ? "" : "Nothing about the customer: it has the email alone.";
  card.scrollIntoView({ block: "nearest" }); // on a phone it is below the form
}

/** Say what the run took: "Ticket 1f3a9c02 · 49 ms · 1 credit · offline AI". */
function inWords({ ticket_id, timings_ms, credits_used, ai_provider, ai_model }) {
  if (!timings_ms) return ""; // under way, or refused
  const credits = `${credits_used} credit${credits_used === 1 ? "" : "s"}`;
  const reader = ai_provider === "offline" ? "offline AI" : ai_model;
  return [`Ticket ${ticket_id.slice(0, 8)}`, `${timings_ms.total || "<1"} ms`, credits, reader].join(" · ");
}

function emailOf({ elements: { sender, subject, body } }) {
  return { sender: sender.value, subject: subject.value, body: body.value };
}

function fill(email) {
  for (const [name, value] of Object.entries(email)) form.elements.namedItem(name).value = value;
  markExample();
}

/** Press the button of the example that stands in the form, as long as nobody has changed it. */
function markExample() {
  const email = JSON.stringify(emailOf(form));
  for (const choice of choices) {
    choice.ariaPressed = String(JSON.stringify(EXAMPLES[choice.dataset.example]) === email);
  }
}

function passed(milliseconds) {
  return new Promise((done) => setTimeout(done, milliseconds));
}
