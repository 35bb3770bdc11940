/** The access tokens of the project: lists and revokes them, and makes those that only read. */

import { inWords } from "./door.js";
import { copies, element, isolated, mark, moment, table, the } from "./elements.js";

const DAY_SECONDS = 86_400;

const SCOPES = { owner: "Everything here", read: "Reading" };

/** Owns the fold; reads the list when it is opened; emits `problem` with what it cannot explain. */
export class KeysPanel extends EventTarget {
  #api;

  constructor(api) {
    super();
    this.#api = api;
    the("keys").addEventListener("toggle", () => the("keys").open && this.#load());
    the("keys-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#make();
    });
  }

  async #load() {
    await this.#tried(async () => this.#show(await this.#api.tokens()));
  }

  #show(tokens) {
    const rows = tokens.map((token) => [
      isolated(token.label),
      SCOPES[token.scope] ?? token.scope,
      isolated(token.created_by),
      moment(token.expires_at),
      token.last_used_at ? moment(token.last_used_at) : "never",
      this.#revoking(token),
    ]);
    const columns = ["What it is for", "Opens", "Made by", "Expires", "Last used", "End it"];
    the("keys-list").replaceChildren(table("Access tokens", columns, rows));
  }

  #revoking({ token_id: id, label }) {
    const button = element("button", { type: "button", className: "small", ariaLabel: `Revoke ${label}` }, "Revoke");
    button.addEventListener("click", async () => {
      if (button.textContent === "Revoke") {
        button.textContent = "Really revoke"; // a second press, as nothing brings it back
        return;
      }
      await this.#tried(async () => {
        await this.#api.revokeToken(id);
        this.#say(`Revoked: ${label}`);
        await this.#load();
      });
    });
    return button;
  }

  async #make() {
    const label = the("keys-label").value.trim();
    const field = the("keys-form").querySelector("[data-field=label]");
    mark(field, label ? "" : "Say what it is for");
    if (!label) return the("keys-label").focus();
    await this.#tried(async () => {
      const made = await this.#api.makeToken(label, Number(the("keys-days").value) * DAY_SECONDS);
      const shown = element("code", {}, made.token);
      the("keys-made").replaceChildren(
        element("p", {}, "Copy it now, it is not shown again:"),
        element("p", {}, shown, " ", copies(element("button", { type: "button", className: "small" }, "Copy"), shown)),
      );
      the("keys-made").hidden = false;
      the("keys-label").value = "";
      this.#say("Made");
      await this.#load();
    });
  }

  async #tried(action) {
    try {
      await action();
    } catch (problem) {
      const ours = (problem.errors ?? []).find(({ loc }) => loc.includes("label"));
      if (ours) return mark(the("keys-form").querySelector("[data-field=label]"), ours.msg);
      this.#say(inWords(problem), "wrong");
      this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
    }
  }

  #say(text, kind = "") {
    the("keys-said").textContent = text;
    the("keys-said").dataset.kind = kind;
  }
}
