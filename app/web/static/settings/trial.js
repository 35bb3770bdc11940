/** The test panel: runs the cycle on a sample email, lights its steps up, and shows what came of it. */

import { duration, element, isolated, mark, the } from "./elements.js";
import { resultParts } from "./result.js";
import { STEPS, endingOf } from "./words.js";

/** How the steps' outcomes are said. */
const SAID = { waiting: "", running: "running …", ok: "done", failed: "failed", skipped: "not run" };

/** Owns the panel; emits `problem` with what it cannot explain, and `ran` with a result. */
export class TrialPanel extends EventTarget {
  #api;
  #configuration;
  #form = the("trial-form");
  #running = null;
  #beside;

  /** `beside` makes what the page adds to a result, out of the result and the email. */
  constructor(api, configuration, beside = () => []) {
    super();
    this.#api = api;
    this.#configuration = configuration;
    this.#beside = beside;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    configuration.addEventListener("edited", () => (the("trial-problem").hidden = true)); // it spoke of what was there
    the("trial-stop").addEventListener("click", () => this.#running?.abort());
  }

  /** Run the test with what is typed and `over` it; return the result, null where there is none. */
  async run(over = {}) {
    if (this.#running) return null;
    this.#clear();
    if (!this.#isComplete(over)) return null;
    this.#running = new AbortController();
    this.#setRunning(true);
    const sample = this.#sample(over);
    const tested = this.#configuration.fingerprint;
    try {
      const result = await this.#api.test(sample, (step) => this.#light(step), this.#running.signal);
      this.#show(result, sample);
      if (result.status === "ok") this.#configuration.tested(tested);
      this.dispatchEvent(new CustomEvent("ran", { detail: result }));
      return result;
    } catch (problem) {
      this.#refused(problem);
      return null;
    } finally {
      this.#running = null;
      this.#setRunning(false);
    }
  }

  /** Mark what a test needs and nobody has filled in. */
  #isComplete(over) {
    const missing = this.#configuration.missing.filter((name) => !(name in over));
    const hasEmail = this.#form.elements.subject.value.trim() || this.#form.elements.body.value.trim();
    if (!missing.length && hasEmail) return true;
    if (!hasEmail) mark(this.#field("body"), "Paste an email to test with");
    this.#configuration.complain(missing.map((name) => ({ loc: [name], msg: "Needed for a test", type: "missing" })));
    if (!missing.length) this.#form.elements.body.focus();
    this.#explain("Something is missing", "Fill in the marked fields, then run the test.");
    return false;
  }

  #sample(over) {
    const { subject, sender, sender_verified: verdict, body } = this.#form.elements;
    const config = { ...this.#configuration.changes, ...over };
    delete config.enabled; // a test runs enabled or not
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
    the("trial-problem").hidden = true;
    the("trial-result").hidden = true;
    the("trial-live").textContent = "Test started";
    the("steps").scrollIntoView({ block: "nearest" });
  }

  #light({ name, outcome, duration_ms: took, detail }) {
    const item = the("steps").querySelector(`[data-step="${name}"]`);
    if (!item) return;
    const ended = outcome === "ok" || outcome === "failed";
    // Only the call's own detail (HTTP status, bytes) and a failure's say more to an owner than "done" does.
    const more = detail && (outcome === "failed" || (outcome === "ok" && name === "fetch")) ? [detail] : [];
    const words = [SAID[outcome] ?? outcome, ...(ended ? [duration(took)] : []), ...more];
    this.#paint(item, outcome, words.join(" · "));
    the("trial-live").textContent = `${STEPS[name]}: ${words.join(", ")}`;
  }

  #paint(item, outcome, words) {
    item.dataset.outcome = outcome;
    item.querySelector(".said").replaceChildren(isolated(words));
  }

  #show(result, sample) {
    for (const step of result.trace.steps) this.#light(step);
    const [, title, todo] = endingOf(result);
    the("trial-result").replaceChildren(...resultParts(result, () => this.run(), ...this.#beside(result, sample)));
    the("trial-result").hidden = false;
    the("steps").scrollIntoView({ block: "start" }); // steps and card on one screen
    the("trial-live").textContent = `Test ended: ${title}. ${todo}`;
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
    this.#explain(
      problem.title || "The test could not run",
      marked ? "Correct the marked fields, then run it again." : words,
    );
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  #explain(title, words) {
    the("trial-problem").replaceChildren(element("h3", {}, title), element("p", {}, words));
    the("trial-problem").hidden = false;
    the("trial-live").textContent = `The test could not run: ${title}`;
  }

  /** Show a complaint about the sample under its field; false where it has none. */
  #marked(loc, { errors }) {
    const field = this.#field(loc.at(-1));
    if (!field) return false;
    mark(field, errors.find((each) => each.loc === loc).msg);
    field.querySelector("[aria-invalid=true]").focus();
    return true;
  }

  #field(name) {
    return [...this.#form.querySelectorAll("[data-field]")].find((each) => each.dataset.field === name);
  }
}
