//! The plans that Postgres logged of the statements it ran.

use std::path::Path;

/// How long the log is.
pub(crate) fn log_end(log: &Path) -> usize {
    std::fs::read(log).expect("the log").len()
}

/// The plans in the log from here on: of the statements that look for jobs.
pub(crate) fn plans(log: &Path, from: usize) -> Vec<String> {
    let text = std::fs::read(log).expect("the log");
    let text = String::from_utf8_lossy(&text[from..]).into_owned();
    let mut plans = Vec::new();
    for entry in text.split("LOG:  ").filter(|entry| entry.contains("Query Text") && entry.contains("job_id"))
    {
        let mut lines = entry.lines();
        let duration = lines.next().unwrap_or_default().to_owned();
        let nodes: Vec<&str> = lines
            .take_while(|line| line.starts_with('\t'))
            .skip_while(|line| !line.contains("(cost="))
            .collect();
        plans.push(format!("  {duration}\n{}", without_empty_partitions(&nodes)));
    }
    plans
}

/// There is a partition for each year, most of them without a row or never looked at.
fn without_empty_partitions(nodes: &[&str]) -> String {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let (mut plan, mut left_out, mut inside) = (Vec::new(), 0, None);
    for line in nodes {
        if inside.is_some_and(|outer| indentation(line) > outer) {
            continue;
        }
        inside = None;
        let empty = line.contains("never executed") || line.contains("rows=0 loops=1)");
        if empty && (line.contains(" on signing_jobs_2") || line.contains("->  Result")) {
            inside = Some(indentation(line));
            left_out += 1;
            continue;
        }
        plan.push(format!("    {}", line.trim_start_matches('\t')));
    }
    if left_out > 0 {
        plan.push(format!("    ({left_out} scans of partitions that yielded nothing are left out)"));
    }
    plan.join("\n")
}
