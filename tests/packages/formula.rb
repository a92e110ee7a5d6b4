# Stands in for Homebrew on Linux: installs a formula and runs its test.
# formula.rb FORMULA PREFIX, in the folder of the unpacked archive. Prints the archive's URL and checksum.
require "fileutils"
require "open3"

# A folder of the prefix, which `install` takes files to.
class Folder < String
  def install(files)
    FileUtils.mkdir_p(self)
    files = { files => File.basename(files) } if files.is_a?(String)
    files.each { |file, name| FileUtils.cp(file, File.join(self, name)) }
  end

  def /(name)
    File.join(self, name)
  end
end

class Formula
  FOLDERS = {
    bin: "bin", man1: "share/man/man1", bash_completion: "etc/bash_completion.d",
    zsh_completion: "share/zsh/site-functions", fish_completion: "share/fish/vendor_completions.d"
  }.freeze
  FOLDERS.each { |name, folder| define_method(name) { Folder.new(File.join(ARGV[1], folder)) } }

  class << self
    attr_reader :fields, :steps

    %i[desc homepage version license url sha256].each do |name|
      define_method(name) { |value| (@fields ||= {})[name] = value }
    end

    def on_macos; end

    def on_linux
      yield
    end

    def on_arm
      yield if RUBY_PLATFORM.start_with?("aarch64")
    end

    def on_intel
      yield if RUBY_PLATFORM.start_with?("x86_64")
    end

    def test(&steps)
      @steps = steps
    end
  end

  def version
    self.class.fields[:version]
  end

  def shell_output(command)
    pipe_output(command, "", 0)
  end

  def pipe_output(command, input, status)
    output, ended = Open3.capture2(command, stdin_data: input)
    raise "#{command}: #{ended}" unless ended.exitstatus == status
    output
  end

  def assert_match(pattern, text)
    raise "#{text} has no #{pattern}" unless text.match?(pattern)
  end
end

load File.expand_path(ARGV[0])
formula = Bridgeline.new
formula.install
formula.instance_eval(&Bridgeline.steps)
raise "no caveats" if formula.caveats.empty?
puts Bridgeline.fields.values_at(:url, :sha256)
