import '../../styles/tokens.css'
import '../../styles/base.css'
import './kiosk.css'
import { mount } from 'svelte'
import { connection } from '../../link/connection.svelte.ts'
import { useToken } from '../../link/credentials.ts'
import { guardian } from '../../link/guardian.svelte.ts'
import { enter } from './entrance.ts'
import Kiosk from './Kiosk.svelte'
import { keepAwake } from './wake-lock.ts'
import { startWatchdog } from './watchdog.ts'

const target = document.getElementById('app')
if (!target) throw new Error('kiosk.html has no element #app')

const { view, token } = enter(window)
useToken(token)
mount(Kiosk, { target, props: { name: view, token } })
guardian.start()
connection.start()
keepAwake()
startWatchdog()
