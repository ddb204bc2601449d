"""Pydantic's errors in the words of the operator: what is wrong, and what to write instead."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from medic.app.settings.kinds import WrongValueError
from medic.app.settings.mistakes import Finding, Path

MUST: Mapping[str, tuple[str, str]] = {
    "string_type": ("is not text", "put it in quotes"),
    "string_too_short": ("is empty", "write something, or remove it"),
    "too_short": ("is empty", "write at least one entry"),
    "tuple_type": ("is not a list", "write [one, two], or a line with - for each"),
    "dict_type": ("is not a mapping", "write key: value lines"),
    "model_type": ("is not a mapping", "write key: value lines, or {{}} for the defaults"),
    "greater_than_equal": ("is too small", "write at least {ge}"),
    "less_than_equal": ("is too large", "write at most {le}"),
    "enum": ("is not one of the choices", "write {expected}"),
}


def findings(error: ValidationError, model: type[BaseModel]) -> Iterator[Finding]:
    """Yield a finding for each of the errors in a tree that was validated as *model*."""
    for details in error.errors(include_url=False):
        path = tuple(part for part in details["loc"] if part != "[key]")
        if details["type"] == "extra_forbidden":
            yield _unknown_key(path, model)
        elif details["type"] == "missing":
            yield Finding(path, "is missing", f"add {path[-1]}: ...")
        elif details["type"] != "too_short" or not details["input"]:  # else its entries are wrong, and said to be
            yield Finding(path, *_words(details))


def _words(details: ErrorDetails) -> tuple[str, str]:
    context = details.get("ctx", {})
    if isinstance(cause := context.get("error"), WrongValueError):
        return cause.text, cause.advice
    if details["type"] not in MUST:
        return "cannot be used", details["msg"]
    text, advice = MUST[details["type"]]
    return text, advice.format_map(context)


def _unknown_key(path: Path, model: type[BaseModel]) -> Finding:
    keys = list(_section(path[:-1], model).model_fields)
    near = get_close_matches(str(path[-1]), keys, n=1)
    advice = f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(keys)}"
    return Finding(path, "unknown key", advice)


def _section(path: Path, model: type[BaseModel]) -> type[BaseModel]:
    """Return the model of the mapping at *path* in what *model* describes."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models(model.model_fields[part].annotation), model)
        elif isinstance(part, str) and model.model_config.get("extra") == "allow":
            model = next(_models(model.__annotations__["__pydantic_extra__"]), model)
    return model


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
