/** Code of a customer endpoint in six frameworks, to be copied with an owner's settings filled in. */

/** What each begins with on Node.js: the secret, the comparison in constant time, and the place for a database. */
const NODE = String.raw`import { createHash, timingSafeEqual } from "node:crypto";
$IMPORTS
const TOKEN = process.env.SUPPORT_CONTEXT_TOKEN ?? "";
if (TOKEN.length < 16) throw new Error("Set SUPPORT_CONTEXT_TOKEN");

const sha256 = (text) => createHash("sha256").update(text).digest();

function isAuthorized(header) {
  const given = /^Bearer (.+)$/i.exec(header ?? "")?.[1] ?? "";
  return timingSafeEqual(sha256(given), sha256(TOKEN));
}

// Put your look-up here: read only, the id as a parameter of the query, named columns. {} for an unknown id.
async function find(id) {
  const customers = {
    acct_12ab34cd: { type: "account", plan: "Pro", status: "Active", seats: 12, email: "jane@example.com" },
    10451: { type: "order", item: "Trail helmet", amount: "$89.00", fulfillment_status: "Shipped", email: "tom@example.com" },
  };
  return typeof id === "string" && Object.hasOwn(customers, id) ? customers[id] : {};
}
`;

const PYTHON = String.raw`import hashlib
import hmac
import os
$IMPORTS
TOKEN = os.environ.get("SUPPORT_CONTEXT_TOKEN", "")
if len(TOKEN) < 16:
    raise SystemExit("Set SUPPORT_CONTEXT_TOKEN")


def is_authorized(header):
    scheme, _, given = header.partition(" ")
    digests = (hashlib.sha256(each.encode("utf-8", "replace")).digest() for each in (given, TOKEN))
    return hmac.compare_digest(*digests) and scheme.lower() == "bearer"


# Put your look-up here: read only, the id as a parameter of the query, named columns. {} for an unknown id.
def find(id):
    customers = {
        "acct_12ab34cd": {
            "type": "account",
            "plan": "Pro",
            "status": "Active",
            "seats": 12,
            "email": "jane@example.com",
        },
        "10451": {
            "type": "order",
            "item": "Trail helmet",
            "amount": "$89.00",
            "fulfillment_status": "Shipped",
            "email": "tom@example.com",
        },
    }
    return customers.get(id, {}) if isinstance(id, str) else {}

`;

/** Per framework: the file, what it needs, what it imports, and its answer to GET and to POST. */
const FRAMEWORKS = {
  "Next.js": {
    file: "app/$FOLDER/route.js",
    needs: "a Next.js project with the App Router",
    language: NODE,
    imports: "",
    GET: String.raw`
export const dynamic = "force-dynamic";

export async function GET(request) {
  if (!isAuthorized(request.headers.get("authorization"))) return unauthorized();
  const id = new URL(request.url).searchParams.get("$PARAMETER");
  return Response.json(await find(id), { headers: { "Cache-Control": "no-store" } });
}
`,
    POST: String.raw`
export async function POST(request) {
  if (!isAuthorized(request.headers.get("authorization"))) return unauthorized();
  const body = await request.json().catch(() => undefined);
  if (body === undefined) return Response.json({ error: "the body must be JSON" }, { status: 400 });
  return Response.json(await find(body?.["$PARAMETER"]), { headers: { "Cache-Control": "no-store" } });
}
`,
    end: String.raw`
function unauthorized() {
  return Response.json({ error: "unauthorized" }, { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
}
`,
  },
  Express: {
    file: "server.mjs",
    needs: "npm install express",
    language: NODE,
    imports: `import express from "express";\n`,
    start: String.raw`
const app = express();
app.disable("x-powered-by");
app.use((request, response, next) => {
  response.set("Cache-Control", "no-store");
  if (isAuthorized(request.get("Authorization"))) return next();
  response.status(401).set("WWW-Authenticate", "Bearer").json({ error: "unauthorized" });
});
`,
    GET: String.raw`app.get("$PATH", async (request, response) => response.json(await find(request.query["$PARAMETER"])));
`,
    POST: String.raw`app.post("$PATH", express.json({ limit: "10kb", strict: false, type: () => true }), async (request, response) =>
  response.json(await find(request.body?.["$PARAMETER"])),
);
`,
    end: String.raw`app.all("$PATH", (request, response) => response.status(405).json({ error: "method not allowed" }));
app.use((error, request, response, next) => response.status(400).json({ error: "bad request" }));
app.listen(process.env.PORT ?? 3000);
`,
  },
  Fastify: {
    file: "server.mjs",
    needs: "npm install fastify",
    language: NODE,
    imports: `import Fastify from "fastify";\n`,
    start: String.raw`
const app = Fastify();
app.addHook("onRequest", async (request, reply) => {
  reply.header("Cache-Control", "no-store");
  if (isAuthorized(request.headers.authorization)) return;
  await reply.code(401).header("WWW-Authenticate", "Bearer").send({ error: "unauthorized" });
});
`,
    GET: String.raw`app.get("$PATH", (request) => find(request.query["$PARAMETER"]));
`,
    POST: String.raw`app.post("$PATH", (request) => find(request.body?.["$PARAMETER"]));
`,
    end: String.raw`app.setErrorHandler((error, request, reply) => reply.code(400).send({ error: "bad request" }));
await app.listen({ port: Number(process.env.PORT ?? 3000) });
`,
  },
  "node:http": {
    file: "server.mjs",
    needs: "nothing but Node.js 20",
    language: NODE,
    imports: `import { createServer } from "node:http";\n`,
    start: String.raw`
function answer(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store", ...headers });
  response.end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  const [path, query] = request.url.split("?", 2);
  if (!isAuthorized(request.headers.authorization)) {
    return answer(response, 401, { error: "unauthorized" }, { "WWW-Authenticate": "Bearer" });
  }
  if (path !== "$PATH") return answer(response, 404, { error: "not found" });
`,
    GET: String.raw`  const id = new URLSearchParams(query).get("$PARAMETER");
  if (request.method === "GET") return answer(response, 200, await find(id));
`,
    POST: String.raw`  if (request.method === "POST") {
    let text = "";
    for await (const part of request) if ((text += part).length > 10_000) return request.destroy();
    try {
      return answer(response, 200, await find(JSON.parse(text)?.["$PARAMETER"]));
    } catch {
      return answer(response, 400, { error: "the body must be JSON" });
    }
  }
`,
    end: String.raw`  answer(response, 405, { error: "method not allowed" });
});
server.listen(process.env.PORT ?? 3000);
`,
  },
  FastAPI: {
    file: "main.py",
    needs: "pip install fastapi uvicorn, then: uvicorn main:app --no-access-log",
    language: PYTHON,
    imports: "\nfrom fastapi import FastAPI, Request\nfrom fastapi.responses import JSONResponse\n",
    start: String.raw`
app = FastAPI(openapi_url=None)


@app.api_route("$PATH", methods=["$METHOD"])
async def support_context(request: Request):
    if not is_authorized(request.headers.get("authorization", "")):
        return JSONResponse({"error": "unauthorized"}, 401, {"WWW-Authenticate": "Bearer"})
`,
    GET: String.raw`    id = request.query_params.get("$PARAMETER")
`,
    POST: String.raw`    try:
        body = await request.json()
    except (ValueError, RecursionError):
        return JSONResponse({"error": "the body must be JSON"}, 400)
    id = body.get("$PARAMETER") if isinstance(body, dict) else None
`,
    end: String.raw`    return JSONResponse(find(id), headers={"Cache-Control": "no-store"})
`,
  },
  Django: {
    file: "views.py",
    needs: `path("$ROUTE", support_context) in urls.py, and DEBUG off`,
    language: PYTHON,
    imports: "import json\n\nfrom django.http import JsonResponse\nfrom django.views.decorators.csrf import csrf_exempt\n",
    start: String.raw`
@csrf_exempt
def support_context(request):
    if not is_authorized(request.headers.get("Authorization", "")):
        return JsonResponse({"error": "unauthorized"}, status=401, headers={"WWW-Authenticate": "Bearer"})
    if request.method != "$METHOD":
        return JsonResponse({"error": "method not allowed"}, status=405)
`,
    GET: String.raw`    id = request.GET.get("$PARAMETER")
`,
    POST: String.raw`    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return JsonResponse({"error": "the body must be JSON"}, status=400)
    id = body.get("$PARAMETER") if isinstance(body, dict) else None
`,
    end: String.raw`    return JsonResponse(find(id), headers={"Cache-Control": "no-store"})
`,
  },
};

export const NAMES = Object.keys(FRAMEWORKS);

/** Return the file's name, what it needs, and its text with the settings filled in. */
export function codeFor(name, { method, path, parameter }) {
  const framework = FRAMEWORKS[name];
  const values = {
    $IMPORTS: framework.imports,
    $PARAMETER: parameter,
    $PATH: path,
    $ROUTE: path.slice(1),
    $FOLDER: path.slice(1) || "support-context",
    $METHOD: method,
  };
  const filled = (text) => text.replace(/\$(IMPORTS|PARAMETER|PATH|ROUTE|FOLDER|METHOD)\b/g, (each) => values[each]);
  const text = [framework.language, framework.start ?? "", framework[method], framework.end].map(filled).join("");
  return { file: filled(framework.file), needs: filled(framework.needs), text: text.replace(/\n{4,}/g, "\n\n\n") };
}
