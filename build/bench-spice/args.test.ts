import { describe, expect, test } from 'vitest'
import { COMPRESSIONS, CONTENTS, parseBenchArgs } from './args.ts'

describe('parseBenchArgs', () => {
  test('everything is the default', () => {
    expect(parseBenchArgs([])).toMatchObject({ contents: CONTENTS, compressions: COMPRESSIONS, seconds: 2.5, runs: 1, json: false, table: true, soak: 0, keys: 0, shellPipe: true })
  })
  test('the short form leaves what is named', () => {
    expect(parseBenchArgs(['--short', '--content', 'mix'])).toMatchObject({ contents: ['mix'], compressions: ['off', 'quic', 'lz', 'glz'], seconds: 1.5 })
  })
  test('lists, numbers and what is switched off', () => {
    expect(parseBenchArgs(['--content', 'text,fill', '--clients', 'engine', '--seconds', '0.5', '--soak', '600', '--input', '--no-table', '--no-shell-pipe', '--json'])).toMatchObject({
      contents: ['text', 'fill'], clients: ['engine'], seconds: 0.5, soak: 600, keys: 60, table: false, shellPipe: false, json: true,
    })
  })
  test.each([
    [['--content', 'video'], /"video" is none of photo/],
    [['--seconds', '0'], /--seconds must be from 0\.2/],
    [['--seconds', ''], /--seconds/],
    [['--runs', 'x'], /--runs/],
    [['--what'], /--what/],
  ])('%j is refused', (argv, message) => {
    expect(() => parseBenchArgs(argv)).toThrow(message)
  })
})
