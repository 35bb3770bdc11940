/** Helps to fill the form in: examples and templates of instructions, which never take typed text away without a way back. */

import { element, the } from "../elements.js";

/** Pairs of instructions to begin with: how to identify the customer, what to show. */
export const TEMPLATES = {
  "SaaS account": [
    "If the body has an account ID that starts with `acct_`, use that.",
    "Show Plan, Status (Active or Inactive), Seats, and Monthly revenue.",
  ],
  "Shop order": [
    "If the subject or the body contains `Order #` followed by a number, use that order number.",
    "Show Item, Amount, and Fulfillment status.",
  ],
  "Account or order": [
    "If the body contains `Order #` followed by a number, use that order number. Otherwise, if the body has an `acct_` account ID, use that.",
    "If it's an account, show Plan and Status (Active or Inactive). If it's an order, show Item, Amount, and Fulfillment status.",
  ],
  "Sender's address": [
    "Use the sender's email address.",
    "Show Name, Plan, and Customer since.",
  ],
};

/** Connect the examples and offer the templates. */
export function assist(form) {
  for (const button of document.querySelectorAll("[data-example]")) {
    const text = button.parentElement.querySelector("q").textContent.replace(/\s+/g, " ").trim();
    button.addEventListener("click", () => fill(form, button, { [button.dataset.example]: text }));
  }
  for (const [name, [identify, display]] of Object.entries(TEMPLATES)) {
    const button = element("button", { type: "button", className: "small" }, name);
    const values = { identify_instructions: identify, display_instructions: display };
    button.addEventListener("click", () => fill(form, the("templates"), values));
    the("templates").append(button);
  }
}

/** Type values into the form; where they replace text, a button after `place` takes it back. */
export function fill(form, place, values) {
  const before = form.put(values);
  place.parentElement.querySelector(".undo")?.remove();
  the("configuration").querySelector(`[name="${Object.keys(values)[0]}"]`).focus();
  if (!Object.entries(before).some(([name, text]) => text && text !== form.value(name))) return;
  const undo = element("button", { type: "button", className: "small undo" }, "Undo");
  undo.addEventListener("click", () => {
    form.put(before);
    undo.remove();
    the("configuration").querySelector(`[name="${Object.keys(before)[0]}"]`).focus();
  });
  place.after(undo);
}
