import type { Firmware } from './firmware.ts'

type Words = Readonly<Record<number, string>>

/** Errors that all of them have by the same number (Grbl v1.1 interface), in words that say what to do. */
const ERRORS: Words = {
  1: 'a word without a letter: bytes were lost on the line, check the cable and the baud rate',
  2: 'a number that is none: bytes were lost on the line, check the cable and the baud rate',
  3: 'a $ command that it does not know: the firmware is not Grbl 1.1, or is built without it',
  4: 'a negative number where none may be',
  5: 'homing is switched off: set $22=1',
  6: 'the step pulse is too short: set $0 to 3 or more',
  7: 'its memory could not be read and was set to defaults: enter the settings again',
  8: 'it does this at rest only: wait until it is idle',
  9: 'it is locked by an alarm or is jogging: home or unlock it, or wait until it is at rest',
  10: 'soft limits need homing: set $22=1 first',
  11: 'the line was too long for it',
  12: 'the setting asks for more steps a second than it can make',
  13: 'the safety door is open: close it',
  14: 'the startup line is too long to be stored',
  15: 'the way leads out of the travel that $130 and $131 allow',
  16: 'not a jog that it knows',
  17: 'laser mode needs a PWM output: this firmware has none',
  20: 'a G-code that it does not know: the firmware is not Grbl 1.1',
  21: 'two G-codes of one kind in a line: the firmware reads a pulse differently from Grbl 1.1',
  22: 'no feed rate',
  23: 'a whole number was expected',
  24: 'two commands in a line that both want the axes',
  25: 'a word twice in a line',
  26: 'no axis to move',
  27: 'a line number out of range',
  28: 'a value is missing',
  29: 'a coordinate system that it does not have',
  30: 'G53 where no straight motion is on',
  31: 'axis words while motion is switched off',
  32: 'an arc without axes',
  33: 'a target that cannot be reached',
  34: 'an arc whose radius does not fit',
  35: 'an arc without its centre',
  36: 'words that belong to nothing: the firmware reads a pulse differently from Grbl 1.1',
  37: 'a tool offset on another axis than its own',
  38: 'a tool number that is too high',
}

/** What others add to the list, or mean by a number of it (errors.h of grblHAL, Error.h of FluidNC). */
const MORE_ERRORS: Readonly<Record<Firmware, Words>> = {
  Grbl: {},
  grblHAL: {
    18: 'it was reset while it did this: ask again',
    19: 'a number above 0 was expected',
    39: 'a number out of range',
    40: 'it waits for a tool change: finish that at the controller',
    44: 'the power is out of the range of $30 and $31',
    45: 'it stands on a limit switch: free it by hand, or home it',
    46: 'it has to be homed first (turret.home)',
    50: 'the emergency stop of the controller is pressed: release it',
    51: 'a motor driver reports a fault: see to it',
    52: 'the value of a setting is out of range',
    53: 'this setting is switched off',
    55: 'its homing is set up wrongly: check $22 and $44 to $46',
    77: 'it wants a password first: sign in at the controller',
    78: 'it does not let us do this: check who may at the controller',
    79: 'a critical alarm is on: reset it, then home',
  },
  FluidNC: {
    5: 'the setting is switched off in its configuration file',
    18: 'no homing cycle is configured: add one to its configuration file',
    19: 'single axes cannot be homed here',
    38: 'a value that is too high',
    39: 'a parameter that is too high',
    40: 'one of its control pins is active: release it',
    80: 'the number of a setting is out of range',
    81: 'the value of a setting is not valid',
    110: 'it wants a password first: sign in at the controller',
    113: 'it was reset while it did this: ask again',
    120: 'another of its interfaces is busy: wait, or end what runs there',
    130: 'the jog was cancelled',
    152: 'its configuration file is not valid: see its boot messages',
  },
}

/** Alarms that all of them have by the same number (Grbl v1.1 interface), in words that say what to do. */
const ALARMS: Words = {
  1: 'a limit switch was met in motion and the position is lost: see what is in the way, then home',
  2: 'a motion was to leave the travel and was refused; the position is kept: unlock, and aim within the limits',
  3: 'stopped dead in motion, the position is lost: home',
  4: 'the probe was not as it should be before probing',
  5: 'the probe met nothing',
  6: 'homing was cut off: home again',
  7: 'the safety door was opened while homing: close it and home again',
  8: 'a limit switch stayed pressed after homing: check its wiring, or raise the pull-off $27',
  9: 'homing did not find a limit switch: check the switches, and the travel $130 and $131',
}

/** What each means by the numbers above 9 (alarms.h of grblHAL, Alarm.h of FluidNC). */
const MORE_ALARMS: Readonly<Record<Firmware, Words>> = {
  Grbl: { 10: 'homing did not find the second switch of a double axis' },
  grblHAL: {
    10: 'the emergency stop of the controller is pressed: release it, reset, then home',
    11: 'it has to be homed before anything else (turret.home)',
    12: 'it stands on a limit switch: free it by hand, or home it',
    13: 'the probe is in the way: clear it',
    14: 'the laser’s output did not do what it was told: see to its supply',
    15: 'homing did not find the second switch of a double axis',
    16: 'its self-test failed: switch it off and on',
    17: 'a motor driver reports a fault, the position is lost: see to it, then home',
    18: 'homing failed: check the switches, then home again',
    19: 'a device on its bus does not answer',
    20: 'one of its expansion boards has failed',
    21: 'its memory could not be read: enter the settings again',
    22: 'it was sent more than it can hold: bytes were lost',
  },
  FluidNC: {
    10: 'the laser’s output did not do what it was told: see to its supply',
    11: 'one of its control pins was active when it began: release it, then reset',
    12: 'it stands on a limit switch and cannot tell which: free it by hand, then home',
    13: 'a hard stop: see what is in the way, then home',
    14: 'it has to be homed before anything else (turret.home)',
    15: 'it has just begun: home it (turret.home)',
    16: 'one of its expansion boards has begun anew: home it (turret.home)',
    17: 'a line of G-code went wrong: unlock it',
    18: 'a limit switch was met while probing, the position is lost: home',
  },
}

/** Alarms after which the count of steps still holds. */
const KEEPS_POSITION: Readonly<Record<Firmware, readonly number[]>> = {
  Grbl: [2, 4, 5],
  grblHAL: [2, 4, 5, 13, 14, 19, 22],
  FluidNC: [2, 4, 5, 10, 17],
}

const manual = (firmware: Firmware): string =>
  `which is not in ${firmware === 'Grbl' ? "Grbl 1.1's" : `${firmware}'s`} list: see the firmware's manual`

/** An error's sentence, its number included. */
export function errorWords(number: number, firmware: Firmware = 'Grbl'): string {
  return `error ${number}, ${MORE_ERRORS[firmware][number] ?? ERRORS[number] ?? manual(firmware)}`
}

/** An alarm's sentence. */
export function alarmWords(number: number, firmware: Firmware = 'Grbl'): string {
  return MORE_ALARMS[firmware][number] ?? ALARMS[number] ?? `alarm ${number}, ${manual(firmware)}`
}

/** Whether the count of steps can no longer be trusted; an alarm that nobody here knows is trusted for nothing. */
export function losesPosition(alarm: number, firmware: Firmware = 'Grbl'): boolean {
  return !KEEPS_POSITION[firmware].includes(alarm)
}
