import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const bridge = process.env['LIGHTBENCH_BRIDGE'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: fileURLToPath(new URL('./web', import.meta.url)),
  plugins: [svelte({ configFile: false })],
  // The page is one screen that is opened once and stays; mediasoup-client alone is most of it.
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: true, chunkSizeWarningLimit: 1000 },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    // The page imports the wire contract from ../shared, outside Vite's root.
    fs: { allow: [fileURLToPath(new URL('.', import.meta.url))] },
    proxy: {
      '/api': bridge,
      '/health': bridge,
      '/socket.io': { target: bridge, ws: true },
    },
  },
})
