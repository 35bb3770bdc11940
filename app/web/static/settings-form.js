/** The configuration form: what is stored, what is typed over it, and what the service says of it. */

import { element, isolated, lately, moment, the } from "./settings-elements.js";

const TYPED = [
  "method",
  "api_url",
  "identifier_parameter",
  "identify_instructions",
  "display_instructions",
  "match_path",
  "identity_policy",
];

/** What the fields are called in sentences, in the guide's order. */
const NAMES = {
  method: "Method",
  api_url: "API URL",
  identifier_parameter: "Identifier parameter",
  bearer_token: "Bearer token",
  identify_instructions: "How to find the customer",
  display_instructions: "What to show",
  match_path: "Customer's address in the answer",
  identity_policy: "If the sender is not that customer",
  enabled: "On or off",
};

/** Plainer words for a complaint whose own words are a pattern. */
const PLAINER = {
  "identifier_parameter string_pattern_mismatch":
    "Begin with a letter or _, then letters, digits, and . _ - only; 64 characters at most.",
};

/** Owns the form; emits `shown` when what is stored was shown, and `problem` with what this form cannot explain. */
export class ConfigurationForm extends EventTarget {
  #api;
  #form = the("configuration");
  #stored = null;
  #etag = "";
  #theirs = null; // what somebody else saved in between
  #busy = false;

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
    for (const button of this.#form.querySelectorAll("[data-example]")) {
      button.addEventListener("click", () => this.#useExample(button));
    }
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
    this.#refresh();
    this.dispatchEvent(new CustomEvent("shown", { detail: configuration }));
  }

  /** What is typed and not saved, as the API takes it; the token only where one was typed. */
  get changes() {
    const now = { ...this.#typed(), enabled: the("enabled").ariaChecked === "true" };
    const changed = Object.entries(now).filter(([name, value]) => value !== this.#stored[name]);
    const token = this.#form.elements.bearer_token.value;
    return { ...Object.fromEntries(changed), ...(token ? { bearer_token: token } : {}) };
  }

  get hasChanges() {
    return this.#stored !== null && Object.keys(this.changes).length > 0;
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
    const typed = Object.fromEntries(TYPED.map((name) => [name, this.#form.elements[name].value]));
    return { ...typed, match_path: typed.match_path || null };
  }

  #fill(name, configuration) {
    this.#form.elements[name].value = configuration[name] ?? "";
  }

  #edited(name) {
    const field = this.#form.querySelector(`[data-field="${name}"]`);
    if (field) mark(field, "");
    this.#refresh();
  }

  #useExample(button) {
    const field = this.#form.elements[button.dataset.example];
    field.value = button.parentElement.querySelector("q").textContent.replace(/\s+/g, " ").trim();
    field.focus();
    this.#edited(field.name);
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
    const missing = isOn ? [] : this.#missing();
    the("enabled").ariaDisabled = String(missing.length > 0);
    the("enabled-missing").textContent = missing.length ? `To turn it on, fill in: ${listed(missing)}.` : "";
    const { match_path: path, identity_policy: policy } = this.#typed();
    the("identity_policy-missing").textContent =
      policy === "require_match" && !path ? `No sender can match yet: fill in ${NAMES.match_path}.` : "";
    the("discard").hidden = changed.length === 0;
    the("save").disabled = changed.length === 0;
    this.#say(said || (changed.length ? `Not saved yet: ${listed(changed)}` : ""), changed.length ? "changed" : "done");
  }

  #missing() {
    const present = { ...this.#typed(), bearer_token: this.#hasToken() ? "yes" : "" };
    const needed = ["api_url", "bearer_token", "identify_instructions", "display_instructions"];
    return needed.filter((name) => !present[name].trim());
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

  async #save(etag = this.#etag) {
    if (this.#busy || !this.hasChanges) return;
    this.#busy = true;
    the("save").ariaDisabled = "true";
    this.#say("Saving …");
    try {
      this.show(await this.#api.save(this.changes, etag));
      this.#say(`Saved at ${lately(this.#stored.updated_at)}`, "done");
    } catch (problem) {
      await this.#refused(problem);
    } finally {
      this.#busy = false;
      the("save").ariaDisabled = "false";
    }
  }

  async #refused(problem) {
    if (problem.code === "precondition_failed") return this.#explainConflict();
    const others = this.complain(problem.errors ?? []);
    if (problem.status === 422) {
      const rest = others.map(({ msg }) => msg).join("; ");
      return this.#say(`Not saved: ${rest || "see the marked fields"}`, "wrong");
    }
    this.#say(`Not saved: ${problem.title}. ${problem.detail ?? ""}`, "wrong");
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

/** Show or clear the error of a field; a field is an element around one control with `data-field`. */
export function mark(field, message) {
  const sentence = message.charAt(0).toUpperCase() + message.slice(1);
  const error = field.querySelector(".error");
  if (error.textContent !== sentence) error.textContent = sentence;
  field.toggleAttribute("data-wrong", Boolean(message));
  for (const control of field.querySelectorAll("input, textarea, [role=switch]")) {
    control.ariaInvalid = message ? "true" : null;
  }
}

function listed(names) {
  return names.map((name) => NAMES[name]).join(", ");
}

function differs(one, other, name) {
  const key = name === "bearer_token" ? "bearer_token_updated_at" : name;
  return one[key] !== other[key];
}

function pick(from, names) {
  return Object.fromEntries(names.filter((name) => name in from).map((name) => [name, from[name]]));
}
