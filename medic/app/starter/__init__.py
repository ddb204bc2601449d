"""What ``medic init`` writes beside the files of ``grafana``: a commented configuration and an example rule file."""
