//! Hallmark's command line.

fn main() -> std::process::ExitCode {
    hallmark_client::ctl::main()
}
