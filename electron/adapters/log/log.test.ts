import { describe, expect, it } from 'vitest'
import { ManualClock } from '../../core/testkit.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { createAudit } from './audit.ts'
import { consoleIntake, MAX_CONSOLE_BYTES, MAX_CONSOLE_LINES } from './console-intake.ts'
import { createLogger, type LogLevel } from './logger.ts'
import { createSink, MAX_LINE } from './sink.ts'
import { nameWriter } from './user-names.ts'

function setup(opts: { level?: LogLevel; journal?: boolean; users?: 'plain' | 'hashed' } = {}) {
  const raw: string[] = []
  const redactor = new Redactor()
  const clock = new ManualClock()
  const names = nameWriter(opts.users ?? 'hashed')
  const sink = createSink({ redactor, write: (l) => void raw.push(l), journal: opts.journal ?? false })
  const log = createLogger({ sink, clock, level: opts.level ?? 'debug', names })
  const lines = () => raw.map((l) => JSON.parse(l.replace(/^<\d>/, '')) as Record<string, unknown>)
  return { raw, redactor, clock, names, sink, log, lines }
}

describe('logger', () => {
  it('writes one JSON object per line with time, level and the fields of its parents', () => {
    const { log, lines } = setup()
    log.child({ comp: 'ssh' }).child({ epoch: 3 }).warn('slow', { trace: 'T-AAAAA', code: 'ssh.timeout', ms: 5, none: undefined })
    expect(lines()).toEqual([{ level: 'warn', t: '2027-01-15T08:00:00.000Z', comp: 'ssh', epoch: 3, trace: 'T-AAAAA', code: 'ssh.timeout', ms: 5, msg: 'slow' }])
  })

  it('drops what is below the level, in children too', () => {
    const { log, lines } = setup({ level: 'warn' })
    log.debug('a')
    log.child({ comp: 'x' }).info('b')
    log.error('c')
    expect(lines().map((l) => l['msg'])).toEqual(['c'])
  })

  it('prefixes the level of each line for the journal', () => {
    const { log, raw } = setup({ journal: true })
    log.error('e')
    log.warn('w')
    log.info('i')
    log.debug('d')
    expect(raw.map((l) => l.slice(0, 3))).toEqual(['<3>', '<4>', '<6>', '<7>'])
  })

  it('keeps a secret out wherever it turns up, until it is disposed', () => {
    const { log, raw, redactor } = setup()
    const secret = Secret.from('pa"ss\\wört%', redactor)
    const text = secret.use((b) => b.toString('utf8'))
    log.info(`msg ${text}`, { field: text, b64: Buffer.from(text).toString('base64'), url: encodeURIComponent(text) })
    log.child({ bound: text }).error('child', { cause: JSON.stringify({ deep: { er: text } }) })
    const all = raw.join('')
    for (const form of [text, JSON.stringify(text).slice(1, -1), 'wört', encodeURIComponent(text), Buffer.from(text).toString('base64').replace(/=+$/, '')]) expect(all).not.toContain(form)
    expect(all.match(/\[secret\]/g)).toHaveLength(6)
    // Positive control: the same search finds it once nothing redacts any more.
    secret.dispose()
    log.info('after', { field: text })
    expect(raw.at(-1)).toContain('wört')
  })

  it('hashes names of persons, the same within a run and another in the next', () => {
    const { log, lines, raw } = setup()
    log.info('a', { user: 'alice' })
    log.child({ activeUser: 'alice' }).info('b')
    const [a, b] = lines()
    expect(a?.['user']).toMatch(/^u:[0-9a-f]{10}$/)
    expect(b?.['activeUser']).toBe(a?.['user'])
    expect(raw.join('')).not.toContain('alice')
    const other = setup()
    other.log.info('a', { user: 'alice' })
    expect(other.lines()[0]?.['user']).not.toBe(a?.['user'])
  })

  it('writes names in plain where configured so', () => {
    const { log, lines } = setup({ users: 'plain' })
    log.info('a', { user: 'alice' })
    expect(lines()[0]?.['user']).toBe('alice')
  })

  it('a field cannot pose as the message, the level or the time, and a message is no format string', () => {
    const { log, lines } = setup()
    log.info('100%s %d', { msg: 'x', level: 'error', t: 'y' })
    expect(lines()[0]).toMatchObject({ msg: '100%s %d', level: 'info', msg_: 'x', level_: 'error', t_: 'y' })
  })

  it('a newline cannot start a forged line, and a line has a longest length', () => {
    const { log, raw, sink } = setup({ journal: true })
    log.info('a\n<3>{"level":"error"}')
    sink.write('x\n<0>y', 'info')
    log.info('y'.repeat(MAX_LINE * 2))
    expect(raw.every((l) => l.indexOf('\n') === l.length - 1)).toBe(true)
    expect(raw.at(-1)?.length).toBeLessThan(MAX_LINE + 10)
  })

  it('a secret across the cut is redacted before the line is cut', () => {
    const { raw, redactor, sink } = setup()
    Secret.from('0123456789', redactor)
    sink.write(`${'x'.repeat(MAX_LINE - 5)}0123456789`, 'info')
    expect(raw[0]).not.toContain('01234')
  })
})

describe('audit', () => {
  it('is written whatever the log level is, as notice, with the name by the same rule', () => {
    const { sink, clock, names, raw, lines } = setup({ level: 'error', journal: true })
    createAudit({ sink, clock, names }).record({ event: 'sign-in', ok: false, user: 'alice', endpoint: 'hq', code: 'auth.rejected', trace: 'T-AAAAA' })
    expect(raw[0]?.startsWith('<5>')).toBe(true)
    expect(lines()[0]).toEqual({ t: '2027-01-15T08:00:00.000Z', stream: 'audit', event: 'sign-in', ok: false, user: names('alice'), endpoint: 'hq', code: 'auth.rejected', trace: 'T-AAAAA' })
  })
})

describe('console intake', () => {
  it('takes warnings and errors only, as warn', () => {
    const { log, clock, lines } = setup()
    const intake = consoleIntake(log, clock)
    intake('info', 'a')
    intake('debug', 'b')
    intake('error', 'c\u0000\u202e')
    expect(lines()).toMatchObject([{ level: 'warn', page: 'error', text: 'c\u00a0\u00a0' }])
  })

  it('bounds the length in bytes without breaking a character', () => {
    const { log, clock, lines } = setup()
    const intake = consoleIntake(log, clock)
    for (const text of ['x'.repeat(100_000), '€'.repeat(2000), '😀'.repeat(600), 'x'.repeat(MAX_CONSOLE_BYTES)]) intake('warning', text)
    for (const line of lines()) {
      expect(Buffer.byteLength(line['text'] as string)).toBeLessThanOrEqual(MAX_CONSOLE_BYTES)
      expect(line['text']).not.toContain('\ufffd')
    }
    expect(lines()[3]?.['text']).toBe('x'.repeat(MAX_CONSOLE_BYTES))
  })

  it('bounds the rate and tells how many lines it dropped', async () => {
    const { log, clock, lines } = setup()
    const intake = consoleIntake(log, clock)
    for (let i = 0; i < 1000; i++) intake('error', `line ${i}`)
    expect(lines()).toHaveLength(MAX_CONSOLE_LINES)
    await clock.advance(1000)
    intake('error', 'next')
    expect(lines().slice(MAX_CONSOLE_LINES)).toMatchObject([{ msg: 'console lines of the page dropped', count: 1000 - MAX_CONSOLE_LINES }, { text: 'next' }])
  })
})
