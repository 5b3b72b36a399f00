export type Firmware = 'Grbl' | 'grblHAL' | 'FluidNC'

export const FIRMWARES: readonly Firmware[] = ['Grbl', 'grblHAL', 'FluidNC']

interface Manner {
  welcome: string
  /** The answer to `$I`, with the letters that settings add to `[OPT:]`. */
  build: (letters: string, blocks: number, rxBytes: number) => string[]
  /** Between `[MSG:` and the words. */
  message: string
  rxBytes: number
  /** Whether `?` is answered while it homes; Grbl answers once it is done. */
  reportsHoming: boolean
  /** Whether reports say `H:`. */
  saysHomed: boolean
  /** Whether the laser goes on during a hold: Grbl has DISABLE_LASER_DURING_HOLD as it is delivered. */
  litInHold: boolean
}

/** In what they differ, as far as a turret meets it (report.c of each). */
export const MANNERS: Readonly<Record<Firmware, Manner>> = {
  Grbl: {
    welcome: "Grbl 1.1h ['$' for help]",
    build: (letters, blocks, rxBytes) => ['[VER:1.1h.20190830:]', `[OPT:V${letters},${blocks},${rxBytes}]`],
    message: '',
    rxBytes: 128,
    reportsHoming: false,
    saysHomed: false,
    litInHold: false,
  },
  grblHAL: {
    welcome: "GrblHAL 1.1f ['$' or '$HELP' for help]",
    build: (letters, blocks, rxBytes) => [
      '[VER:1.1f.20260817:]',
      `[OPT:VNM${letters}+,${blocks},${rxBytes},3,0]`,
      '[AXS:3:XYZ]',
      '[NEWOPT:ENUMS,RT+,HOME,TC,SED]',
      '[FIRMWARE:grblHAL]',
    ],
    message: '',
    rxBytes: 1024,
    reportsHoming: true,
    saysHomed: true,
    litInHold: true,
  },
  FluidNC: {
    welcome: "Grbl 3.9 [FluidNC v3.9.1 (esp32-noradio) '$' for help]",
    build: () => ['[VER:3.9 FluidNC v3.9.1 (esp32-noradio):]', '[OPT:MPHS]', '[MSG: Machine: turret]'],
    message: 'INFO: ',
    rxBytes: 256,
    reportsHoming: true,
    saysHomed: false,
    litInHold: false,
  },
}
