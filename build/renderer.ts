// Why: `node build/renderer.ts` makes dist/renderer, the page of both shells, without network: Vite's bundle, and
// beside the SPICE package's chunk the licence texts that the LGPL wants with it. The result is checked, because a
// native WebSocket or an inline script would only show itself as a CSP violation in the field.
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { PAGES, rendererConfig, SPICE_CHUNK } from './vite.config.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const NOTICE = `spice-html5 0.2.1, https://gitlab.freedesktop.org/spice/spice-html5
Licence: GNU Lesser General Public License, version 3 or later (COPYING.LESSER, which refers to COPYING).

The file assets/${SPICE_CHUNK}.js is this package, unmodified in content, joined into one module by the bundler and not
minified; assets/${SPICE_CHUNK}.js.map holds the original files. In joining, the identifiers "WebSocket" and
"MediaSource" are bound to imports from another file of this program. You may replace the file by one built from a
modified package: "node build/renderer.ts" in the program's sources does it.
`

/** Builds pages into `outDir` (absolute). The default is the product's. */
export async function buildRenderer(outDir: string = join(root, 'dist/renderer'), entries: readonly string[] = PAGES): Promise<void> {
  await build({ ...rendererConfig(entries, outDir), configFile: false })
  const assets = join(outDir, 'assets')
  const from = join(root, 'node_modules/@spice-project/spice-html5')
  for (const name of ['COPYING', 'COPYING.LESSER']) await copyFile(join(from, name), join(assets, `${SPICE_CHUNK}.${name}.txt`))
  await writeFile(join(assets, `${SPICE_CHUNK}.NOTICE.txt`), NOTICE)
  await checkBundle(outDir)
}

/** Throws, naming the file, when the page would break its own CSP or talk past the bridge. */
export async function checkBundle(outDir: string): Promise<void> {
  const files = await readdir(outDir, { recursive: true })
  const problems: string[] = []
  for (const file of files.filter((name) => /\.(js|html)$/.test(name))) {
    const text = await readFile(join(outDir, file), 'utf8')
    const forbid = (pattern: RegExp, what: string): void => { if (pattern.test(text)) problems.push(`${file}: ${what}`) }
    forbid(/\bnew WebSocket\b/, 'a native WebSocket')
    forbid(/\bMediaSource\.isTypeSupported\b/, 'the native MediaSource')
    forbid(/\brequire\(["']/, 'require()')
    forbid(/["']node:[a-z]/, 'a module of Node')
    // The package is for those who choose it: everybody else's page neither asks for it nor waits for it.
    if (/(^|[\\/])index\.(js|html)$/.test(file)) forbid(/(?:\bfrom|\bimport|\b(?:href|src)=)\s*["']\.\/(?:assets\/)?(?:spice-html5|byte-socket)\.js["']/, 'spice-html5 before it is chosen')
    if (file.endsWith('.html')) {
      forbid(/<script(?![^>]*\bsrc=)/, 'an inline script')
      forbid(/<style|\sstyle=/, 'an inline style')
    }
  }
  if (!files.some((name) => name.endsWith(`${SPICE_CHUNK}.js.map`))) problems.push(`${SPICE_CHUNK}.js has no source map`)
  if (problems.length > 0) throw new Error(`the page is not fit to ship:\n  ${problems.join('\n  ')}`)
}

if (import.meta.main) await buildRenderer()
