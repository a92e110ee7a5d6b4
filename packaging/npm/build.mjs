#!/usr/bin/env node
// Builds the npm packages: one per given program, and `bridgeline`, which depends on all of them.
// packaging/npm/build.mjs FOLDER PLATFORM-CPU=PROGRAM...   (linux-x64=target/.../bridgeline)
// Prints the paths of the tarballs.

import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const PLATFORMS = ["darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64", "win32-x64"];

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const [folder, ...programs] = process.argv.slice(2);
if (!folder || programs.length === 0) fail("usage: build.mjs FOLDER PLATFORM-CPU=PROGRAM...");

const out = resolve(folder);
const common = fromCargo();
const names = programs.map((pair) => platformPackage(...pair.split("=")));
mainPackage(names);

function platformPackage(platform, program) {
  if (!PLATFORMS.includes(platform) || !program) fail(`${platform}: not one of ${PLATFORMS.join(", ")}`);
  const name = `@bridgeline/${platform}`;
  const [os, cpu] = platform.split("-");
  const file = os === "win32" ? "bridgeline.exe" : "bridgeline";
  const about = `The bridgeline program for ${os} on ${cpu}`;
  const { keywords, ...fields } = common;
  pack(platform, { name, ...fields, description: about, os: [os], cpu: [cpu], files: ["bin"], preferUnplugged: true }, (at) => {
    mkdirSync(join(at, "bin"));
    copyFileSync(program, join(at, "bin", file));
    chmodSync(join(at, "bin", file), 0o755);
    writeFileSync(join(at, "README.md"), `# ${name}\n\n${about}. Install \`bridgeline\`, which includes it.\n`);
  });
  return name;
}

function mainPackage(names) {
  const manifest = JSON.parse(readFileSync(join(here, "bridgeline/package.json"), "utf8"));
  const optionalDependencies = Object.fromEntries(names.map((name) => [name, common.version]));
  pack("bridgeline", { ...manifest, ...common, optionalDependencies }, (at) => {
    cpSync(join(here, "bridgeline/bin"), join(at, "bin"), { recursive: true });
    chmodSync(join(at, "bin/bridgeline.js"), 0o755);
    copyFileSync(join(here, "bridgeline/README.md"), join(at, "README.md"));
  });
}

/** Creates the folder of a package in `out`, and a tarball of it next to it. */
function pack(name, manifest, fill) {
  const at = join(out, name);
  rmSync(at, { recursive: true, force: true });
  mkdirSync(at, { recursive: true });
  fill(at);
  copyFileSync(join(root, "LICENSE"), join(at, "LICENSE"));
  writeFileSync(join(at, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  const options = { cwd: out, encoding: "utf8", shell: process.platform === "win32" };
  const printed = execFileSync("npm", ["pack", "--json", `./${name}`], options);
  console.log(join(out, JSON.parse(printed)[0].filename.replace("@", "").replace("/", "-")));
}

/** Fields that the packages share with the crate. */
function fromCargo() {
  const args = ["metadata", "--no-deps", "--format-version", "1", "--manifest-path", join(root, "Cargo.toml")];
  const text = execFileSync("cargo", args, { encoding: "utf8", maxBuffer: 1 << 26 });
  const { version, description, license, keywords, repository } = JSON.parse(text).packages[0];
  return { version, description, license, keywords, ...(repository && { repository }) };
}

function fail(why) {
  process.stderr.write(`build.mjs: ${why}\n`);
  process.exit(2);
}
