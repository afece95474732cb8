"""What makes one file keep two standards: PDF/UA-1, for who reads it, and PDF/A-2a, for how long it can be read."""

from __future__ import annotations

import zlib
from functools import cache
from importlib.resources import files
from io import BytesIO

import pydyf  # type: ignore[import-untyped]
from weasyprint.css import ColorProfile
from weasyprint.document import Document, DocumentMetadata

# WeasyPrint knows PDF/A-2a, which asks for all the tags that PDF/UA-1 asks for, for fonts and for colours that anybody can show.
VARIANT = "pdf/a-2a"
COLOURS = "--srgb"
OPTIONS = {"pdf_variant": VARIANT, "output_intent": COLOURS}

# WeasyPrint writes that the file is PDF/A. That it is PDF/UA too has to be explained there, in words that PDF/A lays down.
ACCESSIBLE_TOO = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file keeps</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""


class Colours(ColorProfile):  # type: ignore[misc]  # WeasyPrint has no types
    """What red, green and blue mean, as it stands in the file: WeasyPrint writes it otherwise from the second document on."""

    content = (files("weasyprint.pdf") / "sRGB2014.icc").read_bytes()


@cache
def colours() -> dict[str, ColorProfile]:
    """WeasyPrint would open its own file again for every document, and leave it open."""
    profile = Colours(BytesIO(Colours.content), "sRGB2014.icc", "relative-colorimetric", (["r"], ["g"], ["b"]))
    return {COLOURS: profile}


class Identification(DocumentMetadata):  # type: ignore[misc]  # WeasyPrint has no types
    """Says of the file that it keeps both standards, uncompressed, where any archive can read it."""

    def include_in_pdf(self, pdf: object, variant: str, version: int, conformance: str, compress: bool) -> None:
        super().include_in_pdf(pdf, variant, version, conformance, compress=False)

    def generate_rdf_metadata(self, *which: object) -> bytes:
        rdf: bytes = super().generate_rdf_metadata(*which)
        return rdf.replace(b"</rdf:RDF>", ACCESSIBLE_TOO)


def name_headers(_: Document, pdf: pydyf.PDF) -> None:
    """Says of each header cell whether it is of its row or of its column, and lists all of them under their names.

    WeasyPrint tells each other cell the names of its headers, but leaves a reader to guess what stands under a name; and a row
    that fills a page alone, without room to repeat the head of its table, is told none: it gets those of the page before.
    """
    elements = {item.reference: item for item in pdf.objects if isinstance(item, pydyf.Dictionary) and "S" in item}
    names: dict[bytes, bytes] = {}
    columns: list[pydyf.String] = []
    for element in elements.values():
        if element["S"] == "/THead":
            columns = []
        elif element["S"] == "/TD" and not element["A"]["Headers"]:
            at = elements[element["P"]]["K"].index(element.reference)
            element["A"]["Headers"] += columns[at : at + 1]
        elif element["S"] == "/TH":
            rows = elements[elements[element["P"]]["P"]]
            element["A"]["Scope"] = "/Column" if rows["S"] == "/THead" else "/Row"
            names[element["ID"].data] = element.reference
            columns += [element["ID"]] if rows["S"] == "/THead" else []
    root = next(item for item in pdf.objects if item.reference == pdf.catalog["StructTreeRoot"])
    root["IDTree"] = pydyf.Dictionary({"Names": pydyf.Array(item for name in sorted(names.items()) for item in name)})


def part(stream: pydyf.Stream) -> bytes:
    """A part of the file with its length.

    One that happens to end in a carriage return when it is compressed stays as it is: the line feed that follows would make
    one end of line of both, and a strict reader counts one byte less than we say.
    """
    content = b"\n".join(item if isinstance(item, bytes) else pydyf._to_bytes(item) for item in stream.stream)
    extra = pydyf.Dictionary(stream.extra.copy())
    if stream.compress and not (compressed := zlib.compress(content)).endswith(b"\r"):
        content, extra["Filter"] = compressed, "/FlateDecode"
    extra["Length"] = len(content)
    return b"\n".join((extra.data, b"stream", content, b"endstream"))


def data(stream: pydyf.Stream) -> bytes:
    """The part, worked out once: it is asked for to be written, and again for the identifier of the file."""
    if not hasattr(stream, "part"):
        stream.part = part(stream)
    found: bytes = stream.part
    return found


pydyf.Stream.data = property(data)
