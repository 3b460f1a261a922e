"""Stand-ins for the Hugging Face hub and for Kaggle, on this machine.

The hosts' own libraries talk to them, so what is tested are real requests, real caches and real
errors of huggingface_hub and kagglehub. The real hosts are not reached: what these servers answer
follows what the libraries ask for and expect, not a recording of the hosts. Xet, by which the hub
moves large files today, is switched off; they take the older way over HTTP.
"""

import base64
import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

Answer = tuple[int, dict[str, str], bytes]


def as_json(content: Any, status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(content).encode()


def refusal(status: int, code: str, message: str) -> Answer:
    return status, {"X-Error-Code": code, "X-Error-Message": message}, b"{}"


class FakeHost:
    """A server on 127.0.0.1 that answers by `answer(method, path, body)` and logs requests."""

    def __init__(self) -> None:
        self.log: list[str] = []
        host = self

        class Handler(BaseHTTPRequestHandler):
            # HTTP/1.0: a connection is not kept, so that `stop` stops all of them.

            def handle_one(self) -> None:
                path = unquote(urlsplit(self.path).path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                host.log.append(f"{self.command} {path}")
                host.token = self.headers.get("Authorization")
                status, headers, content = host.answer(self.command, path, body)
                self.send_response(status)
                for key, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(key, value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(content)

            do_GET = do_HEAD = do_POST = do_PUT = handle_one

            def log_message(self, *arguments: Any) -> None:
                pass

        self.token: str | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        raise NotImplementedError

    def stop(self) -> None:
        """Stop answering: from now on there is no network."""
        self.server.shutdown()
        self.server.server_close()


def commit_of(files: dict[str, bytes]) -> str:
    """A commit's name, as git would make one: of what it holds."""
    return hashlib.sha1(repr(sorted(files.items())).encode()).hexdigest()


class FakeHub(FakeHost):
    """The Hugging Face hub: `repositories` by name, each with branches of files by path."""

    def __init__(self) -> None:
        super().__init__()
        self.repositories: dict[str, dict[str, dict[str, bytes]]] = {}
        self.gated: set[str] = set()
        self.created: dict[str, dict[str, Any]] = {}
        self.commits: list[tuple[str, list[str]]] = []
        self.objects: dict[str, bytes] = {}
        self.refuse_writing = False

    def put(self, name: str, files: dict[str, bytes], branch: str = "main") -> str:
        """Store a revision and return its commit."""
        branches = self.repositories.setdefault(name, {})
        branches[branch] = branches[commit_of(files)] = dict(files)
        return commit_of(files)

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        if method in ("POST", "PUT") and self.refuse_writing:
            return refusal(401, "", "Invalid username or password.")
        for pattern, respond in self._routes():
            if match := re.fullmatch(pattern, f"{method} {path}"):
                return respond(body, *match.groups())
        return refusal(404, "", f"no route {method} {path}")

    def _routes(self) -> Iterator[tuple[str, Callable[..., Answer]]]:
        name = r"([^/]+/[^/]+)"
        yield rf"GET /api/models/{name}", self._info
        yield rf"GET /api/models/{name}/revision/(.+)", self._info
        yield rf"GET /api/models/{name}/tree/([^/]+)/?", self._tree
        yield (
            rf"(?:GET|HEAD) /{name}/resolve/(.+?)/((?:[0-9]_\w+/|assets/tokenizer/)?[^/]+)",
            (self._resolve),
        )
        yield r"POST /api/repos/create", self._create
        yield r"POST /api/validate-yaml", self._validate
        yield rf"POST /api/models/{name}/preupload/main", self._preupload
        yield rf"POST /{name}\.git/info/lfs/objects/batch", self._batch
        yield r"PUT /objects/(\w+)", self._store
        yield rf"POST /api/models/{name}/commit/main", self._commit

    def _find(self, name: str, revision: str) -> dict[str, bytes] | Answer:
        if name not in self.repositories:
            return refusal(401, "RepoNotFound", "Repository not found")
        if revision not in self.repositories[name]:
            return refusal(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        return self.repositories[name][revision]

    def _info(self, body: bytes, name: str, revision: str = "main") -> Answer:
        files = self._find(name, revision)
        if isinstance(files, tuple):
            return files
        siblings = [{"rfilename": path} for path in files]
        return as_json({"id": name, "sha": commit_of(files), "siblings": siblings, "tags": []})

    def _tree(self, body: bytes, name: str, revision: str) -> Answer:
        files = self._find(name, revision)
        if isinstance(files, tuple):
            return files
        return as_json(
            [
                {"type": "file", "path": path, "size": len(data), "oid": _etag(data)}
                for path, data in files.items()
            ]
        )

    def _resolve(self, body: bytes, name: str, revision: str, path: str) -> Answer:
        files = self._find(name, revision)
        if isinstance(files, tuple):
            return files
        if name in self.gated:
            return refusal(403, "GatedRepo", f"Access to model {name} is restricted.")
        if path not in files:
            return refusal(404, "EntryNotFound", "Entry not found")
        data = files[path]
        return 200, {"ETag": f'"{_etag(data)}"', "X-Repo-Commit": commit_of(files)}, data

    def _create(self, body: bytes) -> Answer:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        answer = {"url": f"{self.url}/{name}", "name": name, "id": name}
        if name in self.repositories:
            return as_json(answer | {"error": "You already created this model repo"}, 409)
        self.created[name] = asked
        self.repositories[name] = {"main": {}}
        return as_json(answer)

    def _validate(self, body: bytes) -> Answer:
        import yaml

        header = yaml.safe_load(json.loads(body)["content"].split("---\n")[1])
        errors = [] if isinstance(header, dict) and header.get("license") else ["no license"]
        return as_json({"errors": [{"message": error} for error in errors], "warnings": []})

    def _preupload(self, body: bytes, name: str) -> Answer:
        asked = json.loads(body)["files"]
        modes = {True: "lfs", False: "regular"}
        return as_json(
            {
                "files": [
                    {
                        "path": file["path"],
                        "uploadMode": modes[file["path"].endswith((".safetensors", ".h5"))],
                        "shouldIgnore": False,
                    }
                    for file in asked
                ]
            }
        )

    def _batch(self, body: bytes, name: str) -> Answer:
        asked = json.loads(body)["objects"]
        for one in asked:
            one["actions"] = {"upload": {"href": f"{self.url}/objects/{one['oid']}"}}
        return as_json({"transfer": "basic", "objects": asked})

    def _store(self, body: bytes, oid: str) -> Answer:
        assert hashlib.sha256(body).hexdigest() == oid
        self.objects[oid] = body
        return as_json({})

    def _commit(self, body: bytes, name: str) -> Answer:
        files = dict(self.repositories[name]["main"])
        added = []
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.objects[value["oid"]]
            added += [value["path"]] if "path" in value else []
        self.commits.append((name, sorted(added)))
        commit = self.put(name, files)
        return as_json({"commitUrl": f"{self.url}/{name}/commit/{commit}", "commitOid": commit})


def _etag(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class FakeKaggle(FakeHost):
    """Kaggle: `models` by handle without the version, each a dict from version to files."""

    def __init__(self) -> None:
        super().__init__()
        self.models: dict[str, dict[int, dict[str, bytes]]] = {}
        self.closed: set[str] = set()

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        asked = json.loads(body)
        parts = [asked[key] for key in ("ownerSlug", "modelSlug", "framework", "instanceSlug")]
        parts[2] = parts[2].removeprefix("MODEL_FRAMEWORK_").lower()
        name = "/".join(parts)
        if name in self.closed:
            return as_json({"code": 403, "message": "Permission denied"}, 403)
        if name not in self.models:
            return as_json({"code": 404, "message": "Not found"}, 404)
        versions = self.models[name]
        request = path.split("/")[-1]
        if request == "GetModelInstance":
            return as_json({"versionNumber": max(versions)})
        files = versions.get(asked["versionNumber"])
        if files is None:
            return as_json({"code": 404, "message": "Not found"}, 404)
        if request == "ListModelInstanceVersionFiles":
            return as_json({"files": [{"name": name} for name in files], "nextPageToken": ""})
        return 200, {"Content-Type": "application/octet-stream"}, files[asked["path"]]


@contextlib.contextmanager
def running(host: FakeHost) -> Iterator[Any]:
    """Stop a host at the end, if it is not stopped yet."""
    try:
        yield host
    finally:
        with contextlib.suppress(OSError):
            host.stop()


def use_hub(monkeypatch: Any, hub: FakeHub, cache: Path) -> None:
    """Let huggingface_hub talk to a fake hub, and cache in a folder."""
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True, raising=False)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_PROGRESS_BARS", True)
    monkeypatch.setenv("HF_TOKEN", "hf_test")


def use_kaggle(monkeypatch: Any, kaggle: FakeKaggle, cache: Path) -> None:
    """Let kagglehub talk to a fake Kaggle, and cache in a folder."""
    from kagglesdk import kaggle_env

    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, kaggle.url)
    monkeypatch.delenv("KAGGLE_API_ENVIRONMENT", raising=False)
    monkeypatch.delenv("KAGGLE_KERNEL_RUN_TYPE", raising=False)
    monkeypatch.setenv("KAGGLE_API_TOKEN", "test")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(cache))


def read_files(directory: Path) -> dict[str, bytes]:
    """The files of a directory and its folders, by path."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
