/** The reply beside the card: held against the customer's facts as one types, and two drafts to begin with. */

const PAUSE_MS = 300; // after the last key: so often is a draft checked at most
const STRONGEST = "withheld"; // a value that this sender may not be told

/** Drive the part of the page with the reply; `post` sends a body to a path of the demo and returns what it answers. */
export class Reply {
  constructor(root, drafts, post) {
    this.post = post;
    this.text = root.querySelector("textarea");
    this.mirror = root.querySelector(".mirror");
    this.told = root.querySelector(".told");
    this.list = root.querySelector("ul");
    this.drafts = drafts;
    this.ticket = null;
    this.findings = [];
    this.text.addEventListener("input", () => this.typed());
    for (const button of drafts.querySelectorAll("button")) {
      button.addEventListener("click", () => this.take(button.closest("article").querySelector(".draft").textContent));
    }
  }

  /** Show that nothing is known of a ticket yet. */
  clear() {
    this.ticket = null;
    this.findings = [];
    this.drafts.hidden = true;
    this.mark();
    this.say();
  }

  /** Hold the reply against the result of this ticket from now on, and fetch the drafts for it. */
  async begin(ticket) {
    this.ticket = ticket;
    this.check();
    const drafted = await this.post(`sidebar-demo/drafts/${ticket.id}`, ticket.email);
    if (this.ticket !== ticket || !drafted.by) return;
    const fill = (name, text) => (this.drafts.querySelector(name).textContent = text);
    fill(".without .draft", drafted.without);
    fill(".with .draft", drafted.with);
    fill(".by", drafted.by);
    this.drafts.hidden = false;
  }

  take(draft) {
    this.text.value = draft;
    this.text.focus();
    this.typed();
  }

  typed() {
    const { value } = this.text;
    // What was found stays marked where it still stands, until the next answer.
    this.findings = this.findings.filter(({ text, start, end }) => value.slice(start, end) === text);
    this.mark();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE_MS);
  }

  async check() {
    const { ticket } = this;
    const draft = this.text.value;
    if (!ticket || !draft.trim()) {
      this.findings = [];
      this.mark();
      this.say();
      return;
    }
    const also_known = [ticket.email.subject, ticket.email.body];
    const checked = await this.post(`sidebar-demo/checks/${ticket.id}`, { draft, also_known });
    if (this.ticket !== ticket || this.text.value !== draft) return; // another check is on its way
    this.findings = checked.findings ?? [];
    this.mark();
    this.say(checked);
  }

  /** Underline the findings, in a copy of the text that lies behind it; offsets count UTF-16 code units, as here. */
  mark() {
    const { value } = this.text;
    const parts = [];
    let at = 0;
    for (const { kind, start, end } of this.findings) {
      const mark = document.createElement("mark");
      mark.className = kind === STRONGEST ? "strong" : "";
      mark.textContent = value.slice(start, end);
      parts.push(value.slice(at, start), mark);
      at = end;
    }
    this.mirror.replaceChildren(...parts, `${value.slice(at)}\n`);
  }

  /** Say how many there are, for a screen reader too, and list them. */
  say(checked) {
    this.list.replaceChildren(...this.findings.map(itemOf));
    this.told.classList.toggle("strong", this.findings.some(({ kind }) => kind === STRONGEST));
    const words = checked ? inWords(this.findings, checked) : "";
    if (this.told.textContent !== words) this.told.textContent = words; // the same is not said again
  }
}

function itemOf({ kind, text, message }) {
  const item = document.createElement("li");
  const quoted = document.createElement("q");
  quoted.textContent = text;
  item.className = kind === STRONGEST ? "strong" : "";
  item.append(quoted, ` ${message}`);
  return item;
}

function inWords(findings, { detail }) {
  if (detail) return detail;
  const leaked = findings.filter(({ kind }) => kind === STRONGEST).length;
  if (leaked) return `${places(leaked)} that this sender may not be told. ${findings.length - leaked} more to check.`;
  return findings.length ? `${places(findings.length)} to check before you send.` : "Nothing to check: every figure is known.";
}

function places(many) {
  return `${many} ${many === 1 ? "place" : "places"}`;
}
