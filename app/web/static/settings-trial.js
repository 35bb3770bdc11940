/** The test panel: runs the cycle on a sample email, lights its steps up, and shows everything that it did. */

import { codeBox, duration, element, isolated, the } from "./settings-elements.js";
import { requestPart, responsePart } from "./settings-exchange.js";
import { mark } from "./settings-form.js";

/** How the steps' outcomes are said. */
const SAID = { waiting: "", running: "running …", ok: "done", failed: "failed", skipped: "not run" };

/** What each status means, beside the sentence that comes with the result. */
const MEANINGS = {
  ok: ["good", "It works"],
  no_data: ["quiet", "Your endpoint answered, but knows nobody by this identifier"],
  summary_fallback: ["trouble", "Your endpoint answered, but the AI could not summarize it"],
  no_identifier: ["trouble", "No identifier, so your endpoint was not asked"],
  fetch_error: ["trouble", "Your endpoint gave no usable answer"],
  skipped_credits: ["trouble", "No AI credits are left"],
  disabled: ["trouble", "The test could not run"],
};

/** What each identity means for the owner. */
const IDENTITIES = {
  match: ["Match", "The sender is verified, and is the customer's address on file."],
  mismatch: ["Mismatch", "Your endpoint's answer has another address for this customer."],
  unknown: ["Unknown", "Nothing ties the sender to this customer, and nothing speaks against it."],
};

/** Owns the panel; emits `problem` with what it cannot explain, and `ran` when a test has ended. */
export class TrialPanel extends EventTarget {
  #api;
  #configuration;
  #form = the("trial-form");
  #running = null;

  constructor(api, configuration) {
    super();
    this.#api = api;
    this.#configuration = configuration;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
    the("trial-stop").addEventListener("click", () => this.#running?.abort());
  }

  async #run() {
    if (this.#running) return;
    this.#running = new AbortController();
    this.#clear();
    this.#setRunning(true);
    try {
      const result = await this.#api.test(this.#sample(), (step) => this.#light(step), this.#running.signal);
      this.#show(result);
      this.dispatchEvent(new Event("ran"));
    } catch (problem) {
      this.#refused(problem);
    } finally {
      this.#running = null;
      this.#setRunning(false);
    }
  }

  #sample() {
    const { subject, sender, sender_verified: verdict, body } = this.#form.elements;
    const config = this.#configuration.changes;
    const unsaved = Object.keys(config).length > 0 ? { config } : {};
    const verified = verdict.value ? verdict.value === "true" : null;
    return { subject: subject.value, sender: sender.value, sender_verified: verified, body: body.value, ...unsaved };
  }

  #setRunning(running) {
    the("trial-run").ariaDisabled = String(running);
    the("trial-run").textContent = running ? "Running …" : "Run the test";
    the("trial-stop").hidden = !running;
    if (!running && document.activeElement === document.body) the("trial-run").focus(); // "Stop" had it
  }

  #clear() {
    for (const field of this.#form.querySelectorAll("[data-field]")) mark(field, "");
    this.#configuration.complain([]);
    for (const item of the("steps").children) this.#paint(item, "waiting", "");
    the("steps").hidden = false;
    the("trial-problem").hidden = true;
    the("trial-result").hidden = true;
    the("trial-live").textContent = "Test started";
    the("steps").scrollIntoView({ block: "nearest" });
  }

  #light({ name, outcome, duration_ms: took, detail }) {
    const item = the("steps").querySelector(`[data-step="${name}"]`);
    if (!item) return;
    const ended = outcome === "ok" || outcome === "failed";
    const words = [SAID[outcome] ?? outcome, ...(ended ? [duration(took)] : []), ...(detail ? [detail] : [])];
    this.#paint(item, outcome, words.join(" · "));
    the("trial-live").textContent = `${item.querySelector("b").textContent}: ${words.join(", ")}`;
  }

  #paint(item, outcome, words) {
    item.dataset.outcome = outcome;
    item.querySelector(".said").replaceChildren(isolated(words));
  }

  #show(result) {
    for (const step of result.trace.steps) this.#light(step);
    const key = Object.hasOwn(MEANINGS, result.reason) ? result.reason : result.status;
    const [tone, meaning] = MEANINGS[key] ?? ["quiet", result.status];
    const { trace } = result;
    the("trial-result").replaceChildren(
      verdict(result, tone, meaning),
      ...(trace.steps.length ? [identifiers(trace)] : []),
      ...(result.status === "ok" && result.reason !== "no_data" ? [identity(result)] : []),
      this.#card(result),
      ...(trace.request ? [requestPart(trace.request)] : []),
      ...(trace.response ? [responsePart(trace.response)] : []),
      spent(result),
    );
    the("trial-result").hidden = false;
    the("trial-result").firstElementChild.scrollIntoView({ block: "nearest" });
    the("trial-live").textContent = `Test ended: ${meaning}. ${result.message}`;
  }

  #card(result) {
    const card = element("customer-context-card", { result });
    card.addEventListener("refresh", () => this.#run());
    return element(
      "section",
      {},
      element("h3", {}, "What agents see"),
      element("div", { className: "sidebar" }, card),
    );
  }

  #refused(problem) {
    for (const item of the("steps").children) {
      if (item.dataset.outcome === "running") this.#paint(item, "skipped", "stopped");
    }
    if (problem.name === "AbortError") {
      the("trial-live").textContent = "Test stopped";
      return;
    }
    const others = this.#configuration.complain((problem.errors ?? []).filter(({ loc }) => loc.includes("config")));
    const rest = (problem.errors ?? []).filter(({ loc }) => !loc.includes("config") && !this.#marked(loc, problem));
    const words = [...others, ...rest].map(({ msg }) => msg).join("; ") || problem.detail || "";
    const marked = problem.status === 422 && !others.length && !rest.length;
    the("trial-problem").replaceChildren(
      element("h3", {}, problem.title || "The test could not run"),
      element("p", {}, marked ? "Correct the marked fields, then run it again." : words),
    );
    the("trial-problem").hidden = false;
    the("trial-live").textContent = `The test could not run: ${problem.title}`;
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  /** Show a complaint about the sample under its field; false where it has none. */
  #marked(loc, { errors }) {
    const field = [...this.#form.querySelectorAll("[data-field]")].find((each) => loc.at(-1) === each.dataset.field);
    if (!field) return false;
    mark(field, errors.find((each) => each.loc === loc).msg);
    field.querySelector("[aria-invalid=true]").focus();
    return true;
  }
}

function verdict({ status, reason, message }, tone, meaning) {
  return element(
    "section",
    { className: `verdict ${tone}` },
    element("h3", {}, meaning),
    element("p", {}, isolated(message)),
    element("p", { className: "help" }, "Status ", element("code", {}, reason ? `${status} · ${reason}` : status)),
  );
}

function identifiers({ identifier_raw: raw, identifier_sent: sent }) {
  const value = (text, none) => (text ? element("code", {}, isolated(text)) : none);
  return element(
    "section",
    {},
    element("h3", {}, "Identifier"),
    element(
      "dl",
      { className: "facts" },
      element("dt", {}, "As found in the email"),
      element("dd", {}, value(raw, "nothing found")),
      element("dt", {}, "As sent to your endpoint"),
      element("dd", {}, value(sent, "nothing sent")),
    ),
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
    element("p", { className: withheld ? "missing" : "help" },
      withheld ? "Kept from reply drafts: this is all that the drafting AI is told." : "What the drafting AI is told:"),
    box,
  );
}

function spent({ credits_used: credits, timings_ms: timings, ai_model: model, ai_provider: provider }) {
  const cost = `${credits} AI credit${credits === 1 ? "" : "s"}`;
  const took = timings.total ? ` · ${duration(timings.total)} in all` : "";
  const reader = provider === "offline" ? "read by offline patterns, not by an AI" : `read by ${model}`;
  return element("p", { className: "help" }, `${cost}${took} · ${reader}`);
}
