import { parseArgs } from 'node:util'
import { BEAT_MS } from '../../shared/control/control.ts'
import { Client } from './socket.ts'

/** An operator in a process of its own, which can be killed or frozen: takes the lease, beats, and begins a burst. */
const { values } = parseArgs({
  options: {
    url: { type: 'string', default: '' },
    cookie: { type: 'string', default: '' },
    burst: { type: 'string', default: '{}' },
    'with-parent': { type: 'boolean', default: false },
  },
})
// Whoever started this holds the other end.
if (values['with-parent']) process.stdin.resume().once('close', () => process.exit())

const client = await Client.operate(values.url, { cookie: values.cookie })
const beat = (): void => void client.ask('lease.beat', { active: true }).catch(() => {})
beat()
setInterval(beat, BEAT_MS)
await client.call('laser.enable', { device: 'turret' })
const burst = JSON.parse(values.burst) as { powerPercent: number }
client.ask('laser.fire', { device: 'turret', ...burst }).catch(() => {})
process.stdout.write('firing\n')
