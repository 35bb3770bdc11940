/** Lets people in with the access token behind the #, and says in words why one does not open. */

import { copies, element, the } from "./elements.js";

const KEY = "customer-context-settings";

/** What people are told by problem code; whoever is told of `way` needs a new link. */
const WORDS = {
  nothing: {
    title: "Open this page with a link",
    words: "Open the settings in your helpdesk: its link is for one project, and ends by itself.",
    way: true,
  },
  no_project: {
    title: "Which project is it?",
    words: "This link brings an access token but not the project's name. Enter it below.",
    way: true,
  },
  unauthorized: {
    title: "This link does not open any more",
    words: "It has expired or was revoked. Open the settings in your helpdesk again, or ask for a new link.",
    way: true,
  },
  not_owner: {
    title: "Only owners may see this",
    words:
      "The person who made this link is not an owner of the project any more, so it shows nothing. " +
      "An owner can make a new one.",
    way: true,
  },
  out_of_scope: {
    title: "This link is for another project",
    words:
      "An access token opens the project that it was made for, and no other. Check the project, or ask for a new link.",
    way: true,
  },
  plan_required: {
    title: "Customer Context needs the Business plan",
    words:
      "The project is not on the Business plan, so its settings are closed. Nothing was deleted: " +
      "they open again with the plan.",
  },
};

/** The problems after which nothing on this page works. */
export const CLOSED = new Set(["unauthorized", "not_owner", "out_of_scope", "plan_required"]);

/** Say a problem in the page's own words where it has some: the API's are for developers. */
export function inWords({ code, title, detail }) {
  const known = WORDS[code];
  return known ? `${known.title}. ${known.words}` : `${title}. ${detail ?? ""}`;
}

let inMemory = null; // a page in a frame may be refused any storage

/** Take the token out of the address bar, and return what this tab knows: `{ token, project }`, either may be "". */
export function adopted() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (given.has("token")) {
    history.replaceState(null, "", location.pathname + location.search);
    keep({ token: given.get("token"), project: given.get("project") ?? "" });
  }
  return { token: "", project: "", ...kept() };
}

function keep(session) {
  inMemory = session;
  try {
    sessionStorage.setItem(KEY, JSON.stringify(session));
  } catch {
    // The page works until it is loaded again.
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? inMemory;
  } catch {
    return inMemory;
  }
}

/** Prepare the page that asks for a link; `onEntered` is called with what somebody enters by hand. */
export function prepareDoor(session, onEntered) {
  const form = the("door-form");
  form.elements.project.value = session.project;
  form.elements.token.value = session.token;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const entered = { project: form.elements.project.value.trim(), token: form.elements.token.value.trim() };
    keep(entered);
    onEntered(entered);
  });
  the("door-curl").textContent = request(session.project || "prj_1");
  copies(the("door-copy"), the("door-curl"));
}

/** Show why the page is closed; any other problem offers to try again. */
export function showDoor(problem, onAgain) {
  const known = WORDS[problem.code];
  const { title, words, way } = known ?? { title: problem.title, words: problem.detail };
  the("door-title").textContent = title;
  the("door-words").replaceChildren(element("span", {}, words));
  the("door-way").hidden = !way;
  the("door-again").hidden = Boolean(known && problem.code !== "plan_required");
  the("door-again").onclick = onAgain;
  the("door").hidden = false;
  the("door-title").focus();
}

/** Return the request that makes a link, as a line for a shell. */
function request(project) {
  const root = location.href.split(/[?#]/, 1)[0].replace(/settings$/, "");
  return [
    `curl -sS ${root}projects/${encodeURIComponent(project)}/access-tokens`,
    `-H "Authorization: Bearer $SERVICE_TOKEN"`,
    `-H "X-Actor-Id: $OWNER_ID"`,
    `-H "Content-Type: application/json"`,
    `-d '{"label": "Settings page", "expires_in": 3600}'`,
  ].join(" \\\n  ");
}
