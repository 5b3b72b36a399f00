import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'
import { startBridge } from './bench-process.ts'
import { LitBench, type LitInstruments } from './lit-bench.ts'
import { Program } from './process.ts'

/** A guardian and a bridge side by side, as the launcher starts them, each in a process group of its own. */
export class GuardedBench extends LitBench implements AsyncDisposable {
  readonly file: string
  guardian!: Program<true>
  bridge!: Awaited<ReturnType<typeof startBridge>>

  private constructor(instruments: LitInstruments, file: string) {
    super(instruments)
    this.file = file
  }

  static async open(
    instruments: LitInstruments,
    {
      devices = instruments.devices,
      ...more
    }: { devices?: Record<string, unknown> } & Record<string, unknown> = {},
  ): Promise<GuardedBench> {
    const file = join(await mkdtemp(join(tmpdir(), 'lightbench-')), 'bench.yaml')
    const guardian = { port: 0 }
    const bench = {
      title: 'Guarded bench',
      server: { guardian },
      media: { port: 0, workers: 1 },
      devices,
      ...more,
    }
    await writeFile(file, stringify(bench))
    const opened = new GuardedBench(instruments, file)
    await Promise.all([opened.startGuardian(), opened.startBridge()])
    return opened
  }

  get dataDir(): string {
    return join(dirname(this.file), 'data')
  }

  get url(): string {
    return this.bridge.ready.url
  }

  async startGuardian(): Promise<void> {
    const ready = (line: string): true | undefined =>
      line.includes('the guardian listens') ? true : undefined
    this.guardian = await Program.start('bridge/guardian/main.ts', ['--data', this.dataDir], ready, [], {
      group: true,
    })
  }

  /** `nodeArgs` before the program's. */
  async startBridge(nodeArgs: string[] = []): Promise<void> {
    this.bridge = await startBridge(this.file, 0, nodeArgs, [], { group: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave()
    // What was stopped by a signal hears no other until it goes on.
    for (const { child } of [this.bridge, this.guardian]) child.kill('SIGCONT')
    await this.bridge.end()
    await this.guardian.end()
  }
}
