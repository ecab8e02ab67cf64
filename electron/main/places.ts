// Why: the built page, the preload script and the browsers lie in other places in a checkout than in a package; this
// is the only file that knows.
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Folder of the built files: `dist/` of a checkout, or the bundle's own folder in a package. */
export function distFolder(here: string = import.meta.dirname): string {
  return here.endsWith(join('electron', 'main')) ? join(here, '..', '..', 'dist') : here
}

/** Errors later, in loadAssets, if the page was not built. */
export const rendererFolder = (): string => join(distFolder(), 'renderer')

/**
 * Electron's own binary, where one is installed: beside a package, or fetched by electron's npm package in a checkout.
 * Never looked for on PATH: what is found there could be any version.
 */
export function electronBinary(exists: (path: string) => boolean = existsSync): ElectronBinary | undefined {
  const dist = distFolder()
  const found = ['/opt/latchkey/latchkey', join(dist, '..', 'node_modules', 'electron', 'dist', 'electron')].find((p) => exists(p))
  if (found === undefined) return undefined
  // A packaged application carries its own program; a bare Electron is given ours.
  return { path: found, program: found.startsWith('/opt/') ? [] : [join(dist, 'main-electron.mjs')] }
}

export interface ElectronBinary {
  readonly path: string
  /** First arguments: the program to run, if it is not packaged in. */
  readonly program: readonly string[]
}
