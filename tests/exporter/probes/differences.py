"""Where a probe's page differs on purpose from blackbox_exporter's, and why."""

ABSENT = {
    "probe_http_status_code": "no answer has no status; 0 would be a status that nobody gave",
    "probe_http_version": "no answer has no version",
    "probe_http_ssl": "no answer came over anything",
    "probe_http_content_length": "a length that nobody told is absent, where blackbox_exporter gives -1 or 0",
    "probe_http_uncompressed_body_length": "no body was read, or a status was wrong before it was read to its end",
    "probe_http_duration_seconds": "a phase that was not reached, or did not end, took no known time",
    "probe_dns_lookup_time_seconds": "a lookup that found nothing is not timed",
    "probe_ip_protocol": "a name that is not known has no address",
    "probe_ip_addr_hash": "a name that is not known has no address",
    "probe_ssl_last_chain_expiry_timestamp_seconds": "without verification there is no chain, where blackbox_exporter "
    "gives the year 1",
}
"""Families that may have no sample here where blackbox_exporter has one: a missing value is absent, never 0 or -1."""

OTHER = (
    "All addresses of a name are tried in the system's order; blackbox_exporter tries one, of IPv6 where there is one.",
    "Bodies are read to a mebibyte; patterns see no more.",
    "Headers, user and password of the configuration are not sent to another host after a redirect.",
    "What was posted is not posted again to another host.",
    "HTTP/1.1 alone is spoken, without a body's compression unless a header asks for it.",
    "On /metrics each sample has the label `probe`; on /probe there is none.",
)
"""What a comparison of pages does not show."""
