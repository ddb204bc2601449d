"""PromQL: compile a query once, evaluate it on views of the series."""

from rules.promql.errors import EvaluationError, QueryError
from rules.promql.query import Answer, Compat, Query, compile_query
from rules.promql.values import Matrix, Row, Scalar, Text, Value, Vector, VectorSample

__all__ = [
    "Answer",
    "Compat",
    "EvaluationError",
    "Matrix",
    "Query",
    "QueryError",
    "Row",
    "Scalar",
    "Text",
    "Value",
    "Vector",
    "VectorSample",
    "compile_query",
]
