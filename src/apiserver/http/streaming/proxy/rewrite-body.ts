import { Buffer } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { PassThrough, type Readable } from 'node:stream'
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { type LinkRewriter, rewriteHtml } from './rewrite-links.js'

/** Longer pages pass as they are: a page is held in memory while its links are rewritten. */
const maxPageBytes = 8 * 1024 * 1024

/** The body of an HTML answer with its links rewritten; the unchanged stream when it is too long or of an unknown encoding. */
export async function rewrittenBody(answer: IncomingMessage, links: LinkRewriter): Promise<Buffer | Readable> {
  const encoding = answer.headers['content-encoding'] ?? ''
  if (encoding !== '' && encoding !== 'gzip' && encoding !== 'deflate') return answer
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer.iterator({ destroyOnReturn: false })) {
    parts.push(part as Buffer)
    size += (part as Buffer).length
    if (size > maxPageBytes) return restored(parts, answer)
  }
  const body = Buffer.concat(parts)
  // Latin-1 keeps every byte; what is changed of a page is ASCII.
  const rewrite = (page: Buffer) => Buffer.from(rewriteHtml(page.toString('latin1'), links), 'latin1')
  const limit = { maxOutputLength: maxPageBytes }
  try {
    if (encoding === 'gzip') return gzipSync(rewrite(gunzipSync(body, limit)))
    if (encoding === 'deflate') return deflateRawSync(rewrite(inflateRawSync(body, limit)))
  } catch {
    return body
  }
  return rewrite(body)
}

function restored(parts: readonly Buffer[], rest: Readable): Readable {
  const whole = new PassThrough()
  for (const part of parts) whole.write(part)
  rest.on('error', (error) => whole.destroy(error))
  rest.pipe(whole)
  return whole
}
