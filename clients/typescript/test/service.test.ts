// The client against a running service: what a helpdesk does with it, from the first project to the last erasure.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ContextError, CustomerContextClient, REASONS, type Event, type TicketInput } from "../src/index.js";

const { CC_URL = "", CC_TOKEN = "", CC_API_URL = "", CC_BEARER_TOKEN = "" } = process.env;
const service = new CustomerContextClient(CC_URL, { token: CC_TOKEN });

const EMAIL = { subject: "Seats", body: "Hello,\nAccount ID: acct_12ab34cd\nThanks" };
const TICKET: TicketInput = { project_id: "prj_ts", ...EMAIL, sender: "jane@example.com" };
const OWNER = { actorId: "u1" };
const CONFIGURATION = {
  api_url: CC_API_URL,
  bearer_token: CC_BEARER_TOKEN,
  identify_instructions: "The account ID is in the body after `Account ID:` and starts with acct_.",
  display_instructions: "Show Plan; Status (Active or Inactive); Seats; Monthly revenue.",
  enabled: true,
};

function refused(code: string, status: number | null) {
  return (problem: unknown) => problem instanceof ContextError && problem.code === code && problem.status === status;
}

async function first<T>(events: AsyncIterable<Event<T>>): Promise<Event<T>> {
  for await (const event of events) return event;
  throw new Error("no event came");
}

test("an owner's project is set up, tested and guarded", async () => {
  const project = await service.putProject("prj_ts", { plan: "business", owner_ids: ["u1"], monthly_ai_credits: 100 });
  assert.equal(project.credits_used_this_month, 0);
  await assert.rejects(service.getConfiguration("prj_ts", { actorId: "u2" }), refused("not_owner", 403));
  const empty = await service.getConfiguration("prj_ts", OWNER);

  const told: string[] = [];
  const sample = { ...EMAIL, config: CONFIGURATION };
  for await (const event of await service.tryConfigurationEvents("prj_ts", sample, OWNER)) told.push(event.name);
  assert.equal(told.at(-1), "result");
  const saved = await service.putConfiguration("prj_ts", CONFIGURATION, { ...OWNER, ifMatch: empty.etag });
  assert.equal(saved.body.bearer_token_configured, true);
  const late = service.patchConfiguration("prj_ts", { enabled: false }, { ...OWNER, ifMatch: empty.etag });
  await assert.rejects(late, refused("precondition_failed", 412));
  assert.equal((await service.tryConfiguration("prj_ts", EMAIL, OWNER)).trace.identifier_sent, "acct_12ab34cd");

  const made = await service.makeAccessToken("prj_ts", { label: "Jane", expires_in: 3_600 }, OWNER);
  const owner = new CustomerContextClient(CC_URL, { token: made.token });
  assert.equal((await owner.getConfiguration("prj_ts")).body.enabled, true);
  assert.equal((await service.listAccessTokens("prj_ts", OWNER)).access_tokens[0]?.label, "Jane");
  await service.revokeAccessToken("prj_ts", made.token_id, OWNER);
});

test("a ticket is enriched once, told of and erased", async () => {
  const found = await service.enrichTicket("t_ts_1", TICKET);
  assert.ok(found && found.status !== "pending");
  assert.deepEqual([found.status, found.reused, found.fields[0]?.value], ["ok", false, "Pro"]);
  assert.equal((await service.enrichTicket("t_ts_1", TICKET))?.reused, true);
  assert.equal(await service.enrichTicket("t_ts_2", { ...TICKET, is_spam: true }), null);
  assert.equal((await service.getActivity("prj_ts", { ...OWNER, days: 1 })).lookups, 1);

  const events = await service.getEvents({ projectId: "prj_ts" });
  assert.equal((await service.enrichTicket("t_ts_3", TICKET, { prefer: "respond-async" }))?.status, "pending");
  const event = await first(events);
  assert.deepEqual([event.name, event.data.ticket_id, event.data.status], ["completed", "t_ts_3", "ok"]);

  const batch = await service.enrichBatch({ tickets: [{ ticket_id: "t_ts_4", ...TICKET }] });
  assert.equal(batch.accepted, 1);
  assert.equal((await service.getResult("t_ts_4", { projectId: "prj_ts", wait: 20 })).status, "ok");
  const checked = await service.checkDraft("t_ts_4", { project_id: "prj_ts", draft: "You have 4711 seats." });
  assert.deepEqual(checked.findings.map(({ kind, text }) => [kind, text]), [["number", "4711"]]);
  assert.equal((await service.refreshTicket("t_ts_4", { project_id: "prj_ts" }))?.last_attempt, null);
  const byHand = { project_id: "prj_ts", identifier: "acct_12ab34cd" };
  assert.equal((await service.lookUpCustomer("t_ts_5", byHand, OWNER))?.identified_by, "agent");
  assert.equal((await service.listResults({ projectId: "prj_ts", status: "ok" })).tickets[0]?.ticket_id, "t_ts_5");
  await service.deleteResult("t_ts_5", { projectId: "prj_ts" });
  await service.deleteResult("t_ts_4", { projectId: "prj_ts" });
  await assert.rejects(service.getResult("t_ts_4", { projectId: "prj_ts" }), refused("result_not_found", 404));
  assert.equal((await service.eraseCustomer("prj_ts", "acct_12ab34cd", OWNER)).results_erased, 2);
  assert.equal((await service.getAudit("prj_ts", { ...OWNER, limit: 1 })).entries[0]?.action, "customer_erased");
  await service.deleteConfiguration("prj_ts", OWNER);
  await service.deleteProject("prj_ts");
});

test("the open routes answer", async () => {
  assert.deepEqual(await service.getHealth(), { status: "ok" });
  assert.equal((await service.getReadiness()).status, "ok");
  assert.match(await service.getMetrics(), /customer_context_/);
  assert.ok(REASONS.fetch_error.includes("timeout"));
});
