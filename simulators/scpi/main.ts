import { Program } from '../program.ts'
import { Laser } from './laser.ts'
import { serve } from './server.ts'

const program = new Program('node simulators/scpi/main.ts [--port 5025] [--host 127.0.0.1] [--with-parent]')
const { host, ...values } = program.arguments({ port: { type: 'string', default: '5025' } })
const port = program.port('port', values.port)
const laser = new Laser((emission) => program.say({ emission, atNs: process.hrtime.bigint() }))
await program.run({ withParent: values['with-parent'] }, () => serve(laser, { host, port }))
