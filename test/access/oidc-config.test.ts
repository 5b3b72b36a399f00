import { expect, it } from 'vitest'
import { oidcConfig } from '../../bridge/access/oidc-config.ts'

const good = { issuer: 'https://login.example.org/realms/lab', clientId: 'bench', groups: { lab: 'viewer' } }

it.each([
  ['the least there is', good],
  ['a provider on this machine, without TLS', { ...good, issuer: 'http://127.0.0.1:8081' }],
])('takes %s', (_, config) => {
  expect(oidcConfig.safeParse(config)).toMatchObject({ success: true })
})

it.each([
  ['issuer', { issuer: 'http://login.example.org' }, 'expected https'],
  ['issuer', { issuer: 'login.example.org' }, 'expected an address'],
  ['issuer', { issuer: 'javascript:alert(1)' }, 'expected an address'],
  ['groups', { groups: {} }, 'expected one group at least'],
  ['groups.lab', { groups: { lab: 'king' } }, 'viewer'],
  ['scopes.0', { scopes: ['two words'] }, 'expected one word'],
  ['pageUrl', { pageUrl: '/bench' }, 'expected an address'],
])('refuses a wrong %s, saying what was expected', (path, wrong, message) => {
  const { error } = oidcConfig.safeParse({ ...good, ...wrong })
  const issue = error?.issues.find((one) => one.path.join('.') === path)
  expect(issue?.message).toContain(message)
})
