/** "Check my endpoint": has the service hold the endpoint to its contract, and shows each requirement with its mend. */

import { inWords } from "./door.js";
import { element, isolated, mark, the } from "./elements.js";

/** The verdicts: sign, name. */
const VERDICTS = {
  fail: ["✕", "To mend"],
  warn: ["!", "To look at"],
  not_run: ["–", "Not checked"],
  pass: ["✓", "Met"],
};

/** What the folds are called, by how many they hold. */
const SUMMARIES = {
  not_run: (count) => `${count} ${count === 1 ? "requirement was" : "requirements were"} not checked`,
  waiting: (count) => `${count} further ${count === 1 ? "requirement waits" : "requirements wait"} for that`,
  pass: (count) => `${count} ${count === 1 ? "requirement is" : "requirements are"} met`,
};

/** What is to be done here where the command's own words are about its options. */
const MENDS = { public_address: "Serve the endpoint under a host name whose addresses are all public." };

/** Owns the panel; emits `problem` with what it cannot explain. */
export class CheckPanel extends EventTarget {
  #api;
  #configuration;
  #running = null;
  #lists = {};
  #folds = {};

  constructor(api, configuration) {
    super();
    this.#api = api;
    this.#configuration = configuration;
    the("check-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#run();
    });
    the("check-stop").addEventListener("click", () => this.#running?.abort());
  }

  /** Take an identifier that a test has found to be known, where none is typed. */
  suggest(identifier) {
    if (identifier && !the("check-ids").value.trim()) the("check-ids").value = identifier;
  }

  async #run() {
    if (this.#running) return;
    const ids = the("check-ids").value.split(/[,\s]+/).filter(Boolean);
    const missing = this.#configuration.missing.filter((name) => ["api_url", "bearer_token"].includes(name));
    mark(this.#field, ids.length ? "" : "Enter an identifier that your endpoint knows");
    this.#configuration.complain(missing.map((name) => ({ loc: [name], msg: "Needed for a check", type: "missing" })));
    if (!ids.length || missing.length) return this.#say("Fill in the marked fields, then check again.", "wrong");
    this.#running = new AbortController();
    this.#setRunning(true);
    try {
      const config = this.#changes();
      const asked = { ids, ...(Object.keys(config).length ? { config } : {}) };
      this.#begin();
      const told = { step: (step) => this.#tell(step), finding: (finding) => this.#add(finding) };
      this.#end(await this.#api.check(asked, told, this.#running.signal));
    } catch (problem) {
      this.#refused(problem);
    } finally {
      this.#running = null;
      this.#setRunning(false);
    }
  }

  #changes() {
    const { enabled, ...changes } = this.#configuration.changes;
    return changes;
  }

  get #field() {
    return the("check-form").querySelector("[data-field]");
  }

  #setRunning(running) {
    the("check-run").ariaDisabled = String(running);
    the("check-run").textContent = running ? "Checking …" : "Check it";
    the("check-stop").hidden = !running;
    the("check-under-way").hidden = !running;
    if (!running && document.activeElement === document.body) the("check-run").focus(); // "Stop" had it
  }

  #begin() {
    this.#lists = { open: findingsList(), not_run: findingsList(), pass: findingsList() };
    this.#folds = {
      not_run: element("details", { hidden: true }, element("summary"), this.#lists.not_run),
      pass: element("details", { hidden: true, open: true }, element("summary"), this.#lists.pass),
    };
    this.#lists.open.hidden = true;
    the("check-result").replaceChildren(this.#lists.open, this.#folds.not_run, this.#folds.pass);
    the("check-result").hidden = false;
    this.#say("Checking …");
  }

  #tell({ done, total, what }) {
    the("check-progress").max = total;
    the("check-progress").value = done;
    the("check-step").textContent = `Request ${done + 1} of ${total}: ${what}`;
  }

  /** Show a requirement as soon as it is decided: what is to be done something about above what is met. */
  #add(finding) {
    const place = finding.verdict in this.#folds ? finding.verdict : "open";
    this.#lists[place].append(row(finding));
    this.#lists[place].hidden = false;
    if (place === "open") return this.#say(`${VERDICTS[finding.verdict][1]}: ${finding.title}`);
    const count = this.#lists[place].childElementCount;
    this.#folds[place].hidden = false;
    this.#folds[place].querySelector("summary").textContent = SUMMARIES[place](count);
  }

  #end(report) {
    const tone = !report.passed ? "trouble" : this.#lists.open.childElementCount ? "quiet" : "good";
    the("check-result").prepend(element("div", { className: `verdict ${tone}` }, element("h3", {}, report.headline)));
    const waiting = report.requirements.filter((each) => each.waits_for).length;
    if (waiting) this.#folds.not_run.querySelector("summary").textContent = SUMMARIES.waiting(waiting);
    this.#folds.pass.open = this.#lists.open.hidden; // what is to be done is not pushed off the screen
    the("check-under-way").hidden = true; // before it is scrolled to what stands below
    the("check-result").scrollIntoView({ block: "start" }); // the headline and what is to be done
    this.#say(report.passed ? "The check has ended." : "The check has ended: mend what is marked, then check again.");
  }

  #refused(problem) {
    if (problem.name === "AbortError") return this.#say("Check stopped");
    const ours = (problem.errors ?? []).filter(({ loc }) => loc.includes("ids"));
    if (ours.length) mark(this.#field, ours[0].msg);
    const others = this.#configuration.complain((problem.errors ?? []).filter(({ loc }) => !loc.includes("ids")));
    const marked = problem.status === 422 && !others.length;
    this.#say(marked ? "Correct the marked fields, then check again." : inWords(problem), "wrong");
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  #say(text, kind = "") {
    the("check-said").textContent = text;
    the("check-said").dataset.kind = kind;
  }
}

function findingsList() {
  return element("ul", { className: "findings" });
}

function row({ id, title, verdict, seen, mend }) {
  const [sign, name] = VERDICTS[verdict];
  const todo = mend && (MENDS[id] ?? mend);
  const item = element(
    "li",
    {},
    element("i", { ariaHidden: "true" }, sign),
    element("span", {}, element("b", {}, title), element("span", { className: "unseen" }, `: ${name}`)),
    element("p", { className: "seen" }, isolated(seen)),
    ...(todo ? [element("p", {}, todo)] : []),
  );
  item.dataset.verdict = verdict;
  return item;
}
