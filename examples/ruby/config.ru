# A customer endpoint in Ruby: one secret token, two kinds of ID, nothing but reading.

require "digest"
require "json"
require "openssl"
require "rack"
require "sqlite3"
require "uri"

TOKEN = ENV.fetch("SUPPORT_CONTEXT_TOKEN", "")
# An empty secret would let everybody in, so without one there is no endpoint.
abort "Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more" if TOKEN.length < 16

# Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
DB = SQLite3::Database.new(":memory:", results_as_hash: true)
DB.execute_batch(File.read(File.join(__dir__, "../customers.sql")))
DB.execute("PRAGMA query_only = ON")
LOCK = Mutex.new

class SupportContext
  HEADERS = { "Content-Type" => "application/json", "Cache-Control" => "no-store" } # in no cache on the way

  def call(env)
    status, body, headers = answer(Rack::Request.new(env))
    [status, HEADERS.merge(headers || {}), [JSON.generate(body)]]
  rescue StandardError => fault
    warn fault.class.name # the caller learns nothing about the inside
    [500, HEADERS, [JSON.generate(error: "internal error")]]
  end

  private

  def answer(request)
    # Before anything else: who has no token learns nothing, not even which paths there are.
    unless authorized?(request.get_header("HTTP_AUTHORIZATION"))
      return 401, { error: "unauthorized" }, { "WWW-Authenticate" => "Bearer" }
    end
    return 404, { error: "not found" } unless request.path == "/support-context"

    case request.request_method
    when "GET" then [200, find(query_of(request)["id"])]
    when "POST" then posted(request)
    else [405, { error: "method not allowed" }, { "Allow" => "GET, POST" }]
    end
  end

  def posted(request)
    text = request.body.read(10_001).to_s.force_encoding(Encoding::UTF_8)
    raise JSON::ParserError if text.bytesize > 10_000 || !text.valid_encoding?

    body = JSON.parse(text.gsub(/\\u[dD][89a-fA-F]\h\h/, '\ufffd')) # half a character is nobody's id
    [200, find(body.is_a?(Hash) ? body["id"] : nil)]
  rescue JSON::ParserError
    [400, { error: "the body must be JSON, and small" }]
  end

  def query_of(request)
    URI.decode_www_form(request.query_string).to_h
  rescue ArgumentError # a broken escape
    {}
  end

  def authorized?(header)
    given = header.to_s.b[/\ABearer (.+)\z/i, 1].to_s
    # A comparison of fixed length, of digests: it tells neither the token nor its length.
    OpenSSL.fixed_length_secure_compare(Digest::SHA256.digest(given), Digest::SHA256.digest(TOKEN))
  end

  # Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
  def find(id)
    return {} unless id.is_a?(String) && id.valid_encoding? # a JSON body may hold a list, a number, null …

    case id
    when /\Aacct_[0-9a-f]{8}\z/ then account(id)
    when /\A[0-9]{5,10}\z/ then order(id)
    else {}
    end
  end

  # The id is a parameter, never part of the statement; columns are named, so that a new one never leaks by itself.
  def account(id)
    row = row_of("SELECT plan, status, seats, monthly_revenue FROM accounts WHERE id = ?", id) or return {}
    {
      type: "account", # tells the two shapes apart
      plan: row["plan"],
      status: row["status"],
      seats: row["seats"],
      monthly_revenue: dollars(row["monthly_revenue"]),
      links: [{ label: "View account in admin", url: "https://admin.example.com/accounts/#{id}" }],
    }
  end

  def order(number)
    row = row_of("SELECT item, amount, fulfillment_status FROM orders WHERE number = ?", number) or return {}
    {
      type: "order",
      item: row["item"],
      amount: dollars(row["amount"]),
      fulfillment_status: row["fulfillment_status"],
      links: [{ label: "View order in admin", url: "https://admin.example.com/orders/#{number}" }],
    }
  end

  def row_of(query, id)
    LOCK.synchronize { DB.execute(query, [id]).first }
  end

  def dollars(cents)
    whole, rest = cents.divmod(100)
    format("$%s.%02d", whole.to_s.gsub(/(\d)(?=(\d{3})+$)/, '\1,'), rest)
  end
end

run SupportContext.new
