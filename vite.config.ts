import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const bridge = process.env['LIGHTBENCH_BRIDGE'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  root: 'web',
  base: './',
  plugins: [svelte({ configFile: false })],
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: true, chunkSizeWarningLimit: 1200 },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    fs: { allow: ['..'] },
    proxy: {
      '/api': bridge,
      '/health': bridge,
      '/socket.io': { target: bridge, ws: true },
    },
  },
})
