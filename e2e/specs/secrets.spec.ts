// Why: the password and the ticket must be nowhere that outlives their use: not in logs, process lists, environments,
// files or the page's memory. The same pass finds planted markers, one in each place, so a blind search fails.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { ADA, adaOnly, expect, test, type Desk } from '../app-fixture.ts'
import { signInAsUser } from '../support/as-user.ts'
import { commandLine, processTree } from '../support/processes.ts'
import { places, SecretSearch, summary, type Hit, type Needles } from '../support/secret-search.ts'
import { tapTickets } from '../support/ticket-tap.ts'

/** 128 random bits in letters and digits: it can be nowhere by chance, and needs escaping nowhere. */
const random = (): string => randomBytes(16).toString('hex')
/** File times are coarser than the clock. */
const now = (): number => Date.now() - 50

const withPassword = (password: string) => ({
  ...adaOnly({ guest: { flavour: 'linux', accounts: [{ name: ADA.name, password }] } }),
  users: [{ name: ADA.name, password }, { name: 'kiosk', methods: ['publickey' as const] }],
})

const foundOf = (hits: readonly Hit[], needles: Needles, names: readonly string[]): string[] => summary(hits.filter((h) => names.includes(h.needle) && h.needle in needles))

/** A process that lives until it is ended, with these words in its command line and environment. */
async function bystander(argument: string, variable: string) {
  const child = spawn('/bin/sh', ['-c', 'echo up; read -r line', argument], { stdio: ['pipe', 'pipe', 'inherit'], env: { MARKER: variable } })
  await once(child.stdout, 'data')
  return async () => {
    child.stdin.end()
    await once(child, 'exit')
  }
}

/** Types as a person does, key by key: `fill` would leave copies of its own in the page. */
async function typeKeys(d: Desk, password: string): Promise<void> {
  await d.page.locator('#user').pressSequentially(ADA.name)
  await d.page.locator('#password').pressSequentially(password)
  await d.page.keyboard.press('Enter')
}

for (const access of ['person', 'device'] as const) {
  test(`a search after the sign-in finds neither password nor ticket, access: ${access}`, async ({ launch }) => {
    const since = now()
    const password = random()
    const d = await launch({ endpoint: { access }, hypervisor: withPassword(password) })
    const tickets = tapTickets(d.hypervisor.domains.get('ada-desktop'))
    await typeKeys(d, password)
    await d.until((s) => s.name === 'connected', 'the first frame')
    await d.expectOutcome('confirmed')
    expect(tickets, 'one ticket was set').toHaveLength(1)

    const markers = { log: random(), argument: random(), variable: random(), profile: random(), home: random(), temp: random(), page: random(), worker: random() }
    const needles: Needles = { password, ticket: tickets[0] ?? '', ...markers }
    const search = new SecretSearch(needles)
    const browser = await d.kiosk.shell.processes()
    const profile = browser.flatMap((p) => commandLine(p.id)).find((a) => a.startsWith('--user-data-dir='))?.slice('--user-data-dir='.length) ?? ''

    const endBystander = await bystander(markers.argument, markers.variable)
    d.kiosk.services.log.info('a marker', { comp: 'e2e', detail: markers.log })
    const { dispose, folders } = plant({ [profile]: markers.profile, [homedir()]: markers.home, [tmpdir()]: markers.temp })
    await d.page.evaluate((marker) => {
      const kept = { marker }
      window.addEventListener('latchkey-marker', () => kept.marker)
    }, markers.page)
    const [worker] = d.page.workers()
    expect(worker, 'the display has its worker').toBeDefined()
    await worker?.evaluate((marker) => void Object.assign(globalThis, { kept: [marker] }), markers.worker)
    try {
      const hits = [
        ...search.text('log', d.log.join('')),
        ...search.processes(),
        ...search.openFiles([process.pid, ...browser.map((p) => p.id)]),
        ...search.changedFiles(folders, since),
        ...(await search.heap(d.page)),
      ]
      expect(foundOf(hits, needles, ['password', 'ticket'])).toEqual([])
      const where = (needle: string): string[] => hits.filter((h) => h.needle === needle).map((h) => h.where)
      expect(where('log')).toEqual(['log'])
      expect(where('argument').some((w) => w.startsWith('cmdline of '))).toBe(true)
      expect(where('variable').some((w) => w.startsWith('environ of '))).toBe(true)
      for (const place of ['profile', 'home', 'temp']) expect(where(place), place).toEqual([expect.stringMatching(/^file .*marker/)])
      expect(where('page')).toContain('heap of the page')
      expect(where('worker')).toContain('heap of the worker display')
    } finally {
      dispose()
      await endBystander()
    }
  })
}

test('the field is empty in the same turn, and a sign-out leaves nothing in the page', async ({ launch }) => {
  const password = random()
  const d = await launch({ hypervisor: withPassword(password) })
  const tickets = tapTickets(d.hypervisor.domains.get('ada-desktop'))
  const held = Promise.withResolvers<void>()
  d.hypervisor.faults.at('auth', () => held.promise)
  await d.page.locator('#user').pressSequentially(ADA.name)
  await d.page.locator('#password').pressSequentially(password)
  await expect(d.page.locator('#password')).toHaveValue(password)
  const before = new SecretSearch({ password })
  expect(summary(await before.heap(d.page)), 'while it stands in the field, the search sees it').not.toEqual([])
  expect(
    await d.page.evaluate(() => {
      const field = document.querySelector<HTMLInputElement>('#password')
      field?.form?.requestSubmit()
      return field?.value
    }),
  ).toBe('')
  held.resolve()
  await d.expectOutcome('confirmed')
  d.app.dispatch({ type: 'ui.signOut' })
  await d.expectSignInScreen()
  const marker = random()
  await d.page.evaluate((m) => void Object.assign(window, { planted: [m] }), marker)
  const hits = await new SecretSearch({ password, ticket: tickets[0] ?? '', marker }).heap(d.page)
  expect(hits.map((h) => h.needle)).toEqual(['marker'])
})

test('a secret that somebody writes to the log by mistake is not in the log', async ({ launch }) => {
  const password = random()
  const d = await launch({ hypervisor: withPassword(password) })
  const tickets = tapTickets(d.hypervisor.domains.get('ada-desktop'))
  await typeKeys(d, password)
  await d.expectOutcome('confirmed')
  const marker = random()
  d.kiosk.services.log.info(`careless ${password}`, { comp: 'e2e', detail: `${tickets[0] ?? '?'} ${marker}` })
  expect(new SecretSearch({ password, ticket: tickets[0] ?? '', marker }).text('log', d.log.join('')).map((h) => h.needle)).toEqual(['marker'])
})

test('the app as a process of an ordinary user: nothing in its command lines, environments, files and log', async ({ launch }) => {
  const since = now()
  const password = random()
  const d = await launch({ hypervisor: withPassword(password), endpoint: { access: 'device' } })
  const tickets = tapTickets(d.hypervisor.domains.get('ada-desktop'))
  const app = await signInAsUser(d.config, { user: ADA.name, password })
  try {
    expect(app.outcome).toBe('confirmed')
    const markers = { log: random(), file: random(), deleted: random(), argument: random(), variable: random() }
    await app.ask({ do: 'log', marker: markers.log })
    await app.ask({ do: 'file', marker: markers.file })
    await app.ask({ do: 'deleted-file', marker: markers.deleted })
    const endBystander = await bystander(markers.argument, markers.variable)
    const needles = { password, ticket: tickets[0] ?? '', ...markers }
    const search = new SecretSearch(needles)
    const pids = processTree(app.pid)
    expect(pids, 'the browser belongs to the tree').toEqual(expect.arrayContaining([...app.browser]))
    const hits = [
      ...search.text('log', app.log.join('\n')),
      ...search.processes(),
      ...search.openFiles(pids),
      ...search.changedFiles([app.folder, ...places()], since),
    ]
    await endBystander()
    expect(foundOf(hits, needles, ['password', 'ticket'])).toEqual([])
    for (const marker of Object.keys(markers)) expect(hits.map((h) => h.needle), marker).toContain(marker)
    expect(hits.filter((h) => h.needle === 'deleted').map((h) => h.where)).toEqual([expect.stringContaining('(deleted)')])
  } finally {
    expect(await app.end()).toBe(0)
  }
})

/** Writes each marker into a file of its folder; the folders to search are all places and the planted ones. */
function plant(markers: Readonly<Record<string, string>>): { readonly folders: readonly string[]; dispose(): void } {
  const made = Object.entries(markers).map(([folder, marker]) => {
    const path = join(folder, `marker-${random()}`)
    writeFileSync(path, `a ${marker} b`)
    return path
  })
  const known = places()
  const extra = Object.keys(markers).filter((folder) => !known.some((p) => folder === p || folder.startsWith(`${p}/`)))
  return { folders: [...known, ...extra], dispose: () => made.forEach((path) => rmSync(path, { force: true })) }
}
