"""The project's own encrypted file of secrets."""

from landbridge.app.workspace import Workspace
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.kernel.secret import Secret
from landbridge.security.vault import Vault, key_of
from landbridge.specs.secret_providers import FileSecrets


def project_vault(workspace: Workspace) -> tuple[Vault, FileSecrets]:
    """Return the first file of secrets that the project names, and what names it.

    The key is missing from the vault when the environment does not give it; names can be
    listed and removed all the same.

    Raises:
        OptionsInvalidError: The project keeps no secrets in a file.
    """
    for spec in workspace.project.spec.secrets:
        if isinstance(spec, FileSecrets):
            folder = workspace.project.folder
            key_file = folder / spec.key_file if spec.key_file else None
            key = key_of(workspace.settings.environment, spec.key_env, key_file)
            return Vault(folder / spec.path, key), spec
    raise OptionsInvalidError(
        "the project keeps no secrets in a file",
        hint="add {type: file} to `secrets` in landbridge.yaml",
    )


def store_secret(workspace: Workspace, name: str, secret: Secret) -> str:
    """Encrypt a secret into the project's file and return the file's path."""
    vault, spec = project_vault(workspace)
    vault.put(name, secret)
    return spec.path
