#!/usr/bin/env node
// Runs the program in this platform's package. Starting Node takes about 20 ms, so `bridgeline install` puts the
// program itself into the agents' settings.
"use strict";

const { spawnSync } = require("node:child_process");
const os = require("node:os");

const name = `@bridgeline/${process.platform}-${process.arch}`;

function program() {
  const file = process.platform === "win32" ? "bridgeline.exe" : "bridgeline";
  try {
    return require.resolve(`${name}/bin/${file}`);
  } catch {
    const { optionalDependencies } = require("../package.json");
    const why = name in optionalDependencies
      ? `${name} is missing: install again, without --omit=optional`
      : `there is no package for ${process.platform} on ${process.arch}: cargo install bridgeline`;
    process.stderr.write(`bridgeline: ${why}\n`);
    process.exit(1);
  }
}

const { error, status, signal } = spawnSync(program(), process.argv.slice(2), { stdio: "inherit" });
if (error) {
  process.stderr.write(`bridgeline: ${error.message}\n`);
  process.exit(1);
}
// The exit status that a shell would report, if the signal doesn't end this process too.
if (signal) process.kill(process.pid, signal);
process.exitCode = signal ? 128 + os.constants.signals[signal] : status;
