// Why: a picture is larger than any request may be, so it comes over a port, and what comes is exactly as much as was
// announced or it is no picture.
import type { ProbePicture } from '../../../shared/ipc/probe.ts'
import { randomBytes } from 'node:crypto'
import { AppError } from '../../core/errors.ts'
import type { RendererLink } from '../../core/ports/shell.ts'
import type { Picture } from './result.ts'

/** Opens the port. The picture rejects with ipc.refused when too much comes, or the port closes before all has come. */
export async function receivePicture(page: RendererLink, { width, height }: ProbePicture): Promise<{ readonly nonce: string; readonly picture: Promise<Picture> }> {
  const nonce = randomBytes(18).toString('base64url')
  const channel = await page.openByteChannel(nonce)
  const picture = new Promise<Picture>((resolve, reject) => {
    const rgba = new Uint8Array(width * height * 4)
    let at = 0
    channel.onClosed((reason) => reject(new AppError('ipc.refused', `the picture broke off: ${reason}`)))
    channel.onBytes((bytes) => {
      if (bytes.length > rgba.length - at) return channel.close('refused')
      rgba.set(bytes, at)
      at += bytes.length
      if (at < rgba.length) return
      resolve({ width, height, rgba })
      channel.close('ended')
    })
  })
  // Whoever waits for it hears of the failure; until then it is not one that nobody caught.
  picture.catch(() => undefined)
  return { nonce, picture }
}
