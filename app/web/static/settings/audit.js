/** The audit trail of the project: who did what and when, page by page. */

import { inWords } from "./door.js";
import { element, isolated, moment, table, the } from "./elements.js";
import { NAMES } from "./words.js";

const ACTIONS = {
  project_saved: "Project changed",
  project_erased: "Project erased",
  configuration_saved: "Settings saved",
  configuration_erased: "Settings erased",
  configuration_tested: "Tested",
  access_token_made: "Access token made",
  access_token_revoked: "Access token revoked",
  ticket_erased: "Result of a ticket erased",
  customer_erased: "Results of a customer erased",
  results_erased: "Results erased",
  bearer_token_resealed: "Bearer token encrypted anew",
};

/** Owns the fold; reads the newest entries when it is opened; emits `problem` with what it cannot explain. */
export class AuditPanel extends EventTarget {
  #api;
  #entries = [];
  #cursor = null;

  constructor(api) {
    super();
    this.#api = api;
    the("audit").addEventListener("toggle", () => {
      if (!the("audit").open) return;
      this.#entries = [];
      this.#load(null);
    });
    the("audit-more").addEventListener("click", () => this.#load(this.#cursor));
  }

  async #load(cursor) {
    try {
      const page = await this.#api.audit(cursor);
      this.#entries.push(...page.entries);
      this.#cursor = page.next_cursor;
      this.#show();
    } catch (problem) {
      the("audit-said").textContent = inWords(problem);
      the("audit-said").dataset.kind = "wrong";
      this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
    }
  }

  #show() {
    const rows = this.#entries.map((entry) => [
      moment(entry.at),
      entry.actor ? isolated(entry.actor) : "your helpdesk",
      ACTIONS[entry.action] ?? entry.action.replaceAll("_", " "),
      detailOf(entry),
    ]);
    the("audit-list").replaceChildren(table("Audit trail", ["When", "Who", "What", "Of it"], rows));
    the("audit-more").hidden = !this.#cursor;
    the("audit-said").textContent = `${this.#entries.length} entries are shown`;
    the("audit-said").dataset.kind = "";
  }
}

function detailOf({ fields, subject, results_erased: erased }) {
  const parts = [
    ...(fields.length ? [fields.map((name) => NAMES[name] ?? name.replaceAll("_", " ")).join(", ")] : []),
    ...(subject ? [subject] : []),
    ...(erased === null ? [] : [`${erased} results`]),
  ];
  return isolated(parts.join(" · ") || "–");
}
