/** Starts the settings page: takes the token of the link, reads what is stored, and connects the parts of the page. */

import { ActivitySection } from "./activity.js";
import { Api } from "./api.js";
import { assist } from "./help/assist.js";
import { AuditPanel } from "./audit.js";
import { prepareBuild } from "./help/build.js";
import { CheckPanel } from "./check.js";
import { CLOSED, adopted, prepareDoor, showDoor } from "./door.js";
import { the } from "./elements.js";
import { ConfigurationForm } from "./form.js";
import { keepPart } from "./help/keep.js";
import { KeysPanel } from "./keys.js";
import { pickPart } from "./help/pick.js";
import { offerSample } from "./help/sample.js";
import { prepareToken } from "./help/token.js";
import { TrialPanel } from "./trial.js";
import { VersionsPanel } from "./versions.js";
import { stateOf } from "./words.js";

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
  const beside = (result, sample) => [...pickPart(form, result), ...keepPart(result, sample)];
  const trial = new TrialPanel(api, form, beside);
  const check = new CheckPanel(api, form);
  const versions = new VersionsPanel(api, form);
  const keys = new KeysPanel(api);
  const audit = new AuditPanel(api);
  const activity = new ActivitySection(api, () => form.stored.enabled);
  room = { project, api, activity };
  for (const part of [form, trial, check, activity, versions, keys, audit]) {
    part.addEventListener("problem", ({ detail }) => {
      if (CLOSED.has(detail.code)) showDoor(detail, () => open({ token: api.token, project }));
    });
  }
  form.addEventListener("shown", ({ detail }) => showState(detail));
  form.addEventListener("test", () => trial.run());
  assist(form);
  prepareBuild(form);
  prepareToken(form, trial);
  if (onlyReads(api.token)) showReading();
  else offerSample(api, form);
  trial.addEventListener("ran", ({ detail }) => {
    activity.load(); // it may have used a credit
    if (detail.status === "ok" && detail.reason !== "no_data") check.suggest(detail.identifier);
  });
  the("project").querySelector("bdi").textContent = project;
  the("project").hidden = false;
  the("room").hidden = false;
  form.show(stored);
  activity.load();
}

/** Tell whether an access token has the scope of reading; its first letters say so. */
function onlyReads(token) {
  return token.startsWith("ccr_");
}

/** Show what may be seen, and nothing to press that would be refused. */
function showReading() {
  the("reading").hidden = false;
  the("room").classList.add("reading");
  for (const control of the("configuration").elements) control.disabled = true;
}

function showState(configuration) {
  const state = stateOf(configuration);
  the("state").textContent = { on: "On", off: "Off", new: "Not set up yet" }[state];
  the("state").className = `pill ${state === "on" ? "good" : ""}`;
  the("state").hidden = false;
}

start();
