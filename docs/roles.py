"""Shows the roles of Sphinx in docstrings (``:class:`folium.Map` ``) as plain code."""

import re
from typing import Any

from griffe import Extension, Object

_ROLE = re.compile(r":(?:class|data|func|meth|mod):`~?([^`]+)`")


class Roles(Extension):
    """Takes the roles out before a docstring is read."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Take them out of one object's docstring."""
        if obj.docstring:
            obj.docstring.value = _ROLE.sub(r"`\1`", obj.docstring.value)
