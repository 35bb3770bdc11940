// A customer endpoint as a Next.js route handler: one secret token, two kinds of ID, nothing but reading.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import Database from "libsql"; // SQLite with the interface of better-sqlite3

// Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
const db = new Database(":memory:");
db.exec(readFileSync("../customers.sql", "utf8"));
db.pragma("query_only = ON");

// Next.js answers 405 to every verb that has no function here.
export async function GET(request) {
  // Before anything else: who has no token learns nothing.
  if (!isAuthorized(request)) return unauthorized();
  return answer(find(request.nextUrl.searchParams.get("id")));
}

export async function POST(request) {
  if (!isAuthorized(request)) return unauthorized();
  let body;
  try {
    body = await request.json();
  } catch {
    return answer({ error: "the body must be JSON" }, 400);
  }
  return answer(find(body?.id));
}

function answer(body, status = 200, headers = {}) {
  // Customer data belongs in no cache between here and there.
  return Response.json(body, { status, headers: { "Cache-Control": "no-store", ...headers } });
}

function unauthorized() {
  return answer({ error: "unauthorized" }, 401, { "WWW-Authenticate": "Bearer" });
}

function isAuthorized(request) {
  const token = process.env.SUPPORT_CONTEXT_TOKEN ?? "";
  const given = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? "";
  // timingSafeEqual throws on unequal lengths, and by that tells the length: two digests are always as long.
  const matches = timingSafeEqual(sha256(given), sha256(token));
  // An empty secret would let everybody in, so without one nobody is.
  return matches && token.length >= 16;
}

function sha256(text) {
  return createHash("sha256").update(text).digest();
}

// Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
function find(id) {
  if (typeof id !== "string") return {}; // a JSON body may hold a list, a number, null …
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
