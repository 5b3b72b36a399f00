import type { GuardianDeed } from './protocol.ts'

/** What the guardian shows on its own page. */
export interface GuardianFacts {
  title: string
  startedAt: number
  bridge: string
  devices: Record<string, { armed: boolean; outcome: GuardianDeed['devices'][string] | undefined }>
  deed: GuardianDeed | undefined
}

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

/** The guardian's own small page: for the time when there is no bridge to show any. It needs nothing but itself. */
export function guardianPage({ title, bridge, devices, deed }: GuardianFacts): string {
  const rows = Object.entries(devices).map(([id, { armed, outcome }]) => {
    const state = outcome ? `${outcome.state}${outcome.reason ? `: ${outcome.reason}` : ''}` : 'not touched'
    return `<tr><th>${escaped(id)}</th><td>${armed ? 'may emit or move' : 'off'}</td><td>${escaped(state)}</td></tr>`
  })
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width" />
<title>${escaped(title)}: guardian</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 2rem auto; padding: 0 1rem; color-scheme: light dark }
  table { border-collapse: collapse; width: 100% }
  th, td { text-align: left; padding: 0.3rem 0.6rem 0.3rem 0; border-bottom: 1px solid #8884; vertical-align: top }
  button { font: inherit; font-weight: 700; font-size: 1.4rem; color: #fff; background: #c00; border: 0; border-radius: 8px; padding: 1rem 2rem; width: 100% }
</style>
<h1>${escaped(title)}</h1>
<p><button id="stop">Emergency stop</button></p>
<p id="said" role="status"></p>
<p>The bridge: ${escaped(bridge)}.</p>
${deed ? `<p>The guardian made devices safe at ${new Date(deed.at).toISOString()}: ${escaped(deed.why)}.</p>` : ''}
<table><thead><tr><th>Device</th><td>By the bridge’s last word</td><td>Made safe</td></tr></thead>
<tbody>${rows.join('')}</tbody></table>
<script>
  const said = document.getElementById('said')
  document.getElementById('stop').onclick = async () => {
    said.textContent = 'Stopping…'
    const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket') ?? undefined
    try {
      const response = await fetch('api/estop', { method: 'POST', body: JSON.stringify({ ticket, why: 'on the guardian’s page' }) })
      const answer = await response.json()
      said.textContent = answer.ok ? 'Every safe command was sent by the ' + answer.value.by + '. Reload to see what has confirmed it.' : answer.error.message
    } catch (error) {
      said.textContent = 'The guardian has not answered: ' + error.message
    }
  }
</script>
</html>
`
}
