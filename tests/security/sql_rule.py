"""Whether a statement is put together from what may stand in one, found by reading the code.

A part of an f-string that looks like SQL may be: a constant; a call of a quoting helper; a join,
choice or comprehension of such parts; a name, parameter or function of this repository that is only
ever given such parts, wherever it is called from. Nothing may stand between quotes: that is what
`literal` and `identifier` are for. What the reading cannot follow is listed, each with its reason.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

# names that `sources._tables.declare` holds to lower case letters, digits and _
DECLARED = frozenset(
    f"{it}.{named}"
    for it in ("table", "child", "shape", "c")
    for named in ("name", "key", "version")
) | {"parent.key"}
# where functions that make parts are; a vendor's or the wire's of the same name are others
MAKERS = ("sources/_tables/", "pipelines/", "sources/_reading/")
QUOTING = frozenset({"identifier", "literal", "pointer", "path_of"})
NUMBERS = frozenset({"len", "int", "float", "range", "token_hex"})
_SQL = re.compile(
    r"\b(select\s.*\bfrom\b|insert\s+(or\s+\w+\s+)?into|delete\s+from|truncate|merge\s+into|attach\b"
    r"|create\s+(or\s+replace\s+|temp\w*\s+)*(table|view|schema|macro|index)|alter\s+table|detach\b"
    r"|drop\s+(table|view|schema)|update\s+\S+\s+set\b|copy\s*\(|copy\s+\S+\s+(to|from)\b|pragma\b"
    r"|from\s+\S+\s+where\b|describe\s|use\s+\{)",
    re.IGNORECASE | re.DOTALL,
)
_RUNS = frozenset({"execute", "executemany", "sql", "query", "executescript"})
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Finding:
    """A part of a statement that nobody quoted.

    Attributes:
        file, line: where the statement is.
        function: in which function.
        part: the expression.
    """

    file: str
    line: int
    function: str
    part: str

    @property
    def place(self) -> str:
        """What a reasoned exception names: lines move."""
        return f"{self.file}:{self.function}:{self.part}"


@dataclass
class _Scope:
    file: str
    module: ast.Module
    functions: tuple[Function, ...] = ()
    owner: ast.ClassDef | None = None

    @property
    def name(self) -> str:
        return ".".join(f.name for f in self.functions) or "module"


@dataclass
class Code:
    """Python files, and what is called where.

    Attributes:
        modules: by path.
        reasoned: parts that the reading cannot follow and that are fine, as "file: expression".
        used: those of them that were met.
        known: what was found out of names and functions.
    """

    modules: dict[str, ast.Module]
    reasoned: frozenset[str] = frozenset()
    used: set[str] = field(default_factory=set)
    known: dict[object, bool] = field(default_factory=dict)
    calls: dict[str, list[tuple[ast.Call, _Scope]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    defined: dict[str, list[tuple[Function, _Scope]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    strings: list[tuple[ast.expr, _Scope]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for file, module in self.modules.items():
            self._walk(module, _Scope(file, module))

    def _walk(self, node: ast.AST, scope: _Scope) -> None:
        for child in ast.iter_child_nodes(node):
            inner = scope
            if isinstance(child, Function):
                self.defined[child.name].append((child, scope))
                inner = _Scope(scope.file, scope.module, (*scope.functions, child), scope.owner)
            elif isinstance(child, ast.ClassDef):
                inner = _Scope(scope.file, scope.module, scope.functions, child)
            elif isinstance(child, ast.Call) and (name := _called(child)):
                self.calls[name].append((child, scope))
            if _is_statement(child, node):
                self.strings.append((child, inner))  # type: ignore[arg-type]
            self._walk(child, inner)

    def findings(self) -> Iterator[Finding]:
        """Every part that may not stand in its statement."""
        for statement, scope in self.strings:
            for part in _parts(statement):
                if isinstance(part, str) or not self._is_made(part, scope, frozenset()):
                    text = part if isinstance(part, str) else ast.unparse(part)
                    yield Finding(scope.file, statement.lineno, scope.name, text)

    def _is_made(self, node: ast.expr, scope: _Scope, seen: frozenset[int]) -> bool:
        if id(node) in seen:
            return True  # it is made of itself and what is looked at elsewhere
        seen |= {id(node)}
        if (reasoned := f"{scope.file}: {ast.unparse(node)}") in self.reasoned:
            self.used.add(reasoned)
            return True
        match node:
            case ast.Constant():
                return True
            case ast.JoinedStr():
                return all(
                    not isinstance(p, str) and self._is_made(p, scope, seen) for p in _parts(node)
                )
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, right=other):
                return self._is_made(one, scope, seen) and self._is_made(other, scope, seen)
            case ast.BoolOp(values=many) | ast.Tuple(elts=many) | ast.List(elts=many):
                return all(self._is_made(one, scope, seen) for one in many)
            case ast.Set(elts=many):
                return all(self._is_made(one, scope, seen) for one in many)
            case ast.Dict(values=many):
                return all(self._is_made(one, scope, seen) for one in many)
            case ast.Starred(value=one) | ast.NamedExpr(value=one) | ast.Subscript(value=one):
                return self._is_made(one, scope, seen)
            case ast.GeneratorExp() | ast.ListComp() | ast.SetComp():
                return self._is_made(node.elt, scope, seen)
            case ast.DictComp():
                return self._is_made(node.value, scope, seen)
            case ast.Call():
                return self._is_made_by(node, scope, seen)
            case ast.Name(id=name):
                about = (name, scope.file, scope.functions)
                if about not in self.known:
                    self.known[about] = True  # while it is looked at
                    self.known[about] = self._is_name_made(name, scope, seen)
                return self.known[about]
            case ast.Attribute():
                return self._is_attribute_made(node, scope, seen)
        return False

    def _is_made_by(self, call: ast.Call, scope: _Scope, seen: frozenset[int]) -> bool:
        name = _called(call)
        if name in QUOTING or name in NUMBERS or ast.unparse(call) == "set()":
            return True
        if name in ("enumerate", "items", "values", "split"):
            of = call.args[0] if name == "enumerate" else getattr(call.func, "value", call)
            return self._is_made(of, scope, seen)
        if name == "format" and isinstance(call.func, ast.Attribute):
            return all(self._is_made(it, scope, seen) for it in (call.func.value, *call.args))
        if name == "map" and len(call.args) == 2 and isinstance(call.args[0], ast.Name):
            return call.args[0].id in QUOTING or self._returns_made(call.args[0].id, scope, seen)
        if name == "join" and isinstance(call.func, ast.Attribute):
            return self._is_made(call.args[0], scope, seen)
        if name in ("strip", "removesuffix", "rstrip") and isinstance(call.func, ast.Attribute):
            return self._is_made(call.func.value, scope, seen)
        if name in ("sorted", "list", "tuple", "dict", "reversed", "set", "dedent") and call.args:
            return self._is_made(call.args[0], scope, seen)
        if name == "fromkeys":
            return self._is_made(call.args[0], scope, seen)
        match call.func:  # a function of a module that is imported by its name
            case ast.Attribute(value=ast.Name(id=of)):
                for package in _imported_from(scope.module, of) or ():
                    file = package.removesuffix(".py").removesuffix("/__init__") + f"/{of}.py"
                    if file in self.modules:
                        return self._returns_made(name, _Scope(file, self.modules[file]), seen)
        return self._returns_made(name, scope, seen)

    def _returns_made(self, name: str, scope: _Scope, seen: frozenset[int]) -> bool:
        """Whether every function of that name gives back nothing but made parts."""
        found = self._meant(name, scope.file)
        return bool(found) and all(
            self._is_made(value, _Scope(s.file, s.module, (*s.functions, f), s.owner), seen)
            for f, s in found
            for value in _given_back(f)
        )

    def _meant(self, name: str, file: str) -> list[tuple[Function, _Scope]]:
        """The functions that a name stands for in a file: its own, imported, or some method."""
        every = self.defined.get(name, [])
        imported = _imported_from(self.modules[file], name)
        if imported is not None:
            return [(it, scope) for it, scope in every if scope.file in imported]
        return _near([(it, s) for it, s in every if s.file == file or not s.functions], file)

    def _is_name_made(self, name: str, scope: _Scope, seen: frozenset[int]) -> bool:
        for depth in range(len(scope.functions), 0, -1):
            function = scope.functions[depth - 1]
            inner = _Scope(scope.file, scope.module, scope.functions[:depth], scope.owner)
            values = list(_assigned(function, name))
            if values:
                return all(self._is_made(value, inner, seen) for value in values)
            if name in _parameters(function):
                return self._are_arguments_made(function, name, scope.file, seen)
        values = list(_assigned(scope.module, name))
        if values:
            module = _Scope(scope.file, scope.module)
            return all(self._is_made(value, module, seen) for value in values)
        return self._is_imported_made(name, scope, seen)

    def _is_imported_made(self, name: str, scope: _Scope, seen: frozenset[int]) -> bool:
        for file in _imported_from(scope.module, name) or ():
            if file in self.modules:
                module = _Scope(file, self.modules[file])
                values = list(_assigned(module.module, name))
                return bool(values) and all(self._is_made(v, module, seen) for v in values)
        return False

    def _are_arguments_made(
        self, function: Function, name: str, file: str, seen: frozenset[int]
    ) -> bool:
        """Whether every call there is gives a parameter nothing but made parts."""
        calls = _near(self.calls.get(function.name, []), file)
        given = [(_argument(function, name, call), scope) for call, scope in calls]
        return bool(calls) and all(
            value is not None and self._is_made(value, scope, seen) for value, scope in given
        )

    def _is_attribute_made(self, node: ast.Attribute, scope: _Scope, seen: frozenset[int]) -> bool:
        if node.attr.isupper() or ast.unparse(node) in DECLARED:
            return True
        if isinstance(node.value, ast.Name) and node.value.id == "self" and scope.owner:
            values = list(_assigned(scope.owner, node.attr, of_self=True))
            if node.attr in {f.name for f in scope.owner.body if isinstance(f, Function)}:
                return self._returns_made(node.attr, scope, seen)
            starts = [f for f in scope.owner.body if isinstance(f, Function)]
            return bool(values) and all(
                any(
                    self._is_made(value, _Scope(scope.file, scope.module, (f,), scope.owner), seen)
                    for f in starts
                    if value in _all_nodes(f)
                )
                for value in values
            )
        return False


def read(root: Path, folders: tuple[str, ...], reasoned: Iterable[str] = ()) -> Code:
    """The Python files below some folders."""
    files = [f for folder in folders for f in sorted((root / folder).rglob("*.py"))]
    modules = {f.relative_to(root).as_posix(): ast.parse(f.read_text("utf-8")) for f in files}
    return Code(modules, frozenset(reasoned))


def _imported_from(module: ast.Module, name: str) -> tuple[str, str] | None:
    """The files that a name may be imported from; None where it is not imported."""
    stem = _imports(module).get(name)
    return None if stem is None else (f"{stem}.py", f"{stem}/__init__.py")


@cache
def _imports(module: ast.Module) -> dict[str, str]:
    return {
        alias.asname or alias.name: (node.module or "").replace(".", "/")
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


Placed = TypeVar("Placed", ast.Call, Function)


def _near(found: list[tuple[Placed, _Scope]], file: str) -> list[tuple[Placed, _Scope]]:
    """What is meant by a name in a file: what is there, else what makes parts elsewhere."""
    here = [(it, scope) for it, scope in found if scope.file == file]
    return here or [(it, scope) for it, scope in found if scope.file.startswith(MAKERS)]


def _called(call: ast.Call) -> str:
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_statement(node: ast.AST, parent: ast.AST) -> bool:
    """Whether a string is put together here that looks like SQL, or is run as such."""
    if isinstance(parent, ast.Call) and _called(parent) in _RUNS and parent.args[:1] == [node]:
        return isinstance(node, (ast.JoinedStr, ast.BinOp))
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add)):
        if isinstance(parent, ast.BinOp):
            return False
        texts = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
        return any(isinstance(t, str) and _SQL.search(t) for t in texts)
    if isinstance(node, ast.Call) and _called(node) == "format":
        on = node.func.value if isinstance(node.func, ast.Attribute) else None
        return isinstance(on, ast.Constant) and bool(_SQL.search(str(on.value)))
    if not isinstance(node, ast.JoinedStr) or isinstance(parent, ast.BinOp):
        return False
    return bool(_SQL.search("".join(p if isinstance(p, str) else "x" for p in _texts(node))))


def _texts(node: ast.JoinedStr) -> Iterator[str | ast.expr]:
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            yield value.value
        elif isinstance(value, ast.Constant):
            yield str(value.value)


def _parts(node: ast.expr) -> Iterator[ast.expr | str]:
    """What is put into a string; as a text where it stands between quotes."""
    if isinstance(node, ast.BinOp):
        for side in (node.left, node.right):
            yield from _parts(side)
    elif isinstance(node, ast.Call):
        yield from (*node.args, *(k.value for k in node.keywords))
    elif isinstance(node, ast.JoinedStr):
        before = ""
        for value in _texts(node):
            if isinstance(value, str):
                before += value
            else:
                is_quoted = before.count("'") % 2 == 1 or before.count('"') % 2 == 1
                fixed = isinstance(value, ast.Name) and value.id.isupper()
                yield f"{ast.unparse(value)} between quotes" if is_quoted and not fixed else value
    elif not isinstance(node, ast.Constant):
        yield node


@cache
def _own_nodes(where: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of a module or function, without those of functions in it."""
    return tuple(_walked(where))


@cache
def _all_nodes(where: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(where))


def _walked(where: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(where):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            yield from _walked(child)


def _assigned(where: ast.AST, name: str, *, of_self: bool = False) -> Iterator[ast.expr]:
    """Every value that a name, or an attribute of self, is given."""
    for node in _all_nodes(where) if of_self else _own_nodes(where):
        targets: list[ast.expr] = []
        value: ast.expr | None = None
        match node:
            case ast.Assign():
                targets, value = node.targets, node.value
            case ast.AnnAssign() | ast.AugAssign():
                targets, value = [node.target], node.value
            case ast.NamedExpr():
                targets, value = [node.target], node.value
            case ast.For() | ast.comprehension():
                targets, value = [node.target], node.iter
        for target in targets if value is not None else []:
            yield from _bound(target, value, name, of_self=of_self)  # type: ignore[arg-type]


def _bound(target: ast.expr, value: ast.expr, name: str, *, of_self: bool) -> Iterator[ast.expr]:
    match target:
        case ast.Name(id=it) if it == name and not of_self:
            yield value
        case ast.Attribute(value=ast.Name(id="self"), attr=it) if it == name and of_self:
            yield value
        case ast.Starred(value=one):
            yield from _bound(one, value, name, of_self=of_self)
        case ast.Tuple(elts=many):
            values = value.elts if isinstance(value, ast.Tuple) else [value] * len(many)
            if isinstance(value, ast.Call) and _called(value) == "enumerate":
                values = [ast.Constant(0), value.args[0]]
            for one, given in zip(many, values, strict=False):
                yield from _bound(one, given, name, of_self=of_self)


def _given_back(function: Function) -> Iterator[ast.expr]:
    for node in _own_nodes(function):
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and node.value is not None:
            yield node.value


def _parameters(function: Function) -> list[str]:
    taken = function.args
    return [a.arg for a in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]


def _argument(function: Function, name: str, call: ast.Call) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg == name:
            return keyword.value
    names = [n for n in _parameters(function) if n not in ("self", "cls")]
    place = names.index(name)
    if place < len(call.args):
        return call.args[place]
    taken = function.args
    late = dict(zip([a.arg for a in taken.args][::-1], taken.defaults[::-1], strict=False))
    late |= {a.arg: d for a, d in zip(taken.kwonlyargs, taken.kw_defaults, strict=True) if d}
    return late.get(name)
