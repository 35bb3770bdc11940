// A customer endpoint in Java, on the JDK's own server and Gson: one secret token, two kinds of ID, nothing but reading.

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;

public final class SupportContext {
  private static final String TOKEN = System.getenv().getOrDefault("SUPPORT_CONTEXT_TOKEN", "");
  private static final int LARGEST_BODY = 10_000;
  private static final Pattern ACCOUNT = Pattern.compile("acct_[0-9a-f]{8}");
  private static final Pattern ORDER = Pattern.compile("[0-9]{5,10}");
  private static final Gson GSON = new Gson();

  private record Account(String plan, String status, int seats, long monthlyRevenue) {}

  private record Order(String item, long amount, String fulfillmentStatus) {}

  // Stand in for your database: query it as a user who may only SELECT, with the id as a parameter and named columns.
  private static final Map<String, Account> ACCOUNTS =
      Map.of("acct_12ab34cd", new Account("Pro", "Active", 12, 58800), "acct_a4c123b1", new Account("Starter", "Active", 4, 3600));
  private static final Map<String, Order> ORDERS =
      Map.of("10451", new Order("Trail helmet, size M", 17800, "Delivered"), "10454", new Order("Desk lamp, brass", 125800, "Returned"));

  public static void main(String[] arguments) throws IOException {
    if (TOKEN.length() < 16) {
      // An empty secret would let everybody in, so without one there is no endpoint.
      System.err.println("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more");
      System.exit(1);
    }
    int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "3000"));
    // TLS ends in front of it, so nobody else need reach it.
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
    server.setExecutor(Executors.newFixedThreadPool(8));
    server.createContext("/", SupportContext::serve);
    server.start();
  }

  private static void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      // Before anything else: who has no token learns nothing, not even which paths there are.
      if (!isAuthorized(exchange.getRequestHeaders().getFirst("Authorization"))) {
        exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
        answer(exchange, 401, Map.of("error", "unauthorized"));
      } else if (!exchange.getRequestURI().getPath().equals("/support-context")) {
        answer(exchange, 404, Map.of("error", "not found"));
      } else {
        switch (exchange.getRequestMethod()) {
          case "GET" -> answer(exchange, 200, find(queried(exchange.getRequestURI().getRawQuery())));
          case "POST" -> posted(exchange);
          default -> {
            exchange.getResponseHeaders().set("Allow", "GET, POST");
            answer(exchange, 405, Map.of("error", "method not allowed"));
          }
        }
      }
    }
  }

  private static void posted(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(LARGEST_BODY + 1);
    String id;
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
      if (body.length > LARGEST_BODY || text.isBlank()) throw new JsonParseException("too large, or empty");
      // The adapter reads strictly; JsonParser would take what is no JSON.
      JsonElement read = GSON.getAdapter(JsonElement.class).fromJson(text);
      JsonElement value = read.isJsonObject() ? read.getAsJsonObject().get("id") : null;
      id = value != null && value.isJsonPrimitive() && value.getAsJsonPrimitive().isString() ? value.getAsString() : "";
    } catch (JsonParseException | IOException | StackOverflowError fault) { // Gson has each of them for broken JSON
      exchange.getResponseHeaders().set("Connection", "close"); // the rest of a large body is not read
      answer(exchange, 400, Map.of("error", "the body must be JSON, and small"));
      return;
    }
    answer(exchange, 200, find(id));
  }

  private static String queried(String query) {
    for (String pair : (query == null ? "" : query).split("&")) {
      if (!pair.startsWith("id=")) continue;
      try {
        return URLDecoder.decode(pair.substring(3), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException broken) {
        return "";
      }
    }
    return "";
  }

  private static boolean isAuthorized(String header) {
    String[] parts = (header == null ? "" : header).split(" ", 2);
    String given = parts.length == 2 ? parts[1] : "";
    // Digests are always as long: the comparison tells neither the token nor its length.
    return MessageDigest.isEqual(sha256(given), sha256(TOKEN)) && parts[0].equalsIgnoreCase("Bearer");
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException never) {
      throw new IllegalStateException(never);
    }
  }

  private static void answer(HttpExchange exchange, int status, Map<String, ?> body) throws IOException {
    byte[] text = GSON.toJson(body).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.getResponseHeaders().set("Cache-Control", "no-store"); // in no cache between here and there
    exchange.sendResponseHeaders(status, text.length);
    exchange.getResponseBody().write(text);
  }

  // Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
  private static Map<String, ?> find(String id) {
    if (ACCOUNT.matcher(id).matches()) return account(id, ACCOUNTS.get(id));
    if (ORDER.matcher(id).matches()) return order(id, ORDERS.get(id));
    return Map.of();
  }

  private static Map<String, ?> account(String id, Account row) {
    if (row == null) return Map.of();
    return Map.of(
        "type", "account", // tells the two shapes apart
        "plan", row.plan(),
        "status", row.status(),
        "seats", row.seats(),
        "monthly_revenue", dollars(row.monthlyRevenue()),
        "links", links("View account in admin", "accounts/" + id));
  }

  private static Map<String, ?> order(String number, Order row) {
    if (row == null) return Map.of();
    return Map.of(
        "type", "order",
        "item", row.item(),
        "amount", dollars(row.amount()),
        "fulfillment_status", row.fulfillmentStatus(),
        "links", links("View order in admin", "orders/" + number));
  }

  private static List<Map<String, String>> links(String label, String path) {
    return List.of(Map.of("label", label, "url", "https://admin.example.com/" + path));
  }

  private static String dollars(long cents) {
    return String.format(Locale.US, "$%,d.%02d", cents / 100, cents % 100);
  }
}
