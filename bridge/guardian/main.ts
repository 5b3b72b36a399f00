import { setPriority } from 'node:os'
import { parseArgs } from 'node:util'
import { createLog } from '../core/log.ts'
import { SystemdNotify } from '../core/systemd-notify.ts'
import { listenForBridge } from './bridge-socket.ts'
import { Guardian, newKey } from './guardian.ts'
import { GuardianPort } from './port.ts'
import { socketPath } from './protocol.ts'

/** Devices that are being made safe have so long before the guardian itself ends. */
const FINISH_MS = 5000
/** Ahead of everything that is not as important, where the system permits it. */
const PRIORITY = -15

const log = createLog().child({ part: 'guardian' })
const systemd = new SystemdNotify()
const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'data' },
    'with-parent': { type: 'boolean', default: false },
  },
})
try {
  setPriority(PRIORITY)
} catch {
  // Only root and those with CAP_SYS_NICE may.
}

const key = newKey()
const guardian: Guardian = new Guardian({
  dataDir: values.data,
  log,
  key,
  listen: (web) => port.listen(web),
})
const port = new GuardianPort({
  key,
  log,
  facts: () => guardian.facts,
  isRevoked: (session) => guardian.isRevoked(session),
  stop: (by, why) => guardian.stop(by, why),
})
const server = await listenForBridge(socketPath(values.data), {
  log,
  heard: (socket, message) => {
    if (message.say === 'hello') void guardian.admit(socket, message)
    else guardian.heard(socket, message)
  },
  left: (socket) => guardian.left(socket),
}).catch((error: unknown) => {
  process.stderr.write(`the guardian: ${String(error)}\n`)
  process.exit(1)
})
log.info({ data: values.data }, 'the guardian listens')
systemd.ready()
// As long as no bridge has come, what the last one said of the port is good.
if (guardian.web)
  await port.listen(guardian.web).catch((error: unknown) => log.warn({ error }, 'no port yet'))

let closing = false
/** Not before everything that it is making safe is safe. */
function close(): void {
  if (closing) return
  closing = true
  void guardian.finished(FINISH_MS).then(() => {
    server.close()
    port[Symbol.dispose]()
    guardian[Symbol.dispose]()
    process.exit(0)
  })
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, close)
// Whoever started this holds the other end, and lets go of it even when it is killed: the bridge ends as well, and first.
if (values['with-parent']) {
  process.stdin.resume().once('close', () => void guardian.alone().then(close))
  process.stdin.unref()
}
