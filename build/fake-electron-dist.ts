// Why: packaging must be testable where no Electron binary is. This writes a folder that electron-builder takes for
// an unpacked Electron; its "binary" carries a real fuse wire and, when started, says what it is and exits.
//   node build/fake-electron-dist.ts DIR
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'

/** The marker that precedes the fuse wire in every Electron binary (@electron/fuses, constants.ts). */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
/** Wire version and the nine states of Electron 45 as it is delivered: "0" off, "1" on. */
const DELIVERED = { version: 1, states: '101101011' } as const

/** First line of the stand-in's output; the package check refuses a .deb that contains it. */
export const STAND_IN_MARK = 'latchkey: this is a stand-in for Electron, made for packaging tests'

function standInBinary(): Buffer {
  const script = `#!/bin/sh\necho '${STAND_IN_MARK}' >&2\nexit 69\n# `
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([DELIVERED.version, DELIVERED.states.length]), Buffer.from(DELIVERED.states)])
  return Buffer.concat([Buffer.from(script), wire, Buffer.from('\n')])
}

/** An archive without files; electron-builder reads its header before it takes the file away. */
function emptyAsar(): Buffer {
  const json = Buffer.from('{"files":{}}') // twelve bytes, so no padding to a multiple of four
  const header = Buffer.alloc(16)
  header.writeUInt32LE(4, 0)
  header.writeUInt32LE(json.length + 8, 4)
  header.writeUInt32LE(json.length + 4, 8)
  header.writeUInt32LE(json.length, 12)
  return Buffer.concat([header, json])
}

/** Writes the stand-in below `dir`; `version` is Electron's, e.g. 45.4.1. */
export async function writeFakeElectronDist(dir: string, version: string): Promise<void> {
  await mkdir(join(dir, 'locales'), { recursive: true })
  await mkdir(join(dir, 'resources'), { recursive: true })
  const executables = ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']
  for (const name of executables) await writeFile(join(dir, name), name === 'electron' ? standInBinary() : `#!/bin/sh\nexit 69\n`)
  for (const name of executables) await chmod(join(dir, name), 0o755)
  await writeFile(join(dir, 'version'), version)
  await writeFile(join(dir, 'LICENSE'), 'stand-in\n')
  await writeFile(join(dir, 'LICENSES.chromium.html'), 'stand-in\n')
  for (const language of ['en-US', 'de', 'lt']) await writeFile(join(dir, 'locales', `${language}.pak`), '')
  await writeFile(join(dir, 'resources', 'default_app.asar'), emptyAsar())
}

if (import.meta.main) {
  const dir = process.argv[2]
  if (dir === undefined) throw new Error('usage: node build/fake-electron-dist.ts DIR')
  const electron = (await import('electron/package.json', { with: { type: 'json' } })) as { default: { version: string } }
  await writeFakeElectronDist(resolve(dir), electron.default.version)
}
