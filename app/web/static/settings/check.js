/** "Check my endpoint": has the service hold the endpoint to its contract, and shows each requirement with its mend. */

import { inWords } from "./door.js";
import { element, isolated, mark, the } from "./elements.js";

/** The verdicts, those first that something is to be done about: sign, name. */
const VERDICTS = {
  fail: ["✕", "to mend"],
  warn: ["!", "to look at"],
  not_run: ["–", "not checked"],
  pass: ["✓", "met"],
};

/** What is to be done here where the command's own words are about its options. */
const MENDS = { public_address: "Serve the endpoint under a host name whose addresses are all public." };

/** Owns the panel; emits `problem` with what it cannot explain. */
export class CheckPanel extends EventTarget {
  #api;
  #configuration;
  #running = null;

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
      this.#show(await this.#api.check(asked, (step) => this.#tell(step), this.#running.signal));
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
    the("check-progress").hidden = !running;
    if (running) the("check-result").hidden = true;
    if (!running && document.activeElement === document.body) the("check-run").focus(); // "Stop" had it
  }

  #tell({ done, total, what }) {
    the("check-progress").max = total;
    the("check-progress").value = done;
    this.#say(`${done + 1} of ${total}: ${what}`);
  }

  #show(report) {
    const findings = Object.keys(VERDICTS).flatMap((verdict) =>
      report.requirements.filter((each) => each.verdict === verdict),
    );
    const done = findings.filter(({ verdict }) => verdict === "pass");
    const waiting = findings.filter(({ verdict }) => verdict === "not_run");
    const open = findings.filter(({ verdict }) => verdict === "fail" || verdict === "warn");
    the("check-result").replaceChildren(
      element("div", { className: `verdict ${report.passed ? "good" : "trouble"}` }, element("h3", {}, report.headline)),
      ...(open.length ? [list(open)] : []),
      ...(waiting.length ? [folded(`${waiting.length} further requirements wait for that`, waiting, false)] : []),
      folded(`${done.length} requirements are met`, done, !open.length),
    );
    the("check-result").hidden = false;
    the("check-result").scrollIntoView({ block: "nearest" });
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

function folded(title, findings, open) {
  return element("details", { open }, element("summary", {}, title), list(findings));
}

function list(findings) {
  const items = findings.map(({ id, title, verdict, seen, mend }) => {
    const [sign, name] = VERDICTS[verdict];
    const todo = mend && (MENDS[id] ?? mend);
    return element(
      "li",
      {},
      element("i", { ariaHidden: "true" }, sign),
      element("span", {}, element("b", {}, title), element("span", { className: "unseen" }, `: ${name}`)),
      element("p", { className: "seen" }, isolated(seen)),
      ...(todo ? [element("p", {}, todo)] : []),
    );
  });
  findings.forEach(({ verdict }, index) => (items[index].dataset.verdict = verdict));
  return element("ul", { className: "findings" }, ...items);
}
