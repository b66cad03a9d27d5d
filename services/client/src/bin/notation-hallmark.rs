//! Hallmark's plugin for notation.

fn main() -> std::process::ExitCode {
    hallmark_client::plugin::run()
}
