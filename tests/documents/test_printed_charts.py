"""A chart on paper says what its table says, and nothing else."""

from __future__ import annotations

import io
import zipfile

import pypdf
from PIL import Image

from forms_app.documents import printed_charts
from forms_app.documents.printed_charts import bars, charts_of
from tests.documents.examples import FIGURES, NEEDS, NO_FIGURES, REASONS
from tests.documents.files import issued


def blue(png: bytes) -> list[int]:
    """How long each bar is, in dots, from the top."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    row = printed_charts._dots(printed_charts.ROW_MM)
    lines = [printed_charts._dots(1) + row * number + row // 2 for number in range(len(REASONS.rows))]
    return [sum(picture.getpixel((x, y)) == printed_charts.BAR for x in range(picture.width)) for y in lines]


def test_a_bar_is_as_long_as_its_number_and_there_is_none_where_it_is_not_shown() -> None:
    step_down, thresholds, sharing = blue(bars(REASONS).png)

    assert thresholds == 0
    assert abs(step_down / sharing - 12 / 31) < 0.01


def test_its_alternative_says_every_number() -> None:
    said = bars(REASONS).alternative
    assert said.endswith("Step-down from a plan: 12; Thresholds: Not shown; Information sharing: 31.")


def test_the_same_table_gives_the_same_bytes() -> None:
    again = REASONS.model_copy(update={"title": "Reasons again"})
    assert bars(again).png == bars(REASONS).png


def test_only_what_is_to_be_drawn_is() -> None:
    assert [chart is not None for chart in charts_of(FIGURES)] == [True, False]
    assert FIGURES.tables[1] is NEEDS
    assert charts_of(NO_FIGURES) == ()


def test_both_files_carry_it_with_its_alternative() -> None:
    made, chart = issued("plain", "annual_report"), bars(REASONS)
    with zipfile.ZipFile(io.BytesIO(made.docx)) as package:
        assert package.read("word/media/chart1.png") == chart.png
        body = package.read("word/document.xml").decode()
        assert f'descr="{chart.alternative}"' in body
        assert 'Id="chart1"' in package.read("word/_rels/document.xml.rels").decode()
        assert 'r:embed="chart1"' in body
    (picture,) = pypdf.PdfReader(io.BytesIO(made.pdf)).pages[0].images
    assert picture.image is not None
    assert picture.image.size == Image.open(io.BytesIO(chart.png)).size
    assert b"<img" not in made.page
