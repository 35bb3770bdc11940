/** "How to build the endpoint": code to copy, with what is typed filled in, and what to do with it. */

import { copies, element, the } from "../elements.js";
import { NAMES, codeFor } from "./code.js";

const PLAIN_PATH = /^\/[A-Za-z0-9._~/-]*$/; // what can stand in any framework's route as it is
const PLAIN_PARAMETER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Prepare the fold; its code follows the form while it is open. */
export function prepareBuild(form) {
  const choice = the("build-framework");
  choice.append(...NAMES.map((name) => element("option", { value: name }, name)));
  const draw = () => show(choice.value, settingsOf(form));
  choice.addEventListener("change", draw);
  the("build").addEventListener("toggle", draw);
  the("configuration").addEventListener("input", () => the("build").open && draw());
  copies(the("build-copy"), the("build-code"));
}

function show(name, settings) {
  const { file, needs, text } = codeFor(name, settings);
  the("build-file").textContent = file;
  the("build-needs").textContent = needs;
  the("build-code").textContent = text;
}

function settingsOf(form) {
  const path = URL.canParse(form.value("api_url")) ? new URL(form.value("api_url")).pathname : "/";
  const parameter = form.value("identifier_parameter");
  return {
    method: form.value("method"),
    path: path !== "/" && PLAIN_PATH.test(path) ? path : "/support-context",
    parameter: PLAIN_PARAMETER.test(parameter) ? parameter : "id",
  };
}
