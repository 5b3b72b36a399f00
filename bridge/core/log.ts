import { type Logger, pino, stdTimeFunctions } from 'pino'

export type { Logger } from 'pino'

/** The bridge's log: JSON lines, or readable ones on a terminal. Level from LIGHTBENCH_LOG (pino's names), else info. */
export function createLog(): Logger {
  const level = process.env['LIGHTBENCH_LOG'] ?? 'info'
  if (process.stdout.isTTY) {
    return pino({
      level,
      transport: {
        target: 'pino-pretty',
        options: { ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l' },
      },
    })
  }
  return pino({ level, base: null, timestamp: stdTimeFunctions.isoTime })
}
