// A customer endpoint in plain Node.js: one secret token, two kinds of ID, nothing but reading.

import { createHash, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import Database from "libsql"; // SQLite with the interface of better-sqlite3

const TOKEN = process.env.SUPPORT_CONTEXT_TOKEN ?? "";
const BODY_CHARACTERS = 10_000; // an id has 256 at most

if (TOKEN.length < 16) {
  // An empty secret would let everybody in, so without one there is no endpoint.
  console.error("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more");
  process.exit(1);
}

// Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
const db = new Database(":memory:");
db.exec(readFileSync(new URL("../customers.sql", import.meta.url), "utf8"));
db.pragma("query_only = ON");

createServer(async (request, response) => {
  try {
    const { status, body, headers } = await answer(request);
    // Customer data belongs in no cache between here and there.
    response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
    response.end(JSON.stringify(body));
  } catch (error) {
    console.error(error); // for your log; the caller learns nothing about the inside
    if (!response.headersSent) response.writeHead(500, { "Content-Type": "application/json" });
    response.end('{"error": "internal error"}');
  }
}).listen(Number(process.env.PORT ?? 3000), "127.0.0.1"); // TLS ends in front of it, so nobody else need reach it

async function answer(request) {
  // Before anything else: who has no token learns nothing, not even which paths there are.
  if (!isAuthorized(request.headers.authorization)) {
    return { status: 401, body: { error: "unauthorized" }, headers: { "WWW-Authenticate": "Bearer" } };
  }
  const [path, query] = request.url.split("?", 2);
  if (path !== "/support-context") return { status: 404, body: { error: "not found" } };
  if (request.method === "GET") return { status: 200, body: find(new URLSearchParams(query).get("id")) };
  if (request.method !== "POST") {
    return { status: 405, body: { error: "method not allowed" }, headers: { Allow: "GET, POST" } };
  }
  const sent = await json(request);
  if (sent === undefined) return { status: 400, body: { error: "the body must be JSON, and small" } };
  return { status: 200, body: find(sent?.id) };
}

function isAuthorized(header) {
  const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "";
  // timingSafeEqual throws on unequal lengths, and by that tells the length: two digests are always as long.
  return timingSafeEqual(sha256(given), sha256(TOKEN));
}

function sha256(text) {
  return createHash("sha256").update(text).digest();
}

async function json(request) {
  let text = "";
  request.setEncoding("utf8");
  // What goes beyond is read and dropped: leaving the loop would cut the connection, and the caller get no answer.
  for await (const part of request) if (text.length < BODY_CHARACTERS) text += part;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
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
