"""What happens when things break: killed processes, broken answers, refused audits."""
