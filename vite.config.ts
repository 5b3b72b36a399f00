import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const bridge = process.env['LIGHTBENCH_BRIDGE'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: fileURLToPath(new URL('./web', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // A proxy may serve the page on a path of its own.
  base: './',
  // The page is one screen that is opened once and stays; mediasoup-client alone is most of it.
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    sourcemap: true,
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      // A display runs for weeks: it loads nothing that it does not show.
      input: ['index.html', 'kiosk.html', 'views/kiosk/worker.ts'].map((file) =>
        fileURLToPath(new URL(`./web/${file}`, import.meta.url)),
      ),
      output: {
        // A service worker's address must stay the same, and its place says what it may see.
        entryFileNames: ({ name }) => (name === 'worker' ? 'kiosk-worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    // The page imports the wire contract from ../shared, outside Vite's root.
    fs: { allow: [fileURLToPath(new URL('.', import.meta.url))] },
    proxy: {
      '/api': bridge,
      '/health': bridge,
      // A display's address, as the bridge's route has it; its sources are beside it.
      '^/kiosk/[a-z0-9-]+(\\?|$)': { target: bridge, bypass: () => '/kiosk.html' },
      '/socket.io': { target: bridge, ws: true },
    },
  },
})
