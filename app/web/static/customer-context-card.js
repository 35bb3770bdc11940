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
 *   card.addEventListener("lookup", (event) => …);   // … and { identifier }: an agent typed who it is
 *   card.strings = { title: "Customer" };            // words of your own; the names are in …-card-words.js
 *
 * Attributes: theme="light" or "dark" (absent: as the system), no-refresh (hides the button), no-lookup (hides the
 * field), hidden. `lang` on the element or above it chooses the words (en, de) and how numbers, sums and dates are
 * written; `dir` the direction.
 *
 * Custom properties, set on the element or above it; a colour may be a light-dark() pair:
 *
 *   --customer-context-font          14px/1.5 and the system's font; every size in the card follows from it
 *   --customer-context-surface       background
 *   --customer-context-text          text, and values
 *   --customer-context-quiet         labels, age, advice: at least 4.5:1 on the surface
 *   --customer-context-line          border and rules
 *   --customer-context-accent        links and the focus ring
 *   --customer-context-good          dot: found; a status that is fine
 *   --customer-context-trouble       dot: the look-up failed; a status that is not
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

import { addressIn, repeats, shownValue, toneOf } from "./customer-context-card-values.js";
import { ageInWords, filled, wordsFor } from "./customer-context-card-words.js";

const MOST_ROWS = 24; // as many as the service sends; whatever else arrives here must not freeze a sidebar
const MOST_LINKS = 20;
const LONGEST_TEXT = 2000; // characters; the service sends 600 at most
const ROWS_AT_FIRST = 10; // the rest is folded
const LONG_VALUE = 160; // characters; what is longer is folded
const LONGEST_IDENTIFIER = 256; // characters; the service takes no more
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
  :host([no-refresh]) .refresh, :host([no-lookup]) .lookup, :host([hidden]), [hidden] { display: none !important; }
  * { box-sizing: border-box; margin: 0; padding: 0; }

  section {
    font: var(--customer-context-font, 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif);
    color: var(--text);
    background: var(--surface);
    border: var(--customer-context-border, 1px solid var(--line));
    border-radius: var(--customer-context-radius, 10px);
    padding: var(--customer-context-padding, 14px 16px 16px);
    overflow-wrap: break-word; /* a word is broken only where it is longer than a whole line */
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
  time, .verified { color: var(--quiet); font-size: .93em; }
  .verified { display: flex; align-self: center; align-items: center; gap: 4px; }
  .verified svg { color: var(--good); }
  .attempt { margin-top: 6px; color: var(--quiet); font-size: .93em; }
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
  .row { display: flex; flex-wrap: wrap; align-content: flex-start; column-gap: 12px; padding: 5px 0; border-top: 1px solid var(--line); }
  /* Their least width is that of their longest word, up to the whole line: then the value goes below the label. */
  dt { flex: 2 1 6em; max-width: 100%; color: var(--quiet); }
  dd { flex: 3 1 9em; max-width: 100%; display: flex; justify-content: space-between; gap: 4px; }
  bdi { overflow: clip; overflow-clip-margin: 2px; }
  dd > span { flex: 1; max-width: calc(100% - 28px); }
  dd > span.good::before, dd > span.trouble::before, dd > span.quiet::before {
    content: ""; display: inline-block; width: 7px; height: 7px; margin-inline-end: 6px; border-radius: 50%;
    background: var(--quiet); forced-color-adjust: none; vertical-align: .08em;
  }
  dd > span.good::before { background: var(--good); }
  dd > span.trouble::before { background: var(--trouble); }

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
  footer bdi { overflow-wrap: anywhere; color: var(--text); font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; }

  button {
    flex: none; display: inline-grid; place-items: center; position: relative; width: 24px; height: 24px;
    margin-block: -2px; margin-inline: 0 -4px; border: 0; border-radius: 6px; background: none; cursor: pointer;
    font: inherit; color: color-mix(in srgb, var(--quiet) 75%, var(--surface));
  }
  button:hover { background: color-mix(in srgb, currentColor 14%, transparent); color: var(--text); }
  button[aria-disabled="true"] { opacity: .45; cursor: default; background: none; }
  button:focus-visible, a:focus-visible, input:focus-visible {
    outline: 2px solid var(--accent); outline-offset: 1px;
  }
  footer button { margin: -2px 0; }
  /* Copying is offered where the pointer or the focus is; a finger has neither. */
  @media (hover: hover) {
    .copy { opacity: 0; }
    .row:hover .copy, .row:focus-within .copy, footer:hover .copy, .copy:focus-visible, .copy[data-said] { opacity: 1; }
  }
  .fold, .submit {
    width: auto; height: auto; margin: 0; padding: 3px 8px; font-size: .93em; color: var(--accent);
  }
  .fold { margin-inline-start: -8px; }
  .whole { display: inline; margin-inline-start: 4px; padding: 0 2px; }
  .lookup { margin-top: 12px; padding-top: 10px; border-top: 1px solid var(--line); }
  .lookup label { display: block; color: var(--quiet); font-size: .93em; }
  .lookup div { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 3px; }
  .lookup input {
    flex: 1 1 9em; min-width: 0; padding: 5px 8px; font: inherit; color: inherit; background: none;
    border: 1px solid color-mix(in srgb, var(--quiet) 85%, var(--surface)); border-radius: 6px;
  }
  .submit { padding: 5px 12px; border: 1px solid currentColor; }
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

/** How the dot of each status looks, and what it is called: a name of the words; the sentences come with the result. */
const STATES = {
  ok: ["good", "found"],
  no_data: ["quiet", "noData"],
  no_identifier: ["quiet", "noIdentifier"],
  fetch_error: ["trouble", "fetchError"],
  skipped_credits: ["quiet", "skippedCredits"],
  disabled: ["quiet", "disabled"],
  pending: ["quiet", "pending"],
};
const NOTHING = ["quiet", "nothing"];
const UNREADABLE = ["quiet", "unreadable"];
const NOBODY = new Set(["no_data", "no_identifier"]); // an agent may know who it is

const ICONS = {
  refresh: "M13 8a5 5 0 1 1-1.5-3.6L13.5 6M13.5 2.5V6H10",
  copy:
    "M5.5 5.5v-2a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-2" +
    "M3.5 5.5h6a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-6a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1z",
  away: "M6 3.5H3.5v9h9V10M9 2.5h4.5V7M13 3 7.5 8.5",
  check: "M3.5 8.5 6.5 11.5 12.5 4.5",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6v.1",
};

/** Controls, bidirectional marks and overrides, zero-width characters, tags, lone surrogates: they could mislead. */
const MISLEADING = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

class CustomerContextCard extends HTMLElement {
  static observedAttributes = ["lang", "dir"];

  #parts = frame();
  #result = null;
  #strings = {};
  #shown = null; // the last result as JSON: handing over the same one again disturbs nobody who reads or tabs
  #ticket = null; // whose rows an agent unfolded
  #unfolded = false;
  #locale = "en";
  #words = wordsFor("en");
  #timer = 0;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [SHEET];
    root.append(this.#parts.section);
    this.#parts.refresh.addEventListener("click", () => this.#askForRefresh());
    this.#parts.lookup.addEventListener("submit", (event) => this.#askForLookUp(event));
    this.#show();
  }

  connectedCallback() {
    // What was set before this script had loaded is an own property that hides the setter.
    for (const name of ["strings", "result"]) {
      if (!Object.hasOwn(this, name)) continue;
      const early = this[name];
      delete this[name];
      this[name] = early;
    }
    this.#readLocale();
    this.#timer = setInterval(() => this.#tellAge(), AGE_SECONDS * 1000);
    this.#tellAge();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  attributeChangedCallback() {
    this.#readLocale();
  }

  get result() {
    return this.#result;
  }

  set result(result) {
    this.#result = result ?? null;
    this.#show();
  }

  get strings() {
    return this.#strings;
  }

  /** Words of the page's own, by their names; any other keeps the card's. */
  set strings(strings) {
    this.#strings = strings ?? {};
    this.#readLocale();
  }

  #readLocale() {
    this.#locale = knownLocale(this.closest("[lang]")?.lang || document.documentElement.lang || navigator.language);
    this.#words = wordsFor(this.#locale, this.#strings);
    const { section, title, refresh, label, submit } = this.#parts;
    section.dir = this.matches(":dir(rtl)") ? "rtl" : "ltr";
    section.lang = this.#locale;
    title.textContent = this.#words.title;
    refresh.title = this.#words.refresh;
    refresh.ariaLabel = this.#words.refreshName;
    label.textContent = this.#words.lookUpLabel;
    submit.textContent = this.#words.lookUp;
    this.#shown = null;
    this.#show();
  }

  #show() {
    let content;
    try {
      const json = JSON.stringify(this.#result);
      if (json === this.#shown) return;
      this.#shown = json;
      content = read(this.#result, this.#words);
    } catch {
      content = unreadable(this.#words); // a value that cannot even be read, e.g. one that refers to itself
      this.#shown = null;
    }
    this.#render(content);
  }

  #render(content) {
    const { tone, label, note, warning, verified, summary, rows, links, since, attempt, pending, nobody } = content;
    const parts = this.#parts;
    const inside = parts.section.contains(this.shadowRoot.activeElement) && this.shadowRoot.activeElement;
    parts.state.className = `state ${tone}`;
    parts.state.textContent = label;
    parts.note.replaceChildren(...sentences(note));
    parts.note.hidden = !note;
    parts.warning.replaceChildren(...(warning ? [icon("warning"), element("span", {}, warning)] : []));
    parts.warning.hidden = !warning;
    parts.verified.replaceChildren(...(verified ? [icon("check"), this.#words.verified] : []));
    parts.verified.hidden = !verified;
    parts.time.dateTime = since ? since.toISOString() : "";
    parts.time.title = since ? since.toLocaleString(this.#locale) : "";
    parts.attempt.hidden = !attempt;
    parts.attempt.dataset.at = attempt?.at?.toISOString() ?? "";
    parts.attempt.dataset.message = attempt?.message ?? "";
    parts.refresh.setAttribute("aria-disabled", String(pending));
    parts.lookup.hidden = !nobody;
    parts.body.setAttribute("aria-busy", String(pending));
    parts.body.replaceChildren(
      ...(pending ? [element("div", { className: "waiting" }, element("i"), element("i"), element("i"))] : []),
      ...(summary ? [element("p", { className: "summary" }, bdi(summary))] : []),
      ...(rows.length ? this.#rows(rows) : []),
      ...(links.length ? [element("ul", {}, ...links.map((link) => linkItem(link, this.#words)))] : []),
      ...(content.identifier ? [this.#foot(content)] : []),
    );
    if (inside && !inside.isConnected) parts.refresh.focus(); // the focus was on a row that is gone
    this.#tellAge();
  }

  /** Show the first rows, and a button for the rest, which stays pressed while the same ticket is shown. */
  #rows(rows) {
    const ticket = `${this.#result.project_id} ${this.#result.ticket_id}`;
    if (ticket !== this.#ticket) this.#unfolded = false;
    this.#ticket = ticket;
    const made = rows.map((row) => this.#row(row));
    const folded = made.length > ROWS_AT_FIRST + 1 ? made.slice(ROWS_AT_FIRST) : [];
    const fold = element("button", { type: "button", className: "fold" });
    const tell = () => {
      for (const row of folded) row.hidden = !this.#unfolded;
      fold.setAttribute("aria-expanded", String(this.#unfolded));
      fold.textContent = this.#unfolded ? this.#words.fewer : filled(this.#words.more, { count: folded.length });
    };
    fold.addEventListener("click", () => {
      this.#unfolded = !this.#unfolded;
      tell();
    });
    tell();
    return [element("dl", {}, ...made), ...(folded.length ? [fold] : [])];
  }

  #row(row) {
    const written = shownValue(row, this.#locale);
    const shown = this.#value(row, written);
    return element(
      "div",
      { className: "row" },
      element("dt", {}, bdi(row.label)),
      element("dd", {}, shown, this.#copyButton(row.label, written, shown)),
    );
  }

  #value(row, written) {
    const tone = toneOf(row);
    const shown = element("span", tone ? { className: tone } : {});
    const address = addressIn(row.value);
    if (address) {
      const name = filled(this.#words.newTab, { label: written, host: address.host });
      shown.append(outgoing(address.href, name, written));
    } else if (written.length > LONG_VALUE) {
      const start = written.slice(0, written.lastIndexOf(" ", LONG_VALUE) + 1 || LONG_VALUE);
      const label = filled(this.#words.wholeValueName, { label: row.label });
      const more = element("button", { type: "button", className: "fold whole", ariaLabel: label });
      more.textContent = this.#words.wholeValue;
      more.addEventListener("click", () => shown.replaceChildren(bdi(written)));
      shown.append(bdi(`${start.trimEnd()} …`), more);
    } else {
      shown.append(bdi(written));
    }
    return shown;
  }

  #foot({ identifier, byHand }) {
    const shown = element("span", {}, bdi(identifier));
    const copy = this.#copyButton(this.#words.identifier, identifier, shown);
    return element("footer", {}, byHand ? this.#words.enteredBy : this.#words.lookedUpBy, element("span", {}, shown, copy));
  }

  #copyButton(label, value, shown) {
    const ariaLabel = filled(this.#words.copyName, { label });
    const properties = { type: "button", className: "copy", title: this.#words.copy, ariaLabel };
    const button = element("button", properties, icon("copy"));
    button.addEventListener("click", () => this.#copy(button, label, value, shown));
    return button;
  }

  async #copy(button, label, value, shown) {
    let bubble = this.#words.copied;
    let said = filled(this.#words.copiedName, { label });
    let seconds = COPIED_SECONDS;
    try {
      await navigator.clipboard.writeText(value); // absent on a page without TLS, refused in some frames
    } catch {
      getSelection().selectAllChildren(shown);
      bubble = this.#words.byHand;
      said = filled(this.#words.byHandName, { label });
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
    this.#tell("refresh", {});
  }

  #askForLookUp(event) {
    event.preventDefault(); // nothing is sent from here: the page asks its backend
    const identifier = this.#parts.input.value.trim();
    if (!identifier) return this.#parts.input.focus();
    this.#tell("lookup", { identifier });
  }

  #tell(name, more) {
    const detail = { ticket_id: null, project_id: null, ...more };
    for (const key of ["ticket_id", "project_id"]) {
      if (typeof this.#result?.[key] === "string") detail[key] = this.#result[key];
    }
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #tellAge() {
    const { time, attempt } = this.#parts;
    const age = this.#ageOf(time.dateTime);
    if (time.textContent !== age) time.textContent = age;
    time.hidden = !age;
    if (attempt.hidden) return;
    const { at, message } = attempt.dataset;
    attempt.textContent = filled(this.#words.lastAttempt, { age: this.#ageOf(at), message });
  }

  #ageOf(since) {
    return since ? ageInWords(Date.now() - Date.parse(since), this.#locale, this.#words) : "";
  }
}

/** Build what stays while results come and go, so that focus and live regions survive. */
function frame() {
  const refresh = element("button", { type: "button", className: "refresh" }, icon("refresh"));
  const state = element("p", { className: "state", role: "status" });
  const note = element("p", { className: "note", ariaLive: "polite" });
  const warning = element("p", { className: "warning", role: "alert" }); // whose data it is comes before all else
  const verified = element("span", { className: "verified" });
  const said = element("div", { className: "said", ariaLive: "polite" });
  const time = element("time"); // outside the live regions: nobody wants to hear each minute pass
  const attempt = element("p", { className: "attempt", dir: "auto" });
  const body = element("div", { className: "body" });
  const title = element("h2", { id: "title" });
  const now = element("div", { className: "now" }, state, time, verified);
  const label = element("label", { htmlFor: "identifier" });
  const properties = { id: "identifier", name: "identifier", autocomplete: "off", spellcheck: false };
  const input = element("input", { ...properties, maxLength: LONGEST_IDENTIFIER });
  const submit = element("button", { className: "submit" });
  const lookup = element("form", { className: "lookup" }, label, element("div", {}, input, submit));
  const section = element("section", { role: "region" });
  section.setAttribute("aria-labelledby", "title");
  section.append(element("header", {}, title, refresh), warning, now, note, attempt, body, lookup, said);
  return { section, title, refresh, state, note, warning, verified, said, time, attempt, body, lookup, label, input, submit };
}

const EMPTY = {
  note: "", warning: "", verified: false, summary: "", rows: [], links: [], identifier: "", byHand: false, since: null,
  attempt: null, pending: false, nobody: false,
};

function unreadable(words) {
  return { ...EMPTY, tone: UNREADABLE[0], label: words[UNREADABLE[1]], note: words.unreadableNote };
}

/** Return what to show of a result, whatever it is; may throw only where reading a property throws. */
function read(result, words) {
  if (result === null) return { ...EMPTY, tone: NOTHING[0], label: words[NOTHING[1]] };
  const status = text(result.status);
  const found = status === "ok" && result.reason !== "no_data";
  const key = status === "ok" && !found ? "no_data" : status;
  const known = Object.hasOwn(STATES, key);
  const [tone, name] = known ? STATES[key] : UNREADABLE;
  // An unknown status may be a later release's; problem details have their sentence in `detail`.
  const sentence = text(result.message) || text(result.detail) || (known ? "" : words.unreadableNote);
  const mismatch = found && result.identity === "mismatch";
  const withheld = found && result.ai_context_withheld === true;
  const warned = mismatch || withheld;
  const cause = mismatch ? words.mismatch : words.notTied;
  const rows = found ? listOf(result.fields, MOST_ROWS, (field) => readRow(field, words)) : [];
  const summary = found ? text(result.summary) : "";
  return {
    tone: warned ? "trouble" : tone,
    label: words[name],
    note: found && !result.reason ? "" : sentence, // of facts that were found, rows and age say all
    warning: warned ? [cause, words.verify, withheld ? words.withheld : ""].join(" ").trim() : "",
    verified: found && result.identity === "match",
    summary: repeats(summary, rows) ? "" : summary,
    rows,
    links: found ? listOf(result.links, MOST_LINKS, readLink) : [],
    identifier: text(result.identifier),
    byHand: result.identified_by === "agent",
    since: dateOf(result.created_at),
    attempt: readAttempt(result.last_attempt),
    pending: status === "pending",
    nobody: NOBODY.has(key),
  };
}

function readAttempt(attempt) {
  if (typeof attempt !== "object" || attempt === null) return null;
  const message = text(attempt.message);
  return message && { at: dateOf(attempt.at), message };
}

function readRow(field, words) {
  const value = text(field.value);
  return value && { label: text(field.label) || words.value, value, type: text(field.type), raw: text(field.raw) };
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

/** Return a locale that Intl takes; English where the page names none that exists. */
function knownLocale(lang) {
  try {
    return Intl.getCanonicalLocales(lang)[0] ?? "en";
  } catch {
    return "en";
  }
}

function linkItem({ label, href, host }, words) {
  const item = element("li", {}, outgoing(href, filled(words.newTab, { label, host }), label));
  if (label !== host) item.append(element("span", { className: "host", ariaHidden: "true" }, host)); // its name has it
  return item;
}

/** Make a link that leaves the page to itself. */
function outgoing(href, name, shown) {
  const link = element("a", { href, target: "_blank", rel: "noopener noreferrer", ariaLabel: name });
  link.append(bdi(shown, "span"), icon("away"));
  return link;
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
