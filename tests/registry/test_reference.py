"""How a person names a model version."""

import pytest

from gate.errors import CandidateError
from gate.registry.reference import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "name", "version", "alias"),
    [
        ("models:/mortgage/3", "mortgage", "3", None),
        ("mortgage/3", "mortgage", "3", None),
        ("mortgage@champion", "mortgage", None, "champion"),
        ("models:/mortgage@champion", "mortgage", None, "champion"),
        ("mortgage approval/12", "mortgage approval", "12", None),
        ("team.credit_v2/1", "team.credit_v2", "1", None),
        ("a@b@candidate", "a@b", None, "candidate"),
    ],
)
def test_a_version_or_an_alias_is_named(text: str, name: str, version: str | None, alias: str | None) -> None:
    """These are the forms that the help text promises."""
    assert parse_reference(text) == Reference(name=name, version=version, alias=alias)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not name one version"),
        ("mortgage", "does not name one version"),
        ("models:/mortgage", "does not name one version"),
        ("models:/mortgage/", "does not name one version"),
        ("models:/mortgage/Production", "does not name one version"),
        ("mortgage/latest", "does not name one version"),
        ("mortgage@latest", "moves while it is being checked"),
        ("mortgage/0", "does not name one version"),
        ("mortgage/-1", "does not name one version"),
        ("mortgage/3/4", "does not name one version"),
        ("mortgage/3@champion", "does not name one version"),
        ("mortgage/３", "does not name one version"),
        ("mortgage/3\n", "does not name one version"),
        ("mortgage@a b", "does not name one version"),
        ("models://mortgage/3", "not other addresses"),
        ("models:/m-0123456789abcdef", "does not name one version"),
        ("runs:/0123/model", "not other addresses"),
        ("http://169.254.169.254/3", "not other addresses"),
        ("file:///etc/passwd", "not other addresses"),
        ("file:/etc/3", "not other addresses"),
        ("s3://bucket/3", "not other addresses"),
        ("mlflow-artifacts:/1/3", "not other addresses"),
        ("/etc/3", "not files"),
        ("./model/3", "not files"),
        ("../3", "not files"),
        ("models:/../3", "not files"),
        ("..@champion", "not files"),
        ("a\x00b/3", "does not name one version"),
    ],
)
def test_anything_else_is_refused_with_what_to_write(text: str, reason: str) -> None:
    """Paths, other addresses and moving targets are exit 2, and the message shows the forms that work."""
    with pytest.raises(CandidateError, match=reason) as caught:
        parse_reference(text)

    assert "NAME/VERSION" in str(caught.value)
