// Why: a layer rule with a wrong pattern is silent for ever. Here a small wrong tree is made and each rule must bite.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface LayerConfig {
  readonly forbidden: readonly { readonly name: string }[]
  readonly options: ICruiseOptions
}
const config = createRequire(import.meta.url)('./layers.cjs') as LayerConfig
const nodeModules = fileURLToPath(new URL('../../node_modules', import.meta.url))

/** file → [its text, the rules it must break]. */
const tree: Readonly<Record<string, readonly [string, ...string[]]>> = {
  // What is allowed. None of these may be reported.
  'shared/a.ts': [`import { z } from 'zod'\nexport const a = z`],
  'electron/core/a.ts': [`import { createHash } from 'node:crypto'\nimport type { Duplex } from 'node:stream'\nimport { a } from '../../shared/a.ts'\nexport type D = Duplex\nexport const x = [a, createHash]`],
  'electron/core/a.test.ts': [`import { readFileSync } from 'node:fs'\nimport './testkit.ts'\nreadFileSync`],
  'electron/core/testkit.ts': [`export const kit = 1`],
  'electron/drivers/one/a.ts': [`import { XMLParser } from 'fast-xml-parser'\nimport { x } from '../../core/a.ts'\nexport const d = [XMLParser, x]`],
  'electron/drivers/two/a.ts': [`export const two = 2`],
  'electron/adapters/a.ts': [`import ssh2 from 'ssh2'\nimport { connect } from 'node:net'\nexport const b = [ssh2, connect]`],
  'electron/shells/common/a.ts': [`import { readFileSync } from 'node:fs'\nexport const c = readFileSync`],
  'electron/shells/electron/a.ts': [`import { app } from 'electron'\nimport '../common/a.ts'\napp`],
  'electron/shells/chromium/a.ts': [`import { chromium } from 'playwright-core'\nimport '../common/a.ts'\nchromium`],
  'electron/preload/a.ts': [`import { contextBridge } from 'electron'\nimport '../../shared/a.ts'\ncontextBridge`],
  'electron/main/electron.ts': [`import { app } from 'electron'\nimport '../adapters/a.ts'\nimport '../drivers/one/a.ts'\napp`],
  'electron/main/demo-lab.ts': [`import '../../embedded/a.ts'`],
  'electron/main/run.ts': [`export const run = 1`],
  'renderer/a.tsx': [`import { useState } from 'react'\nimport { Button } from 'react-aria-components'\nimport '../shared/a.ts'\nexport const r = [useState, Button]`],
  'embedded/a.ts': [`import ssh2 from 'ssh2'\nimport { createServer } from 'node:net'\nexport const e = [ssh2, createServer]`],

  // What is not.
  'shared/node.ts': [`import 'node:fs'`, 'shared-stays-pure'],
  'shared/up.ts': [`import '../electron/core/a.ts'`, 'shared-stays-pure'],
  'shared/type.ts': [`import type { X } from 'react'\nexport type Y = X`, 'shared-stays-pure'],
  'electron/core/fs.ts': [`import 'node:fs'`, 'core-imports-no-runtime'],
  'electron/core/stream.ts': [`import { Duplex } from 'node:stream'\nDuplex`, 'core-imports-no-runtime'],
  'electron/core/ssh.ts': [`import type { Client } from 'ssh2'\nexport type C = Client`, 'core-imports-few-types'],
  'electron/core/kit.ts': [`import './testkit.ts'`, 'test-kits-only-in-tests'],
  'electron/core/fake.ts': [`import './electron.fake.ts'`, 'test-kits-only-in-tests'],
  'electron/core/electron.fake.ts': [`export const fake = 1`],
  'electron/drivers/one/net.ts': [`import 'node:net'`, 'drivers-speak-through-ports'],
  'electron/drivers/one/adapter.ts': [`import '../../adapters/a.ts'`, 'drivers-speak-through-ports'],
  'electron/drivers/one/other.ts': [`import '../two/a.ts'`, 'drivers-do-not-know-each-other'],
  'electron/adapters/driver.ts': [`import '../drivers/one/a.ts'`, 'adapters-know-no-driver-and-no-shell'],
  'electron/adapters/react.ts': [`import 'react'`, 'adapters-know-no-driver-and-no-shell'],
  'electron/adapters/main.ts': [`import '../main/run.ts'`, 'adapters-know-no-driver-and-no-shell', 'nothing-imports-main'],
  'electron/shells/common/e.ts': [`import 'electron'`, 'shell-common-is-shared', 'electron-only-in-its-shell'],
  'electron/shells/electron/b.ts': [`import '../chromium/a.ts'`, 'shell-electron-stands-alone'],
  'electron/shells/chromium/b.ts': [`import '../../adapters/a.ts'`, 'shell-chromium-stands-alone'],
  'electron/shells/chromium/e.ts': [`import 'electron'`, 'shell-chromium-stands-alone', 'electron-only-in-its-shell'],
  'electron/preload/fs.ts': [`import 'node:fs'`, 'preload-is-names-only'],
  'electron/main/run2.ts': [`import '../../embedded/a.ts'`, 'embedded-only-in-demo-and-tests'],
  'electron/main/pw.ts': [`import 'playwright-core'`, 'playwright-only-in-its-shell'],
  'electron/main/run3.ts': [`import { app } from 'electron'\napp`, 'electron-only-in-its-shell'],
  'electron/main/dev.ts': [`import 'esbuild'`, 'no-development-packages'],
  'electron/main/lost.ts': [`import './nowhere.ts'`, 'everything-resolves'],
  'electron/main/c1.ts': [`import './c2.ts'`, 'no-circles'],
  // A circle is told once, where it was met first.
  'electron/main/c2.ts': [`import './c1.ts'`],
  'renderer/core.tsx': [`import '../electron/core/a.ts'`, 'renderer-is-a-view'],
  'renderer/type.tsx': [`import type { D } from '../electron/core/a.ts'\nexport type E = D`, 'renderer-is-a-view'],
  'renderer/node.tsx': [`import 'node:path'`, 'renderer-is-a-view'],
  'embedded/adapter.ts': [`import '../electron/adapters/a.ts'`, 'embedded-is-a-hypervisor'],
}

let dir: string
let broken: ReadonlyMap<string, string[]>

beforeAll(async () => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'latchkey-layers-')))
  for (const [file, [text]] of Object.entries(tree)) {
    mkdirSync(dirname(join(dir, file)), { recursive: true })
    writeFileSync(join(dir, file), text)
  }
  const section = (names: string[]) => Object.fromEntries(names.map((n) => [n, '*']))
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ dependencies: section(['zod', 'ssh2', 'fast-xml-parser', 'react', 'react-aria-components', 'playwright-core']), devDependencies: section(['electron', 'esbuild']) }))
  symlinkSync(nodeModules, join(dir, 'node_modules'))
  const { output } = await cruise(['shared', 'electron', 'renderer', 'embedded'], { ...config.options, baseDir: dir, ruleSet: { forbidden: config.forbidden as never }, validate: true })
  const found = new Map<string, string[]>()
  for (const { from, rule } of (output as ICruiseResult).summary.violations) found.set(from, [...new Set([...(found.get(from) ?? []), rule.name])].sort())
  broken = found
}, 60_000)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('layers', () => {
  it.each(Object.entries(tree).map(([file, [, ...rules]]) => [file, rules] as const))('%s → %j', (file, rules) => {
    expect(broken.get(file) ?? []).toEqual([...rules].sort())
  })

  it('every rule bites at least once here', () => {
    const biting = new Set([...broken.values()].flat())
    expect(config.forbidden.map((r) => r.name).filter((n) => !biting.has(n))).toEqual([])
  })
})
