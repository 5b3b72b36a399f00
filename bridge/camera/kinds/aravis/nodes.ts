import type { CameraNode, NumberRange } from '../../../../shared/camera/camera-features.ts'
import { NotAccepted } from '../../frame/capture.ts'
import type { Pointer } from './native.ts'
import { type Named, number } from './named.ts'

/** GenICam's elements by what they are to who reads or sets them (GenApi 2.1, their names in the camera's XML). */
const KINDS: Record<string, CameraNode['kind']> = {
  Integer: 'integer',
  IntReg: 'integer',
  MaskedIntReg: 'integer',
  StructEntry: 'integer',
  IntConverter: 'integer',
  IntSwissKnife: 'integer',
  Float: 'float',
  FloatReg: 'float',
  Converter: 'float',
  SwissKnife: 'float',
  Boolean: 'switch',
  Enumeration: 'choice',
  String: 'text',
  StringReg: 'text',
  Command: 'command',
}
const VISIBILITY = ['invisible', 'guru', 'expert', 'beginner'] as const
const ACCESS = ['read', 'write', 'both'] as const
/** Enough for any camera, and an end for a tree that leads back into itself. */
const MOST = 5000

interface Listed {
  name: string
  category: string
  node: Pointer
  kind: CameraNode['kind']
}

/** Every feature that the camera has just now, category by category. Rejects with the camera's reason. */
export async function listNodes(named: Named): Promise<CameraNode[]> {
  const listed = await named.do(() => walk(named))
  const nodes: CameraNode[] = []
  for (const one of listed) {
    if (await named.has(one.name)) nodes.push(await describe(named, one))
  }
  return nodes
}

/** Sets one feature, or runs it, and answers what became of it. Rejects with NotAccepted, or the camera's reason. */
export async function setNode(named: Named, name: string, value: CameraNode['value']): Promise<CameraNode> {
  const one = await named.do(() => find(named, name))
  if (!one || !(await named.has(name))) {
    throw new NotAccepted(`has no feature ${name} just now: camera.features lists what it has`)
  }
  const before = await describe(named, one)
  if (before.access === 'read') throw new NotAccepted(`lets ${name} only be read`)
  const { aravis } = named
  const wrong = problemWith(before, value)
  if (wrong) throw new NotAccepted(wrong)
  if (one.kind === 'command') await named.ask(aravis.run, name)
  else if (one.kind === 'integer') await named.ask(aravis.setInteger, name, value as number)
  else if (one.kind === 'float') await named.ask(aravis.setFloat, name, value as number)
  else if (one.kind === 'switch') await named.ask(aravis.setBoolean, name, value ? 1 : 0)
  else await named.ask(aravis.setText, name, value as string)
  return describe(named, one)
}

function problemWith(
  { name, kind, range, choices }: CameraNode,
  value: CameraNode['value'],
): string | undefined {
  if (kind === 'command') {
    return value === undefined ? undefined : `runs ${name} and gives it no value: leave the value out`
  }
  if (kind === 'switch') return typeof value === 'boolean' ? undefined : `takes true or false for ${name}`
  if (kind === 'text') return typeof value === 'string' ? undefined : `takes a text for ${name}`
  if (kind === 'choice') {
    return choices?.includes(value as string)
      ? undefined
      : `takes one of ${choices?.join(', ')} for ${name}: ${String(value)} is not`
  }
  if (typeof value !== 'number') return `takes a number for ${name}`
  if (!range) return undefined
  const { min, max, step = 0, unit = '' } = range
  const text = `takes ${min} to ${max} ${unit} for ${name}`.replace('  ', ' ')
  if (value < min || value > max) return `${text}: ${String(value)} is not`
  if (kind === 'integer' && (value - min) % Math.max(1, step) !== 0) {
    return `${text} in steps of ${step}: ${value} is not`
  }
  return undefined
}

function walk(named: Named): Listed[] {
  const { aravis } = named
  const genicam = aravis.genicam(aravis.device(named.camera))
  const found = new Map<string, Listed>()
  const visit = (category: string): void => {
    const node = genicam === null ? null : aravis.node(genicam, category)
    if (node === null || aravis.nodeKind(node) !== 'Category') return
    for (const name of aravis.listOf(aravis.categoryFeatures(node))) {
      if (found.size >= MOST || found.has(name)) continue
      const child = aravis.node(genicam!, name)
      if (child === null) continue
      const element = aravis.nodeKind(child)
      const kind = KINDS[element]
      if (kind) found.set(name, { name, category, node: child, kind })
      else if (element === 'Category' && !seen.has(name)) {
        seen.add(name)
        visit(name)
      }
    }
  }
  const seen = new Set(['Root'])
  visit('Root')
  return [...found.values()]
}

/** By name, also where no category lists it. */
function find(named: Named, name: string): Listed | undefined {
  const { aravis } = named
  const genicam = aravis.genicam(aravis.device(named.camera))
  const node = genicam === null ? null : aravis.node(genicam, name)
  const kind = node === null ? undefined : KINDS[aravis.nodeKind(node)]
  return node !== null && kind ? { name, category: '', node, kind } : undefined
}

async function describe(named: Named, { name, category, node, kind }: Listed): Promise<CameraNode> {
  const { aravis } = named
  const about = await named.do(() => ({
    access: kind === 'command' ? 'write' : (ACCESS[aravis.nodeAccess(node)] ?? 'both'),
    visibility: VISIBILITY[aravis.nodeVisibility(node)] ?? 'beginner',
    description: aravis.nodeDescription(node) ?? undefined,
    unit: kind === 'integer' ? aravis.integerUnit(node) : kind === 'float' ? aravis.floatUnit(node) : null,
  }))
  const { access, visibility, description, unit } = about
  const base = { name, category, kind, visibility, ...(description ? { description } : {}) } as const
  // A register that is locked or failing just now is listed all the same, without what it would not say.
  const read = async <T>(question: () => Promise<T>): Promise<T | undefined> =>
    access === 'write' ? undefined : question().catch(() => undefined)
  // Some of those that are only read have no range.
  const within = async (question: () => Promise<NumberRange>): Promise<{ range?: NumberRange }> => {
    const range = await question().catch(() => undefined)
    return range ? { range: { ...range, ...(unit ? { unit } : {}) } } : {}
  }
  switch (kind) {
    case 'integer': {
      const value = await read(async () => number(await named.ask(aravis.integer, name)))
      return { ...base, access, ...given(value), ...(await within(() => named.integerRange(name))) }
    }
    case 'float': {
      const value = await read(() => named.ask(aravis.float, name))
      const range = async (): Promise<NumberRange> => {
        const { min, max, step } = await named.floatRange(name)
        return { min, max, ...(step ? { step } : {}) }
      }
      return { ...base, access, ...given(value), ...(await within(range)) }
    }
    case 'switch': {
      const value = await read(async () => (await named.ask(aravis.boolean, name)) !== 0)
      return { ...base, access, ...given(value) }
    }
    case 'choice': {
      const value = await read(() => named.ask(aravis.text, name))
      return { ...base, access, ...given(value ?? undefined), choices: await named.choices(name) }
    }
    case 'text':
      return { ...base, access, ...given((await read(() => named.ask(aravis.text, name))) ?? undefined) }
    case 'command':
      return { ...base, access }
  }
}

function given(value: CameraNode['value']): { value?: NonNullable<CameraNode['value']> } {
  return value === undefined ? {} : { value }
}
