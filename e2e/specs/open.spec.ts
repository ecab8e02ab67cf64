// Why: `latchkey open file.vv` is the whole application for one display: straight to its picture, the file gone where it
// asks for that, the window closed when the person leaves, and words on the screen when the file has run out.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { version } from '../../build/version.ts'
import type { ChromiumKiosk } from '../../electron/main/chromium.ts'
import { openFile } from '../../electron/main/open.ts'
import { DesktopScreen } from '../../embedded/spice/desktop-screen.ts'
import { SpiceServer } from '../../embedded/spice/server.ts'
import { expect, test } from '../app-fixture.ts'
import { besideTheGrip, fitToGuest, wrongOnGlass } from '../support/glass.ts'

const ends: (() => unknown)[] = []
test.afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function display(ticket: string): Promise<{ readonly port: number; readonly server: SpiceServer }> {
  const server = new SpiceServer({ screen: new DesktopScreen({ user: 'Ada', host: 'vm', width: 800, height: 600 }), ticket: () => ({ kind: 'ticket', value: ticket }) })
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    server.accept(socket)
  }).listen(0, '127.0.0.1')
  ends.push(() => {
    for (const socket of sockets) socket.destroy()
    listener.close()
  })
  await once(listener, 'listening')
  return { port: (listener.address() as AddressInfo).port, server }
}

/** Opens a file with this text; `ended` is the program's exit status. */
async function opened(text: string) {
  const dir = mkdtempSync(join(tmpdir(), 'latchkey-open-'))
  ends.push(() => rmSync(dir, { recursive: true, force: true }))
  const file = join(dir, 'console.vv')
  writeFileSync(file, text)
  const log: string[] = []
  const up = Promise.withResolvers<ChromiumKiosk>()
  const ended = openFile({ file, headless: true, version: version(), logTo: (line) => void log.push(line), onKiosk: up.resolve })
  ended.catch(up.reject)
  const kiosk = await up.promise
  ends.push(async () => {
    await kiosk.close()
    await ended.catch(() => undefined)
  })
  return { file, log, kiosk, page: kiosk.shell.page, ended }
}

test('a connection file leads straight to its picture, is deleted, and leaving ends the program', async () => {
  const { port, server } = await display('one-time-1')
  const { file, kiosk, page, log, ended } = await opened(`[virt-viewer]\ntype=spice\nhost=127.0.0.1\nport=${port}\npassword=one-time-1\ntitle=Ada’s PC\ndelete-this-file=1\n`)
  await expect.poll(() => kiosk.app.state.name).toBe('connected')
  await fitToGuest(page, server)
  await expect.poll(async () => await wrongOnGlass(page, server.canvas.pixels, await besideTheGrip(page, server)) < 2000).toBe(true)
  expect(existsSync(file)).toBe(false)
  expect(log.join('\n')).not.toContain('one-time-1')
  kiosk.app.dispatch({ type: 'ui.disconnect' })
  expect(await ended).toBe(0)
})

test('a file that has run out says so on the screen', async () => {
  const { port } = await display('other')
  const { page, kiosk, file, ended } = await opened(`[virt-viewer]\ntype=spice\nhost=127.0.0.1\nport=${port}\npassword=old\n`)
  await expect(page.getByRole('heading', { name: 'This connection has run out' })).toBeVisible()
  expect(existsSync(file), 'not asked to').toBe(true)
  kiosk.app.dispatch({ type: 'ui.signOut' })
  expect(await ended).toBe(0)
})

test('a file that is none opens no window', async () => {
  await expect(opened('[virt-viewer]\ntype=vnc\nhost=x\n')).rejects.toMatchObject({ code: 'vv.invalid' })
})
