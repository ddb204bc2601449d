"""Recur: the plan of due times (pure), the lane that runs them, jobs and reports."""
