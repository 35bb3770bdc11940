// Webhooks as the client reads them: signed by Node.js itself, and every forgery refused.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { readEvent, WebhookRefused } from "../src/index.js";

const [OLD, NEW, OTHER] = ["A", "B", "C"].map((letter) => `whsec_${letter.repeat(43)}=`) as [string, string, string];
const BODY = JSON.stringify({ type: "credits.low", timestamp: "2026-11-22T09:30:00Z", data: { project_id: "prj_1", percent: 80 } });
const NOW = new Date(1_764_000_000_000);

function signed(secrets: string[], { body = BODY, seconds = 0, id = "msg_1" } = {}): Record<string, string> {
  const at = String(NOW.getTime() / 1000 + seconds);
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(6), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${at}.${body}`).digest("base64")}`;
  });
  return { "Webhook-Id": id, "webhook-timestamp": at, "webhook-signature": signatures.join(" ") };
}

test("an event is read when it is signed, and typed by its type", async () => {
  const event = await readEvent(BODY, signed([NEW]), NEW, NOW);
  assert.equal(event.type, "credits.low");
  if (event.type === "credits.low") assert.equal(event.data.percent, 80);
  assert.deepEqual(await readEvent(new TextEncoder().encode(BODY), new Headers(signed([NEW])), [OTHER, NEW], NOW), event);
});

test("secrets may be rotated", async () => {
  assert.equal((await readEvent(BODY, signed([NEW, OLD]), OLD, NOW)).type, "credits.low");
  assert.equal((await readEvent(BODY, signed([OLD]), [NEW, OLD], NOW)).type, "credits.low");
});

const REFUSED: Array<[why: string, body: string, headers: Record<string, string>]> = [
  ["another secret", BODY, signed([OTHER])],
  ["another body", `${BODY} `, signed([NEW])],
  ["another id", BODY, { ...signed([NEW]), "Webhook-Id": "msg_2" }],
  ["an old copy", BODY, signed([NEW], { seconds: -301 })],
  ["of the future", BODY, signed([NEW], { seconds: 301 })],
  ["no time", BODY, { ...signed([NEW]), "webhook-timestamp": "now" }],
  ["no headers", BODY, {}],
  ["no signature", BODY, { ...signed([NEW]), "webhook-signature": "v1,é v1, v2,AAAA" }],
];

for (const [why, body, headers] of REFUSED) {
  test(`refused: ${why}`, async () => {
    await assert.rejects(readEvent(body, headers, NEW, NOW), WebhookRefused);
  });
}

test("a secret that is none is the caller's mistake and is not shown", async () => {
  await assert.rejects(readEvent(BODY, signed([NEW]), "whsec_canary!", NOW), (problem: Error) => !problem.message.includes("canary"));
});
