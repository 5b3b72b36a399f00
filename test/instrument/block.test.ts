import { expect, it } from 'vitest'
import { parseBlockHeader } from '../../bridge/instrument/scpi/block.ts'
import { listen, openSession } from '../support/instrument.ts'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1')
const into = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)

it('reads the header of a definite block (IEEE 488.2 section 8.7.9)', () => {
  expect(parseBlockHeader(bytes('#73760004'))).toEqual({ headerBytes: 9, dataBytes: 3_760_004 })
  expect(parseBlockHeader(bytes('#10'))).toEqual({ headerBytes: 3, dataBytes: 0 })
  expect(parseBlockHeader(bytes('#0abc'))).toBe('indefinite')
  expect(parseBlockHeader(bytes('-113,"x"'))).toBe('not a block')
  expect(parseBlockHeader(bytes('#3 12'))).toBe('not a block')
})

it('waits for a header that has not wholly come', () => {
  for (const part of ['', '#', '#7', '#737600']) expect(parseBlockHeader(bytes(part))).toBe('more')
})

it('receives a block that comes in any pieces, whatever ends it, and the answer after it', async () => {
  for (const end of ['', '\n', '\r\n']) {
    for (const piece of [1, 3, 64]) {
      await using instrument = await listen((line, socket) => {
        const all = bytes(line === 'BLOCK?' ? `#214\nbytes\r\nwithin${end}` : 'next\r\n')
        for (let at = 0; at < all.length; at += piece) socket.write(all.subarray(at, at + piece))
      })
      const { session } = await openSession(instrument.port)
      using _ = session
      const block = await session.run('bulk', (wire) => wire.block('BLOCK?', { into }))
      expect(Buffer.from(block).toString('latin1')).toBe('\nbytes\r\nwithin')
      expect(await session.query('NEXT?')).toBe('next')
      expect(instrument.connections).toBe(1)
    }
  }
})

it('refuses a length beyond the limit before it allocates anything', async () => {
  await using instrument = await listen((line, socket) =>
    socket.write(line === 'BLOCK?' ? '#9999999999abc' : 'next\n'),
  )
  const { session } = await openSession(instrument.port)
  using _ = session
  let asked = 0
  const block = session.run('bulk', (wire) =>
    wire.block('BLOCK?', { into: (length) => into((asked = length)) }, { mostBytes: 1 << 20 }),
  )
  await expect(block).rejects.toMatchObject({
    code: 'scpi.block',
    message: expect.stringContaining('999999999 bytes'),
  })
  expect(asked).toBe(0)
  expect(await session.query('NEXT?')).toBe('next')
})

it('refuses a block without a length, which a socket cannot end', async () => {
  await using instrument = await listen((line, socket) =>
    socket.write(line === 'BLOCK?' ? '#0abc\n' : 'next\n'),
  )
  const { session } = await openSession(instrument.port)
  using _ = session
  const block = session.run('bulk', (wire) => wire.block('BLOCK?', { into }))
  await expect(block).rejects.toMatchObject({ code: 'scpi.block', message: expect.stringContaining('#0') })
  expect(await session.query('NEXT?')).toBe('next')
})

it('says what came where a block should be', async () => {
  await using instrument = await listen((line, socket) =>
    socket.write(line === 'BLOCK?' ? 'ERROR 5\n' : 'next\n'),
  )
  const { session } = await openSession(instrument.port)
  using _ = session
  const block = session.run('bulk', (wire) => wire.block('BLOCK?', { into }))
  await expect(block).rejects.toMatchObject({
    code: 'scpi.block',
    message: expect.stringContaining('"ERROR 5"'),
  })
  expect(await session.query('NEXT?')).toBe('next')
})

it('gives a slow block time as long as bytes come, and gives up a half block that stops', async () => {
  await using instrument = await listen((line, socket) => {
    if (line === 'NEXT?') socket.write('next\n')
    if (line === 'HALF?') socket.write('#16abc')
    if (line !== 'DRIP?') return
    socket.write('#16')
    for (let n = 1; n <= 6; n++) setTimeout(() => socket.write('x'), n * 60)
  })
  const { session } = await openSession(instrument.port)
  using _ = session
  const drip = await session.run('bulk', (wire) => wire.block('DRIP?', { into }, { deadlineMs: 150 }))
  expect(drip).toHaveLength(6)
  const half = session.run('bulk', (wire) => wire.block('HALF?', { into }, { deadlineMs: 150 }))
  await expect(half).rejects.toMatchObject({ code: 'device.timeout' })
  expect(await session.query('NEXT?')).toBe('next')
})
