// A customer endpoint in Express: one secret token, two kinds of ID, nothing but reading.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import Database from "libsql"; // SQLite with the interface of better-sqlite3
import express from "express";

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

const app = express();
app.disable("x-powered-by"); // what runs here is nobody's business

// Before anything else, the body's parser too: who has no token learns nothing, not even which paths there are.
app.use((request, response, next) => {
  response.set("Cache-Control", "no-store"); // customer data belongs in no cache between here and there
  if (isAuthorized(request.get("Authorization"))) return next();
  response.status(401).set("WWW-Authenticate", "Bearer").json({ error: "unauthorized" });
});

app
  .route("/support-context")
  .get((request, response) => response.json(find(request.query.id)))
  .post(express.json({ limit: "10kb", strict: false, type: () => true }), (request, response) =>
    response.json(find(request.body?.id)),
  )
  .all((request, response) => response.status(405).set("Allow", "GET, POST").json({ error: "method not allowed" }));

app.use((request, response) => response.status(404).json({ error: "not found" }));

// Express knows an error handler by its four parameters. Its own one would show the stack trace.
app.use((error, request, response, next) => {
  if (response.headersSent) return next(error);
  if (error.status >= 400 && error.status < 500) {
    return response.status(400).json({ error: "the body must be JSON, and small" });
  }
  console.error(error); // for your log; the caller learns nothing about the inside
  response.status(500).json({ error: "internal error" });
});

// TLS ends in front of it, so nobody else need reach it.
app.listen(Number(process.env.PORT ?? 3000), "127.0.0.1");

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
