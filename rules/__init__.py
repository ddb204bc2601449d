"""Judge: PromQL over an in-memory time series, rule files, and alert states."""
