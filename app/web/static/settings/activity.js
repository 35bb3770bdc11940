/** The activity section: how the project's look-ups went, and what they cost, without a word of a customer's. */

import { chart } from "./chart.js";
import { inWords } from "./door.js";
import { duration, element, table, the } from "./elements.js";
import { STATUSES, STEPS } from "./words.js";

/** Owns the section; emits `problem` with what it cannot explain. */
export class ActivitySection extends EventTarget {
  #api;
  #isOn;
  #latest = 0;

  /** `isOn` tells whether tickets are looked up now. */
  constructor(api, isOn) {
    super();
    this.#api = api;
    this.#isOn = isOn;
    the("activity-days").addEventListener("change", () => this.load());
    the("activity-refresh").addEventListener("click", () => this.load());
  }

  /** Read the activity and show it; a later call overtakes an earlier one. */
  async load() {
    const turn = ++this.#latest;
    the("activity-content").ariaBusy = "true";
    try {
      const report = await this.#api.activity(the("activity-days").value);
      if (turn === this.#latest) this.#show(report);
    } catch (problem) {
      if (turn === this.#latest) this.#refused(problem);
    } finally {
      if (turn === this.#latest) the("activity-content").ariaBusy = "false";
    }
  }

  #show(report) {
    const shown = report.lookups === 0 ? [nothingYet(this.#isOn())] : [chart(report.per_day), tables(report)];
    the("activity-content").replaceChildren(...leftAlone(report.breaker), tiles(report), ...shown);
    the("activity-live").textContent = `${report.lookups.toLocaleString()} look-ups in ${report.per_day.length} days`;
  }

  #refused(problem) {
    const words = element("p", {}, inWords(problem));
    the("activity-content").replaceChildren(element("div", { className: "notice" }, words));
    the("activity-live").textContent = "The activity cannot be shown";
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }
}

function leftAlone({ state, failures, opened_at: since, next_probe_at: next }) {
  if (state === "closed") return [];
  const again =
    state === "half_open" ? "One look-up is trying it now." : `One look-up tries it ${new Date(next) > new Date() ? `after ${shortly(next)}` : "next"}.`;
  const words =
    `Your endpoint has failed ${failures} times in a row and is left alone since ${shortly(since)}: look-ups end at once, ` +
    `as circuit_open, and cost nothing. ${again} To end this at once, mend it and test the connection above.`;
  return [element("div", { className: "notice" }, element("p", {}, words))];
}

function tiles({ lookups, ok_share: share, per_day: days, ...credits }) {
  const allowance = credits.monthly_ai_credits;
  const used = credits.credits_used_this_month;
  const bar = element("progress", { max: Math.max(allowance, 1), value: used, ariaLabel: "Credits used this month" });
  return element(
    "dl",
    { className: "tiles" },
    tile("Look-ups", lookups.toLocaleString(), `in ${days.length} days`),
    share === null
      ? tile("Customer found", "–", "no look-ups yet")
      : tile("Customer found", percent(share), "of the look-ups"),
    tile(
      "AI credits this month",
      `${used.toLocaleString()} of ${allowance.toLocaleString()}`,
      bar,
      ` resets on ${day(credits.credits_reset_at)}`,
    ),
  );
}

function tile(name, value, ...notes) {
  return element(
    "div",
    {},
    element("dt", {}, name),
    element("dd", { className: "figure" }, value),
    element("dd", { className: "help" }, ...notes),
  );
}

function nothingYet(isOn) {
  const when = isOn ? "Every new ticket counts here" : "Once it is enabled, every new ticket counts here";
  return element("p", { className: "empty" }, `No look-ups in this period. ${when}; tests do not.`);
}

function tables({ steps, recent: ended }) {
  return element("div", { className: "columns tables" }, paces(steps), recent(ended));
}

function paces(steps) {
  const rows = Object.entries({ ...STEPS, total: "In all" }).map(([step, name]) => [
    name,
    duration(steps[step].p50_ms),
    duration(steps[step].p95_ms),
  ]);
  return element(
    "div",
    {},
    element("h3", {}, "How long it takes"),
    table("Duration of the steps", ["Step", "Half within (p50)", "95 % within (p95)"], rows, { className: "numbers" }),
  );
}

function recent(ended) {
  const rows = ended.map((each) => [
    shortly(each.ended_at),
    STATUSES[each.status] ?? each.status,
    each.reason ?? "–",
    duration(each.duration_ms),
  ]);
  const list = table("The last look-ups", ["Ended", "Status", "Reason", "Duration"], rows, { className: "recent" });
  return element(
    "div",
    {},
    element("h3", {}, `Last ${ended.length} look-up${ended.length === 1 ? "" : "s"}`),
    element("div", { className: "scroll", tabIndex: 0, role: "group", ariaLabel: "The last look-ups" }, list),
  );
}

function shortly(iso) {
  const parts = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
  return new Date(iso).toLocaleString(undefined, parts);
}

function percent(share) {
  // 99.96 % is not 100 %: a failure that is there must show.
  const whole = Math.round(share * 1000) / 10;
  return `${share < 1 && whole === 100 ? 99.9 : whole} %`;
}

function day(iso) {
  return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
}
