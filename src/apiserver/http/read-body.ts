import type { IncomingMessage } from 'node:http'
import { statusErrors } from '../../kube/object/status-error.js'

/** Upstream's limit for request bodies. */
export const maxBodyBytes = 3 * 1024 * 1024

/** What all bodies that are still on their way may hold together: slow clients each hold what they have sent. */
const mostWaitingBytes = 256 * 1024 * 1024
let waitingBytes = 0

/**
 * The whole body. Throws RequestEntityTooLarge as soon as the limit is passed, without reading the rest, and TooManyRequests
 * where too much of others' bodies waits for its end (those that may be larger than usual do not count: few may send them).
 */
export function readBody(request: IncomingMessage, limit = maxBodyBytes): Promise<Buffer> {
  const tooLarge = () => statusErrors.requestEntityTooLarge(`limit is ${limit}`)
  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge())
  const counts = limit <= maxBodyBytes
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const stop = () => {
      request.off('data', onData)
      request.off('end', onEnd)
      request.off('error', onError)
      request.off('close', onClose)
      if (counts) waitingBytes -= size
    }
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (counts) waitingBytes += chunk.length
      if (size > limit || (counts && waitingBytes > mostWaitingBytes)) {
        const tooMuch = size > limit
        stop()
        request.pause()
        reject(tooMuch ? tooLarge() : statusErrors.tooManyRequests('too many bodies are being read, please try again later', 1))
        return
      }
      chunks.push(chunk)
    }
    const onEnd = () => {
      stop()
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    }
    const onError = (error: Error) => {
      stop()
      reject(error)
    }
    const onClose = () => {
      stop()
      reject(statusErrors.badRequest('the client went away before its request was complete'))
    }
    request.on('data', onData)
    request.on('end', onEnd)
    request.on('error', onError)
    request.on('close', onClose)
  })
}

/** The media type without parameters, in lower case. */
export function mediaTypeOf(request: IncomingMessage): string {
  const header = request.headers['content-type'] ?? ''
  const semicolon = header.indexOf(';')
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase()
}
