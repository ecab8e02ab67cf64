// Why: electron-builder only assembles: build/package.ts has put the finished bundles into a folder with a
// package.json of its own, so there are no dependencies to collect, nothing to compile and nothing to download.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setFuses } from './checks/fuses.ts'

/** Set by build/package.ts. */
const need = (name) => {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set; start this through node build/package.ts`)
  return value
}

export default {
  appId: 'org.latchkey.Latchkey',
  productName: 'Latchkey',
  copyright: 'Latchkey contributors, Apache-2.0',
  electronVersion: need('LATCHKEY_ELECTRON_VERSION'),
  electronDist: need('LATCHKEY_ELECTRON_DIST'),
  npmRebuild: false,
  nodeGypRebuild: false,
  asar: true,
  directories: { output: need('LATCHKEY_OUT') },
  files: ['dist/**', 'package.json', 'LICENSE', 'THIRD-PARTY.md', 'THIRD-PARTY-LICENCES.txt', '!node_modules/**'],
  electronLanguages: ['en-US'],
  publish: null,
  linux: { target: ['dir'], executableName: 'latchkey', category: 'Network' },
  afterPack: async (context) => {
    // Electron's own sample application; it would start whatever it is given.
    await rm(join(context.appOutDir, 'resources/default_app.asar'), { force: true })
    // The table of build/checks/fuses.ts has every fuse; electron-builder's own list ends before the newest.
    await setFuses(join(context.appOutDir, 'latchkey'))
  },
}
