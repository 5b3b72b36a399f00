import type { BridgeProcess } from './bridge-process.ts'
import type { BridgeSocket } from './bridge-socket.ts'
import type { Judge } from './judge.ts'

/** The bridge as it is there now. */
export interface Session {
  socket: BridgeSocket
  process: BridgeProcess
  judge: Judge
  /** Why it is about to end, where that is known: then every device is made safe, and not only what may emit or move. */
  ending: { by: string; why: string } | undefined
  /** It has ended in order, with everything safe. */
  over: boolean
  /** What was found wrong is being dealt with: the same is not to be dealt with 40 times a second. */
  judged: 'nothing' | 'standby' | 'end'
  welcome: boolean
  /** Resolves when it has ended. */
  left: PromiseWithResolvers<void>
}
