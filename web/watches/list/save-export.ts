import { call } from '../../link/call.ts'
import { toasts } from '../../ui/toasts.svelte.ts'
import { save } from '../../camera/measure/export.ts'
import { watchesText } from '../words.ts'

/** Hands these watches, or all, to the browser's downloads as YAML. Throws when the bridge does not answer. */
export async function saveExport(ids?: readonly string[]): Promise<void> {
  const { yaml, watches } = await call('watch.export', ids ? { ids: [...ids] } : {}, { deadlineMs: 30_000 })
  const day = new Date().toISOString().slice(0, 10)
  save(`watches-${day}.yaml`, new Blob([yaml], { type: 'application/yaml' }))
  toasts.note(`${watchesText(watches)} exported.`)
}
