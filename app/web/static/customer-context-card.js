/**
 * <customer-context-card>: shows an agent what Customer Context found out about the sender of a ticket.
 *
 *   <script type="module" src="…/static/customer-context-card.js"></script>
 *   <customer-context-card></customer-context-card>
 *
 *   card.result = await answer.json();               // what the enrich route or the stored result answers
 *   card.result = { status: "pending" };             // while it is under way
 *   card.result = null;                              // nothing looked up yet
 *   card.addEventListener("refresh", (event) => …);  // event.detail: { ticket_id, project_id }, null where unknown
 *
 * Attributes: theme="light" or "dark" (absent: as the system), no-refresh (hides the button), hidden.
 *
 * Custom properties, set on the element or above it; a colour may be a light-dark() pair:
 *
 *   --customer-context-font          14px/1.5 and the system's font; every size in the card follows from it
 *   --customer-context-surface       background
 *   --customer-context-text          text, and values
 *   --customer-context-quiet         labels, age, advice: at least 4.5:1 on the surface
 *   --customer-context-line          border and rules
 *   --customer-context-accent        links and the focus ring
 *   --customer-context-good          dot: found
 *   --customer-context-trouble       dot: the look-up failed
 *   --customer-context-warning       background of the warning
 *   --customer-context-warning-text  its text
 *   --customer-context-border        1px solid and the line's colour; "none" for a card in a panel that has its own
 *   --customer-context-radius        10px
 *   --customer-context-padding       14px 16px 16px
 *
 * What a customer endpoint, an email or a model wrote reaches the page as text nodes and as href of http and https
 * links only. Nothing is requested from anywhere, and no inline style is set: the strictest policy of a host will do.
 * Needs a browser of 2024 or later (light-dark(), URL.canParse).
 */

const MOST_ROWS = 24; // as many as the service sends; whatever else arrives here must not freeze a sidebar
const MOST_LINKS = 20;
const LONGEST_TEXT = 2000; // characters; the service sends 600 at most
const COPIED_SECONDS = 2;
const BY_HAND_SECONDS = 6; // there is something to do meanwhile
const AGE_SECONDS = 15; // how often the age is looked at

const SHEET = new CSSStyleSheet();
SHEET.replaceSync(`
  :host {
    all: initial;
    display: block;
    color-scheme: light dark;
    --surface: var(--customer-context-surface, light-dark(#ffffff, #1b1e22));
    --text: var(--customer-context-text, light-dark(#1c2126, #e8eaed));
    --quiet: var(--customer-context-quiet, light-dark(#5b6570, #a4adb7));
    --line: var(--customer-context-line, light-dark(#e0e4e9, #343a41));
    --accent: var(--customer-context-accent, light-dark(#0b57c5, #8ab4f8));
    --good: var(--customer-context-good, light-dark(#1a7f43, #4fc27c));
    --trouble: var(--customer-context-trouble, light-dark(#b25c00, #f0a445));
    --warning: var(--customer-context-warning, light-dark(#fff3d6, #3b2e10));
    --warning-text: var(--customer-context-warning-text, light-dark(#5f3f00, #f7dfa6));
  }
  :host([theme="light"]) { color-scheme: light; }
  :host([theme="dark"]) { color-scheme: dark; }
  :host([no-refresh]) .refresh, :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; margin: 0; padding: 0; }

  section {
    font: var(--customer-context-font, 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    color: var(--text);
    background: var(--surface);
    border: var(--customer-context-border, 1px solid var(--line));
    border-radius: var(--customer-context-radius, 10px);
    padding: var(--customer-context-padding, 14px 16px 16px);
    overflow-wrap: anywhere;
    text-align: start;
  }
  header { display: flex; align-items: center; justify-content: space-between; gap: 8px; }
  h2 { font-size: .86em; font-weight: 600; color: var(--quiet); }
  .now { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; margin-top: 2px; }
  .state { display: flex; align-items: baseline; gap: 8px; font-weight: 600; }
  .state::before {
    content: ""; flex: none; width: 8px; height: 8px; margin-bottom: 1px; border-radius: 50%; background: var(--quiet);
    forced-color-adjust: none;
  }
  .state.good::before { background: var(--good); }
  .state.trouble::before { background: var(--trouble); }
  time { color: var(--quiet); font-size: .93em; }
  .warning {
    display: flex; gap: 8px; margin: 8px 0 10px; padding: 8px 10px; border-radius: 6px;
    background: var(--warning); color: var(--warning-text);
  }
  .warning svg { margin-top: 3px; }
  .note { margin-top: 4px; }
  .note span { display: block; }
  .note span + span { color: var(--quiet); margin-top: 2px; }
  .summary { margin-top: 8px; }

  dl {
    display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20em), 1fr));
    column-gap: 32px; margin: 12px 0 5px;
  }
  .row { display: flex; flex-wrap: wrap; column-gap: 12px; padding: 5px 0; border-top: 1px solid var(--line); }
  dt { flex: 2 1 6em; min-width: 0; color: var(--quiet); }
  dd { flex: 3 1 9em; min-width: 0; display: flex; justify-content: space-between; gap: 4px; }
  bdi { min-width: 0; overflow: clip; overflow-clip-margin: 2px; }
  dd bdi { flex: 1; }

  ul {
    list-style: none; display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 14em), 1fr));
    gap: 6px 32px; padding-top: 10px; border-top: 1px solid var(--line);
  }
  a { color: var(--accent); text-decoration: none; border-radius: 4px; }
  a:hover span { text-decoration: underline; }
  a svg { width: .8em; height: .8em; margin-inline-start: .3em; vertical-align: -.05em; }
  .host { display: block; color: var(--quiet); font-size: .86em; }
  footer { display: flex; flex-wrap: wrap; column-gap: 6px; margin-top: 12px; color: var(--quiet); font-size: .86em; }
  footer span { display: flex; gap: 6px; min-width: 0; }
  footer bdi { color: var(--text); font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }

  button {
    flex: none; display: inline-grid; place-items: center; position: relative; width: 24px; height: 24px;
    margin: -2px -4px -2px 0; border: 0; border-radius: 6px; background: none; cursor: pointer; font: inherit;
    color: color-mix(in srgb, var(--quiet) 75%, var(--surface));
  }
  button:hover { background: color-mix(in srgb, currentColor 14%, transparent); color: var(--text); }
  button[aria-disabled="true"] { opacity: .45; cursor: default; background: none; }
  button:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  footer button { margin: -2px 0; }
  button[data-said]::after {
    content: attr(data-said); position: absolute; inset-inline-end: 100%; top: 0; z-index: 1; padding: 0 8px;
    font-size: 12px; line-height: 24px; white-space: nowrap; border-radius: 6px;
    background: var(--text); color: var(--surface);
  }
  svg { flex: none; width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.5;
    stroke-linecap: round; stroke-linejoin: round; }
  .said { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  .waiting { margin-top: 14px; display: grid; gap: 12px; }
  .waiting i {
    height: 10px; border-radius: 5px; background: var(--line); animation: breathe 1.6s ease-in-out infinite;
  }
  .waiting i:nth-child(1) { width: 88%; }
  .waiting i:nth-child(2) { width: 56%; animation-delay: .15s; }
  .waiting i:nth-child(3) { width: 72%; animation-delay: .3s; }
  @keyframes breathe { 50% { opacity: .35; } }
  @media (prefers-reduced-motion: reduce) { .waiting i { animation: none; } }
`);

/** What each status is called here, and how its dot looks; the sentences come with the result. */
const STATES = {
  ok: ["good", "Customer found"],
  no_data: ["quiet", "Unknown customer"],
  no_identifier: ["quiet", "No customer identified"],
  fetch_error: ["trouble", "Look-up failed"],
  skipped_credits: ["quiet", "Not looked up"],
  disabled: ["quiet", "Not available"],
  pending: ["quiet", "Looking up the customer …"],
};
const NOTHING = ["quiet", "Nothing looked up yet"];
const UNREADABLE = ["quiet", "Nothing to show"];
const UNREADABLE_NOTE = "This result cannot be shown; refresh to look the customer up again.";
const MISMATCH = "The sender may be somebody else: this email's address is not the one on file for this customer.";
const NOT_TIED = "The sender may be somebody else: this email could not be tied to this customer.";
const VERIFY = "Verify who is writing before you share anything.";
const WITHHELD = "The reply draft was told nothing of this record.";

const ICONS = {
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13.5 6M13.5 2.5V6H10",
  copy:
    "M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2" +
    "M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z",
  away: "M6 3.5H3.5v9h9V10M9 2.5h4.5V7M13 3 7.5 8.5",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
};

/** Controls, bidirectional marks and overrides, zero-width characters, tags, lone surrogates: they could mislead. */
const MISLEADING = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

class CustomerContextCard extends HTMLElement {
  #parts = frame();
  #result = null;
  #shown = null; // the last result as JSON: handing over the same one again disturbs nobody who reads or tabs
  #timer = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    root.append(this.#parts.section);
    this.#parts.refresh.addEventListener("click", () => this.#askForRefresh());
    this.#show();
  }

  connectedCallback() {
    // A result that was set before this script had loaded is an own property that hides the setter.
    if (Object.hasOwn(this, "result")) {
      const early = this.result;
      delete this.result;
      this.result = early;
    }
    this.#timer = setInterval(() => this.#tellAge(), AGE_SECONDS * 1000);
    this.#tellAge();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  get result() {
    return this.#result;
  }

  set result(result) {
    this.#result = result ?? null;
    this.#show();
  }

  #show() {
    let content;
    try {
      const json = JSON.stringify(this.#result);
      if (json === this.#shown) return;
      this.#shown = json;
      content = read(this.#result);
    } catch {
      content = UNREADABLE_CONTENT; // a value that cannot even be read, e.g. one that refers to itself
      this.#shown = null;
    }
    this.#render(content);
  }

  #render({ tone, label, note, warning, summary, rows, links, identifier, since, pending }) {
    const parts = this.#parts;
    const inside = parts.section.contains(this.shadowRoot.activeElement) && this.shadowRoot.activeElement;
    parts.state.className = `state ${tone}`;
    parts.state.textContent = label;
    parts.note.replaceChildren(...sentences(note));
    parts.note.hidden = !note;
    parts.warning.replaceChildren(...(warning ? [icon("warning"), element("span", {}, warning)] : []));
    parts.warning.hidden = !warning;
    parts.time.dateTime = since ? since.toISOString() : "";
    parts.time.title = since ? since.toLocaleString() : "";
    parts.refresh.setAttribute("aria-disabled", String(pending));
    parts.body.setAttribute("aria-busy", String(pending));
    parts.body.replaceChildren(
      ...(pending ? [element("div", { className: "waiting" }, element("i"), element("i"), element("i"))] : []),
      ...(summary ? [element("p", { className: "summary" }, bdi(summary))] : []),
      ...(rows.length ? [element("dl", {}, ...rows.map((row) => this.#row(row)))] : []),
      ...(links.length ? [element("ul", {}, ...links.map(linkItem))] : []),
      ...(identifier ? [this.#foot(identifier)] : []),
    );
    if (inside && !inside.isConnected) parts.refresh.focus(); // the focus was on a row that is gone
    this.#tellAge();
  }

  #row({ label, value }) {
    const shown = bdi(value);
    return element(
      "div",
      { className: "row" },
      element("dt", {}, bdi(label)),
      element("dd", {}, shown, this.#copyButton(label, value, shown)),
    );
  }

  #foot(identifier) {
    const shown = bdi(identifier);
    const copy = this.#copyButton("identifier", identifier, shown);
    return element("footer", {}, "Looked up by", element("span", {}, shown, copy));
  }

  #copyButton(label, value, shown) {
    const button = element("button", { type: "button", title: "Copy", ariaLabel: `Copy ${label}` }, icon("copy"));
    button.addEventListener("click", () => this.#copy(button, label, value, shown));
    return button;
  }

  async #copy(button, label, value, shown) {
    let bubble = "Copied";
    let said = `Copied ${label}`;
    let seconds = COPIED_SECONDS;
    try {
      await navigator.clipboard.writeText(value); // absent on a page without TLS, refused in some frames
    } catch {
      getSelection().selectAllChildren(shown);
      bubble = "Press Ctrl+C or ⌘C";
      said = `${label} is selected: press Control C or Command C to copy it`;
      seconds = BY_HAND_SECONDS;
    }
    for (const other of this.shadowRoot.querySelectorAll("[data-said]")) delete other.dataset.said;
    button.dataset.said = bubble;
    this.#parts.said.textContent = said;
    setTimeout(() => {
      delete button.dataset.said;
      if (this.#parts.said.textContent === said) this.#parts.said.textContent = "";
    }, seconds * 1000);
  }

  #askForRefresh() {
    if (this.#parts.refresh.getAttribute("aria-disabled") === "true") return;
    const detail = { ticket_id: null, project_id: null };
    for (const key of Object.keys(detail)) {
      if (typeof this.#result?.[key] === "string") detail[key] = this.#result[key];
    }
    this.dispatchEvent(new CustomEvent("refresh", { detail, bubbles: true, composed: true }));
  }

  #tellAge() {
    const since = this.#parts.time.dateTime;
    const age = since ? ageInWords(Date.now() - Date.parse(since)) : "";
    if (this.#parts.time.textContent !== age) this.#parts.time.textContent = age;
    this.#parts.time.hidden = !age;
  }
}

/** Build what stays while results come and go, so that focus and live regions survive. */
function frame() {
  const refresh = element(
    "button",
    { type: "button", className: "refresh", title: "Refresh", ariaLabel: "Refresh customer context" },
    icon("refresh"),
  );
  const state = element("p", { className: "state", role: "status" });
  const note = element("p", { className: "note", ariaLive: "polite" });
  const warning = element("p", { className: "warning", role: "alert" }); // whose data it is comes before all else
  const said = element("div", { className: "said", ariaLive: "polite" });
  const time = element("time"); // outside the live regions: nobody wants to hear each minute pass
  const body = element("div", { className: "body" });
  const title = element("h2", { id: "title" }, "Customer context");
  const now = element("div", { className: "now" }, state, time);
  const section = element("section", { role: "region", lang: "en", dir: "ltr" });
  section.setAttribute("aria-labelledby", "title");
  section.append(element("header", {}, title, refresh), warning, now, note, body, said);
  return { section, refresh, state, note, warning, said, time, body };
}

const EMPTY = { note: "", warning: "", summary: "", rows: [], links: [], identifier: "", since: null, pending: false };
const UNREADABLE_CONTENT = { ...EMPTY, tone: UNREADABLE[0], label: UNREADABLE[1], note: UNREADABLE_NOTE };

/** Return what to show of a result, whatever it is; may throw only where reading a property throws. */
function read(result) {
  if (result === null) return { ...EMPTY, tone: NOTHING[0], label: NOTHING[1] };
  const status = text(result.status);
  const found = status === "ok" && result.reason !== "no_data";
  const key = status === "ok" && !found ? "no_data" : status;
  const known = Object.hasOwn(STATES, key);
  const [tone, label] = known ? STATES[key] : UNREADABLE;
  // An unknown status may be a later release's; problem details have their sentence in `detail`.
  const sentence = text(result.message) || text(result.detail) || (known ? "" : UNREADABLE_NOTE);
  const mismatch = found && result.identity === "mismatch";
  const withheld = found && result.ai_context_withheld === true;
  const warned = mismatch || withheld;
  return {
    tone: warned ? "trouble" : tone,
    label,
    note: found && !result.reason ? "" : sentence, // "looked up just now" is the age's to say
    warning: warned ? [mismatch ? MISMATCH : NOT_TIED, VERIFY, withheld ? WITHHELD : ""].join(" ").trim() : "",
    summary: found ? text(result.summary) : "",
    rows: found ? listOf(result.fields, MOST_ROWS, readRow) : [],
    links: found ? listOf(result.links, MOST_LINKS, readLink) : [],
    identifier: text(result.identifier),
    since: dateOf(result.created_at),
    pending: status === "pending",
  };
}

function readRow(field) {
  const value = text(field.value);
  return value && { label: text(field.label) || "Value", value };
}

function readLink(link) {
  const url = typeof link.url === "string" && URL.canParse(link.url) ? new URL(link.url) : null;
  // A user name before the @ is there to look like another host.
  if (!url || !["http:", "https:"].includes(url.protocol) || url.username || url.password) return null;
  return { label: text(link.label) || url.host, href: url.href, host: url.host };
}

function listOf(value, most, readOne) {
  if (!Array.isArray(value)) return [];
  const objects = value.slice(0, most).filter((each) => typeof each === "object" && each !== null);
  return objects.map(readOne).filter(Boolean);
}

/** Make one line of text that shows what it says: a misleading character is shown as a replacement character. */
function text(value) {
  if (!["string", "number", "boolean", "bigint"].includes(typeof value)) return "";
  const start = String(value).slice(0, LONGEST_TEXT);
  return start.replace(/\s+/g, " ").trim().replace(MISLEADING, "\ufffd");
}

function dateOf(value) {
  const date = new Date(typeof value === "string" ? value : NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Split "what happened; what to do." into two sentences. */
function sentences(note) {
  const [what, ...advice] = note.split("; ");
  const todo = advice.join("; ");
  return [what + (todo ? "." : ""), todo && todo[0].toUpperCase() + todo.slice(1)]
    .filter(Boolean)
    .map((sentence) => element("span", { dir: "auto" }, sentence));
}

function ageInWords(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return "just now"; // also where the clocks differ and it lies ahead
  const [count, unit] =
    minutes < 60 ? [minutes, "minute"]
    : minutes < 1440 ? [minutes / 60, "hour"]
    : minutes < 43_200 ? [minutes / 1440, "day"]
    : minutes < 525_600 ? [minutes / 43_200, "month"]
    : [minutes / 525_600, "year"];
  const whole = Math.floor(count);
  return `${whole} ${unit}${whole === 1 ? "" : "s"} ago`;
}

function linkItem({ label, href, host }) {
  const name = `${label}, ${host} (opens in a new tab)`;
  const link = element("a", { href, target: "_blank", rel: "noopener noreferrer", ariaLabel: name });
  link.append(bdi(label, "span"), icon("away"));
  const item = element("li", {}, link);
  if (label !== host) item.append(element("span", { className: "host", ariaHidden: "true" }, host)); // its name has it
  return item;
}

/** Isolate what somebody else wrote: its direction is its own, and so is its language. */
function bdi(value, tag = "bdi") {
  return element(tag, { dir: "auto", lang: "" }, value);
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Make an element; strings among the children become text nodes. */
function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

if (!customElements.get("customer-context-card")) customElements.define("customer-context-card", CustomerContextCard);
