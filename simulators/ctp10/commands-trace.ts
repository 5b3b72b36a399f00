import type { CommandTree } from '../../bridge/instrument/scpi/message.ts'
import { block } from './answer.ts'
import type { Outcome, Reply } from './answer.ts'
import { ScpiError } from './errors.ts'
import type { Instrument } from './instrument.ts'
import { choice, formatNumber } from './parameters.ts'
import { traceTypes } from './trace.ts'
import type { Measurement } from './trace.ts'

type Suffixes = { s: number; c: number; t: number }

/** `BIN|ASCii` and a unit, which may be left out. */
function form(
  parameters: string[],
  units: [string, string],
  usual: 0 | 1,
): { ascii: boolean; second: boolean } {
  const [format, unit, ...rest] = parameters
  if (!format) throw new ScpiError(-109)
  if (rest.length > 0) throw new ScpiError(-108)
  return {
    ascii: choice(format, ['BINary', 'ASCii']) === 1,
    second: (unit === undefined ? usual : choice(unit, units)) === 1,
  }
}

/** `:TRACe` (EXFO CTP10 programming guide): x big-endian float64, y big-endian float32. */
export function addTraceCommands(tree: CommandTree<Outcome>, instrument: Instrument): void {
  const find = ({ s, c, t }: Suffixes): Measurement | undefined => {
    instrument.locate(s, c)
    if (t < 1 || t > 23) throw new ScpiError(-114)
    return traceTypes.includes(t) ? instrument.sweep.measurement : undefined
  }
  const send = (
    found: Measurement,
    binary: Promise<Buffer>,
    width: 4 | 8,
    ascii: boolean,
  ): Promise<Reply> => {
    if (ascii) return found.ascii(binary, width)
    const fault = instrument.faults.takeBlock()
    return binary.then((body) => block(body, fault))
  }
  const absent = (): Reply => {
    instrument.status.report(-230, 'no such trace')
    return block(Buffer.alloc(0))
  }

  tree
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:DATA:LENGth?', ({ suffixes }) =>
      String(find(suffixes)?.recipe.points ?? 0),
    )
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:DATA:SAMPling?', ({ suffixes }) =>
      formatNumber((find(suffixes)?.recipe.step ?? 0) / 1e12),
    )
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:DATA:STARt?', ({ suffixes }) =>
      formatNumber((find(suffixes)?.recipe.start ?? 0) / 1e12),
    )
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:DATA:X[:IMMediate]?', ({ suffixes, parameters }) => {
      const found = find(suffixes)
      const { hertz } = instrument.settings.detector(suffixes.s, suffixes.c)
      const { ascii, second } = form(parameters, ['M', 'HZ'], hertz ? 1 : 0)
      return found ? send(found, found.x(second), 8, ascii) : absent()
    })
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:DATA[:Y][:IMMediate]?', ({ suffixes, parameters }) => {
      const found = find(suffixes)
      const { ascii, second } = form(parameters, ['DB', 'Y'], 0)
      if (!found) return absent()
      const { module, channel } = instrument.locate(suffixes.s, suffixes.c)
      return send(found, found.y({ module, channel, type: suffixes.t, linear: second }), 4, ascii)
    })
    .add(':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:SAVE', ({ suffixes }) => {
      if (!find(suffixes)) throw new ScpiError(-230, 'no such trace')
      instrument.sweep.save()
    })
}
