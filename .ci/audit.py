"""Are there known vulnerabilities in what requirements.lock pins? `make audit`.

Asks pip-audit with PyPI's service, then with OSV's for what the first did not know. A known vulnerability is a
failure. A package that no service answered for is none, but it is told and never counted as audited: pip-audit by
itself ends well, saying "No known vulnerabilities found", when it could look up nothing at all.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"
SERVICES = ("pypi", "osv")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said: packages it knows with their vulnerabilities, those it does not, and why it failed."""

    service: str
    known: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unknown: Sequence[str] = ()
    failure: str | None = None

    @classmethod
    def of(cls, service: str, output: str, errors: str) -> Answer:
        """Read pip-audit's JSON; without any, its last words are the failure."""
        try:
            items: list[dict[str, Any]] = json.loads(output)["dependencies"]
        except (ValueError, KeyError):
            last = next((line for line in reversed(errors.splitlines()) if line.strip()), "it said nothing")
            return cls(service, failure=last.strip()[:300])
        known = {item["name"]: [_vulnerability(item, v) for v in item["vulns"]] for item in items if "vulns" in item}
        return cls(service, known, [item["name"] for item in items if "vulns" not in item])

    @property
    def complete(self) -> bool:
        return self.failure is None and not self.unknown


def _vulnerability(item: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    fixed = ", ".join(found["fix_versions"]) or "no version yet"
    return f"{item['name']} {item['version']}: {found['id']}, mended in {fixed}: {found['description'][:200]}"


def ask(service: str) -> Answer:
    """Have pip-audit look up every pin at a service."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), "--require-hashes", "--disable-pip"]
    command += ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off", "--timeout", "20"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        return Answer(service, failure="no answer within 300 s")
    return Answer.of(service, done.stdout, done.stderr)


def judge(answers: Sequence[Answer]) -> tuple[list[str], int]:
    """What to say about the answers, and the exit status: 1 for a known vulnerability."""
    lines = []
    for answer in answers:
        if answer.failure is not None:
            lines.append(f"{answer.service}: could not be asked: {answer.failure}")
        elif answer.unknown:
            lines.append(f"{answer.service}: did not know {len(answer.unknown)} packages")
    audited = {name for answer in answers for name in answer.known}
    left = {name for answer in answers for name in answer.unknown} - audited
    found = sorted({line for answer in answers for lines in answer.known.values() for line in lines})
    lines += [f"vulnerable: {line}" for line in found]
    if audited:
        lines.append(f"{len(audited)} packages audited, {len(found)} known vulnerabilities")
    if left or not audited:
        lines.append(f"NOT AUDITED: {', '.join(sorted(left)[:5]) + (', ...' if len(left) > 5 else '') or 'anything'}")
    return lines, int(bool(found))


def main() -> int:
    answers: list[Answer] = []
    for service in SERVICES:
        answers.append(ask(service))
        if answers[-1].complete:
            break
    lines, status = judge(answers)
    print("\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
