/** Makes bearer tokens, and rotates the stored one: a new one replaces it only after a test with it was answered. */

import { inWords } from "../door.js";
import { copies, element, the } from "../elements.js";

const TOKEN_BYTES = 32;

/** Connect "Generate a token" and "Rotate"; `trial` runs the test of a new one. */
export function prepareToken(form, trial) {
  const rotation = { token: "", busy: false };
  the("token-generate").addEventListener("click", () => {
    form.put({ bearer_token: newToken() });
    show(the("token-made"), form.value("bearer_token"));
  });
  the("token-rotate").addEventListener("click", () => {
    rotation.token = newToken();
    show(the("rotation-token"), rotation.token);
    say("");
    the("rotation").hidden = false;
    the("rotation-title").focus();
  });
  the("rotation-cancel").addEventListener("click", () => close(rotation));
  the("rotation-switch").addEventListener("click", () => rotate(form, trial, rotation));
  form.addEventListener("shown", ({ detail }) => {
    the("token-made").replaceChildren();
    the("token-rotate").hidden = !detail.bearer_token_configured;
    if (!detail.bearer_token_configured) close(rotation);
  });
}

/** Return a new secret: 256 random bits as base64url. */
function newToken() {
  const bytes = crypto.getRandomValues(new Uint8Array(TOKEN_BYTES));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function show(place, token) {
  const shown = element("code", {}, token);
  const button = copies(element("button", { type: "button", className: "small" }, "Copy"), shown);
  place.replaceChildren(shown, " ", button);
}

async function rotate(form, trial, rotation) {
  if (rotation.busy) return;
  rotation.busy = true;
  say("Testing with the new token …");
  try {
    const result = await trial.run({ bearer_token: rotation.token });
    if (!result) return say("The test did not run; the stored token stays. See the test panel.", "wrong");
    if (!isAnswered(result)) return say(refusalOf(result), "wrong");
    await form.saveChanges({ bearer_token: rotation.token });
    close(rotation);
    the("token-made").replaceChildren("Your endpoint took the new token, and it is stored. Remove the old one there.");
  } catch (problem) {
    say(`Not stored: ${inWords(problem)}`, "wrong");
  } finally {
    rotation.busy = false;
  }
}

/** A test that was answered with 2xx was let in, whatever it found. */
function isAnswered({ trace }) {
  return trace.response !== null && trace.response.http_status >= 200 && trace.response.http_status < 300;
}

function refusalOf({ trace }) {
  const status = trace.response?.http_status;
  if (status) return `Your endpoint answered HTTP ${status}, so the stored token stays. Deploy the new one, then try again.`;
  return "Your endpoint was not reached by the test, so the stored token stays. See the test panel.";
}

function close(rotation) {
  rotation.token = "";
  the("rotation").hidden = true;
  the("rotation-token").replaceChildren();
}

function say(text, kind = "") {
  the("rotation-said").textContent = text;
  the("rotation-said").dataset.kind = kind;
}
