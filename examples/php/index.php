<?php
// A customer endpoint in PHP: one secret token, two kinds of ID, nothing but reading.

declare(strict_types=1);

ini_set('display_errors', '0'); // errors belong in your log; the caller learns nothing about the inside
header_remove('X-Powered-By');
header('Content-Type: application/json');
header('Cache-Control: no-store'); // customer data belongs in no cache between here and there

$token = (string) getenv('SUPPORT_CONTEXT_TOKEN');
if (strlen($token) < 16) {
    // An empty secret would let everybody in, so without one there is no endpoint.
    error_log('Set SUPPORT_CONTEXT_TOKEN to a secret of 16 characters or more');
}

// Before anything else: who has no token learns nothing.
$given = preg_match('/^Bearer (.+)$/iD', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $found) ? $found[1] : '';
if (strlen($token) < 16 || !hash_equals(hash('sha256', $token), hash('sha256', $given))) {
    header('WWW-Authenticate: Bearer');
    answer(401, ['error' => 'unauthorized']);
}
if (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH) !== '/support-context') {
    answer(404, ['error' => 'not found']);
}
switch ($_SERVER['REQUEST_METHOD']) {
    case 'GET':
        answer(200, find($_GET['id'] ?? null));
    case 'POST':
        try {
            $body = json_decode((string) file_get_contents('php://input', false, null, 0, 10_000), true, 32, JSON_THROW_ON_ERROR);
        } catch (JsonException $fault) {
            if ($fault->getCode() !== JSON_ERROR_UTF16) { // half a character is JSON, and nobody's id
                answer(400, ['error' => 'the body must be JSON, and small']);
            }
            $body = null;
        }
        answer(200, find(is_array($body) ? ($body['id'] ?? null) : null));
    default:
        header('Allow: GET, POST');
        answer(405, ['error' => 'method not allowed']);
}

function answer(int $status, array $body): never
{
    http_response_code($status);
    exit(json_encode((object) $body, JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE));
}

// Anybody can write any id into an email. An unknown one is no error: the answer is an empty object.
function find(mixed $id): array
{
    if (!is_string($id)) { // ?id[]=a is a list here, and a JSON body may hold anything
        return [];
    }
    if (preg_match('/^acct_[0-9a-f]{8}$/D', $id)) {
        return account($id);
    }
    return preg_match('/^[0-9]{5,10}$/D', $id) ? order($id) : [];
}

// The id is a parameter, never part of the statement; columns are named, so that a new one never leaks by itself.
function account(string $id): array
{
    $row = row('SELECT plan, status, seats, monthly_revenue FROM accounts WHERE id = ?', $id);
    return $row === null ? [] : [
        'type' => 'account', // tells the two shapes apart
        'plan' => $row['plan'],
        'status' => $row['status'],
        'seats' => (int) $row['seats'],
        'monthly_revenue' => dollars((int) $row['monthly_revenue']),
        'links' => [['label' => 'View account in admin', 'url' => "https://admin.example.com/accounts/$id"]],
    ];
}

function order(string $number): array
{
    $row = row('SELECT item, amount, fulfillment_status FROM orders WHERE number = ?', $number);
    return $row === null ? [] : [
        'type' => 'order',
        'item' => $row['item'],
        'amount' => dollars((int) $row['amount']),
        'fulfillment_status' => $row['fulfillment_status'],
        'links' => [['label' => 'View order in admin', 'url' => "https://admin.example.com/orders/$number"]],
    ];
}

function row(string $query, string $id): ?array
{
    // Stands in for your database: connect there as a user who may only SELECT, and only what support needs.
    $db = new PDO('sqlite::memory:', null, null, [PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
    $db->exec((string) file_get_contents(__DIR__ . '/../customers.sql'));
    $db->exec('PRAGMA query_only = ON');
    $statement = $db->prepare($query);
    $statement->execute([$id]);
    return $statement->fetch() ?: null;
}

function dollars(int $cents): string
{
    return '$' . number_format($cents / 100, 2);
}
