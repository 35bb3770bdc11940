/** "Use the sample endpoint": where the operator runs one, an owner sees a card before writing any code. */

import { fill } from "./assist.js";
import { the } from "../elements.js";

/** Offer the sample endpoint, if there is one, to whoever has no endpoint yet. */
export async function offerSample(api, form) {
  const sample = await api.sample().catch(() => null); // the page does without
  if (!sample) return;
  const offer = () => (the("sample").hidden = Boolean(form.stored.api_url));
  form.addEventListener("shown", offer);
  offer();
  the("sample-use").addEventListener("click", () => fill(form, the("sample-use"), sample));
}
