"""The journal's tables, the same in SQLite and PostgreSQL. Rows are inserted and read, never
changed; they are deleted with their whole run alone. Views may be made again from the others.

`SCHEMA_VERSION` is the newest revision in `archive/store/migrations`; a newer one is refused.
"""

from __future__ import annotations

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from archive.store.columns import AnyText, ExactDouble, Whole

# 2: `ask`, `model_call`, `model_call_end`; 3: `message`; 4: views; 5: an index
SCHEMA_VERSION = 5
RUN_ID = 1  # of the one run in a database of its own; a database of many runs counts on


class Base(DeclarativeBase):
    """The tables' common root."""

    metadata = MetaData()
    type_annotation_map = {int: Whole}  # noqa: RUF012 - SQLAlchemy reads it from the class


class RunRow(Base):
    """How a run was started."""

    __tablename__ = "run"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    configuration: Mapped[str]  # JSON
    versions: Mapped[str]  # JSON
    started_at: Mapped[str]


class CandidateRow(Base):
    """A candidate's files, stored once however often it is proposed."""

    __tablename__ = "candidate"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(primary_key=True)
    normal_digest: Mapped[str]
    files: Mapped[bytes]  # compressed JSON {path: text}


class ProposalRow(Base):
    """Who proposed a candidate, and from which parents."""

    __tablename__ = "proposal"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "digest"], ["candidate.run_id", "candidate.digest"]),
    )

    run_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str] = mapped_column(index=True)
    parents: Mapped[str]  # JSON list of numbers
    proposer: Mapped[str]
    stream: Mapped[str]


class EvaluationRow(Base):
    """A finished evaluation; `id` is the order of arrival."""

    __tablename__ = "evaluation"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "digest"], ["candidate.run_id", "candidate.digest"]),
        UniqueConstraint("run_id", "digest", "split", "workload_set", "purpose", "repeat"),
        Index("ix_evaluation_sandbox", "run_id", "sandbox_level", "filter_sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int]
    digest: Mapped[str]
    split: Mapped[str]
    workload_set: Mapped[str]
    purpose: Mapped[str]
    repeat: Mapped[int]
    executor: Mapped[str]
    device: Mapped[str]
    sandbox_level: Mapped[str]
    filter_sha256: Mapped[str]
    failure_kind: Mapped[str | None]  # of a candidate that could not be scored at all
    details: Mapped[bytes]  # compressed JSON: failures, breakdown, traces
    cpu_s: Mapped[float] = mapped_column(ExactDouble)
    wall_s: Mapped[float] = mapped_column(ExactDouble)
    finished_at: Mapped[str]


class ValueRow(Base):
    """One objective's value on one workload."""

    __tablename__ = "value"
    __table_args__ = ({"sqlite_with_rowid": False},)

    evaluation_id: Mapped[int] = mapped_column(ForeignKey("evaluation.id"), primary_key=True)
    objective: Mapped[str] = mapped_column(primary_key=True)
    workload: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float] = mapped_column(ExactDouble, nullable=True)  # NULL is NaN


class CommitRow(Base):
    """A decision; `order` counts from 1."""

    __tablename__ = "commit"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "number"], ["proposal.run_id", "proposal.number"]),
        ForeignKeyConstraint(["run_id", "duplicate_of"], ["proposal.run_id", "proposal.number"]),
        UniqueConstraint("run_id", "number"),
    )

    run_id: Mapped[int] = mapped_column(primary_key=True)
    order: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    decision: Mapped[str]
    duplicate_of: Mapped[int | None]


class AskRow(Base):
    """What a proposal was made from, what was said of it, and why it is no candidate, if so."""

    __tablename__ = "ask"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "number"], ["proposal.run_id", "proposal.number"]),
    )

    run_id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen: Mapped[int]
    duplicate_of: Mapped[int | None]
    rejection: Mapped[str] = mapped_column(AnyText)
    idea: Mapped[str] = mapped_column(AnyText)


class CallRow(Base):
    """A call to a language model, written before it is sent; `id` counts the calls of the run."""

    __tablename__ = "model_call"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]  # of the proposal that it is made for
    turn: Mapped[int]
    seen: Mapped[int]
    request: Mapped[bytes]  # compressed JSON
    tokens: Mapped[int]  # with the next two: the most that it can come to
    usd: Mapped[str]  # decimal: dollars are never rounded
    unpriced_tokens: Mapped[int]
    at: Mapped[str]


class CallEndRow(Base):
    """What came of a call, durable before it is read; `order` is that of arrival."""

    __tablename__ = "model_call_end"
    __table_args__ = (
        ForeignKeyConstraint(["run_id", "id"], ["model_call.run_id", "model_call.id"]),
        UniqueConstraint("run_id", "id"),
    )

    order: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int]
    id: Mapped[int]
    state: Mapped[str]
    answer: Mapped[bytes]  # compressed JSON
    raw: Mapped[bytes]  # compressed
    tokens: Mapped[int]
    usd: Mapped[str]
    unpriced_tokens: Mapped[int]
    is_known: Mapped[bool]
    at: Mapped[str]


class OpeningRow(Base):
    """An opening of the sealed split."""

    __tablename__ = "opening"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    reason: Mapped[str]
    digests: Mapped[str]  # JSON list of the policies that were played
    at: Mapped[str]


class NoteRow(Base):
    """What a clock or a person said."""

    __tablename__ = "note"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    kind: Mapped[str]
    content: Mapped[str]  # JSON
    at: Mapped[str]


class MessageRow(Base):
    """What somebody beside the search says to the run."""

    __tablename__ = "message"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    kind: Mapped[str]
    content: Mapped[bytes]  # compressed JSON
    at: Mapped[str]


class ViewStamp(Base):
    """Up to which commit the run's views go."""

    __tablename__ = "view_stamp"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    order: Mapped[int]


class FailureView(Base):
    """A view: what failed entries failed of, each kind once."""

    __tablename__ = "view_failure"

    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(primary_key=True)
