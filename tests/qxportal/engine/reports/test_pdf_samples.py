"""Reports of each kind are written for programs that check PDF files."""

import pytest
from pypdf import PdfReader

from tests.qxportal.engine.reports.pdf_samples import main, samples


@pytest.mark.thorough
def test_each_kind_is_written_as_a_tagged_pdf(tmp_path):
    main(tmp_path)

    assert {each.stem for each in tmp_path.iterdir()} == {name for name, _report in samples()}
    for each in tmp_path.iterdir():
        assert "/StructTreeRoot" in PdfReader(each).root_object
