#!/usr/bin/env node
// Builds the Debian package with dpkg-deb: packaging/deb/build.mjs PROGRAM ASSETS ARCHITECTURE FOLDER
// PROGRAM is linked statically, ASSETS is the output of packaging/assets. Files and fields come from
// package.metadata.deb in Cargo.toml, which cargo-deb reads too. Prints the package's path.

import { execFileSync } from "node:child_process";
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const [program, assets, architecture, folder] = process.argv.slice(2);
if (!folder) {
  process.stderr.write("usage: build.mjs PROGRAM ASSETS ARCHITECTURE FOLDER\n");
  process.exit(2);
}
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const args = ["metadata", "--no-deps", "--format-version", "1", "--manifest-path", join(root, "Cargo.toml")];
const crate = JSON.parse(execFileSync("cargo", args, { encoding: "utf8", maxBuffer: 1 << 26 })).packages[0];
const deb = crate.metadata.deb;

const stage = mkdtempSync(join(tmpdir(), "bridgeline-deb-"));
chmodSync(stage, 0o755);
try {
  for (const [from, to, mode] of deb.assets) {
    for (const file of matches(source(from))) put(readFileSync(file), to.endsWith("/") ? to + basename(file) : to, mode);
  }
  const legal = `Upstream-Name: ${crate.name}\n\n${readFileSync(join(root, crate.license_file ?? "LICENSE"), "utf8")}`;
  put(Buffer.from(legal), `usr/share/doc/${crate.name}/copyright`, "644");
  const control = {
    Package: crate.name,
    Version: `${crate.version}-1`,
    Architecture: architecture,
    Maintainer: deb.maintainer,
    "Installed-Size": Math.ceil(size(stage) / 1024),
    Section: deb.section,
    Priority: deb.priority,
    Description: `${crate.description}\n ${deb["extended-description"].trim().replace(/\n(?=\n)/g, "\n .").replace(/\n(?!\s)/g, "\n ")}`,
  };
  const lines = Object.entries(control).map(([field, value]) => `${field}: ${value}\n`);
  put(Buffer.from(lines.join("")), "DEBIAN/control", "644");
  mkdirSync(folder, { recursive: true });
  const file = join(resolve(folder), `${crate.name}_${control.Version}_${architecture}.deb`);
  execFileSync("dpkg-deb", ["--root-owner-group", "-Zxz", "--build", stage, file], { stdio: ["ignore", "ignore", "inherit"] });
  console.log(file);
} finally {
  rmSync(stage, { recursive: true });
}

/** Path in this build of an asset in Cargo.toml. */
function source(path) {
  if (path === "target/release/bridgeline") return program;
  return path.startsWith("target/assets/") ? join(assets, path.slice("target/assets/".length)) : join(root, path);
}

/** Files of a pattern such as `docs/*.md`. */
function matches(pattern) {
  const [folder, ending] = pattern.split("*");
  if (ending === undefined) return [pattern];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => join(folder, name));
}

/** Manual and changelog are compressed, as Debian's policy requires and cargo-deb does. */
function put(bytes, to, mode) {
  const path = join(stage, to);
  const isCompressed = /^usr\/share\/man\/|\/changelog$/.test(to);
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const at = isCompressed ? `${path}.gz` : path;
  writeFileSync(at, isCompressed ? gzipSync(bytes, { level: 9 }) : bytes);
  chmodSync(at, Number.parseInt(mode, 8));
}

function size(path) {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + size(join(path, name)), 0);
}
