/** "Use the sample endpoint": where the operator runs one, an owner sees a card before writing any code. */

import { TEMPLATES, fill } from "./assist.js";
import { the } from "../elements.js";

const [IDENTIFY, DISPLAY] = TEMPLATES["Account or order"]; // what its made-up customers have

/** Offer the sample endpoint, if there is one, to whoever has no endpoint yet. */
export async function offerSample(api, form) {
  const sample = await api.sample().catch(() => null); // the page does without
  if (!sample) return;
  const offer = () => (the("sample").hidden = Boolean(form.stored.api_url));
  form.addEventListener("shown", offer);
  offer();
  the("sample-use").addEventListener("click", () => {
    const isEmpty = !form.value("identify_instructions") && !form.value("display_instructions");
    const instructions = { identify_instructions: IDENTIFY, display_instructions: DISPLAY };
    fill(form, the("sample-use"), { ...sample, ...(isEmpty ? instructions : {}) });
  });
}
