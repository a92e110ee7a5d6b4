//! The yardstick of speed: the least that a statusline in Rust can do. Reads stdin to its end, parses
//! it, prints one line. `startup.rs` measures it next to the program.

use std::io::{self, Read, Write};

fn main() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let payload: serde_json::Value = serde_json::from_str(&input)?;
    let model = payload["model"]["display_name"].as_str().unwrap_or("?");
    let used = payload["context_window"]["used_percentage"].as_f64().unwrap_or(0.0);
    writeln!(io::stdout(), "{model} {used}%")
}
