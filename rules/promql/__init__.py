"""PromQL: compile a query once, evaluate it on views of the series."""

from rules.promql.budget import Budget
from rules.promql.errors import EvaluationError, QueryError, UnsupportedError
from rules.promql.query import Answer, Compat, Query, compile_query
from rules.promql.values import Matrix, Row, Scalar, Text, Value, Vector, VectorSample

__all__ = [
    "Answer",
    "Budget",
    "Compat",
    "EvaluationError",
    "Matrix",
    "Query",
    "QueryError",
    "Row",
    "Scalar",
    "Text",
    "UnsupportedError",
    "Value",
    "Vector",
    "VectorSample",
    "compile_query",
]
