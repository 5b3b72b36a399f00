import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { connection } from './lib/connection.svelte.ts'
import { guardian } from './lib/guardian.svelte.ts'
import { startHeartbeat } from './lib/lease.svelte.ts'
import { operatorView } from './lib/operator-view.svelte.ts'
import { theme } from './lib/theme.svelte.ts'
import { watchNews } from './watches/list/watch-news.svelte.ts'

const target = document.getElementById('app')
if (!target) throw new Error('index.html has no element #app')

theme.start()
mount(App, { target })
startHeartbeat()
guardian.start()
operatorView.start()
watchNews.start()
connection.start()
