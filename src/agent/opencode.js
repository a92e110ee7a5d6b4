// Reports the events of OpenCode's sessions to bridgeline. Written by `bridgeline install`, removed by
// `bridgeline uninstall`. OpenCode never waits for it, and never sees its errors.
import { spawn } from "node:child_process"

const program = "{program}"
const tools = {
  bash: "Bash", edit: "Edit", glob: "Glob", grep: "Grep", list: "LS", question: "AskUserQuestion", read: "Read",
  task: "Task", todowrite: "TodoWrite", webfetch: "WebFetch", write: "Write",
}
const steps = { running: "PreToolUse", completed: "PostToolUse", error: "PostToolUseFailure" }
const most = 200 // events that wait; sessions, calls and dialogs that are remembered
const [sessions, calls, dialogs] = [new Map(), new Map(), new Map()]
let [waiting, queue] = [0, Promise.resolve()]

const run = (text) =>
  new Promise((done) => {
    const child = spawn(program, ["hook"], { stdio: ["pipe", "ignore", "ignore"], timeout: 5000, windowsHide: true })
    child.on("error", done).on("close", done)
    child.stdin.on("error", () => {}).end(text)
  })
const remember = (map, key, value) => {
  map.delete(key)
  map.set(key, value)
  if (map.size > most) map.delete(map.keys().next().value)
}
// Sends events one at a time, to keep their order. Those of a subagent are sent as its parent's.
const send = (id, hook_event_name, more) => {
  const { parent, agent_type, facts } = sessions.get(id) ?? {}
  const of = parent ? { ...sessions.get(parent)?.facts, agent_id: id, agent_type } : facts
  const event = { agent: "opencode", pid: process.pid, session_id: parent ?? id, ...of, hook_event_name, ...more }
  const text = JSON.stringify(event, (_, value) => (typeof value === "string" ? value.slice(0, 20000) : value))
  if (++waiting > most) return void --waiting
  queue = queue.then(() => run(text)).catch(() => {}).then(() => void --waiting)
}
const learn = (id, facts, more) => {
  const known = sessions.get(id)
  remember(sessions, id, { ...known, ...more, facts: { ...known?.facts, ...facts } })
}
const session = ({ id, parentID, agent, directory, title, cost, model }) => {
  const facts = { cwd: directory, title, cost_usd: cost, permission_mode: agent === "plan" ? "plan" : "default" }
  learn(id, model ? { ...facts, model: model.id } : facts, { parent: parentID, agent_type: agent })
}
const message = ({ role, sessionID, modelID, tokens }) => {
  const { input, output, reasoning, cache } = tokens ?? {}
  const context_tokens = input + output + reasoning + cache?.read + cache?.write
  if (role === "assistant" && context_tokens) learn(sessionID, { model: modelID, context_tokens })
}
const call = ({ type, sessionID, tool, callID, state }) => {
  // OpenCode reports a failed command as completed.
  const status = state?.status === "completed" && state.metadata?.exit ? "error" : state?.status
  if (type !== "tool" || !steps[status] || calls.get(callID) === status) return
  remember(calls, callID, status)
  const { filePath: file_path, ...input } = state.input ?? {}
  const tool_input = { file_path, ...input }
  send(sessionID, steps[status], { tool_name: tools[tool] ?? tool, tool_use_id: callID, tool_input })
}
const ask = ({ id, sessionID, permission, metadata, tool }) => {
  const dialog = { tool_name: tools[permission ?? "question"] ?? permission, tool_use_id: tool?.callID }
  remember(dialogs, id, dialog)
  send(sessionID, "PermissionRequest", { ...dialog, tool_input: { command: metadata?.command } })
}
const answer = ({ sessionID, requestID }) => send(sessionID, "PermissionResult", dialogs.get(requestID))
const begin = ({ info }) => (session(info), send(info.id, info.parentID ? "SubagentStart" : "SessionStart"))
const turn = (id, { type }) => {
  learn(id, {}, { idle: type === "idle" })
  if (type === "idle") send(id, sessions.get(id).parent ? "SubagentStop" : "Stop")
}
// Title and cost of a turn can arrive after its end, when no other event would report them.
const update = ({ info }) => {
  const { idle, parent, facts } = sessions.get(info.id) ?? {}
  session(info)
  if (idle && !parent && (facts.title !== info.title || facts.cost_usd !== info.cost)) send(info.id, "Notification")
}
const fail = (id, name) => id && send(id, name === "MessageAbortedError" ? "Interrupt" : "StopFailure")

const on = {
  "session.created": begin,
  "session.updated": update,
  "session.deleted": ({ info }) => send(info.id, info.parentID ? "SubagentStop" : "SessionEnd"),
  "session.status": ({ sessionID, status }) => turn(sessionID, status),
  "session.error": ({ sessionID, error }) => fail(sessionID, error?.name),
  "session.compacted": ({ sessionID }) => send(sessionID, "PreCompact", { trigger: "auto" }),
  "permission.asked": ask, "permission.replied": answer,
  "question.asked": ask, "question.replied": answer, "question.rejected": answer,
  "message.updated": ({ info }) => message(info),
  "message.part.updated": ({ part }) => call(part),
}
const quietly = (act) => async (input) => void (await Promise.resolve(input).then(act).catch(() => {}))
const end = (directory) => {
  const ended = [...sessions].filter(([, { parent, facts }]) => !parent && facts.cwd === directory)
  ended.forEach(([id]) => send(id, "SessionEnd"))
  return Promise.race([queue, new Promise((done) => setTimeout(done, 1000))])
}
const prompt = (id, directory) => {
  // A session of an earlier process: no event has told of it yet.
  if (!sessions.has(id)) learn(id, { cwd: directory })
  if (!sessions.get(id).parent) send(id, "UserPromptSubmit")
}
export const bridgeline = async ({ directory }) => ({
  event: quietly(({ event }) => on[event.type]?.(event.properties)),
  "chat.message": quietly(({ sessionID }) => prompt(sessionID, directory)),
  dispose: quietly(() => end(directory)),
})
