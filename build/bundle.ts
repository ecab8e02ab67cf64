// Why: the programs that are shipped are single files made here, so that what runs on a kiosk is what the checks in
// build/checks/bundle-guards.ts have read, and nothing is resolved from a node_modules folder at run time
// (one exception, named below).
//   node build/bundle.ts [--out DIR] [--only main-electron,preload,main-chromium,cli]
import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type BuildOptions, type Plugin } from 'esbuild'

/** Repository root. */
export const repository = resolve(import.meta.dirname, '..')

export const bundleNames = ['main-electron', 'preload', 'main-chromium', 'cli'] as const
export type BundleName = (typeof bundleNames)[number]

export interface BundleFile {
  readonly entry: string
  readonly file: string
  readonly external: readonly string[]
}

/** What is made of what. Paths are relative to the repository and to the output folder. */
export const bundles: Readonly<Record<BundleName, BundleFile>> = {
  'main-electron': { entry: 'electron/main/electron.ts', file: 'main-electron.mjs', external: ['electron'] },
  // A sandboxed preload script cannot be an ES module.
  preload: { entry: 'electron/preload/index.ts', file: 'preload.cjs', external: ['electron'] },
  // playwright-core reads files beside itself at start and is shipped whole, in node_modules form.
  'main-chromium': { entry: 'electron/main/chromium.ts', file: 'main-chromium.mjs', external: ['playwright-core'] },
  cli: { entry: 'electron/main/cli.ts', file: 'cli.mjs', external: ['playwright-core', 'electron'] },
}

/**
 * ssh2 tries native addons and falls back to JavaScript when that throws. In a bundle the lookup would be relative
 * to the bundle, where a planted file could be loaded, so every addon becomes a module that throws.
 */
export const noNativeAddons: Plugin = {
  name: 'no-native-addons',
  setup(b) {
    b.onResolve({ filter: /\.node$|^cpu-features$/ }, (args) => ({ path: args.path, namespace: 'no-native-addon' }))
    b.onLoad({ filter: /.*/, namespace: 'no-native-addon' }, () => ({ contents: `throw new Error('native addons are not used')`, loader: 'js' }))
  },
}

/** CommonJS packages inside an ES module still call require() for Node's own modules and read __dirname. */
const commonJsPrelude = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = import.meta.filename, __dirname = import.meta.dirname;`,
].join(' ')

/** esbuild's options for one bundle; `root` holds the entries, `out` receives the files. */
export function bundleOptions(name: BundleName, root: string, out: string): BuildOptions {
  const { entry, file, external } = bundles[name]
  const common: BuildOptions = {
    absWorkingDir: root,
    entryPoints: [join(root, entry)],
    outfile: join(out, file),
    bundle: true,
    platform: 'node',
    external: [...external],
    sourcemap: false,
    legalComments: 'eof', // licence texts of bundled packages stay in the file
    charset: 'utf8',
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [noNativeAddons],
  }
  // A sandboxed preload runs in the browser's engine: no Node modules but `electron`.
  if (name === 'preload') return { ...common, format: 'cjs', target: 'chrome140' }
  return { ...common, format: 'esm', target: 'node24', banner: { js: commonJsPrelude } }
}

/** Makes the named bundles in `out`. Throws with the list of missing entries before anything is written. */
export async function bundle(names: readonly BundleName[], root: string, out: string): Promise<void> {
  const missing = names.map((n) => bundles[n].entry).filter((entry) => !existsSync(join(root, entry)))
  if (missing.length > 0) throw new Error(`cannot bundle, these entry files are missing: ${missing.join(', ')}`)
  await mkdir(out, { recursive: true })
  for (const name of names) await rm(join(out, bundles[name].file), { force: true })
  await Promise.all(names.map((name) => build(bundleOptions(name, root, out))))
}

function chosen(only: string | undefined): BundleName[] {
  if (only === undefined) return [...bundleNames]
  return only.split(',').map((n) => {
    const name = bundleNames.find((known) => known === n.trim())
    if (name === undefined) throw new Error(`unknown bundle "${n}"; there are ${bundleNames.join(', ')}`)
    return name
  })
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, only: { type: 'string' } } })
  const out = resolve(values.out ?? join(repository, 'dist'))
  try {
    const names = chosen(values.only)
    await bundle(names, repository, out)
    console.log(names.map((n) => join(out, bundles[n].file)).join('\n'))
  } catch (e) {
    console.error(`bundle: ${e instanceof Error ? e.message : String(e)}`)
    process.exitCode = 1
  }
}
