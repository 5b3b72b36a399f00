/** Grbl's errors by number (Grbl v1.1 interface), in words that say what to do. */
const ERRORS: Readonly<Record<number, string>> = {
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

/** Grbl's alarms by number (Grbl v1.1 interface), in words that say what to do. */
const ALARMS: Readonly<Record<number, string>> = {
  1: 'a limit switch was met in motion and the position is lost: see what is in the way, then home',
  2: 'a motion was to leave the travel and was refused; the position is kept: unlock, and aim within the limits',
  3: 'stopped dead in motion, the position is lost: home',
  4: 'the probe was not as it should be before probing',
  5: 'the probe met nothing',
  6: 'homing was cut off: home again',
  7: 'the safety door was opened while homing: close it and home again',
  8: 'a limit switch stayed pressed after homing: check its wiring, or raise the pull-off $27',
  9: 'homing did not find a limit switch: check the switches, and the travel $130 and $131',
  10: 'homing did not find the second switch of a double axis',
}

/** Alarms after which the count of steps can no longer be trusted. */
const LOSES_POSITION = new Set([1, 3, 6, 7, 8, 9, 10])

/** An error's sentence, its number included. */
export function errorWords(number: number): string {
  return `error ${number}, ${ERRORS[number] ?? "which is not in Grbl 1.1's list: see the firmware's manual"}`
}

/** An alarm's sentence. */
export function alarmWords(number: number): string {
  return ALARMS[number] ?? `alarm ${number}, which is not in Grbl 1.1's list: see the firmware's manual`
}

export function losesPosition(alarm: number): boolean {
  return LOSES_POSITION.has(alarm)
}
