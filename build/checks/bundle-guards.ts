// Why: the layer rules are about sources; these read what is really shipped. A guard that is passed by an empty file
// would be worthless, so each bundle must also contain what it is for.
//   node build/checks/bundle-guards.ts [DIST]
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { repository } from '../bundle.ts'

export interface Guard {
  /** Which files, by path relative to the dist folder. */
  readonly files: RegExp
  /** What may not be in them, with the reason. */
  readonly forbidden: readonly { readonly pattern: RegExp; readonly why: string }[]
  /** What at least one of the files must contain. */
  readonly required: readonly RegExp[]
}

const noAddon = { pattern: /require\(\s*["'][^"']+\.node["']\s*\)/, why: 'loads a native addon' }
const noSourceMap = { pattern: /^\/\/# sourceMappingURL=/m, why: 'names a source map' }
const electronImport = /(?:from|import|require\(|import\()\s*["']electron(?:\/[a-z]+)?["']/

export const guards: readonly Guard[] = [
  {
    files: /^renderer\/.*\.m?js$/,
    forbidden: [
      { pattern: /\brequire\(/, why: 'calls require()' },
      { pattern: /["'`]node:/, why: 'names a Node module' },
      { pattern: /\bnew\s+(?:(?:window|self|globalThis)\s*\.\s*)?WebSocket\s*\(/, why: 'opens a native WebSocket' },
      { pattern: /["']electron["']/, why: 'names electron' },
      // zod's probe, an empty function, is in the text; shared/ipc/no-eval.ts keeps it from running (jitless, below).
      { pattern: /\beval\s*\(|\bnew Function\s*\((?!""\))/, why: 'makes code from text, which the CSP forbids' },
    ],
    required: [/latchkey/, /jitless: ?(?:true|!0)/],
  },
  {
    files: /^main-chromium\.mjs$/,
    forbidden: [{ pattern: electronImport, why: 'imports electron' }, noAddon, noSourceMap],
    required: [/playwright-core/],
  },
  {
    files: /^main-electron\.mjs$/,
    forbidden: [
      { pattern: /["']playwright-core["']/, why: 'imports playwright-core' },
      // Called, not only named: the permission table has the word openExternal.
      { pattern: /\bopenExternal\s*\(/, why: 'opens other programs (security.md item 15)' },
      { pattern: /\bcrashReporter\b/, why: 'starts crash reports' },
      { pattern: /\bsafeStorage\b/, why: 'stores secrets' },
      noAddon,
      noSourceMap,
    ],
    required: [electronImport],
  },
  {
    files: /^preload\.cjs$/,
    forbidden: [
      { pattern: /\brequire\(\s*["'](?!electron["'])/, why: 'requires something else than electron' },
      { pattern: /\bprocess\b/, why: 'reads process' },
      noSourceMap,
    ],
    required: [/exposeInMainWorld/],
  },
  // The command runs the Chromium form in its own process and starts Electron as another program.
  { files: /^cli\.mjs$/, forbidden: [{ pattern: electronImport, why: 'imports electron' }, noAddon, noSourceMap], required: [/playwright-core/] },
]

/** Violations of one guard, as sentences. `files`: path → text. */
export function violations(guard: Guard, files: ReadonlyMap<string, string>): string[] {
  const mine = [...files].filter(([path]) => guard.files.test(path))
  if (mine.length === 0) return [`no file matches ${guard.files}`]
  const found = mine.flatMap(([path, text]) => guard.forbidden.filter(({ pattern }) => pattern.test(text)).map(({ why }) => `${path} ${why}`))
  const lacking = guard.required.filter((r) => !mine.some(([, text]) => r.test(text))).map((r) => `none of ${guard.files} contains ${r}`)
  return [...found, ...lacking]
}

/** Reads the scripts below `dist` and returns all violations; source maps as files are one too. */
export async function checkBundles(dist: string): Promise<string[]> {
  if (!existsSync(dist)) return [`${dist} does not exist: run node build/bundle.ts`]
  const all = (await readdir(dist, { recursive: true })).map((p) => p.replaceAll('\\', '/'))
  const texts = new Map<string, string>()
  for (const path of all) if (/\.[cm]?js$/.test(path)) texts.set(path, await readFile(join(dist, path), 'utf8'))
  // The SPICE client's map holds its original sources, which its licence (LGPL) asks for.
  const maps = all.filter((p) => p.endsWith('.map') && !p.endsWith('/spice-html5.js.map')).map((p) => `${p} is a source map`)
  return [...guards.flatMap((g) => violations(g, texts)), ...maps]
}

if (import.meta.main) {
  const found = await checkBundles(resolve(process.argv[2] ?? join(repository, 'dist')))
  for (const line of found) console.error(`bundle-guards: ${line}`)
  if (found.length > 0) process.exitCode = 1
}
