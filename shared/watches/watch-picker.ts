import { z } from 'zod'
import { command } from '../wire/command.ts'
import { plain } from '../wire/secret.ts'
import { pixelBox } from './watch-box.ts'
import { watchId } from './watch.ts'
import { pageStep } from './watch-what.ts'
import { webAddress } from './web-address.ts'

const picker = plain(z.string().regex(/^[a-z0-9]{8,32}$/))

/** A page that is open for picking, as it looks now. It closes by itself when nothing is asked of it for two minutes. */
export const pickerPage = z.object({
  picker,
  url: z.string(),
  title: z.string(),
  width: z.number().int().describe('px of the screenshot, which is the part of the page in the window'),
  height: z.number().int(),
  screenshot: z.string().describe('its path: a PNG; another path with each step'),
})
export type PickerPage = z.infer<typeof pickerPage>

export const pickerCommands = {
  'picker.open': command({
    about: 'Open a page in the browser to choose an element from its screenshot.',
    role: 'administrator',
    audited: true,
    input: z.object({
      url: webAddress,
      steps: z.array(pageStep).max(30).default([]),
      watch: watchId.optional().describe('the watch whose kept secrets the address and the steps refer to'),
    }),
    output: pickerPage,
  }),
  'picker.at': command({
    about: 'The element under a point of the screenshot.',
    role: 'administrator',
    input: z.object({
      picker,
      x: z.number(),
      y: z.number(),
      up: z.number().int().min(0).max(20).default(0).describe('so many elements further out'),
    }),
    output: z.object({
      css: z.string(),
      xpath: z.string(),
      text: z.string().describe('of it, cut to 2000 characters'),
      box: pixelBox,
      matches: z.number().int().describe('elements of the page that the CSS path fits; 1 is best'),
    }),
  }),
  'picker.step': command({
    about: 'Do one more step on the page, and answer how it looks then.',
    role: 'administrator',
    audited: true,
    input: z.object({ picker, step: pageStep }),
    output: pickerPage,
  }),
  'picker.close': command({
    about: 'Close the page.',
    role: 'administrator',
    input: z.object({ picker }),
    output: z.object({}),
  }),
}
