/** Starts the settings page: takes the token of the link, reads what is stored, and connects the parts of the page. */

import { ActivitySection } from "./settings-activity.js";
import { Api } from "./settings-api.js";
import { CLOSED, adopted, prepareDoor, showDoor } from "./settings-door.js";
import { the } from "./settings-elements.js";
import { ConfigurationForm } from "./settings-form.js";
import { TrialPanel } from "./settings-trial.js";

let room = null; // what is open: `{ project, api, activity }`

function start() {
  const session = adopted();
  prepareDoor(session, open);
  // Another link in the same tab changes only what is behind the #.
  addEventListener("hashchange", () => location.hash.includes("token=") && enter(adopted()));
  return enter(session);
}

function enter(session) {
  if (!session.token) return showDoor({ code: "nothing" });
  if (!session.project) return showDoor({ code: "no_project" });
  return open(session);
}

async function open(session) {
  the("door").hidden = true;
  if (room) return reopen(session);
  the("loading").hidden = false;
  const api = new Api(session);
  try {
    furnish(api, session.project, await api.configuration());
  } catch (problem) {
    showDoor(problem, () => open(session));
  } finally {
    the("loading").hidden = true;
  }
}

/** Take a new token for the same project: what is typed stays. */
function reopen({ token, project }) {
  if (project !== room.project) return location.reload();
  room.api.token = token;
  return room.activity.load();
}

function furnish(api, project, stored) {
  const form = new ConfigurationForm(api);
  const trial = new TrialPanel(api, form);
  const activity = new ActivitySection(api);
  room = { project, api, activity };
  for (const part of [form, trial, activity]) {
    part.addEventListener("problem", ({ detail }) => {
      if (CLOSED.has(detail.code)) showDoor(detail, () => open({ token: api.token, project }));
    });
  }
  form.addEventListener("shown", ({ detail }) => showState(detail));
  trial.addEventListener("ran", () => activity.load()); // it has used a credit
  the("project").querySelector("bdi").textContent = project;
  the("project").hidden = false;
  the("room").hidden = false;
  form.show(stored);
  activity.load();
}

function showState({ enabled, updated_at: saved }) {
  the("state").textContent = enabled ? "On" : saved ? "Off" : "Not set up yet";
  the("state").className = `pill ${enabled ? "good" : ""}`;
  the("state").hidden = false;
}

start();
