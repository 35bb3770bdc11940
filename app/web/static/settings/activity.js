/** The activity section: how the project's look-ups went, and what they cost, without a word of a customer's. */

import { chart } from "./chart.js";
import { inWords } from "./door.js";
import { duration, element, isolated, table, the } from "./elements.js";
import { STATUSES, STEPS } from "./words.js";

/** What happened to rows that the AI did not get right. */
const CHANGES = { repaired: "led to the right fact", renamed: "named after their fact", dropped: "left out" };

/** How many of the last look-ups are shown before somebody asks for all. */
const FIRST_SHOWN = 10;

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

function tiles({ lookups, ok_share: found, unknown_share: unknown, match_share: match, per_day: days, ...credits }) {
  const allowance = credits.monthly_ai_credits;
  const used = credits.credits_used_this_month;
  const bar = element("progress", { max: Math.max(allowance, 1), value: used, ariaLabel: "Credits used this month" });
  return element(
    "dl",
    { className: "tiles" },
    tile("Look-ups", lookups.toLocaleString(), `in ${days.length} days`),
    tile("Customer found", percent(found), "of the look-ups"),
    tile("Unknown customer", percent(unknown), "your endpoint knows nobody by the identifier"),
    tile("Sender matches", percent(match), "of those found: verified, and the address on file"),
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
  const list = element("div");
  const all = element("button", { type: "button", className: "small" });
  const filter = element("select", { id: "recent-filter" }, element("option", { value: "" }, "All"),
    ...Object.entries(STATUSES).map(([status, name]) => element("option", { value: status }, name)));
  const draw = (most) => {
    const some = ended.filter((each) => !filter.value || countedAs(each) === filter.value);
    const columns = ["Ticket", "Ended", "Status", "Reason", "Duration"];
    const rows = some.slice(0, most).map(recentRow);
    list.replaceChildren(
      rows.length
        ? table("The last look-ups", columns, rows, { className: "recent" })
        : element("p", { className: "empty" }, "None of the last look-ups ended so."),
    );
    all.textContent = `Show all ${some.length}`;
    all.hidden = rows.length === some.length;
  };
  filter.addEventListener("change", () => draw(FIRST_SHOWN));
  all.addEventListener("click", () => {
    draw(ended.length);
    list.querySelectorAll("tbody tr")[FIRST_SHOWN].querySelector("summary")?.focus(); // the button is gone
  });
  draw(FIRST_SHOWN);
  return element(
    "div",
    {},
    element("div", { className: "recent-head" },
      element("h3", {}, `Last ${ended.length} look-up${ended.length === 1 ? "" : "s"}`),
      element("label", {}, "Show ", filter)),
    stopped(ended),
    list,
    element("p", { className: "actions start" }, all),
  );
}

/** Say how many were stopped as one sender asked about too many customers, and what mends it where that is honest. */
function stopped(ended) {
  const count = ended.filter(({ reason }) => reason === "enumeration_limit").length;
  return element("p", { className: "help", hidden: !count },
    `Stopped: ${count}. Is this a contact form? Name it under “Senders that write for many customers”.`);
}

function recentRow(each) {
  const counted = countedAs(each);
  return [
    ticket(each),
    shortly(each.ended_at),
    STATUSES[counted] ?? counted,
    counted === each.status ? (each.reason ?? "–") : "–",
    duration(each.duration_ms),
  ];
}

/** An answer that knows nobody is no customer found. */
function countedAs({ status, reason }) {
  return reason === "no_data" ? reason : status;
}

/** Show which ticket it was; opened, how its steps went. */
function ticket({ ticket_id: id, steps }) {
  const name = isolated(id ?? "–");
  const ran = steps.filter(({ outcome }) => outcome !== "skipped");
  if (!ran.length) return name;
  return element("details", {}, element("summary", {}, name), element("ol", {}, ...ran.map(step)));
}

function step({ name, outcome, duration_ms: took, http_status: status, bytes, changes }) {
  const words = [
    `${STEPS[name] ?? name}: ${outcome === "ok" ? "done" : outcome}`,
    duration(took),
    ...(status === null ? [] : [`HTTP ${status}, ${(bytes ?? 0).toLocaleString()} bytes`]),
    ...changed(changes),
  ];
  return element("li", {}, isolated(words.join(" · ")));
}

/** Say how many rows were shown, and what was put right in them. */
function changed(changes) {
  const counts = [...(changes ?? "").matchAll(/(\d+) (\w+)/g)].filter(([, count, what]) => what === "rows" || count !== "0");
  return counts.map(([, count, what]) => (count === "1" && what === "rows" ? "1 row" : `${count} ${CHANGES[what] ?? what}`));
}

function shortly(iso) {
  const parts = { month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };
  return new Date(iso).toLocaleString(undefined, parts);
}

function percent(share) {
  if (share === null) return "–";
  // 99.96 % is not 100 %: a failure that is there must show.
  const whole = Math.round(share * 1000) / 10;
  return `${share < 1 && whole === 100 ? 99.9 : whole} %`;
}

function day(iso) {
  return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "long", timeZone: "UTC" });
}
