// Why: the last moments of a process: one line without a secret, secrets zeroed, the right status, and orderly signals.
import { EventEmitter } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../core/errors.ts'
import { Secret } from '../core/secret.ts'
import { createServices } from './compose.ts'
import { parseWord } from './handshake.ts'
import { privateFolder } from './private-folder.ts'
import { guardProcess, type GuardedProcess } from './process-guard.ts'
import { onStop, type SignalSource } from './signals.ts'

describe('guardProcess', () => {
  function setUp() {
    const target = new EventEmitter()
    const exits: number[] = []
    const lines: string[] = []
    const services = createServices(undefined, (line) => lines.push(line))
    const secret = Secret.from('hunter2-hunter2', services.redactor)
    const guarded = Object.assign(target, { exit: (status: number) => exits.push(status) }) as unknown as GuardedProcess
    const release = guardProcess(() => ({ log: services.log, wipe: () => secret.dispose() }), guarded)
    return { target, exits, lines, secret, release }
  }
  it.each(['uncaughtException', 'unhandledRejection'])('%s: one redacted line with code and reference, secrets zeroed, status 70', (event) => {
    const t = setUp()
    t.target.emit(event, new Error('the password hunter2-hunter2 was bad'))
    expect(t.exits).toEqual([70])
    expect(t.secret.disposed).toBe(true)
    expect(t.lines).toHaveLength(1)
    expect(t.lines[0]).toContain('internal.bug')
    expect(t.lines[0]).toMatch(/T-[0-9A-Z]{5}/)
    expect(t.lines[0]).not.toContain('hunter2')
    t.target.emit(event, new Error('again'))
    expect(t.exits).toEqual([70])
  })
  it('keeps the code of an error of ours', () => {
    const t = setUp()
    t.target.emit('unhandledRejection', new AppError('ssh.lost', 'gone'))
    expect(t.lines[0]).toContain('ssh.lost')
  })
  it('zeroes secrets at the end of the process, and nothing after it was released', () => {
    const t = setUp()
    t.target.emit('exit')
    expect(t.secret.disposed).toBe(true)
    t.release()
    expect(t.target.eventNames()).toEqual([])
  })
})

describe('onStop', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s ends once; the next signal is not ours', (signal) => {
    const source = new EventEmitter()
    const seen: string[] = []
    onStop((s) => seen.push(s), source as unknown as SignalSource)
    source.emit(signal)
    expect(seen).toEqual([signal])
    expect(source.eventNames()).toEqual([])
  })
})

describe('privateFolder', () => {
  let base: string
  beforeEach(() => (base = mkdtempSync(join(tmpdir(), 'latchkey-private-'))))
  afterEach(() => rmSync(base, { recursive: true, force: true }))
  const refused = expect.objectContaining({ code: 'shell.unavailable' }) as Error

  it('makes it for us alone, and finds it again', () => {
    const path = privateFolder(join(base, 'mine'))
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(privateFolder(path)).toBe(path)
  })
  it('refuses one that others may enter', () => {
    const path = join(base, 'open')
    mkdirSync(path)
    chmodSync(path, 0o755)
    expect(() => privateFolder(path)).toThrow(refused)
  })
  it('refuses one of another user, and a link even to our own', () => {
    const path = privateFolder(join(base, 'mine'))
    expect(() => privateFolder(path, (process.getuid?.() ?? 0) + 1)).toThrow(refused)
    symlinkSync(path, join(base, 'link'))
    expect(() => privateFolder(join(base, 'link'))).toThrow(refused)
  })
})

it('the handshake knows two words', () => {
  expect(['ready\n', 'taken\n', 'ready', 'readyready\n', ''].map(parseWord)).toEqual(['ready', 'taken', 'ready', undefined, undefined])
})
