import { expect, it } from 'vitest'
import { Door } from '../../bridge/server/origin.ts'

const door = new Door({
  names: ['localhost', '127.0.0.1', '::1', 'Bench.Lab'],
  origins: ['https://wall.lab'],
})

it.each([
  { host: '127.0.0.1:8080' },
  { host: 'localhost' },
  { host: '[::1]:8080' },
  { host: 'bench.lab', origin: 'https://bench.lab' },
  { host: '127.0.0.1:8080', origin: 'http://127.0.0.1:8080' },
  { host: '127.0.0.1:8080', origin: 'https://wall.lab' },
  { host: '127.0.0.1:8080', 'sec-fetch-site': 'same-origin' },
  { host: '127.0.0.1:8080', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
])('lets in %j', (headers) => {
  expect(() => door.require(headers)).not.toThrow()
})

it.each([
  [{}, /not called ""/],
  [{ host: 'evil.example' }, /not called "evil.example"/],
  [{ host: '127.0.0.1.evil.example:8080' }, /not called/],
  [{ host: '127.0.0.1:8080', origin: 'https://evil.example' }, /a page of https:\/\/evil.example/],
  [{ host: '127.0.0.1:8080', origin: 'http://127.0.0.1:9999' }, /a page of/],
  [{ host: '127.0.0.1:8080', origin: 'null' }, /a page of null/],
  [{ host: '127.0.0.1:8080', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, /another site/],
])('turns away %j', (headers, message) => {
  expect(() => door.require(headers)).toThrow(message)
})
