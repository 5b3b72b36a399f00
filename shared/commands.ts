import type { z } from 'zod'
import { auditCommands } from './access/audit.ts'
import { benchCommands } from './bench/bench.ts'
import { cameraCommands } from './camera/camera.ts'
import { cameraFeatureCommands } from './camera/camera-features.ts'
import type { Command } from './wire/command.ts'
import { consoleCommands } from './instrument/console.ts'
import { controlCommands } from './control/control.ts'
import { ctp10Commands } from './instrument/ctp10.ts'
import { declaredCommands } from './instrument/declared.ts'
import { diagnosticsCommands } from './diagnostics/diagnostics.ts'
import type { Result } from './wire/errors.ts'
import { galleryCommands } from './gallery/gallery.ts'
import { frameCommands } from './camera/frames.ts'
import { instrumentCommands } from './instrument/instrument.ts'
import { journalCommands } from './instrument/journal.ts'
import { lapseCommands } from './camera/lapse.ts'
import { namedSecretCommands } from './access/named-secrets.ts'
import { peopleCommands } from './access/people.ts'
import { pictureCommands } from './camera/pictures.ts'
import { presetCommands } from './turret/presets.ts'
import { recordingCommands } from './camera/recording.ts'
import { sightCommands } from './turret/sight.ts'
import { stillCommands } from './camera/still.ts'
import { traceCommands } from './traces/trace.ts'
import { trackingCommands } from './turret/tracking.ts'
import { turretCommands } from './turret/turret.ts'
import { viewCommands } from './views/views.ts'
import { visionCommands } from './camera/vision.ts'
import { watchCommands } from './watches/watch-commands.ts'
import { pickerCommands } from './watches/watch-picker.ts'
import {
  webSerialCommands,
  type WebSerialClientEvents,
  type WebSerialServerEvents,
} from './instrument/web-serial.ts'

/** Every command there is. Socket.IO events, REST routes, permissions and types all follow from this map. */
export const commands = {
  ...benchCommands,
  ...controlCommands,
  ...auditCommands,
  ...peopleCommands,
  ...namedSecretCommands,
  ...cameraCommands,
  ...frameCommands,
  ...pictureCommands,
  ...stillCommands,
  ...recordingCommands,
  ...lapseCommands,
  ...galleryCommands,
  ...cameraFeatureCommands,
  ...visionCommands,
  ...instrumentCommands,
  ...ctp10Commands,
  ...journalCommands,
  ...consoleCommands,
  ...declaredCommands,
  ...traceCommands,
  ...turretCommands,
  ...sightCommands,
  ...trackingCommands,
  ...presetCommands,
  ...webSerialCommands,
  ...viewCommands,
  ...diagnosticsCommands,
  ...watchCommands,
  ...pickerCommands,
}

export type CommandName = keyof typeof commands
/** What a caller writes: fields with a default may be left out. */
export type InputOf<K extends CommandName> = z.input<(typeof commands)[K]['input']>
/** What a handler receives, parsed. */
export type ParsedInputOf<K extends CommandName> = z.output<(typeof commands)[K]['input']>
export type OutputOf<K extends CommandName> = z.output<(typeof commands)[K]['output']>

/** The declaration of a name that came over the wire, or undefined. */
export function findCommand(name: string): Command | undefined {
  return Object.hasOwn(commands, name) ? (commands as Record<string, Command>)[name] : undefined
}

type CommandEvents = {
  [K in CommandName]: (input: InputOf<K>, answer: (result: Result<OutputOf<K>>) => void) => void
}

/** Browser to bridge: one event a command, and the acknowledgement of stream packets, which no one answers. */
export type ClientEvents = CommandEvents &
  WebSerialClientEvents & { 'stream.ack': (ack: { stream: string; seq: number }) => void }

/** Bridge to browser. */
export interface ServerEvents extends WebSerialServerEvents {
  /** Changes revision `since` into `rev`; where `since` is missing it is the one before. */
  patch: (change: { topic: string; rev: number; since?: number; patch: Record<string, unknown> }) => void
  /** `body` are the pixels of a frame, of which the packet is the header. */
  stream: (name: string, packet: ArrayBuffer | Uint8Array, body?: ArrayBuffer | Uint8Array) => void
}
