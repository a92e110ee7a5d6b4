# The formula for a tap. packaging/homebrew/fill replaces names between @ signs.
class Bridgeline < Formula
  desc "Fast statusline for coding agents"
  homepage "@HOMEPAGE@"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "@URL@/bridgeline-@VERSION@-aarch64-apple-darwin.tar.gz"
      sha256 "@SHA256:aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL@/bridgeline-@VERSION@-x86_64-apple-darwin.tar.gz"
      sha256 "@SHA256:x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL@/bridgeline-@VERSION@-aarch64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@URL@/bridgeline-@VERSION@-x86_64-unknown-linux-musl.tar.gz"
      sha256 "@SHA256:x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "bridgeline"
    man1.install "bridgeline.1"
    bash_completion.install "completions/bridgeline.bash" => "bridgeline"
    zsh_completion.install "completions/_bridgeline"
    fish_completion.install "completions/bridgeline.fish"
  end

  def caveats
    <<~TEXT
      To add the statusline to Claude Code and other agents:
        bridgeline setup
    TEXT
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/bridgeline --version")
    assert_match "Opus", pipe_output(bin/"bridgeline", '{"model":{"display_name":"Opus"}}', 0)
  end
end
