// Why: the app as a process of its own, run by an ordinary user, signed in and held there, so that a test can look at
// it from outside. It is bundled by as-user.ts. Everything comes by standard input, one JSON value a line; nothing
// by arguments or environment.
import { once } from 'node:events'
import { closeSync, openSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { typeSignIn, untilSignedOn, untilState } from '../../build/demo/drive.ts'
import { startChromiumKiosk } from '../../electron/main/chromium.ts'

export interface DriveStart {
  readonly configDir: string
  readonly user: string
  readonly password: string
}

/** Each plants a control: something that the matching check has to find. */
export type DriveCommand = { readonly do: 'log' | 'deleted-file' | 'file'; readonly marker: string } | { readonly do: 'listen' | 'unlisten' | 'sign-out' | 'end' }

const say = (value: object): void => void process.stdout.write(`${JSON.stringify(value)}\n`)

async function main(): Promise<void> {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const next = async <T>(): Promise<T | undefined> => {
    const { value, done } = await lines.next()
    return done === true ? undefined : (JSON.parse(value as string) as T)
  }
  const start = await next<DriveStart>()
  if (!start) return
  const kiosk = await startChromiumKiosk({ configDir: start.configDir, dev: true, headless: true, version: 'e2e', logTo: (line) => void process.stderr.write(line) })
  const { app, shell } = kiosk
  try {
    await shell.page.locator('#user').waitFor()
    await typeSignIn(shell.page, start.user, start.password)
    await untilState(app, (s) => s.name === 'connected', 'the first frame')
    const { outcome } = await untilSignedOn(app)
    say({ did: 'sign-in', outcome, browser: (await shell.processes()).map((p) => p.id) })

    const server = createServer()
    let held: number | undefined
    for (let command = await next<DriveCommand>(); command && command.do !== 'end'; command = await next<DriveCommand>()) {
      if (command.do === 'log') kiosk.services.log.info('a marker', { comp: 'e2e', detail: command.marker })
      if (command.do === 'file') writeFileSync(join(tmpdir(), 'marker'), command.marker)
      if (command.do === 'deleted-file') {
        const path = join(tmpdir(), 'deleted')
        held = openSync(path, 'w+')
        writeSync(held, command.marker)
        unlinkSync(path)
      }
      if (command.do === 'listen') await once(server.listen(0, '127.0.0.1'), 'listening')
      if (command.do === 'unlisten') await new Promise((resolve) => server.close(resolve))
      if (command.do === 'sign-out') {
        app.dispatch({ type: 'ui.signOut' })
        await untilState(app, (s) => s.name === 'signedOut', 'the sign-in screen')
      }
      say({ did: command.do })
    }
    if (held !== undefined) closeSync(held)
  } finally {
    await kiosk.close()
  }
  say({ did: 'end' })
}

await main()
process.exit(0)
