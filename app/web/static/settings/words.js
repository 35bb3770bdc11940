/** The words of the settings page: what its fields, statuses and endings are called, each written once. */

/** What the fields are called in sentences, in the guide's order. */
export const NAMES = {
  method: "Method",
  api_url: "API URL",
  identifier_parameter: "Identifier parameter",
  bearer_token: "Bearer token",
  identify_instructions: "How to identify the customer",
  display_instructions: "What to show in the sidebar",
  match_path: "Customer's address in the answer",
  identity_policy: "If the sender is not that customer",
  relay_senders: "Senders that write for many customers",
  agent_only: "For agents only",
  enabled: "Enable customer context",
};

/** What the service needs before a look-up can run. */
export const NEEDED = ["api_url", "bearer_token", "identify_instructions", "display_instructions"];

/** Plainer words for a complaint whose own words are a pattern. */
export const PLAINER = {
  "identifier_parameter string_pattern_mismatch":
    "Begin with a letter or _, then letters, digits, and . _ - only; 64 characters at most.",
};

/** The statuses from the bottom of a bar to its top, and what they are called. */
export const STATUSES = {
  ok: "Found",
  no_data: "Unknown customer",
  no_identifier: "No identifier",
  fetch_error: "Endpoint failed",
  skipped_credits: "No credits",
  disabled: "Off",
};

/** The steps of a look-up. */
export const STEPS = {
  extract: "Find the identifier",
  fetch: "Ask your endpoint",
  summarize: "Summarize the answer",
};

/** How a test ended, for an owner: tone, headline, and what to do. A status speaks for its reasons without a line. */
export const ENDINGS = {
  ok: ["good", "It works", ""],
  mismatch: ["trouble", "Found, but the sender is somebody else", "Your endpoint's answer has another address for this customer."],
  no_data: [
    "quiet",
    "Your endpoint answered, but knows nobody by this identifier",
    "Is the identifier below one of your system's? If it is, does your endpoint read it from the identifier parameter?",
  ],
  summary_fallback: [
    "trouble",
    "Your endpoint answered, but the AI could not summarize it",
    "The rows are those whose names match the display instructions. Run the test again; if it stays, ask for fewer rows.",
  ],
  no_identifier: ["trouble", "No identifier, so your endpoint was not asked", "Change the email or the instructions."],
  not_found: [
    "trouble",
    "No identifier was found in this email",
    "Does the email hold one? Then say where it stands and what it looks like, with an example of it.",
  ],
  not_grounded: [
    "trouble",
    "What the AI read is not in this email",
    "Show the identifier's exact form in the instructions; it is never put together or completed.",
  ],
  not_sendable: [
    "trouble",
    "The identifier has characters that are never sent",
    "Only letters, digits and . _ @ : - are sent; without the others it would mean somebody else.",
  ],
  ai_unavailable: ["trouble", "The AI gave no answer", "Nothing of yours is wrong, and no credit was used. Try again later."],
  ai_misconfigured: [
    "trouble",
    "The AI refuses this service",
    "Nothing of yours is wrong: the people who run the service must correct its AI settings.",
  ],
  ai_refused: ["trouble", "The AI declined to read this email", "Try another email."],
  fetch_error: ["trouble", "Your endpoint gave no usable answer", "See the request and the answer below."],
  timeout: ["trouble", "Your endpoint took too long", "The whole answer must be there within 5 seconds: look for a missing index or a slow call."],
  dns_error: ["trouble", "The host name of the API URL is not known", "Check the API URL for a typo, and the host's DNS entry."],
  connect_error: ["trouble", "No connection to your endpoint", "Does your server run, and does its firewall let this service in?"],
  tls_error: [
    "trouble",
    "The certificate of your endpoint was refused",
    "Install a valid one for this host name, with its intermediate certificate.",
  ],
  blocked_address: ["trouble", "The host of the API URL is not public", "Use a host that the internet can reach."],
  http_status: [
    "trouble",
    "Your endpoint answered with an error",
    "401 or 403: the tokens differ. 404: an unknown identifier must be answered 200 with {}. 405: the method. 5xx: see your server's log.",
  ],
  redirect: ["trouble", "Your endpoint leads to another URL", "No redirect is followed: save the URL that it leads to."],
  not_json: [
    "trouble",
    "The answer is not declared as JSON",
    "Send Content-Type: application/json. If it is a page, a login or a proxy answers in your endpoint's place.",
  ],
  too_large: ["trouble", "The answer is larger than 64 KB", "Return only what support needs, such as the last ten orders."],
  invalid_json: ["trouble", "The answer is not valid JSON", "See the beginning of the body below."],
  not_object: ["trouble", "The answer is not a JSON object", "Answer {…}, and {} for an unknown customer."],
  protocol_error: [
    "trouble",
    "The answer breaks HTTP, or is compressed",
    "Switch compression off for this URL, and look at the proxy in front of your server.",
  ],
  skipped_credits: ["trouble", "No AI credits are left", "The month's allowance is used up; it starts anew on the 1st (UTC)."],
  disabled: ["trouble", "The test could not run", "Fill in the fields that are needed."],
  token_unreadable: ["trouble", "The stored token cannot be read any more", "Enter the bearer token again and save."],
};

/** Return the words for a result. */
export function endingOf({ status, reason, identity }) {
  if (status === "ok" && reason !== "no_data" && identity === "mismatch") return ENDINGS.mismatch;
  return ENDINGS[reason] ?? ENDINGS[status] ?? ["quiet", status, ""];
}

/** What each identity means for the owner. */
export const IDENTITIES = {
  match: ["Match", "The sender is verified, and is the customer's address on file."],
  mismatch: ["Mismatch", "Your endpoint's answer has another address for this customer."],
  unknown: ["Unknown", "Nothing ties the sender to this customer, and nothing speaks against it."],
};

/** Return whether look-ups are on, off, or were never set up. */
export function stateOf({ enabled, updated_at: saved }) {
  return enabled ? "on" : saved ? "off" : "new";
}

/** What depends on whether look-ups are on. */
export const STATES = {
  new: {
    title: "Set it up",
    lead: "For each new ticket we will find one identifier in the email, ask your endpoint about it, and show the answer to your agents.",
    enabled: "One AI credit per ticket. Test it first: the test works while this is off.",
  },
  off: {
    title: "Settings",
    lead: "It is off: no ticket is looked up. Everything here can be changed and tested meanwhile.",
    enabled: "One AI credit per ticket. Test it first: the test works while this is off.",
  },
  on: {
    title: "Settings",
    lead: "It is on: for each new ticket we find one identifier in the email, ask your endpoint about it, and show the answer to your agents.",
    enabled: "Each new ticket uses one AI credit. Turn it off to stop; what was looked up stays.",
  },
};

/** List fields by their names. */
export function listed(names) {
  return names.map((name) => NAMES[name] ?? name).join(", ");
}
