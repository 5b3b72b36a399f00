import { REPORT_EVERY_MS } from '../../../../shared/diagnostics/diagnostics.ts'
import { CpuShare, ownCpuMs } from '../../../core/cpu.ts'
import type { Part, PartContext } from '../../frame/part.ts'
import { stageTimes } from '../../frame/stage-times.ts'
import type { TimingProtocol } from './bridge-part.ts'

const MIB = 2 ** 20
const FIRST_MS = 1000

/** Says every 5 s how long the stages take and what the process uses. */
export class TimingPart implements Part<TimingProtocol['to']> {
  constructor(context: PartContext<TimingProtocol['from']>) {
    const cpu = new CpuShare()
    cpu.read(ownCpuMs())
    const say = (): void => {
      void context.send({
        stages: stageTimes.summary(),
        cpuPercent: cpu.read(ownCpuMs()),
        memoryMiB: Math.round(process.memoryUsage.rss() / MIB),
      })
    }
    const first = setTimeout(say, FIRST_MS)
    const timer = setInterval(say, REPORT_EVERY_MS)
    context.signal.addEventListener('abort', () => {
      clearTimeout(first)
      clearInterval(timer)
    })
  }

  heard(): void {}
}
