// The client without a service: what is sent, tried again, refused, and never printed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";

import { ContextError, CustomerContextClient } from "../src/index.js";

const TOKEN = "canary-service-token-0123456789";
const TICKET = { project_id: "prj_1", body: "Hello" };
const LOST = new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
const UNSENT = new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });

type Answer = Error | [status: number, body?: unknown, headers?: Record<string, string>];

/** Return a client that is answered with what a test says, and what it asked. */
function scripted(...answers: Answer[]) {
  const asked: Array<{ url: string; init: RequestInit }> = [];
  const client = new CustomerContextClient("http://service/base/", {
    token: TOKEN,
    fetch: async (url, init = {}) => {
      asked.push({ url: String(url), init });
      const answer = answers.shift()!;
      if (answer instanceof Error) throw answer;
      const [status, body, headers = {}] = answer;
      return new Response(status === 204 ? null : typeof body === "string" ? body : JSON.stringify(body ?? {}), { status, headers });
    },
  });
  return { client, asked };
}

type Use = (client: CustomerContextClient) => Promise<unknown>;

const BUSY: Answer = [503, { code: "database_unavailable", title: "Away" }, { "Retry-After": "0" }];

const TRIES: Array<[why: string, use: Use, trouble: Answer, tries: number]> = [
  ["enriching is once per ticket", (c) => c.enrichTicket("t_1", TICKET), LOST, 2],
  ["the service asked to come back", (c) => c.enrichTicket("t_1", TICKET), BUSY, 2],
  ["a refresh would run twice", (c) => c.enrichTicket("t_1", TICKET, { refresh: true }), LOST, 1],
  ["what never left may be sent again", (c) => c.enrichTicket("t_1", TICKET, { refresh: true }), UNSENT, 2],
  ["a batch that refreshes", (c) => c.enrichBatch({ tickets: [{ ticket_id: "t_1", ...TICKET, refresh: true }] }), LOST, 1],
  ["reading", (c) => c.getProject("prj_1"), LOST, 2],
  ["a guarded change", (c) => c.putConfiguration("prj_1", {}, { ifMatch: '"1"' }), LOST, 1],
  ["a test costs a credit", (c) => c.tryConfiguration("prj_1", { body: "" }), LOST, 1],
  ["a fault stays one", (c) => c.getProject("prj_1"), [500], 1],
  ["a 503 that names no time", (c) => c.getProject("prj_1"), [503], 1],
  ["a 503 that asks for too long", (c) => c.getProject("prj_1"), [503, {}, { "Retry-After": "11" }], 1],
];

for (const [why, use, trouble, tries] of TRIES) {
  test(`only what is safe is tried again: ${why}`, async () => {
    const { client, asked } = scripted(trouble, [200]);
    await (tries === 1 ? assert.rejects(use(client), ContextError) : use(client));
    assert.equal(asked.length, tries);
  });
}

test("a refusal carries all that the service said", async () => {
  const errors = [{ loc: ["body", "api_url"], msg: "use an https:// URL", type: "url_refused" }];
  const problem = { code: "validation_error", title: "Not valid", detail: "Correct it.", errors, new: 1 };
  const { client } = scripted([422, problem, { "X-Request-Id": "r_1" }]);
  const message = "Not valid. Correct it. body.api_url: use an https:// URL (422 validation_error, request r_1)";
  const expected = { status: 422, code: "validation_error", requestId: "r_1", errors, message };
  await assert.rejects(client.putConfiguration("prj_1", {}), expected);
});

test("an answer that is none says so", async () => {
  await assert.rejects(scripted([502, "<html>"]).client.getProject("p"), { code: "http_502", status: 502 });
  await assert.rejects(scripted([200, "<html>"]).client.getProject("p"), { code: "unreadable_answer" });
  await assert.rejects(scripted(LOST, LOST, LOST).client.getProject("p"), { code: "no_connection", status: null });
});

test("an id that a path cannot hold is never sent", async () => {
  for (const id of ["..", ".", ""]) {
    const { client, asked } = scripted([200]);
    await assert.rejects(client.eraseCustomer("prj_1", id), TypeError);
    await assert.rejects(client.getProject(id), TypeError);
    assert.equal(asked.length, 0);
  }
});

test("an id stays one segment, and what was not given is left out", async () => {
  const { client, asked } = scripted([200], [200]);
  await client.getProject("../x?y=1#z");
  await client.enrichTicket("t_1", TICKET, { refresh: true });
  const expected = ["/projects/..%2Fx%3Fy%3D1%23z", "/tickets/t_1/enrich?refresh=true"];
  assert.deepEqual(asked.map(({ url }) => url), expected.map((path) => `http://service/base${path}`));
});

test("a call ends when its time is up, or when its caller says so", async () => {
  const never: typeof fetch = (_, init) =>
    new Promise((_, reject) => init!.signal!.addEventListener("abort", () => reject(init!.signal!.reason)));
  const client = new CustomerContextClient("http://service", { token: TOKEN, timeoutMs: 5, fetch: never });
  // Node's own timers of signals do not keep a process alive.
  const alive = setTimeout(() => undefined, 5_000);
  await assert.rejects(client.getProject("prj_1"), { code: "timeout" });
  const stopped = client.enrichTicket("t_1", TICKET, { signal: AbortSignal.timeout(5) });
  await assert.rejects(stopped, { code: "aborted" });
  clearTimeout(alive);
});

test("the token is sent and never shown", async () => {
  const { client, asked } = scripted([401, { code: "unauthorized", title: "No" }]);
  const problem = await client.getProject("prj_1").catch((each: unknown) => each);
  const shown = [inspect(client, { depth: 9, showHidden: true }), JSON.stringify(client), inspect(problem), String(client)];
  assert.deepEqual(shown.filter((text) => text.includes(TOKEN)), []);
  assert.equal(new Headers(asked[0]?.init.headers).get("Authorization"), `Bearer ${TOKEN}`);
  assert.throws(() => new CustomerContextClient("http://service", { token: "line\nend" }), /^TypeError: the token must be/);
  assert.throws(() => new CustomerContextClient("context.example.com", { token: TOKEN }), /baseUrl must be/);
});

test("events are read however they are cut, and a stream ends with the problem that the service tells", async () => {
  const told = 'retry: 2000\n: hello\n\nevent: step\ndata: {"name": "A\u2028B"}\n\nevent: problem\r\ndata: {"code": "x", "title": "Oh"}\r\n\r\n';
  const bytes = new TextEncoder().encode(told);
  const cut = new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 3) controller.enqueue(bytes.slice(at, at + 3));
      controller.close();
    },
  });
  const answer: typeof fetch = async () => new Response(cut);
  const client = new CustomerContextClient("http://service", { token: TOKEN, fetch: answer });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const event of await client.tryConfigurationEvents("prj_1", { body: "" })) seen.push(event);
  })();
  await assert.rejects(reading, { code: "x" });
  assert.deepEqual(seen, [{ name: "step", data: { name: "A\u2028B" } }]);
});
