"""Every kind of server we know, by name. A new kind is one file and one line here."""

from collections.abc import Mapping

from tools.services.mariadb import MariadbRecipe
from tools.services.postgres import PostgresRecipe
from tools.services.server import Recipe

KINDS: Mapping[str, Recipe] = {"mariadb": MariadbRecipe(), "postgres": PostgresRecipe()}
