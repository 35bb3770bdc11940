// A customer endpoint in C#: one secret token, two kinds of ID, nothing but reading.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net;
using System.Runtime.Serialization.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using System.Web.Script.Serialization;
using System.Xml;
using System.Xml.Linq;

static class SupportContext
{
    const int LargestBody = 10000;
    static readonly string Token = Environment.GetEnvironmentVariable("SUPPORT_CONTEXT_TOKEN") ?? "";
    static readonly Dictionary<string, object> Nobody = new Dictionary<string, object>();

    // Stand in for your database: query it as a user who may only SELECT, with the id as a parameter and named columns.
    static readonly Dictionary<string, object[]> Accounts = new Dictionary<string, object[]> {
        { "acct_12ab34cd", new object[] { "Pro", "Active", 12, 58800 } },
        { "acct_a4c123b1", new object[] { "Starter", "Active", 4, 3600 } },
    };
    static readonly Dictionary<string, object[]> Orders = new Dictionary<string, object[]> {
        { "10451", new object[] { "Trail helmet, size M", 17800, "Delivered" } },
        { "10454", new object[] { "Desk lamp, brass", 125800, "Returned" } },
    };

    static int Main()
    {
        if (Token.Length < 16)
        {
            // An empty secret would let everybody in, so without one there is no endpoint.
            Console.Error.WriteLine("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more");
            return 1;
        }
        var listener = new HttpListener();
        // TLS ends in front of it, so nobody else need reach it.
        listener.Prefixes.Add("http://127.0.0.1:" + (Environment.GetEnvironmentVariable("PORT") ?? "3000") + "/");
        listener.Start();
        while (true)
        {
            var context = listener.GetContext();
            Task.Run(() => Serve(context));
        }
    }

    static void Serve(HttpListenerContext context)
    {
        try
        {
            Route(context.Request, context.Response);
        }
        catch (Exception fault)
        {
            Console.Error.WriteLine(fault.GetType().Name); // the caller learns nothing about the inside
            try { Answer(context.Response, 500, Error("internal error")); } catch (Exception) { context.Response.Abort(); }
        }
    }

    static void Route(HttpListenerRequest request, HttpListenerResponse response)
    {
        // Before anything else: who has no token learns nothing, not even which paths there are.
        if (!IsAuthorized(request.Headers["Authorization"]))
        {
            response.Headers["WWW-Authenticate"] = "Bearer";
            Answer(response, 401, Error("unauthorized"));
        }
        else if (request.Url.AbsolutePath != "/support-context") Answer(response, 404, Error("not found"));
        else if (request.HttpMethod == "GET") Answer(response, 200, Find(request.QueryString["id"]));
        else if (request.HttpMethod == "POST")
        {
            string id;
            if (TryRead(request.InputStream, out id)) Answer(response, 200, Find(id));
            else Answer(response, 400, Error("the body must be JSON, and small"));
        }
        else
        {
            response.Headers["Allow"] = "GET, POST";
            Answer(response, 405, Error("method not allowed"));
        }
    }

    static bool IsAuthorized(string header)
    {
        var parts = (header ?? "").Split(new[] { ' ' }, 2);
        byte[] given = Sha256(parts.Length == 2 ? parts[1] : ""), known = Sha256(Token);
        // Every byte of two digests is compared: the time tells neither the token nor its length.
        var difference = 0;
        for (var at = 0; at < known.Length; at++) difference |= given[at] ^ known[at];
        return difference == 0 && parts[0].Equals("Bearer", StringComparison.OrdinalIgnoreCase);
    }

    static byte[] Sha256(string text)
    {
        using (var hash = SHA256.Create()) return hash.ComputeHash(Encoding.UTF8.GetBytes(text));
    }

    // Reads the id out of a JSON body; false where the body is none.
    static bool TryRead(Stream stream, out string id)
    {
        id = "";
        var body = new byte[LargestBody + 1];
        int length = 0, read;
        while (length < body.Length && (read = stream.Read(body, length, body.Length - length)) > 0) length += read;
        if (length == 0 || length > LargestBody) return false;
        try
        {
            new UTF8Encoding(false, true).GetCharCount(body, 0, length);
            var quotas = new XmlDictionaryReaderQuotas { MaxDepth = 32 };
            using (var reader = JsonReaderWriterFactory.CreateJsonReader(body, 0, length, Encoding.UTF8, quotas, null))
            {
                var root = XElement.Load(reader); // .NET reads JSON as XML: <root type="object"><id type="string">…
                var value = (string)root.Attribute("type") == "object" ? root.Element("id") : null;
                id = value != null && (string)value.Attribute("type") == "string" ? value.Value : null;
            }
            return true;
        }
        catch (Exception) // each kind of broken JSON has an exception of its own
        {
            return false;
        }
    }

    // Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
    static Dictionary<string, object> Find(string id)
    {
        object[] row;
        if (id == null) return Nobody;
        if (Regex.IsMatch(id, @"\Aacct_[0-9a-f]{8}\z") && Accounts.TryGetValue(id, out row))
            return new Dictionary<string, object> {
                { "type", "account" }, // tells the two shapes apart
                { "plan", row[0] },
                { "status", row[1] },
                { "seats", row[2] },
                { "monthly_revenue", Dollars((int)row[3]) },
                { "links", Links("View account in admin", "accounts/" + id) },
            };
        if (Regex.IsMatch(id, @"\A[0-9]{5,10}\z") && Orders.TryGetValue(id, out row))
            return new Dictionary<string, object> {
                { "type", "order" },
                { "item", row[0] },
                { "amount", Dollars((int)row[1]) },
                { "fulfillment_status", row[2] },
                { "links", Links("View order in admin", "orders/" + id) },
            };
        return Nobody;
    }

    static object Links(string label, string path)
    {
        return new[] { new Dictionary<string, string> { { "label", label }, { "url", "https://admin.example.com/" + path } } };
    }

    static Dictionary<string, object> Error(string what)
    {
        return new Dictionary<string, object> { { "error", what } };
    }

    static string Dollars(int cents)
    {
        return "$" + (cents / 100m).ToString("N2", CultureInfo.InvariantCulture);
    }

    static void Answer(HttpListenerResponse response, int status, object body)
    {
        var text = Encoding.UTF8.GetBytes(new JavaScriptSerializer().Serialize(body));
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.Headers["Cache-Control"] = "no-store"; // customer data belongs in no cache between here and there
        response.ContentLength64 = text.Length;
        response.OutputStream.Write(text, 0, text.Length);
        response.Close();
    }
}
