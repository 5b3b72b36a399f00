/** How a member of a watch is called where its own name does not say enough. */
const LABELS: Record<string, string> = {
  what: 'What',
  is: 'It tells when it',
  from: 'From',
  do: 'Do',
  with: 'Open it',
  url: 'Address',
  json: 'JSON path',
  select: 'Part of the page',
  headers: 'Headers',
  at: 'Element',
  for: 'Until it is there',
  limit: 'Limit',
  clearAt: 'Recovers at',
  perS: 'Per second',
  overS: 'Measured over',
  forS: 'For',
  deadlineS: 'Deadline',
  afterS: 'Again after',
  times: 'Retries',
  ignoreNumbers: 'Take digits as equal',
  only: 'Only lines with',
  drop: 'Leave out lines with',
  sort: 'Order of lines does not matter',
  checks: 'Checks kept',
  snapshots: 'Snapshots kept',
  on: 'When it has',
  to: 'Channels',
  actions: 'What the bench does',
  by: 'By more than',
  path: "Member of the device's topic",
  share: 'Share of the pixels',
  allow: 'Share allowed beyond',
  above: 'Above',
  below: 'Below',
  near: 'Belongs at',
  within: 'Searched within',
  condition: 'Condition',
  source: 'Source',
}

/** The choices of a member, in words. */
const CHOICES: Record<string, string> = {
  'is above': 'is above a limit',
  'is below': 'is below a limit',
  'is outside': 'is outside a band',
  'is rate': 'moves too fast',
  'is stuck': 'does not move',
  'is missing': 'is missing',
  'is changed': 'has changed',
  'is deviates': 'leaves the mask around a reference',
  'is peakMoved': 'has a peak that moved',
  'is dark': 'is too dark',
  'is bright': 'is too bright',
  'is blurred': 'is not sharp',
  'is spotMoved': 'has a spot that moved',
  'is contains': 'contains a text',
  'is lacks': 'lacks a text',
  'from topic': 'its state',
  'from power': 'its power stream',
  'from declared': 'what its declaration names',
  'from newest': 'the newest it took',
  'from ctp10': 'asking the CTP10',
  'with fetch': 'fetched, without a browser',
  'with browser': 'in a real browser',
  'do goto': 'go to an address',
  'do click': 'click',
  'do type': 'type',
  'do wait': 'wait',
  'do select': 'choose from a list',
  'do screenshot': 'take the screenshot now',
  'do safe': 'make a device safe',
  'do still': 'take a still',
  'do record': 'record the video',
  'on failed': 'failed',
  'on recovered': 'recovered',
  'on changed': 'changed',
}

/** A name of the schema in words: `frameRate` is `Frame rate`. */
function spaced(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** A member's label: without the unit that its name ends in. */
export function labelOf(name: string): string {
  return LABELS[name] ?? spaced(unitOf(name) === '' ? name : name.slice(0, -1))
}

/** The unit that a member's name ends in: `forS` is in s. */
export function unitOf(name: string): string {
  return /[a-z]S$/.test(name) && name !== 'perS' ? 's' : ''
}

/** One of the choices of a member, in words. */
export function choiceText(name: string, value: string | number): string {
  return CHOICES[`${name} ${value}`] ?? spaced(String(value))
}
