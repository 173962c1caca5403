"""The fields that could be written at a place, found by walking pydantic models along an error's location."""

from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag
from typing_extensions import TypeAliasType


def fields_at(model: object, location: Sequence[str | int]) -> list[str]:
    """Names that the mapping at `location` may hold; empty where that cannot be said."""
    found: Any = model
    for part in location:
        found = _step(found, part)
        if found is None:
            return []
    members = [_bare(member) for member in _members(found)]
    return [
        field.alias or name
        for member in members
        if isinstance(member, type) and issubclass(member, BaseModel)
        for name, field in member.model_fields.items()
    ]


def _step(annotation: Any, part: str | int) -> Any:
    """What stands one part further: in a field, an element, a value, or the member of a union with that tag."""
    members = _members(annotation)
    if len(members) > 1:
        return next((member for member in members if part in _tags(member)), None)
    bare = _bare(members[0])
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return next((f.annotation for name, f in bare.model_fields.items() if part in {name, f.alias}), None)
    arguments = get_args(bare)
    if get_origin(bare) in {tuple, list} and arguments:
        return arguments[0]
    return arguments[1] if get_origin(bare) is dict else None


def _members(annotation: Any) -> list[Any]:
    """The members of a union without None, and of a union inside it; what is no union is its own only member."""
    bare = _bare(annotation)
    if get_origin(bare) not in {Union, UnionType}:
        return [annotation]
    members = [member for member in get_args(bare) if member is not type(None)]
    return _members(members[0]) if len(members) == 1 else members


def _bare(annotation: Any) -> Any:
    """Without aliases and annotations."""
    while True:
        if isinstance(annotation, TypeAliasType):
            annotation = annotation.__value__
        elif get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _tags(member: Any) -> set[object]:
    """What pydantic calls this member in a location."""
    tags: set[object] = {mark.tag for mark in getattr(member, "__metadata__", ()) if isinstance(mark, Tag)}
    bare = _bare(member)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        tags.add(bare.__name__)
        for field in bare.model_fields.values():
            tags.update(value for value in get_args(field.annotation) if isinstance(value, str))
    return tags
