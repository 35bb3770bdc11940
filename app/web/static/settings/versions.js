/** The last versions of the settings: who saved what, how each differs, and a way back to it. */

import { difference } from "./difference.js";
import { inWords } from "./door.js";
import { element, isolated, moment, the } from "./elements.js";
import { NAMES, listed } from "./words.js";

/** Fields whose values are words of the page. */
const VALUES = {
  enabled: { true: "On", false: "Off" },
  identity_policy: { show: "Use the data, with a warning", require_match: "Keep it from reply drafts" },
};

/** Owns the fold; reads the list when it is opened; emits `problem` with what it cannot explain. */
export class VersionsPanel extends EventTarget {
  #api;
  #form;
  #versions = [];

  constructor(api, form) {
    super();
    this.#api = api;
    this.#form = form;
    the("versions").addEventListener("toggle", () => the("versions").open && this.#load());
    the("versions-form").addEventListener("change", () => this.#draw());
    form.addEventListener("shown", () => the("versions").open && this.#load());
  }

  async #load() {
    try {
      this.#versions = await this.#api.versions();
      this.#draw();
    } catch (problem) {
      this.#refused(problem);
    }
  }

  #draw() {
    const opened = new Set([...the("versions-list").querySelectorAll("details[open]")].map((it) => it.dataset.version));
    const items = this.#versions.map((each, index) => this.#item(each, index, opened));
    const nothing = element("p", { className: "empty" }, "Nothing was saved yet.");
    the("versions-list").replaceChildren(items.length ? element("ol", { className: "versions" }, ...items) : nothing);
  }

  #item(each, index, opened) {
    const { version, saved_at: at, saved_by: by, changed } = each;
    const names = Object.keys(NAMES).filter((name) => changed.includes(name));
    const what = names.length ? listed(names) : "no field; a new token, if anything";
    const now = index ? [] : [" ", element("span", { className: "pill good" }, "Stored now")];
    const details = element(
      "details",
      { open: opened.has(String(version)) },
      element("summary", {}, element("b", {}, moment(at)), " · ", isolated(by), ` changed ${what}`, ...now),
      ...this.#differences(each, index),
    );
    details.dataset.version = version;
    const restore = element("button", { type: "button", className: "small" }, "Restore",
      element("span", { className: "unseen" }, ` what was saved ${moment(at)}`));
    restore.addEventListener("click", () => this.#restore(version));
    return element("li", {}, details, ...(index ? [restore] : []));
  }

  /** Compare a version with the one before it or with what is stored now, as is chosen. */
  #differences({ configuration }, index) {
    const withNow = the("versions-form").elements.against.value === "now";
    const before = this.#versions[withNow ? 0 : index + 1]?.configuration ?? {};
    const differs = (name) => worded(name, before) !== worded(name, configuration);
    const names = Object.keys(NAMES).filter((name) => name in configuration && differs(name));
    if (!names.length) return [element("p", { className: "help" }, "No field differs.")];
    return [
      element(
        "dl",
        { className: "differences" },
        ...names.flatMap((name) => [
          element("dt", {}, NAMES[name]),
          element("dd", { dir: "auto" }, ...difference(worded(name, before), worded(name, configuration))),
        ]),
      ),
    ];
  }

  async #restore(version) {
    if (this.#form.hasChanges) return this.#say("Save or discard what you have typed first.", "wrong");
    const [{ version: before }] = this.#versions;
    try {
      this.#form.show(await this.#api.restore(version, this.#form.etag));
    } catch (problem) {
      return this.#refused(problem);
    }
    const undo = element("button", { type: "button", className: "small undo" }, "Undo");
    undo.addEventListener("click", () => this.#restore(before));
    this.#say("Restored, as a new version. The token, and whether it is on, have stayed as they were.", "done", undo);
    undo.focus();
  }

  #refused(problem) {
    const missing = (problem.errors ?? []).map(({ loc }) => loc.at(-1));
    const ours = {
      bearer_token_required:
        "Not restored: that version's API URL is on another host than the token was given for. Enter the URL and a token above.",
      incomplete_configuration: `Not restored: it is on, and that version has nothing in ${listed(missing)}. Turn it off first.`,
      precondition_failed: "Not restored: somebody else saved in between. Reload the page to see it.",
    };
    this.#say(ours[problem.code] ?? inWords(problem), "wrong");
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  #say(text, kind, ...more) {
    the("versions-said").replaceChildren(text, " ", ...more);
    the("versions-said").dataset.kind = kind;
  }
}

/** Write a field's value as the page shows it. */
function worded(name, configuration) {
  const value = configuration[name] ?? "";
  return VALUES[name]?.[value] ?? (Array.isArray(value) ? value.join("\n") : String(value));
}
