import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCodes, factsOf } from '../../shared/error-codes.ts'
import { AppError } from '../core/errors.ts'
import { parseCommandLine, USAGE } from './cli-args.ts'
import { checkEndpoint } from './cli-endpoint-check.ts'
import { runCli, type RunKiosk } from './cli.ts'
import { exitStatusOf } from './exit.ts'
import type { OpenOptions } from './open.ts'
import type { ProbeCommand } from './probe/command.ts'

let dir: string
let probed: ProbeCommand[]
let opened: OpenOptions[]
beforeEach(() => {
  probed = []
  opened = []
  dir = mkdtempSync(join(tmpdir(), 'latchkey-cli-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** --dev everywhere: the files belong to whoever runs the tests. */
async function latchkey(argv: string[], runKiosk: RunKiosk = () => Promise.reject(new Error('not expected'))) {
  let out = ''
  let err = ''
  const status = await runCli(argv, {
    version: '1.2.3',
    out: (t) => void (out += t),
    err: (t) => void (err += t),
    loadRun: () => Promise.resolve({ runKiosk }),
    loadEndpointCheck: () => Promise.resolve(checkEndpoint),
    loadOpen: () => Promise.resolve({ openFile: (o) => (o.file === 'bad.vv' ? Promise.reject(new AppError('vv.invalid', 'bad.vv:3: port is no number')) : Promise.resolve(void opened.push(o)).then(() => 0)) }),
    loadProbe: () => Promise.resolve({ probe: (command) => Promise.resolve(void probed.push(command)).then(() => 76) }),
  })
  return { status, out: out.replaceAll(dir, 'DIR'), err: err.replaceAll(dir, 'DIR') }
}

function put(text: string): void {
  writeFileSync(join(dir, '10.yaml'), text)
  chmodSync(join(dir, '10.yaml'), 0o644)
}
function good(uri = 'qemu+ssh://hv.example/system?known_hosts=/nowhere/known_hosts', access = 'person'): void {
  put(`version: 1\nendpoints:\n  - { id: hq, label: Head office, kind: libvirt, uri: "${uri}", access: ${access} }\n`)
}

describe('the command line', () => {
  it('prints help and version', async () => {
    expect(await latchkey(['--help'])).toEqual({ status: 0, out: USAGE, err: '' })
    expect(await latchkey(['config', 'check', '-h'])).toMatchObject({ status: 0, out: USAGE })
    expect(await latchkey(['--version'])).toMatchObject({ status: 0, out: 'latchkey 1.2.3\n' })
  })

  it.each([
    [[], { configDir: '/etc/latchkey/config.d', shell: undefined, dev: false, headless: false }],
    [['run', '--shell', 'chromium', '--headless'], { configDir: '/etc/latchkey/config.d', shell: 'chromium', dev: false, headless: true }],
    [['--dev', '--config-dir=/x'], { configDir: '/x', shell: undefined, dev: true, headless: false }],
  ])('runs the kiosk: %j', async (argv, expected) => {
    const calls: unknown[] = []
    const { status } = await latchkey(argv, (opts) => {
      calls.push(opts)
      return Promise.resolve(75)
    })
    expect(status).toBe(75)
    expect(calls).toEqual([{ ...expected, version: '1.2.3' }])
  })

  it.each([
    [['rnu'], 'unknown command "rnu" (did you mean "run"?)'],
    [['config'], 'needs a command'],
    [['config', 'chekc'], 'unknown command "config chekc" (did you mean "config check"?)'],
    [['--hedless'], 'unknown option --hedless (did you mean "--headless"?)'],
    [['--shell', 'firefox'], '--shell must be one of auto, electron, chromium, not "firefox"'],
    [['--shell', 'electorn'], '(did you mean "electron"?)'],
    [['--shell'], '--shell needs a value'],
    [['--dev=1'], '--dev takes no value'],
    [['--dev', '--dev'], 'given twice'],
    [['run', 'extra'], 'unexpected argument "extra"'],
    [['config', 'check', '--headless'], '--headless does not belong to "latchkey config check"'],
    [['config', 'check', '/a', '--config-dir', '/b'], 'more than one directory'],
    [['-x'], 'unknown option -x'],
    [['open'], 'needs a .vv file'],
    [['open', 'a.vv', 'b.vv'], 'more than one file'],
    [['open', 'a.vv', '--dev'], '--dev does not belong to "latchkey open"'],
    [['probe'], 'needs an address'],
    [['prob', 'spice://h:1'], 'unknown command "prob" (did you mean "probe"?)'],
    [['probe', 'spice://h:1', 'password=x'], 'more than one display is given'],
    [['probe', 'spice://h:1', '--seconds', '0'], '--seconds is a number above 0'],
    [['probe', 'spice://h:1', '--seconds', 'x'], '--seconds is a number above 0'],
    [['probe', 'spice://h:1', '--second', '4'], 'unknown option --second (did you mean "--seconds"?)'],
    [['probe', 'spice://h:1', '--dev'], '--dev does not belong to "latchkey probe"'],
    [['--screenshot', 'x.png'], '--screenshot does not belong to "latchkey run"'],
  ])('refuses %j with the usage and 64', async (argv, sentence) => {
    const { status, out, err } = await latchkey(argv)
    expect(status).toBe(64)
    expect(out).toBe('')
    expect(err).toContain(sentence)
    expect(err).toContain('Usage:')
  })

  it('an error of the kiosk decides the status by its code and does not print its detail', async () => {
    const { status, err } = await latchkey([], () => Promise.reject(new AppError('shell.unavailable', 'quoted from elsewhere')))
    expect(status).toBe(69)
    expect(err).toMatch(/^latchkey: shell\.unavailable \(T-[0-9A-Z]{5}\)\n$/)
    expect((await latchkey([], () => Promise.reject(new Error('oops')))).status).toBe(70)
  })

  it('opens a connection file, and says what is wrong with one', async () => {
    expect(await latchkey(['open', 'a.vv', '--headless'])).toEqual({ status: 0, out: '', err: '' })
    expect(opened).toEqual([{ file: 'a.vv', headless: true, version: '1.2.3' }])
    expect(await latchkey(['open', 'bad.vv'])).toEqual({ status: 65, out: '', err: 'latchkey: bad.vv:3: port is no number\n' })
  })

  it('probes a display', async () => {
    expect(await latchkey(['probe', 'spice://h:1'])).toEqual({ status: 76, out: '', err: '' })
    expect((await latchkey(['probe', '--json', '--seconds=0.5', 'a.vv', '--screenshot', 'p.png', '--ticket-file', '-'])).status).toBe(76)
    expect(probed).toEqual([
      { name: 'probe', target: 'spice://h:1', seconds: 3, screenshot: undefined, ticketFile: undefined, json: false },
      { name: 'probe', target: 'a.vv', seconds: 0.5, screenshot: 'p.png', ticketFile: '-', json: true },
    ])
  })

  it('reads the directory as an argument or as an option', () => {
    expect(parseCommandLine(['config', 'show', '/a', '--origin'])).toMatchObject({ configDir: '/a', origin: true })
    expect(parseCommandLine(['config', 'check', '--config-dir', '/b', '--json'])).toMatchObject({ configDir: '/b', json: true })
  })
})

describe('config check', () => {
  it('says that a configuration is good, and warns', async () => {
    good()
    expect(await latchkey(['config', 'check', dir, '--dev'])).toEqual({
      status: 0,
      out: 'DIR/10.yaml:3: endpoints[0].uri: warning: the known_hosts file /nowhere/known_hosts does not exist\nDIR: good (1 file, 1 endpoint)\n',
      err: '',
    })
  })

  it('prints every problem with 78', async () => {
    good('qemu+ssh://hv.example/system?known_hosts=/nowhere/k&no_verify=2', 'device')
    const { status, err } = await latchkey(['config', 'check', dir, '--dev'])
    expect(status).toBe(78)
    expect(err).toContain('DIR/10.yaml:3: endpoints[0].uri: no_verify is 0 or 1')
    expect(err).toMatch(/\n1 error\n$/)
  })

  it('holds the key file to its mode', async () => {
    writeFileSync(join(dir, 'key'), '')
    chmodSync(join(dir, 'key'), 0o644)
    good(`qemu+ssh://kiosk@hv.example/system?known_hosts=/nowhere/k&keyfile=${dir}/key`, 'device')
    expect((await latchkey(['config', 'check', dir, '--dev'])).err).toContain('the device key DIR/key is open to others, mode 644')
  })

  it('speaks JSON', async () => {
    put('version: 2\n')
    const { status, out } = await latchkey(['config', 'check', dir, '--dev', '--json'])
    expect(status).toBe(78)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      problems: [
        { file: 'DIR/10.yaml', line: 1, path: 'version', severity: 'error' },
        { file: 'DIR/10.yaml', line: 1, path: 'endpoints', severity: 'error' },
      ],
    })
    good()
    expect(JSON.parse((await latchkey(['config', 'check', dir, '--dev', '--json'])).out)).toMatchObject({ ok: true, files: ['DIR/10.yaml'] })
  })

  it('a missing directory is 78', async () => {
    expect(await latchkey(['config', 'check', join(dir, 'none'), '--dev'])).toMatchObject({ status: 78, err: 'DIR/none: does not exist\n1 error\n' })
  })
})

describe('config show', () => {
  it('prints what is in force as YAML that can be read again', async () => {
    good()
    const { status, out } = await latchkey(['config', 'show', dir, '--dev'])
    expect(status).toBe(0)
    expect(parse(out)).toMatchObject({ version: 1, shell: 'auto', endpoints: [{ id: 'hq', virsh: 'virsh' }] })
  })

  it('says where every value comes from', async () => {
    good()
    const { out } = await latchkey(['config', 'show', dir, '--dev', '--origin'])
    expect(out).toMatch(/^endpoints\[0\]\.id = "hq" +# DIR\/10\.yaml:3$/m)
    expect(out).toMatch(/^kiosk\.allowSuspend = false +# default$/m)
    expect(out).toMatch(/^endpoints\[0\]\.signOn\.channels = \["com\.kvm-vdi\.0",.*\] +# default$/m)
  })

  it('a bad configuration is told like in check', async () => {
    put('{}')
    expect((await latchkey(['config', 'show', dir, '--dev'])).status).toBe(78)
  })
})

it('every error code that ends the process has a status other than 0', () => {
  for (const code of errorCodes) expect(exitStatusOf(code)).toBe(factsOf(code).exit || 70)
})
