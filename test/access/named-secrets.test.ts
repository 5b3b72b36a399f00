import { expect, it } from 'vitest'
import { NamedSecrets } from '../../bridge/core/named-secrets.ts'
import { filled, filledAddress } from '../../bridge/core/filled.ts'
import { scrubber } from '../../bridge/core/scrub.ts'
import { SecretTable } from '../../bridge/access/secret-table.ts'
import { channelConfig } from '../../bridge/watches/config.ts'
import { filledChannel } from '../../bridge/watches/notify/filled-channel.ts'
import { titleOf } from '../../bridge/watches/notify/channels.ts'
import { callerAs } from '../support/caller.ts'
import { openTables } from '../support/tables.ts'

const root = callerAs({ name: 'root', role: 'administrator' })
const secrets = { pw: { value: 'a&b/c d', hosts: ['a.lab', 'b.lab:8443', '[::1]'] } }

it('outlives the bridge, with its hosts', async () => {
  await using tables = await openTables()
  const first = await NamedSecrets.open(await SecretTable.open(tables))
  await first.handlers['secret.save']!({ name: 'hook', value: 'one', hosts: ['a.lab', 'a.lab'] }, root)
  await first.handlers['secret.save']!({ name: 'mail', value: 'two', hosts: ['m.lab'] }, root)
  await first.handlers['secret.remove']!({ name: 'mail' }, root)
  const again = await NamedSecrets.open(await SecretTable.open(tables))
  expect(again.sendable(['hook'])).toEqual({ hook: { value: 'one', hosts: ['a.lab'] } })
  expect(() => again.sendable(['mail'])).toThrow('there is no secret "mail"')
})

it.each([
  ['https://a.lab/?p=${secret:pw}', 'https://a.lab/?p=a%26b%2Fc%20d'],
  ['https://anna:${secret:pw}@A.LAB:444/', 'https://anna:a%26b%2Fc%20d@A.LAB:444/'],
  ['https://b.lab:8443/${secret:pw}', 'https://b.lab:8443/a%26b%2Fc%20d'],
  ['http://[::1]/?${secret:pw}', 'http://[::1]/?a%26b%2Fc%20d'],
  ['https://any.lab/?p=1', 'https://any.lab/?p=1'],
])('is put into %s as one part of it', (address, whole) => {
  expect(filledAddress(address, secrets)).toBe(whole)
})

it.each([
  'https://b.lab/?p=${secret:pw}',
  'https://x.a.lab/?${secret:pw}',
  'https://a.lab@evil.lab/?${secret:pw}',
])('is not put into %s', (address) => {
  expect(() => filledAddress(address, secrets)).toThrow(/"pw" may not be sent to/)
})

it('takes the usual port of a scheme for named, and knows no host of a page without one', () => {
  const at443 = { x: { value: 'v', hosts: ['a.lab:443'] } }
  expect(filled('${secret:x}', { to: new URL('https://a.lab/'), secrets: at443 })).toBe('v')
  expect(() => filled('${secret:x}', { to: new URL('http://a.lab/'), secrets: at443 })).toThrow(
    'may not be sent',
  )
  expect(() => filled('${secret:x}', { to: new URL('about:blank'), secrets: at443 })).toThrow(
    'may not be sent',
  )
})

it('is put into a channel when a message leaves, and is neither in its title nor in what it fails with', async () => {
  await using tables = await openTables()
  const named = await NamedSecrets.open(await SecretTable.open(tables))
  await named.handlers['secret.save']!({ name: 'pw', value: 's3cret/x', hosts: ['m.lab'] }, root)
  const mail = channelConfig.parse({
    ...{ kind: 'mail', server: 'smtps://bench:${secret:pw}@m.lab', from: 'bench@lab', to: ['anna@lab'] },
  })
  const { channel, scrub } = filledChannel(mail, named)
  expect(channel).toMatchObject({ server: 'smtps://bench:s3cret%2Fx@m.lab' })
  expect(titleOf(mail)).not.toContain('s3cret')
  expect(scrub('535 s3cret/x and s3cret%2Fx are wrong')).toBe('535 … and … are wrong')
  const hook = channelConfig.parse({ kind: 'webhook', url: 'https://h.lab/', secret: '${secret:pw}' })
  expect(() => filledChannel(hook, named)).toThrow('"pw" may not be sent to h.lab')
})

it('takes secrets out of texts, the longer first, and leaves what is too short to tell', () => {
  expect(scrubber(['pass', 'password', 'ab'])('password pass ab')).toBe('… … ab')
})
