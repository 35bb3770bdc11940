-- Made-up customers and orders that all examples serve; amounts are cents.
-- The last column of each table is what support does not need, so no query of an example reads it.

CREATE TABLE accounts (
    id TEXT PRIMARY KEY,
    plan TEXT NOT NULL,
    status TEXT NOT NULL,
    seats INTEGER NOT NULL,
    monthly_revenue INTEGER NOT NULL,
    password_hash TEXT NOT NULL
);

CREATE TABLE orders (
    number TEXT PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id),
    item TEXT NOT NULL,
    amount INTEGER NOT NULL,
    fulfillment_status TEXT NOT NULL,
    street TEXT NOT NULL
);

INSERT INTO accounts VALUES
    ('acct_12ab34cd', 'Pro', 'Active', 12, 58800, '$2b$12$made.up.hash.of.nobodys.password.1'),
    ('acct_a4c123b1', 'Starter', 'Active', 4, 3600, '$2b$12$made.up.hash.of.nobodys.password.2'),
    ('acct_d1371c17', 'Pro', 'Inactive', 13, 0, '$2b$12$made.up.hash.of.nobodys.password.3'),
    ('acct_36b3216f', 'Team', 'Active', 16, 19200, '$2b$12$made.up.hash.of.nobodys.password.4');

INSERT INTO orders VALUES
    ('10451', 'acct_12ab34cd', 'Trail helmet, size M', 17800, 'Delivered', '28 Mill Road'),
    ('10452', 'acct_36b3216f', 'Ceramic pour-over set', 5400, 'Shipped', '42 Mill Road'),
    ('10453', 'acct_a4c123b1', 'Merino base layer', 7200, 'Packing', '27 Mill Road'),
    ('10454', 'acct_12ab34cd', 'Desk lamp, brass', 125800, 'Returned', '28 Mill Road');
