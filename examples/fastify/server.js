// A customer endpoint in Fastify: one secret token, two kinds of ID, nothing but reading.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import Fastify from "fastify";
import Database from "libsql"; // SQLite with the interface of better-sqlite3

const TOKEN = process.env.SUPPORT_CONTEXT_TOKEN ?? "";

if (TOKEN.length < 16) {
  // An empty secret would let everybody in, so without one there is no endpoint.
  console.error("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more");
  process.exit(1);
}

// Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
const db = new Database(":memory:");
db.exec(readFileSync(new URL("../customers.sql", import.meta.url), "utf8"));
db.pragma("query_only = ON");

const app = Fastify({ bodyLimit: 10_000 });

// onRequest comes before the body is read: who has no token learns nothing, not even that his JSON is broken.
app.addHook("onRequest", async (request, reply) => {
  reply.header("Cache-Control", "no-store"); // customer data belongs in no cache between here and there
  if (isAuthorized(request.headers.authorization)) return;
  return reply.code(401).header("WWW-Authenticate", "Bearer").send({ error: "unauthorized" });
});

app.all("/support-context", async (request, reply) => {
  if (request.method === "GET") return find(request.query.id);
  if (request.method === "POST") return find(request.body?.id);
  return reply.code(405).header("Allow", "GET, POST").send({ error: "method not allowed" });
});

app.setErrorHandler((error, request, reply) => {
  if (error.statusCode >= 400 && error.statusCode < 500) {
    return reply.code(400).send({ error: "the body must be JSON, and small" });
  }
  console.error(error); // for your log; Fastify's own answer would hold the error's message
  return reply.code(500).send({ error: "internal error" });
});

// TLS ends in front of it, so nobody else need reach it.
await app.listen({ port: Number(process.env.PORT ?? 3000), host: "127.0.0.1" });

function isAuthorized(header) {
  const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "";
  // timingSafeEqual throws on unequal lengths, and by that tells the length: two digests are always as long.
  return timingSafeEqual(sha256(given), sha256(TOKEN));
}

function sha256(text) {
  return createHash("sha256").update(text).digest();
}

// Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
function find(id) {
  if (typeof id !== "string") return {}; // ?id=a&id=b is a list here, and a JSON body may hold anything
  if (/^acct_[0-9a-f]{8}$/.test(id)) return account(id);
  if (/^[0-9]{5,10}$/.test(id)) return order(id);
  return {};
}

// The id is a parameter, never part of the statement; columns are named, so that a new one never leaks by itself.
function account(id) {
  const row = db.prepare("SELECT plan, status, seats, monthly_revenue FROM accounts WHERE id = ?").get(id);
  if (!row) return {};
  return {
    type: "account", // tells the two shapes apart
    plan: row.plan,
    status: row.status,
    seats: row.seats,
    monthly_revenue: dollars(row.monthly_revenue),
    links: [{ label: "View account in admin", url: `https://admin.example.com/accounts/${id}` }],
  };
}

function order(number) {
  const row = db.prepare("SELECT item, amount, fulfillment_status FROM orders WHERE number = ?").get(number);
  if (!row) return {};
  return {
    type: "order",
    item: row.item,
    amount: dollars(row.amount),
    fulfillment_status: row.fulfillment_status,
    links: [{ label: "View order in admin", url: `https://admin.example.com/orders/${number}` }],
  };
}

function dollars(cents) {
  return (cents / 100).toLocaleString("en-US", { style: "currency", currency: "USD" });
}
