import { mayLight } from '../scpi/light.ts'
import { CommandTree, parseMessage } from '../scpi/message.ts'
import { isOneOf } from './quantity.ts'

/**
 * The commands that leave a CTP10 as dark as it is (CTP10 user guide, remote control). Not among them is what starts a
 * sweep or a reference, what keeps lasers on after one, and *RST.
 */
const dark = new CommandTree<boolean>().add(':CTP:RLASer<r>:POWer:STATe', ({ parameters }) =>
  isOneOf(parameters.join(), '0', 'OFF'),
)
for (const header of [
  ':ABORt',
  ':CTP:RLASer<r>:POWer',
  ':CTP:RLASer<r>:WAVelength',
  ':CTP:SENSe<s>:CHANnel<c>:FUNCtion:TRIGger',
  ':CTP:SENSe<s>:CHANnel<c>:UNIT:X',
  ':CTP:SENSe<s>:CHANnel<c>:UNIT:Y',
  ':CTP:SENSe<s>:CHANnel<c>:WAVelength',
  ':INITiate:SMODe',
  ':INITiate:TLS<n>:IDENtifier',
  ':INITiate:TLS<n>:POWer',
  ':INITiate:TLS<n>:SPEed',
  ':INITiate:TLS<n>:TRIGin',
  ':INITiate:TLS<n>:WAVelength:STARt',
  ':INITiate:TLS<n>:WAVelength:STOP',
  ':INITiate:WAVelength:SAMPling',
  ':INITiate:WAVelength:STARt',
  ':INITiate:WAVelength:STOP',
  ':TRACe:SENSe<s>:CHANnel<c>:TYPE<t>:SAVE',
])
  dark.add(header, () => true)

/** Whether a program message may switch a CTP10's light on. */
export function mayLightCtp10(message: string): boolean {
  return mayLight(message, (command) => {
    const [unit, ...more] = parseMessage(command)
    return unit !== undefined && more.length === 0 && dark.find(unit)?.() === true
  })
}
