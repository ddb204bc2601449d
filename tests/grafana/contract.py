"""The names that Medic promises to export; a dashboard may draw no others."""

METRICS = frozenset(
    [
        "medic_build_info",
        "medic_scrape_collector_success",
        "medic_scrape_collector_duration_seconds",
        "medic_scrape_collector_timeout",
        "medic_collector_last_success_timestamp_seconds",
        "medic_ticks_missed_total",
        "medic_queue_up",
        "medic_queue_tasks",
        "medic_queue_tasks_submitted_total",
        "medic_queue_tasks_completed_total",
        "medic_queue_tasks_failed_total",
        "medic_queue_oldest_pending_timestamp_seconds",
        "medic_queue_success_ratio",
        "medic_queue_success_ratio_weighted",
        "medic_queue_window_tasks",
        "medic_canary_success",
        "medic_canary_duration_seconds",
        "medic_worker_up",
        "medic_worker_processes",
        "medic_worker_processes_expected",
        "medic_worker_restarts_total",
        "medic_worker_start_time_seconds",
        "medic_worker_cpu_seconds_total",
        "medic_worker_resident_memory_bytes",
        "medic_worker_gpu_memory_bytes",
        "medic_gpu_process_memory_bytes",
        "medic_gpu_orphaned_memory_bytes",
        "medic_gpu_expected",
        "medic_gpu_present",
        "medic_rule_evaluation_duration_seconds",
        "medic_rule_evaluation_failures_total",
        "medic_rule_group_iterations_missed_total",
        "medic_rule_group_iterations_total",
        "medic_rule_group_rules",
        "medic_series",
        "medic_series_log_failures_total",
        "medic_series_refused_total",
        "medic_alerts",
        "medic_automation_cpu_seconds_total",
        "medic_automation_processes",
        "medic_automation_resident_memory_bytes",
        "medic_python_processes",
        "medic_config_last_reload_successful",
        "medic_heal_attempts_total",
        "medic_heal_suppressed_total",
        "medic_heal_in_progress",
        "medic_heal_last_timestamp_seconds",
        "medic_breaker_open",
        "medic_healing_paused",
        "medic_notifications_total",
        "medic_alertmanager_notifications_dropped_total",
        "medic_alertmanager_notifications_errors_total",
        "medic_alertmanager_notifications_latency_seconds",
        "medic_alertmanager_notifications_queue_length",
        "medic_alertmanager_notifications_sent_total",
        "medic_journal_failures_total",
        "medic_job_runs_total",
        "medic_job_duration_seconds",
        "medic_job_interval_seconds",
        "medic_job_last_success_timestamp_seconds",
        "medic_job_lateness_seconds",
    ]
)
HISTOGRAMS = frozenset(
    [
        "medic_task_duration_seconds",
        "medic_task_wait_seconds",
        "medic_heal_duration_seconds",
        "medic_journal_commit_seconds",
    ]
)


def promised(name: str) -> bool:
    """Tell whether Medic exports *name*, or takes it over from node_exporter."""
    family, _, part = name.rpartition("_")
    return name.startswith("node_") or name in METRICS or (family in HISTOGRAMS and part in {"bucket", "sum", "count"})
