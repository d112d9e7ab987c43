"""What is known without asking portd: switches, its folders, where it is or was; who a port is for, and the port that
portd said last.

One module, for it is all that a start needs which finds portd gone: a module more costs it a tenth of a millisecond.

The key is derived by the same rules as in config/key_derivation.cpp; tests/config/keys.json holds the cases that both
agree on.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING, Any

import portd  # whose errors are loaded once one is raised

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portd._project_file import Project

LONGEST_NAME = 63
LARGEST_GIT_FILE = 8_192  # bytes

# --- switches ---------------------------------------------------------------------------------------------------------


def is_on(name: str) -> bool:
    """Whether the switch, a variable such as PORTD_DISABLE, is set to anything but 0, false, no or off."""
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no", "off")


def port_in(name: str) -> int | None:
    """The port that a variable states, or None."""
    return port_from(os.environ.get(name, ""))


def port_from(text: str) -> int | None:
    """A port number from its decimal text, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return None
    return int(text) if 0 < int(text) < 65536 else None


# --- folders ----------------------------------------------------------------------------------------------------------


def state_folder() -> str:
    """As portd finds it; see common/paths.cpp."""
    stated = os.environ.get("PORTD_STATE_DIR")
    return os.path.abspath(stated) if stated else _default_state()


def runtime_folder() -> str:
    """As portd finds it; see common/paths.cpp."""
    stated = os.environ.get("PORTD_RUNTIME_DIR")
    if stated:
        return os.path.abspath(stated)
    base = _absolute("XDG_RUNTIME_DIR")
    return os.path.join(base, "portd") if base else os.path.join(state_folder(), "run")


def _default_state() -> str:
    if sys.platform == "darwin":
        return os.path.join(_home(), "Library", "Application Support", "portd")
    return os.path.join(_absolute("XDG_STATE_HOME") or os.path.join(_home(), ".local", "state"), "portd")


def _absolute(name: str) -> str:
    # The XDG base directory specification: a relative path in its variables is to be ignored.
    path = os.environ.get(name, "")
    return path if path.startswith("/") else ""


def _home() -> str:
    return _absolute("HOME") or _home_of_user()


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def read_own(path: str, limit: int = 16_384) -> bytes | None:
    """A small regular file of this user, or None: what another user has put there is not looked at."""
    return _read_small(path, limit, os.geteuid())


def _read_small(path: str, limit: int, owner: int | None = None) -> bytes | None:
    """A regular file of that owner, or of anybody; None where it is something else, or larger than the limit."""
    try:
        # A FIFO must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if owner not in (None, status.st_uid) or not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        return os.read(descriptor, limit)
    except OSError:
        return None
    finally:
        os.close(descriptor)


# --- where it is ------------------------------------------------------------------------------------------------------


class Endpoint:
    """A unix socket (preferred), a URL, or both; and the process, 0 where it is unknown."""

    __slots__ = ("pid", "socket", "url")

    def __init__(self, url: str, socket: str, pid: int) -> None:
        self.url = url
        self.socket = socket
        self.pid = pid


def find_endpoint() -> Endpoint | None:
    """PORTD_URL, PORTD_SOCKET, else endpoint.json; None where there is none of these."""
    url, path = os.environ.get("PORTD_URL"), os.environ.get("PORTD_SOCKET")
    left = read_endpoint()
    if url:
        return Endpoint(url, "", left.pid if left and left.url == url.rstrip("/") else 0)
    if path:
        path = os.path.abspath(path)
        return Endpoint("", path, left.pid if left and left.socket == path else 0)
    return left


def read_endpoint() -> Endpoint | None:
    """What the portd of this user has left. Files of other users do not count."""
    for folder in (runtime_folder, state_folder):
        content = read_own(os.path.join(folder(), "endpoint.json"))
        endpoint = _endpoint_from(content) if content else None
        if endpoint is not None:
            return endpoint
    return None


def _endpoint_from(content: bytes) -> Endpoint | None:
    try:
        found = json.loads(content)
        url, socket, pid = found["url"], found["socket"], found["pid"]
    except (ValueError, LookupError, TypeError):
        return None
    sound = isinstance(url, str) and isinstance(socket, str) and isinstance(pid, int) and pid > 0
    return Endpoint(url, socket, pid) if sound else None


def is_left_over(endpoint: Endpoint) -> bool:
    """Whether its portd was killed, as the kernel says at once: nothing has to be imported to ask it.

    A process that is not seen may be in another pid namespace; somebody listens at its socket then.
    """
    if not endpoint.socket or not endpoint.pid:
        return False
    try:
        os.kill(endpoint.pid, 0)
    except ProcessLookupError:
        return not _is_listened_at(endpoint.socket)
    except (OSError, OverflowError):
        pass  # another user's, or no pid at all: the client looks closer
    return False


def _is_listened_at(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.setblocking(False)
        try:
            stream.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            pass  # the backlog is full, say: the client waits
        return True


# --- who a port is for ------------------------------------------------------------------------------------------------


class Key:
    """A project's service, in one instance, in one role."""

    __slots__ = ("instance", "project", "role", "service")

    def __init__(self, service: str, project: str = "default", instance: str = "main", role: str = "http") -> None:
        self.project = project
        self.service = service
        self.instance = instance
        self.role = role

    @property
    def text(self) -> str:
        """`[project/]service[@instance][:role]`, defaults left out."""
        project = "" if self.project == "default" else f"{self.project}/"
        instance = "" if self.instance == "main" else f"@{self.instance}"
        role = "" if self.role == "http" else f":{self.role}"
        return f"{project}{self.service}{instance}{role}"

    @classmethod
    def parse(cls, text: str) -> Key:
        """Reads `text`. Raises KeyDerivationError, naming the part that is wrong."""
        return cls(**_stated_parts(text))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Key({self.text!r})"


class DerivedKey:
    """A key, the folder that it belongs to, and what the project file says of its port."""

    __slots__ = ("key", "project_file", "root", "wishes")

    def __init__(self, key: Key, root: str, project_file: str | None, wishes: dict[str, Any]) -> None:
        self.key = key
        self.root = root
        self.project_file = project_file
        self.wishes = wishes  # fields of POST /ports: port, range, protocol, on_conflict


class Surroundings:
    """What lies around a folder, up to the git root or $HOME, whichever comes first.

    checkout: the root of the git checkout, or None. repository: its name, which a linked worktree has of the main one.
    """

    __slots__ = ("checkout", "folder", "is_linked", "project_file", "repository", "root")

    def __init__(self, folder: str, environ: Mapping[str, str]) -> None:
        """Raises KeyDerivationError where portd.yaml and portd.json are both there, or another user's."""
        self.folder = self.root = _real(folder)
        self.project_file: str | None = None
        self.checkout: str | None = None
        self.repository = ""
        self.is_linked = False
        home = environ.get("HOME")
        last = _real_home(home, self.folder) if home else ""
        for each in _upward(self.folder):
            if self.project_file is None:
                self.project_file = _project_file_in(each)
                if self.project_file is not None:
                    self.root = each
            if self._is_checkout(each) or each == last:
                break
        if self.project_file is None and self.checkout is not None:
            self.root = self.checkout

    def _is_checkout(self, folder: str) -> bool:
        try:
            mode = os.stat(os.path.join(folder, ".git")).st_mode
        except OSError:
            return False
        if not stat.S_ISDIR(mode) and not stat.S_ISREG(mode):
            return False
        self.checkout = folder
        self.repository = os.path.basename(folder)
        if stat.S_ISREG(mode):
            main = _main_checkout(folder)
            if main is not None:
                self.repository = main
                self.is_linked = True
        return True


def derive_key(
    folder: str,
    *,
    key: str | None = None,
    service: str | None = None,
    instance: str | None = None,
    role: str | None = None,
    environment: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> DerivedKey:
    """The key of a folder. `key`: its text, whose stated parts win. Reads files; runs portc only to be told what a
    project file says that is beyond the reader of this package.

    environ: PORTD_SERVICE, PORTD_INSTANCE, PORTD_ENV, HOME. Raises KeyDerivationError naming the file or the part.
    """
    variables = os.environ if environ is None else environ
    parts = _stated_parts(key) if key is not None else {}
    around = Surroundings(folder, variables)
    env_name = _environment(environment or variables.get("PORTD_ENV"))
    own_instance = _instance(around, instance or variables.get("PORTD_INSTANCE"))
    project = None
    if around.project_file is not None:
        project = _project(around.project_file, env_name, parts.get("instance", own_instance), parts, variables)
    project_here = _project_name(around, project)
    if parts.get("project", project_here) != project_here:
        project = None
    name = parts.get("service") or _service(around, project, service or variables.get("PORTD_SERVICE"))
    declared = project.services.get(name) if project is not None else None
    where = "main" if declared is not None and declared.shared else _with_environment(own_instance, env_name)
    main_role = declared.main_role if declared is not None else "http"
    found = Key(
        name,
        parts.get("project", project_here),
        parts.get("instance", where),
        checked_name("role", parts.get("role") or role or main_role),
    )
    wishes = declared.ports.get(found.role, {}) if declared is not None else {}
    return DerivedKey(found, around.root, around.project_file, wishes)


# --- names ------------------------------------------------------------------------------------------------------------

_FIRST = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_FOLLOWING = _FIRST | frozenset("._-")


def checked_name(what: str, name: str) -> str:
    """The name as it stands. Raises KeyDerivationError naming `what`, and the nearest valid name."""
    if name and len(name) <= LONGEST_NAME and name[0] in _FIRST and _FOLLOWING.issuperset(name):
        return name
    from portd._names import refused_name

    raise refused_name(what, name)


def to_name(anything: str) -> str:
    """A name out of anything, or "": lower case, other characters to '-', over 63 characters shortened by a hash."""
    if _FOLLOWING.issuperset(anything) and len(anything) <= LONGEST_NAME:
        return anything.lstrip("._-").rstrip("-")
    from portd._names import made_name

    return made_name(anything, _FOLLOWING)


def project_name(original: str) -> str:
    """The name of a folder or of a declared service: its hash where nothing usable is left of it."""
    name = to_name(original)
    if name or not original:
        return name
    from portd._names import hash_of

    return hash_of(original)


def _stated_parts(key: str) -> dict[str, str]:
    from portd._names import stated_parts

    return stated_parts(key)


def _environment(stated: str | None) -> str:
    return project_name(stated) if stated and stated != "development" else ""


def _instance(around: Surroundings, stated: str | None) -> str:
    if stated:
        return project_name(stated)
    if around.checkout is not None and around.is_linked:
        return project_name(os.path.basename(around.checkout))
    return "main"


def _with_environment(instance: str, environment: str) -> str:
    # A child may get both PORTD_INSTANCE and PORTD_ENV from its parent: the environment is appended only once.
    if not environment or instance.endswith(f".{environment}"):
        return instance
    return to_name(f"{instance}.{environment}")


def _project_name(around: Surroundings, project: Project | None) -> str:
    name = project_name(project.name) if project is not None and project.name else ""
    return name or project_name(around.repository) or "default"


def _service(around: Surroundings, project: Project | None, stated: str | None) -> str:
    if stated:
        return project_name(stated)
    if project is not None and len(project.services) == 1:
        return next(iter(project.services))
    for each in _upward(around.folder):
        name = _manifest_name_in(each)
        if name:
            return project_name(name)
        if each == around.root:
            break
    return _service_of_folder(around)


def _service_of_folder(around: Surroundings) -> str:
    # The root of a linked worktree is the same service as the root of the main checkout.
    at_root = around.checkout == around.folder
    name = project_name(around.repository if at_root else os.path.basename(around.folder))
    if not name:
        raise portd.KeyDerivationError("the folder gives the service no name; state one with PORTD_SERVICE")
    return name


def _project(
    file: str, environment: str, instance: str, parts: Mapping[str, str], variables: Mapping[str, str]
) -> Project | None:
    from portd._project_file import read_project

    if environment and instance.endswith(f".{environment}"):
        instance = instance[: -len(environment) - 1]
    try:
        return read_project(file, environment, instance, variables)
    except portd.KeyDerivationError:
        if "project" in parts and "service" in parts:
            return None  # a broken file does no harm where it is not needed
        raise


# --- a project's files ------------------------------------------------------------------------------------------------


def _real(folder: str) -> str:
    return folder if folder == os.getcwd() else os.path.realpath(folder)  # the kernel's own word is a real path


def _real_home(home: str, folder: str) -> str:
    # Every folder on a real path is one itself.
    return home if folder == home or folder.startswith(f"{home}/") else os.path.realpath(home)


def _upward(folder: str) -> Iterator[str]:
    """The folder and those above it, nearest first."""
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above


def _project_file_in(folder: str) -> str | None:
    yaml, json = os.path.join(folder, "portd.yaml"), os.path.join(folder, "portd.json")
    has_yaml, has_json = os.path.lexists(yaml), os.path.lexists(json)
    if has_yaml and has_json:
        raise portd.KeyDerivationError(f"{folder}: has portd.yaml and portd.json; keep one of them")
    if not has_yaml and not has_json:
        return None
    from portd._files import refuse_foreign

    file = yaml if has_yaml else json
    refuse_foreign(file)
    return file


def _manifest_name_in(folder: str) -> str | None:
    path = os.path.join(folder, "pyproject.toml")
    if os.path.lexists(path):
        from portd._manifests import name_in_pyproject

        name = name_in_pyproject(path)
        if name:
            return name
    path = os.path.join(folder, "package.json")
    if os.path.lexists(path):
        from portd._manifests import name_in_package

        return name_in_package(path)
    return None


def _main_checkout(folder: str) -> str | None:
    """The name of the checkout that this folder, which has a file .git, is a linked worktree of; None: of none.

    A submodule is a checkout of its own.
    """
    line = _first_line(os.path.join(folder, ".git"))
    if not line.startswith("gitdir: "):
        return None
    git_folder = os.path.normpath(os.path.join(folder, line[len("gitdir: ") :]))
    common = _first_line(os.path.join(git_folder, "commondir"))  # only a linked worktree has this file
    return _name_of_repository(os.path.normpath(os.path.join(git_folder, common))) if common else None


def _first_line(path: str) -> str:
    content = _read_small(path, LARGEST_GIT_FILE) or b""
    try:
        line = content.decode().partition("\n")[0]
    except UnicodeDecodeError:
        return ""
    return "" if "\0" in line else line.removesuffix("\r")


def _name_of_repository(common_folder: str) -> str:
    """/src/shop/.git: "shop"; /src/shop/.bare: "shop"; /srv/shop.git: "shop"."""
    name = os.path.basename(common_folder)
    if name.startswith("."):
        return os.path.basename(os.path.dirname(common_folder))
    return name.removesuffix(".git")


# --- what it said last ------------------------------------------------------------------------------------------------


def has_memory() -> bool:
    """Whether any port is remembered."""
    return os.path.isdir(_memory_folder())


def remembered(key: Key) -> int | None:
    """The last port that portd granted to the key, or None."""
    content = read_own(_memory_file(key), 64)
    return port_from(content.decode("ascii", "replace").strip()) if content else None


def remember(key: Key, port: int) -> None:
    """Whole or not at all, for this user only. Where it cannot be written, nothing is remembered."""
    if remembered(key) == port:
        return
    with contextlib.suppress(OSError):
        os.makedirs(_memory_folder(), 0o700, exist_ok=True)
        fresh = os.path.join(_memory_folder(), f".{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)  # of a process with the same number that was ended meanwhile
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{port}\n".encode())
        finally:
            os.close(descriptor)
        os.replace(fresh, _memory_file(key))


def _memory_folder() -> str:
    return os.path.join(state_folder(), "last-ports")


def _memory_file(key: Key) -> str:
    # No name has a "%" in it, and a key's text is at most as long as a file's name may be.
    return os.path.join(_memory_folder(), key.text.replace("/", "%"))
