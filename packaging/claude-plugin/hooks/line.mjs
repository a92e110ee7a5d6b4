// A Claude Code mod (2.1.332 and later): `bridgeline` draws the statusline and `bridgeline subagents` the subagent
// rows, unless the settings have a command for them.

/** Milliseconds between two runs without an event, so that countdowns move. */
const INTERVAL = 10_000;

/** Milliseconds that Claude Code may take to draw. */
const DRAWING = 150;

/** Claude Code's last requests: the line, `null` while it is covered, and the rows by agent id. */
let line = null;
const rows = new Map();

/** The last output. */
let text = null;
let bodies = {};

let isRunning = false;

/** Runs both commands for what is on screen, but not for a line that a dialog covers: a drawn line tells bridgeline
 * that no dialog is open. */
async function refresh($) {
  if (isRunning) return;
  isRunning = true;
  try {
    line = null;
    rows.clear();
    await $.ui.invalidate("ui.render");
    await $.clock.sleep(DRAWING);
    const [statusline, panel] = await Promise.all([line && statuslineOf($), rows.size > 0 ? panelOf($) : {}]);
    text = statusline ?? text;
    bodies = panel;
    await $.ui.invalidate("ui.render");
  } catch {
    // bridgeline is missing or may not run: let Claude Code draw its own.
    text = null;
  } finally {
    isRunning = false;
  }
}

async function statuslineOf($) {
  const [id, cwd, root, model, { version }, usage] = await Promise.all([
    $.session.id(),
    $.session.cwd(),
    $.session.root(),
    $.session.model(),
    $.session.version(),
    $.session.usage(),
  ]);
  const { startedAt, context, cost, rateLimits } = usage;
  const limit = ({ kind, percentUsed, resetsAt }) => [
    kind,
    { used_percentage: percentUsed, resets_at: Math.round(Date.parse(resetsAt) / 1000) },
  ];
  const payload = {
    session_id: id,
    version,
    cwd,
    workspace: { current_dir: cwd, project_dir: root },
    model: { id: model },
    cost: { total_cost_usd: cost?.usd, total_duration_ms: Date.now() - startedAt },
    context_window: {
      used_percentage: context?.percent,
      current_usage: { input_tokens: context?.tokens },
      context_window_size: context?.window,
    },
    rate_limits: rateLimits?.length ? Object.fromEntries(rateLimits.map(limit)) : undefined,
  };
  return run($, ["bridgeline"], payload, line.columns);
}

async function panelOf($) {
  const tasks = [...rows.values()].map((row) => ({ ...row, agentType: row.type, type: row.kind }));
  const columns = tasks[0].columns;
  const printed = await run($, ["bridgeline", "subagents"], { columns, tasks }, columns);
  const contents = printed.split("\n").filter(Boolean).map((row) => JSON.parse(row));
  return Object.fromEntries(contents.map(({ id, content }) => [id, content]));
}

async function run($, argv, payload, columns) {
  const { stdout } = await $.process.run(argv, {
    stdin: JSON.stringify(payload),
    env: { COLUMNS: String(columns) },
    timeoutMs: 2_000,
  });
  return stdout.trimEnd();
}

/** Handles the event, then refreshes without delaying it. */
async function followed($, e, next) {
  const result = await next(e);
  await $.clock.after(0, () => refresh($));
  return result;
}

export function register(on) {
  on("session.start", async ($, e, next) => {
    await $.clock.every(INTERVAL, () => refresh($));
    return followed($, e, next);
  });
  on("turn.start", followed);
  on("session.measure", followed);
  on("turn.complete", followed);
  on("ui.render", { component: "StatusLine" }, async ($, e, next) => {
    if (e.surface !== "terminal" || e.props.text) return next(e);
    line = e.props;
    return next(text ? { ...e, props: { ...e.props, text } } : e);
  });
  on("ui.render", { component: "AgentRow" }, async ($, e, next) => {
    if (e.surface !== "terminal" || e.props.body) return next(e);
    rows.set(e.props.id, e.props);
    const body = bodies[e.props.id];
    return next(body ? { ...e, props: { ...e.props, body } } : e);
  });
}
