// Stands in for Claude Code 2.1.332: loads the mod that is named and draws with it. Prints, as JSON, each drawing and
// what was run for it.
import { spawnSync } from "node:child_process";
import { pathToFileURL } from "node:url";

const hooks = [];
const on = (event, ...rest) => hooks.push({ event, hook: rest.pop(), component: rest[0]?.component });
const { register } = await import(pathToFileURL(process.argv[2]));
register(on);

let screen = {};
let drawn = {};
let ran = [];
let later = [];

const chain = async (event, e, component) => {
  const { hook } = hooks.find((one) => one.event === event && one.component === component);
  return hook($, e, async (passed) => passed);
};
const $ = {
  session: {
    id: () => "mod",
    cwd: () => "/work/garden/src",
    root: () => "/work/garden",
    model: () => "claude-opus-5-5",
    version: () => ({ version: "2.1.332" }),
    usage: () => ({
      startedAt: Date.now() - 5000,
      context: { tokens: 56012, window: 1000000, percent: 6 },
      rateLimits: [{ kind: "five_hour", percentUsed: 42, resetsAt: new Date(Date.now() + 7.17e6).toISOString() }],
      cost: { usd: 1.25 },
    }),
  },
  clock: { every: () => {}, sleep: () => {}, after: (_, then) => later.push(then) },
  process: {
    run: (argv, { stdin, env }) => {
      ran.push(argv.join(" "));
      const { stdout, error } = spawnSync(argv[0], argv.slice(1), {
        input: stdin,
        env: { ...process.env, ...env },
        encoding: "utf8",
      });
      if (error) throw error;
      return { stdout };
    },
  },
  ui: {
    invalidate: async () => {
      drawn = {};
      for (const [component, props] of Object.entries(screen)) {
        const e = { component, surface: "terminal", props };
        const asked = await chain("ui.render", e, component);
        drawn[component] = asked.props;
      }
    },
  },
};

/** What is drawn after an event, with this on screen. */
const after = async (event, now) => {
  [screen, ran, later] = [now, [], []];
  await chain(event, {});
  for (const then of later) await then();
  await $.ui.invalidate();
  return { line: drawn.StatusLine?.text, row: drawn.AgentRow?.body, ran: ran.sort() };
};

const line = { text: null, columns: 76, maxRows: 5 };
const row = { id: "a1", type: "Explore", kind: "local_agent", status: "running", label: "count files", columns: 76 };
const results = {
  line: await after("session.start", { StatusLine: line }),
  rows: await after("session.measure", { StatusLine: line, AgentRow: row }),
  dialog: await after("turn.start", {}),
  settings: await after("turn.complete", { StatusLine: { ...line, text: "theirs" } }),
};
process.env.PATH = "";
results.missing = await after("turn.complete", { StatusLine: line });
console.log(JSON.stringify(results));
