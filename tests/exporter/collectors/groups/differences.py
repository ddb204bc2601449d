"""Where process groups differ from process-exporter 0.7.10 on purpose, by family, and why."""

DIFFERENCES = {
    "namedprocess_namegroup_states": (
        "of a process with several threads the first is counted twice there, as a process and as a thread; here once"
    ),
    "namedprocess_namegroup_threads_wchan": "as for states",
    "namedprocess_namegroup_oldest_start_time_seconds": (
        "a group without processes has -62135596800 there, the year 1; here nothing, as a missing value is absent"
    ),
    "namedprocess_scrape_partial_errors": (
        "there each process of the host counts once, threads of the kernel and strangers too; here those of groups do, "
        "at each sweep"
    ),
    "namedprocess_scrape_procread_errors": "as for partial errors",
}
"""All other families have the same name, type, labels and values."""

BEHAVIOURS = (
    "a configured group is there with 0 before its first process; there it comes with it",
    "there a process that began less than a second after the last look is counted from its first look on; here wholly",
    "a process is asked twice where it belongs, and again when its name changes, without -recheck",
    "{{.PID}}, {{.StartTime}}, {{.Cgroups}} and {{.Username}} are refused in names; templates make 500 groups at most",
    "-threads and -smaps are off unless they are asked for (`threads: true`, `smaps: true`); threads_wchan is threads'",
    "what cannot be read of any process of a group is absent there it is 0",
    "process_exporter_build_info is medic_build_info",
)
