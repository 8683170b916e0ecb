"""``python -m tests.supply.sbom``: write what Intake is made of, in the format of CycloneDX."""

import argparse
import sys
import uuid
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from intake.config import ROOT
from tests.supply import commit, licences, pins
from tests.supply.commit import Commit
from tests.supply.pins import Pin

OUT = ROOT / "instance" / "sbom.json"  # git keeps nothing of it
PLACE = "intake:needed-where"  # the property that keeps a pin's marker


def main() -> int:
    """Write the list of what the commit is made of; return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.supply.sbom", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    of = commit.read(ROOT)
    pinned = pins.read(of.files["requirements.txt"].content.decode())
    out.write_text(made(pinned, of, distributions()), encoding="utf-8")
    sys.stdout.write(f"{len(pinned)} packages of commit {of.short} are listed in {out}\n")
    return 0


def made(pinned: Iterable[Pin], of: Commit, known: Iterable[Distribution]) -> str:
    """Return the list as JSON, valid as the format asks; the same for the same arguments.

    Args:
        pinned: What is pinned.
        of: The commit that pins it.
        known: Packages at hand, whose metadata tell licences and what needs what; nothing is said of others.

    Returns:
        The text of the file.

    Raises:
        ValueError: What was made is not valid.
    """
    packages: dict[tuple[str, str], Distribution] = {}
    packages |= {(canonicalize_name(one.metadata["Name"]), one.version): one for one in known}
    itself = Component(type=ComponentType.APPLICATION, name="intake", version=of.name, bom_ref="intake")
    bom = Bom(serial_number=uuid.uuid5(uuid.NAMESPACE_OID, of.name))
    bom.metadata.component, bom.metadata.timestamp = itself, of.time
    parts = {pin: _component(pin, packages.get((pin.name, pin.version))) for pin in pinned}
    for part in parts.values():
        bom.components.add(part)
    wanted: dict[str, set[str]] = {canonicalize_name(one.name): one.extras for one in map(Requirement, of.asks_for)}
    bom.register_dependency(itself, [part for pin, part in parts.items() if pin.name in wanted])
    for pin, part in parts.items():
        needs = _needs(packages.get((pin.name, pin.version)), wanted.get(pin.name, set()))
        bom.register_dependency(part, [other for one, other in parts.items() if one.name in needs and other != part])
    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        message = f"the list is not valid: {wrong}"
        raise ValueError(message)
    return text + "\n"


def _component(pin: Pin, package: Distribution | None) -> Component:
    place = PackageURL("pypi", None, pin.name, pin.version)
    expression = licences.of(package) if package else ""
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        bom_ref=str(place),
        purl=place,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in pin.hashes],
        licenses=[LicenseExpression(expression, acknowledgement=LicenseAcknowledgement.DECLARED)] if expression else (),
        properties=[Property(name=PLACE, value=str(pin.marker))] if pin.marker else (),
    )


def _needs(package: Distribution | None, extras: set[str]) -> set[str]:
    """Return the names of what a package needs here, with what the extras that are asked for need."""
    needed = list(map(Requirement, (package.requires if package else None) or ()))
    asked = [{"extra": extra} for extra in ["", *extras]]
    return {
        canonicalize_name(one.name)
        for one in needed
        if not one.marker or any(one.marker.evaluate(extra) for extra in asked)
    }


if __name__ == "__main__":
    sys.exit(main())
