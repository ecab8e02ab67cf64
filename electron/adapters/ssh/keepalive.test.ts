import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { AppError } from '../../core/errors.ts'
import { Redactor } from '../../core/redactor.ts'
import { Secret } from '../../core/secret.ts'
import { callContext, settle } from '../../core/testkit.ts'
import { Ssh2Connector } from './ssh2-connector.ts'
import { startFakeServer, startRawServer } from './testkit-ssh2-server.ts'

afterEach(() => void vi.useRealTimers())

describe('a connection that died without a word', () => {
  it('is noticed after three silent intervals of five seconds', async () => {
    const server = await startFakeServer()
    let cut = false
    // A cable: bytes pass until it is cut, then nothing passes and nobody is told.
    const cable = await startRawServer((near) => {
      const far = connect(server.port, '127.0.0.1')
      far.on('error', () => {})
      near.on('data', (b: Buffer) => void (cut || far.write(b)))
      far.on('data', (b: Buffer) => void (cut || near.write(b)))
      near.on('close', () => far.destroy())
    })
    try {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      const knownHosts = ''
      const connection = await new Ssh2Connector().connect({ host: '127.0.0.1', port: cable.port, username: 'ada', knownHosts, noVerify: true, timeoutMs: 5_000 }, { kind: 'password', password: Secret.from('right horse', new Redactor()) }, callContext())
      let lost: AppError | undefined
      connection.onClosed((why) => (lost = why))
      cut = true
      vi.advanceTimersByTime(14_000)
      await settle()
      expect(connection.closed).toBe(false)
      vi.advanceTimersByTime(1_500)
      await settle()
      expect(lost?.code).toBe('ssh.lost')
      expect(connection.closed).toBe(true)
    } finally {
      await cable.stop()
      await server.stop()
    }
  })
})
