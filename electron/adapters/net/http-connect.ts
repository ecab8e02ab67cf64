// Why: hypervisors that are not reachable themselves are reached through an HTTP proxy (Proxmox VE's spiceproxy, a
// squid). Written by hand since it is one request and one bounded head, and the stream is ours again right after it.
// RFC 9110 §9.3.6 (CONNECT), RFC 7617 (Basic).
import type { Duplex } from 'node:stream'
import { AppError } from '../../core/errors.ts'
import type { Secret } from '../../core/secret.ts'
import { stage, type StageOptions } from './stage.ts'

/** No honest answer to CONNECT is longer, bytes. */
export const MAX_HEAD = 16 * 1024
const END = Buffer.from('\r\n\r\n')

/**
 * Asks the proxy at the other end of `stream` for `target`; then `stream` leads there.
 * Errors: proxy.sign-in (407), proxy.denied (401, 403), proxy.failed (any other status, no HTTP, too long, hung up, timeout).
 */
export function httpConnect(stream: Duplex, target: string, authorization: Secret | undefined, o: Omit<StageOptions, 'onTimeout'>): Promise<void> {
  // A blank or line end in the target would be a second request.
  if (!/^[\x21-\x7e]{1,1024}$/.test(target)) {
    stream.destroy()
    return Promise.reject(new AppError('internal.bug', 'a CONNECT target must be printable ASCII without blanks'))
  }
  const onTimeout = (): AppError => new AppError('proxy.failed', `the proxy did not answer within ${o.timeoutMs} ms`, { params: { why: 'timeout' } })
  return stage<undefined>(stream, { ...o, onTimeout }, (done, fail) => {
    let head = Buffer.alloc(0)
    const onReadable = (): void => {
      for (let piece; (piece = stream.read() as Buffer | null) !== null; ) {
        head = Buffer.concat([head, piece])
        // Said as soon as it is plain: a TLS port or an SSH server would otherwise be waited for.
        if (!couldBeHttp(head)) return fail(new AppError('proxy.failed', 'the answer is not HTTP: this port is no HTTP proxy', { params: { why: 'no-http' } }))
        const end = head.indexOf(END)
        if (end < 0 ? head.length > MAX_HEAD : end > MAX_HEAD) return fail(new AppError('proxy.failed', `the head of the answer is longer than ${MAX_HEAD} bytes`, { params: { why: 'too-long' } }))
        if (end < 0) continue
        const refusal = refusalOf(head.toString('latin1', 0, end))
        if (refusal !== undefined) return fail(refusal)
        const rest = head.subarray(end + END.length)
        done(undefined)
        if (rest.length > 0) stream.unshift(rest)
        return
      }
    }
    const onEnd = (): void => fail(new AppError('proxy.failed', 'the proxy closed the connection without an answer', { params: { why: 'closed' } }))
    const onError = (cause: Error): void => fail(new AppError('proxy.failed', `the connection to the proxy broke: ${cause.message}`, { cause, params: { why: 'closed' } }))
    stream.on('readable', onReadable)
    stream.on('end', onEnd)
    stream.on('close', onEnd)
    stream.on('error', onError)
    send(stream, target, authorization)
    return () => {
      // The owner learns of the end by `close`; an error event without a listener would end the process.
      stream.on('error', () => {})
      stream.off('readable', onReadable)
      stream.off('end', onEnd)
      stream.off('close', onEnd)
      stream.off('error', onError)
    }
  })
}

function send(stream: Duplex, target: string, authorization: Secret | undefined): void {
  const start = `CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n`
  if (authorization === undefined) {
    stream.write(`${start}\r\n`, 'latin1')
    return
  }
  const request = authorization.use((bytes) => Buffer.concat([Buffer.from(`${start}Proxy-Authorization: `, 'latin1'), bytes, END]))
  stream.write(request, () => request.fill(0))
}

const MAGIC = 'HTTP/1.'

function couldBeHttp(head: Buffer): boolean {
  const n = Math.min(head.length, MAGIC.length)
  return head.toString('latin1', 0, n) === MAGIC.slice(0, n)
}

/** undefined: the way is open. */
function refusalOf(head: string): AppError | undefined {
  const line = head.slice(0, head.indexOf('\r\n') < 0 ? undefined : head.indexOf('\r\n'))
  const status = Number(/^HTTP\/1\.[01] ([0-9]{3})(?: |$)/.exec(line)?.[1] ?? 0)
  const detail = `the proxy answered: ${line.slice(0, 200)}`
  const params = { status: String(status) }
  if (status >= 200 && status < 300) return undefined
  if (status === 0) return new AppError('proxy.failed', 'the answer is not HTTP: this port is no HTTP proxy', { params: { why: 'no-http' } })
  if (status === 407) return new AppError('proxy.sign-in', detail, { params })
  if (status === 401 || status === 403) return new AppError('proxy.denied', detail, { params })
  return new AppError('proxy.failed', detail, { params: { ...params, why: 'status' } })
}
