// A customer endpoint in Go: one secret token, two kinds of ID, nothing but reading.
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"
)

var token = os.Getenv("SUPPORT_CONTEXT_TOKEN")

type object map[string]any

// Stand in for your database: query it as a user who may only SELECT, with the id as a parameter and named columns.
var (
	accounts = map[string]object{
		"acct_12ab34cd": {"plan": "Pro", "status": "Active", "seats": 12, "monthly_revenue": 58800},
		"acct_a4c123b1": {"plan": "Starter", "status": "Active", "seats": 4, "monthly_revenue": 3600},
	}
	orders = map[string]object{
		"10451": {"item": "Trail helmet, size M", "amount": 17800, "fulfillment_status": "Delivered"},
		"10454": {"item": "Desk lamp, brass", "amount": 125800, "fulfillment_status": "Returned"},
	}
	accountID = regexp.MustCompile(`\Aacct_[0-9a-f]{8}\z`)
	orderID   = regexp.MustCompile(`\A[0-9]{5,10}\z`)
)

func main() {
	if len(token) < 16 {
		// An empty secret would let everybody in, so without one there is no endpoint.
		log.Fatal("Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more")
	}
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	// TLS ends in front of it, so nobody else need reach it.
	server := &http.Server{Addr: "127.0.0.1:" + port, Handler: http.HandlerFunc(serve), ReadTimeout: 10 * time.Second}
	log.Fatal(server.ListenAndServe())
}

func serve(w http.ResponseWriter, r *http.Request) {
	// Before anything else: who has no token learns nothing, not even which paths there are.
	if !isAuthorized(r.Header.Get("Authorization")) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		answer(w, http.StatusUnauthorized, object{"error": "unauthorized"})
		return
	}
	if r.URL.Path != "/support-context" {
		answer(w, http.StatusNotFound, object{"error": "not found"})
		return
	}
	switch r.Method {
	case http.MethodGet:
		answer(w, http.StatusOK, find(r.URL.Query().Get("id")))
	case http.MethodPost:
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 10_000))
		var body any
		if err != nil || json.Unmarshal(text, &body) != nil {
			answer(w, http.StatusBadRequest, object{"error": "the body must be JSON, and small"})
			return
		}
		fields, _ := body.(map[string]any) // a JSON body may hold a list, a number, null …
		id, _ := fields["id"].(string)
		answer(w, http.StatusOK, find(id))
	default:
		w.Header().Set("Allow", "GET, POST")
		answer(w, http.StatusMethodNotAllowed, object{"error": "method not allowed"})
	}
}

func isAuthorized(header string) bool {
	scheme, given, _ := strings.Cut(header, " ")
	// ConstantTimeCompare returns at once on unequal lengths: two digests are always as long.
	one, other := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(one[:], other[:]) == 1 && strings.EqualFold(scheme, "Bearer")
}

func answer(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // customer data belongs in no cache between here and there
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// find answers an unknown id with an empty object: anybody can write any id into an email, and that is no error.
func find(id string) object {
	switch {
	case accountID.MatchString(id):
		row, known := accounts[id]
		if !known {
			return object{}
		}
		return object{
			"type":            "account", // tells the two shapes apart
			"plan":            row["plan"],
			"status":          row["status"],
			"seats":           row["seats"],
			"monthly_revenue": dollars(row["monthly_revenue"].(int)),
			"links":           links("View account in admin", "accounts/"+id),
		}
	case orderID.MatchString(id):
		row, known := orders[id]
		if !known {
			return object{}
		}
		return object{
			"type":               "order",
			"item":               row["item"],
			"amount":             dollars(row["amount"].(int)),
			"fulfillment_status": row["fulfillment_status"],
			"links":              links("View order in admin", "orders/"+id),
		}
	}
	return object{}
}

func links(label, path string) []object {
	return []object{{"label": label, "url": "https://admin.example.com/" + path}}
}

func dollars(cents int) string {
	whole := fmt.Sprint(cents / 100)
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return fmt.Sprintf("$%s.%02d", whole, cents%100)
}
