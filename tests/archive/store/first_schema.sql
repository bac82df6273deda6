-- What the first version of adrs made of a new journal.
CREATE TABLE run (
    id INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    configuration VARCHAR NOT NULL,
    versions VARCHAR NOT NULL,
    started_at VARCHAR NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (name)
);

CREATE TABLE candidate (
    run_id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    normal_digest VARCHAR NOT NULL,
    files BLOB NOT NULL,
    PRIMARY KEY (run_id, digest),
    FOREIGN KEY(run_id) REFERENCES run (id)
);

CREATE TABLE call (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    model VARCHAR NOT NULL,
    request BLOB NOT NULL,
    reply BLOB,
    prompt_tokens INTEGER NOT NULL,
    reply_tokens INTEGER NOT NULL,
    usd BLOB NOT NULL,
    state VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);

CREATE TABLE opening (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    reason VARCHAR NOT NULL,
    digests VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);

CREATE TABLE note (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    content VARCHAR NOT NULL,
    at VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id) REFERENCES run (id)
);

CREATE TABLE proposal (
    run_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    parents VARCHAR NOT NULL,
    proposer VARCHAR NOT NULL,
    stream VARCHAR NOT NULL,
    PRIMARY KEY (run_id, number),
    FOREIGN KEY(run_id, digest) REFERENCES candidate (run_id, digest)
);

CREATE INDEX ix_proposal_digest ON proposal (digest);

CREATE TABLE evaluation (
    id INTEGER NOT NULL,
    run_id INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    split VARCHAR NOT NULL,
    workload_set VARCHAR NOT NULL,
    purpose VARCHAR NOT NULL,
    repeat INTEGER NOT NULL,
    executor VARCHAR NOT NULL,
    device VARCHAR NOT NULL,
    sandbox_level VARCHAR NOT NULL,
    filter_sha256 VARCHAR NOT NULL,
    failure_kind VARCHAR,
    details BLOB NOT NULL,
    cpu_s BLOB NOT NULL,
    wall_s BLOB NOT NULL,
    finished_at VARCHAR NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(run_id, digest) REFERENCES candidate (run_id, digest),
    UNIQUE (run_id, digest, split, workload_set, purpose, repeat)
);

CREATE TABLE value (
    evaluation_id INTEGER NOT NULL,
    objective VARCHAR NOT NULL,
    workload VARCHAR NOT NULL,
    value BLOB,
    PRIMARY KEY (evaluation_id, objective, workload),
    FOREIGN KEY(evaluation_id) REFERENCES evaluation (id)
)
 WITHOUT ROWID;

CREATE TABLE "commit" (
    run_id INTEGER NOT NULL,
    "order" INTEGER NOT NULL,
    number INTEGER NOT NULL,
    decision VARCHAR NOT NULL,
    duplicate_of INTEGER,
    PRIMARY KEY (run_id, "order"),
    FOREIGN KEY(run_id, number) REFERENCES proposal (run_id, number),
    FOREIGN KEY(run_id, duplicate_of) REFERENCES proposal (run_id, number),
    UNIQUE (run_id, number)
);

PRAGMA user_version = 1;
