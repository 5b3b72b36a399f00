import './styles/tokens.css'
import './styles/base.css'
import { mount } from 'svelte'
import App from './App.svelte'
import { connection } from './link/connection.svelte.ts'
import { guardian } from './link/guardian.svelte.ts'
import { startHeartbeat } from './link/lease.svelte.ts'
import { operatorView } from './link/operator-view.svelte.ts'
import { theme } from './ui/theme.svelte.ts'
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
