"""Python models: the parameters of their function, read without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from meshwright.errors import Problem
from meshwright.experience.models.analysis import Read
from meshwright.model.product import Model
from meshwright.sql.names import Declared, find_model

SHAPE = "define one function: def model(input_port__object, other_model): ..."


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a model's function and its place."""

    name: str
    line: int
    column: int


def parameters(model: Model) -> tuple[tuple[Parameter, ...], tuple[Problem, ...]]:
    """The parameters of the function `model`, and what is wrong with the file."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            tree = ast.parse(model.text, model.file)
    except SyntaxError as error:
        problem = Problem(
            "MW207", f"this is not valid Python: {error.msg}", model.file, error.lineno, error.offset
        )
        return (), (problem,)
    except (ValueError, RecursionError, MemoryError) as error:
        return (), (Problem("MW207", f"this is not valid Python: {error}", model.file, hint=SHAPE),)
    functions = [
        node
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == "model"
    ]
    if not functions:
        return (), (Problem("MW207", "the file has no function `model`", model.file, 1, 1, hint=SHAPE),)
    function = functions[-1]
    problems = list(_shape_problems(model, functions, function))
    arguments = (*function.args.args, *function.args.kwonlyargs)
    found = tuple(Parameter(arg.arg, arg.lineno, arg.col_offset + 1) for arg in arguments)
    return found, tuple(problems)


def _shape_problems(
    model: Model,
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef],
    function: ast.FunctionDef | ast.AsyncFunctionDef,
) -> Iterable[Problem]:
    def at(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.arg | ast.expr, message: str) -> Problem:
        return Problem("MW207", message, model.file, node.lineno, node.col_offset + 1, hint=SHAPE)

    if len(functions) > 1:
        yield at(function, "the file defines `model` more than once")
    if isinstance(function, ast.AsyncFunctionDef):
        yield at(function, "`model` is an async function")
    given = function.args
    for argument in (given.vararg, given.kwarg):
        if argument is not None:
            yield at(argument, f"`*{argument.arg}` names no input")
    for argument in given.posonlyargs:
        yield at(argument, f"`{argument.arg}` cannot be given by name")
    for default in (*given.defaults, *(d for d in given.kw_defaults if d is not None)):
        yield at(default, "a parameter is an input; it has no default")


def resolve_parameters(
    model: Model, name: str, declared: Declared
) -> tuple[Mapping[str, Read], tuple[Problem, ...]]:
    """What each parameter of a Python model means, and what is wrong with the file."""
    found, problems = parameters(model)
    reads: dict[str, Read] = {}
    wrong = list(problems)
    for parameter in found:
        read = _meaning(parameter.name, declared, name)
        if read is None:
            wrong.append(
                Problem(
                    "MW204",
                    f"the parameter `{parameter.name}` names no input and no model",
                    model.file,
                    parameter.line,
                    parameter.column,
                    hint=_way_out(parameter.name, declared),
                )
            )
        else:
            reads[parameter.name] = read
    return reads, tuple(wrong)


def _meaning(parameter: str, declared: Declared, reader: str) -> Read | None:
    for port, objects in declared.inputs.items():
        if parameter.startswith(f"{port}__"):
            written = parameter[len(port) + 2 :]
            if objects is None:
                return Read(port, written)
            for known, table in objects.items():
                if known.lower() == written.lower():
                    return Read(port, table)
    other = find_model(parameter, declared.models, reader)
    return None if other is None else Read(None, other)


def _way_out(parameter: str, declared: Declared) -> str:
    known = [f"{port}__{obj}" for port, objects in declared.inputs.items() for obj in objects or ()]
    close = get_close_matches(parameter, [*known, *declared.models], n=1, cutoff=0.6)
    if close:
        return f"did you mean `{close[0]}`?"
    port, marks, _ = parameter.partition("__")
    if marks and port not in declared.inputs:
        return f"declare an input port named `{port}` in product.yaml"
    return "name a parameter input_port__object, or by another model"
