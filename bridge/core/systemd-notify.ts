import { type ChildProcess, spawn } from 'node:child_process'

/** Beats within the time after which systemd takes this process for hung: two may be lost. */
const BEATS_IN_TIME = 3
/**
 * Reads what is to be said, a line each, says it and confirms. One shell for as long as this process lives: a process as
 * large as the bridge is held up for milliseconds by every fork.
 */
const SAY_LINES = 'while read -r line; do systemd-notify "$line"; echo; done'

/**
 * Tells systemd that this process is ready, and that its loop turns (sd_notify(3): READY=1, WATCHDOG=1), where it was
 * started by a unit of Type=notify; otherwise does nothing. By systemd-notify(1), since Node has no datagram sockets of
 * the Unix domain: the unit needs NotifyAccess=all. Never throws, and is never waited for.
 */
export class SystemdNotify implements Disposable {
  readonly #socket: string | undefined
  readonly #path: string
  readonly #beatMs: number | undefined
  #sayer: ChildProcess | undefined
  /** A line that is not confirmed yet: a second one would vouch for a later time than it was said at. */
  #saying = false
  #timer: NodeJS.Timeout | undefined

  /** Takes NOTIFY_SOCKET out of `env`: no child of this process has anything to say to systemd. */
  constructor(env: NodeJS.ProcessEnv = process.env) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH = '/usr/bin:/bin' } = env
    delete env['NOTIFY_SOCKET']
    this.#socket = NOTIFY_SOCKET
    this.#path = PATH
    const meant = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid
    const watchdogMs = meant ? Number(WATCHDOG_USEC ?? 0) / 1000 : 0
    this.#beatMs = watchdogMs > 0 ? watchdogMs / BEATS_IN_TIME : undefined
  }

  /** This process does its work: from now on systemd restarts it when its loop hangs. */
  ready(): void {
    if (this.#timer !== undefined) return
    this.#say('READY=1')
    if (this.#socket === undefined || this.#beatMs === undefined) return
    this.#timer = setInterval(() => this.#say('WATCHDOG=1'), this.#beatMs)
    this.#timer.unref()
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#sayer?.stdin?.end()
  }

  #say(line: string): void {
    if (this.#socket === undefined || this.#saying) return
    this.#saying = true
    this.#sayer ??= this.#start(this.#socket)
    this.#sayer.stdin?.write(`${line}\n`)
  }

  #start(socket: string): ChildProcess {
    const sayer = spawn('/bin/sh', ['-c', SAY_LINES], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { PATH: this.#path, NOTIFY_SOCKET: socket },
    })
    const over = (): void => {
      if (this.#sayer !== sayer) return
      // Another with the next beat.
      this.#sayer = undefined
      this.#saying = false
    }
    sayer.on('error', over)
    sayer.on('exit', over)
    sayer.stdin.on('error', over)
    sayer.stdout.on('error', over)
    sayer.stdout.on('data', () => (this.#saying = false))
    // It ends with this process, which does not live on for its sake.
    sayer.unref()
    return sayer
  }
}
