// Why: how the page is bundled. The SPICE package (LGPL) stays a chunk of its own, unminified and with its source map,
// so that it can be replaced; inside it two identifiers are swapped: WebSocket by our ByteSocket, and MediaSource by
// an object that supports nothing (renderer/console/spice-html5/*).
import { transform } from 'esbuild'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin, type UserConfig } from 'vite'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export const SPICE_CHUNK = 'spice-html5'

/** Minifies our chunks and leaves the SPICE package as its authors wrote it. */
const minifyOurs = (): Plugin => ({
  name: 'latchkey:minify-ours',
  renderChunk: {
    order: 'post',
    async handler(code, chunk) {
      if (chunk.name === SPICE_CHUNK) return null
      const { code: small } = await transform(code, { loader: 'js', format: 'esm', minify: true, target: 'es2024', legalComments: 'none' })
      return { code: small, map: null }
    },
  },
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      for (const [name, item] of Object.entries(bundle)) {
        if (item.type === 'chunk' && item.name !== SPICE_CHUNK) item.code = item.code.replace(/\n?\/\/# sourceMappingURL=\S+\s*$/, '\n')
        if (name.endsWith('.map') && !name.includes(SPICE_CHUNK)) Reflect.deleteProperty(bundle, name)
      }
    },
  },
})

/** The product's pages: the kiosk's, and that of `latchkey probe`, which share the engine's chunks. */
export const PAGES: readonly string[] = ['index.html', 'probe.html']

/** `entries` are the pages to build: the product's, or the gallery for looking at screens. */
export const rendererConfig = (entries: readonly string[], outDir: string): UserConfig => ({
  root: at('../renderer'),
  base: './',
  publicDir: false,
  logLevel: 'warn',
  plugins: [react(), minifyOurs()],
  // electron/shells/common/csp.ts knows the worker by this name.
  worker: { format: 'es', plugins: () => [minifyOurs()], rolldownOptions: { output: { entryFileNames: 'assets/[name].js', chunkFileNames: 'assets/[name].js' } } },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'chrome130',
    minify: false,
    cssMinify: true,
    sourcemap: true,
    assetsInlineLimit: 0,
    // The polyfill fetches; the CSP forbids all connections and every engine that we run has it built in.
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: entries.map((entry) => at(`../renderer/${entry}`)),
      transform: {
        inject: {
          WebSocket: [at('../renderer/console/spice-html5/byte-socket.ts'), 'ByteSocket'],
          MediaSource: [at('../renderer/console/spice-html5/no-media-source.ts'), 'NoMediaSource'],
        },
      },
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
        minifyInternalExports: false,
        codeSplitting: {
          groups: [
            { name: SPICE_CHUNK, test: /node_modules[\\/]@spice-project[\\/]spice-html5/ },
            // Apart from the rest, so that the replaceable chunk depends on nothing but these.
            { name: 'byte-socket', priority: 2, test: /console[\\/]spice-html5[\\/](byte-socket|no-media-source)\.ts/ },
            // Our own engine wants it too, and nothing more of the package's side.
            { name: 'port-protocol', priority: 3, test: /ipc[\\/]port-protocol\.ts/ },
          ],
        },
      },
    },
  },
})

export default defineConfig(rendererConfig(PAGES, at('../dist/renderer')))
