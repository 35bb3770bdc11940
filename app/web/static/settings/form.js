/** The configuration form: what is stored, what is typed over it, and what the service says of it. */

import { inWords } from "./door.js";
import { element, isolated, lately, mark, moment, the } from "./elements.js";
import { NAMES, NEEDED, PLAINER, STATES, listed, stateOf } from "./words.js";

/** What the form sends beside the token and the switch; a list is typed one item a line. */
const TYPED = [...the("configuration").querySelectorAll("[data-field]")]
  .map((field) => field.dataset.field)
  .filter((name) => !["bearer_token", "enabled"].includes(name));

/** Owns the form; emits `shown` and `edited`, and `problem` with what this form cannot explain. */
export class ConfigurationForm extends EventTarget {
  #api;
  #form = the("configuration");
  #stored = null;
  #etag = "";
  #theirs = null; // what somebody else saved in between
  #busy = false;
  #tested = ""; // the fingerprint of what a test was last good with
  #asked = false; // whether it was asked to turn on what is not tested

  constructor(api) {
    super();
    this.#api = api;
    this.#form.addEventListener("input", (event) => this.#edited(event.target.name));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    the("enabled").addEventListener("click", () => this.#flip());
    the("discard").addEventListener("click", () => this.#discard());
    the("conflict-reload").addEventListener("click", () => this.#reload());
    the("conflict-overwrite").addEventListener("click", () => this.#overwrite());
    the("untested-test").addEventListener("click", () => this.#testFirst());
    the("untested-on").addEventListener("click", () => this.#turnOnAnyway());
    // A browser asks before it leaves the page, in its own words.
    addEventListener("beforeunload", (event) => this.hasChanges && event.preventDefault());
  }

  /** Show what is stored, in place of what is typed. */
  show({ configuration, etag }) {
    this.#stored = configuration;
    this.#etag = etag;
    this.#theirs = null;
    for (const name of TYPED) this.#fill(name, configuration);
    this.#form.elements.bearer_token.value = "";
    the("enabled").ariaChecked = String(configuration.enabled);
    this.#showToken(configuration);
    this.complain([]);
    this.#askAboutConflict(false);
    the("untested").hidden = true;
    this.#sayState(configuration);
    this.#refresh();
    this.dispatchEvent(new CustomEvent("shown", { detail: configuration }));
  }

  /** What is typed and not saved, as the API takes it; the token only where one was typed. */
  get changes() {
    const now = { ...this.#typed(), enabled: the("enabled").ariaChecked === "true" };
    const changed = Object.entries(now).filter(([name, value]) => !same(value, this.#stored[name]));
    const token = this.#form.elements.bearer_token.value;
    return { ...Object.fromEntries(changed), ...(token ? { bearer_token: token } : {}) };
  }

  get hasChanges() {
    return this.#stored !== null && Object.keys(this.changes).length > 0;
  }

  /** What a look-up needs and is neither typed nor stored. */
  get missing() {
    const present = { ...this.#typed(), bearer_token: this.#hasToken() ? "yes" : "" };
    return NEEDED.filter((name) => !present[name].trim());
  }

  /** What a test runs with, as text to compare. */
  get fingerprint() {
    return JSON.stringify([this.#typed(), this.#form.elements.bearer_token.value]);
  }

  get stored() {
    return this.#stored;
  }

  /** The version of what is stored, which a save must bring. */
  get etag() {
    return this.#etag;
  }

  /** Note that a test was good with what this fingerprint stands for. */
  tested(fingerprint) {
    this.#tested = fingerprint;
  }

  /** Return what is typed into a field. */
  value(name) {
    return this.#form.elements[name].value;
  }

  has(name) {
    return this.#form.elements[name] !== undefined;
  }

  /** Type into fields for the owner; return what stood there. */
  put(values) {
    const before = Object.fromEntries(Object.keys(values).map((name) => [name, this.value(name)]));
    for (const [name, value] of Object.entries(values)) {
      this.#form.elements[name].value = value;
      this.#edited(name);
    }
    return before;
  }

  /** Show each complaint under its field, and return those that belong to no field here. */
  complain(errors) {
    const fields = [...this.#form.querySelectorAll("[data-field]")];
    for (const field of fields) mark(field, "");
    const others = errors.filter(({ loc, msg, type }) => {
      const field = fields.find((each) => loc.includes(each.dataset.field));
      if (field) mark(field, PLAINER[`${field.dataset.field} ${type}`] ?? msg);
      return !field;
    });
    this.#form.querySelector("[aria-invalid=true]")?.focus();
    return others;
  }

  #typed() {
    return Object.fromEntries(TYPED.map((name) => [name, this.#read(name)]));
  }

  #read(name) {
    const text = this.#form.elements[name].value;
    if (this.#form.elements[name].dataset?.list !== undefined) return text.split("\n").map((line) => line.trim()).filter(Boolean);
    return name === "match_path" ? text || null : text;
  }

  #fill(name, configuration) {
    const value = configuration[name] ?? "";
    this.#form.elements[name].value = Array.isArray(value) ? value.join("\n") : value;
  }

  #edited(name) {
    const field = this.#form.querySelector(`[data-field="${name}"]`);
    if (field) mark(field, "");
    this.#refresh();
    this.dispatchEvent(new Event("edited"));
  }

  #flip() {
    if (the("enabled").ariaDisabled === "true") return;
    the("enabled").ariaChecked = String(the("enabled").ariaChecked !== "true");
    this.#edited("enabled");
  }

  /** Say what is unsaved, and what the switch still needs; the service judges both when it is asked to save. */
  #refresh(said = "") {
    const changed = Object.keys(NAMES).filter((name) => name in this.changes);
    const isOn = the("enabled").ariaChecked === "true";
    const missing = isOn ? [] : this.missing;
    the("enabled").ariaDisabled = String(missing.length > 0);
    the("enabled-missing").textContent = missing.length ? `To turn it on, fill in: ${listed(missing)}.` : "";
    const { match_path: path, identity_policy: policy } = this.#typed();
    the("identity_policy-missing").textContent =
      policy === "require_match" && !path ? `No sender can match yet: fill in ${NAMES.match_path}.` : "";
    the("discard").hidden = changed.length === 0;
    the("save").disabled = changed.length === 0;
    this.#say(said || (changed.length ? `Not saved yet: ${listed(changed)}` : ""), changed.length ? "changed" : "done");
  }

  #hasToken() {
    return this.#stored.bearer_token_configured || this.#form.elements.bearer_token.value !== "";
  }

  #showToken({ bearer_token_configured: configured, bearer_token_updated_at: since }) {
    const state = the("token-state");
    state.textContent = configured ? `Configured ${moment(since)}` : "Not set";
    state.className = `pill ${configured ? "good" : ""}`;
    the("token-keep").hidden = !configured;
    this.#form.elements.bearer_token.placeholder = configured ? "••••••••••••••••" : "sk_support_context_…";
  }

  #sayState(configuration) {
    const { identifier_form: form } = configuration;
    const said = STATES[stateOf(configuration)];
    the("configuration-title").textContent = said.title;
    the("configuration-lead").textContent = said.lead;
    the("enabled-help").textContent = said.enabled;
    the("identifier-form").textContent = form ? `Read from these instructions, and held to: ${form}.` : "";
  }

  async #save(etag = this.#etag) {
    if (this.#busy || !this.hasChanges || this.#asksAboutTest()) return;
    this.#busy = true;
    the("save").ariaDisabled = "true";
    this.#say("Saving …");
    try {
      await this.saveChanges(this.changes, etag);
      this.#say(`Saved at ${lately(this.#stored.updated_at)}`, "done");
    } catch (problem) {
      await this.#refused(problem);
    } finally {
      this.#busy = false;
      the("save").ariaDisabled = "false";
    }
  }

  /** Save these changes and show what is stored then; raises a Problem. */
  async saveChanges(changes, etag = this.#etag) {
    const isTested = this.fingerprint === this.#tested;
    this.show(await this.#api.save(changes, etag));
    if (isTested) this.#tested = this.fingerprint; // the token is stored now, not typed
  }

  /** Ask once before what was not tested since its last change is turned on. */
  #asksAboutTest() {
    const turnsOn = the("enabled").ariaChecked === "true" && !this.#stored.enabled;
    if (!turnsOn || this.#asked || this.#tested === this.fingerprint || this.missing.length) return false;
    the("untested").hidden = false;
    the("untested-title").focus();
    return true;
  }

  #testFirst() {
    the("untested").hidden = true;
    this.dispatchEvent(new Event("test"));
  }

  #turnOnAnyway() {
    this.#asked = true;
    the("untested").hidden = true;
    the("save").focus();
    this.#save();
  }

  async #refused(problem) {
    if (problem.code === "precondition_failed") return this.#explainConflict();
    const others = this.complain(problem.errors ?? []);
    if (problem.status === 422) {
      const rest = others.map(({ msg }) => msg).join("; ");
      return this.#say(`Not saved: ${rest || "see the marked fields"}`, "wrong");
    }
    this.#say(`Not saved: ${inWords(problem)}`, "wrong");
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  async #explainConflict() {
    try {
      this.#theirs = await this.#api.configuration();
    } catch (problem) {
      return this.#refused(problem);
    }
    const { configuration } = this.#theirs;
    const theirs = Object.keys(NAMES).filter((name) => differs(configuration, this.#stored, name));
    const who = configuration.updated_by ? [isolated(configuration.updated_by), " saved "] : ["Somebody erased this "];
    const when = configuration.updated_at ? `at ${lately(configuration.updated_at)}. ` : "meanwhile. ";
    the("conflict-words").replaceChildren(
      element("span", {}, ...who, when, theirs.length ? `Changed: ${listed(theirs)}. ` : ""),
      "Reload theirs and lose what you typed, or overwrite theirs with what you changed " +
        `(${listed(Object.keys(this.changes))}) and keep the rest as they saved it.`,
    );
    this.#askAboutConflict(true);
    the("conflict-title").focus();
    return this.#say("Not saved: somebody else saved in between", "wrong");
  }

  #askAboutConflict(asking) {
    the("conflict").hidden = !asking;
    the("save").hidden = asking; // it would only be refused again
  }

  #reload() {
    this.show(this.#theirs);
    this.#say("Reloaded: this is what is stored now", "done");
    the("configuration-title").focus();
  }

  #overwrite() {
    const mine = this.changes;
    this.#stored = { ...this.#theirs.configuration, ...pick(this.#stored, Object.keys(mine)) };
    for (const name of TYPED) if (!(name in mine)) this.#fill(name, this.#theirs.configuration);
    if (!("enabled" in mine)) the("enabled").ariaChecked = String(this.#theirs.configuration.enabled);
    this.#etag = this.#theirs.etag; // a third person's save in between is noticed again
    this.#askAboutConflict(false);
    the("save").focus();
    this.#save();
  }

  #discard() {
    this.show({ configuration: this.#stored, etag: this.#etag });
    this.#say("Discarded: this is what is stored", "done");
    the("configuration-title").focus();
  }

  #say(text, kind = "") {
    the("saving").textContent = text;
    the("saving").dataset.kind = text ? kind : "";
  }
}

function differs(one, other, name) {
  const key = name === "bearer_token" ? "bearer_token_updated_at" : name;
  return !same(one[key], other[key]);
}

function same(one, other) {
  return JSON.stringify(one ?? null) === JSON.stringify(other ?? null);
}

function pick(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}
